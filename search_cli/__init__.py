"""Asks, shows and exports: the command line."""
