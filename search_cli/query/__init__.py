"""The query language: its grammar, its tree, and what its names stand for."""
