"""Fetches what the listed sources publish, and keeps it: the archive."""
