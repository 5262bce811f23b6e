"""Which sources are stale, for the foot of every answer: read from the small file that each run of the crawler leaves.

It stands alone, as a search should start at once: reading archive and catalogue takes longer than most searches do.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

from config.home import Home

SCHEMA_VERSION = 1
FILE = "stale.json"
NAMES = ("id", "name", "since", "stale_from", "why")
MOST_NAMED = 3


def standing(home: Home) -> dict[str, dict[str, str]]:
    """What the file says of each source, by id; nothing where it is not there, or damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        values = json.loads((home.session_folder / FILE).read_text(encoding="utf-8"))
        if values["schema_version"] == SCHEMA_VERSION:
            return {str(row["id"]): {name: str(row[name]) for name in NAMES} for row in values["sources"]}
    return {}


def stale_line(home: Home) -> str:
    """Which of the harvested sources are not up to date, "" when all are: what they published since is not found."""
    sources = standing(home)
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    stale = [row for row in sources.values() if row["why"] or (row["stale_from"] and row["stale_from"] < moment)]
    if not stale:
        return ""
    names = ", ".join(row["id"] for row in stale[:MOST_NAMED]) + (", …" if len(stale) > MOST_NAMED else "")
    return f"{len(stale)} of {len(sources)} sources not up to date ({names}). See why with: commdex status"
