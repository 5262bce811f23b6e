"""The one error that configuration raises."""

from __future__ import annotations


class ConfigError(Exception):
    """Configuration that cannot be used.

    `str()` of it names the file, the line, the entry and the key, says what is wrong, and what would mend it.
    """
