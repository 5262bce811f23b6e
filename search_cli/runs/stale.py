"""Which sources are stale, in a small file beside the session, so that every answer of a search can say so at no cost.

    <home>/session/stale.json

A source is stale when `why` says so, or from the time `stale_from` on. docs/runs.md has every name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from config.home import Home
from config.model import Source
from crawler.archive import TIME, Archive, SourceRun, now
from search_cli.freshness import FILE, SCHEMA_VERSION
from search_cli.runs import health
from search_cli.session import write_whole


def write(home: Home, sources: Mapping[str, Source]) -> None:
    """Write down how fresh each source is that was ever harvested. Raises OSError, ArchiveError, sqlite3.Error."""
    with Archive(home.archive_folder) as archive:
        runs = archive.source_runs(archive.last_run() or 0)
    histories: dict[str, list[SourceRun]] = {}
    for run in runs:
        histories.setdefault(run.source, []).append(run)
    rows = [
        _row(entry, histories[name]) for name, entry in sorted(sources.items())
        if entry.harvestable and name in histories
    ]  # fmt: skip
    values = {"schema_version": SCHEMA_VERSION, "written": now(), "sources": rows}
    write_whole(home.session_folder / FILE, json.dumps(values, ensure_ascii=False))


def _row(entry: Source, history: list[SourceRun]) -> dict[str, Any]:
    good = health.last_good(history)
    limit = health.moment(good) + health.LATE_AFTER * health.EVERY[entry.every] if good else None
    ended = [run for run in history if run.state not in health.UNFINISHED]
    failed = ended and ended[-1].state == "failed"
    return {
        "id": entry.id,
        "name": entry.name,
        "since": good,
        "stale_from": limit.strftime(TIME) if limit else "",
        "why": ended[-1].reason if failed else "" if good else "not harvested to its end yet",
    }
