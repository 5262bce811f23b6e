"""The one error that a family of readers raises."""

from __future__ import annotations


class Unreadable(Exception):
    """An original cannot be read; the message says why, and what would help, in plain words."""
