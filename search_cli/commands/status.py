"""`commdex status`: what this home holds, how the last run went, and what to do about it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from config.home import Home

if TYPE_CHECKING:
    from crawler.archive import SourceRun

SCHEMA_VERSION = 1
MOST_TROUBLES = 20
WORST_FIRST = ("failed", "interrupted", "running", "partly", "ok")


@click.command(epilog="\b\nExamples:\n  commdex status\n  commdex status --json")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.option("--all", "everything", is_flag=True, help="Every file without text and every failed request.")
@click.pass_obj
def command(home: Home, as_json: bool, everything: bool) -> None:
    """Say what this home holds, how the last harvest of each source went, and what could not be read."""
    from search_cli.homes import existing

    existing(home)
    report = gather(home)
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **report}, ensure_ascii=False, indent=2))
        return
    _print(report, None if everything else MOST_TROUBLES)


def gather(home: Home) -> dict[str, Any]:
    """The state of a home, as plain values. Raises Failure when a store cannot be used."""
    from crawler.archive import Archive
    from indexer.engine import index_state
    from indexer.library import Library
    from search_cli.trouble import explained

    report: dict[str, Any] = {"home": str(home.folder), "library": None, "sources": [], "requests_without_result": []}
    with explained(home):
        if (home.archive_folder / "archive.db").exists():
            with Archive(home.archive_folder) as archive:
                runs = list(archive.last_source_runs().values())
                broken = _broken(home, runs)
                runs.sort(key=lambda run: (not broken[run.source], WORST_FIRST.index(run.state)))
                report["sources"] = [asdict(run) | {"broken": broken[run.source]} for run in runs]
                troubles = [dict(row) for run in runs for row in archive.troubles(run.run, run.source)]
                report["requests_without_result"] = troubles
        if home.library_file.exists():
            with Library(home.library_file) as library:
                report["library"] = asdict(library.counts())
                report["files_without_text"] = [dict(row) for row in library.troubled_files()]
                report["left_out"] = [
                    {"address": address, "source": source, "reason": reason}
                    for address, source, reason in library.left_out()
                ]
    report["index"] = asdict(index_state(home.index_folder))
    return report


def _broken(home: Home, runs: Sequence[SourceRun]) -> dict[str, list[dict[str, str]]]:
    """The signs, by source, that one is broken: as the report of its last run has them, and what has come since."""
    from crawler.archive import now
    from search_cli import freshness
    from search_cli.runs.health import day
    from search_cli.runs.kept import Reports

    reports, standing = Reports(home), freshness.standing(home)
    found: dict[str, list[dict[str, str]]] = {}
    for run in runs:
        report = reports.read(run.run)
        signs = [
            sign.model_dump() for row in (report.sources if report else ()) if row.id == run.source
            for sign in row.broken
        ]  # fmt: skip
        fresh = standing.get(run.source)
        if fresh and "" < fresh["stale_from"] <= now() and "late" not in {sign["sign"] for sign in signs}:
            signs.append({"sign": "late", "told": f"its last good harvest was on {day(fresh['since'])}"})
        found[run.source] = signs
    return found


def _print(report: dict[str, Any], most: int | None) -> None:
    from search_cli import screen, tables

    out = screen.out()
    screen.say(out, f"Home: {report['home']}")
    library = report["library"]
    if library is None:
        screen.say(out, "There is no library yet. Make one with: commdex update")
    else:
        held = f"{library['documents']:,} documents in {library['files']:,} files, {library['pages']:,} pages"
        doubts = f"{library['undated']:,} undated (n.d.), {library['unread']:,} without text"
        screen.say(out, f"{held}; {doubts}.")
    index = report["index"]
    if index["kind"] != "good" and library is not None:
        screen.say(out, f"Search index: {index['kind']}: {index['reason']}. Mend it with: commdex index")
    elif library and library["not_indexed"]:
        screen.say(out, f"{library['not_indexed']:,} documents wait for: commdex index")
    broken = [run for run in report["sources"] if run["broken"]]
    if broken:
        screen.say(out, "\nBroken sources, not quiet ones:", "red")
        for run in broken[:most]:
            screen.say(out, f"  {run['source']}: {'; '.join(sign['told'] for sign in run['broken'])}")
        _say_more(len(broken), most)
    if report["sources"]:
        screen.say(out, "\nThe last harvest of each source (more of each run with: commdex runs show)")
        columns = ("source", "state", "started", "announced", "reason")
        rows = [tuple(str(run[name]) for name in columns) for run in report["sources"]]
        tables.show(columns, rows, spare=("announced", "started"))
        screen.say(out, "announced counts pages and files; a document is a page with its files")
    _print_troubles(report, most)


def _print_troubles(report: dict[str, Any], most: int | None) -> None:
    from search_cli import screen, tables

    out = screen.out()
    requests = report["requests_without_result"]
    if requests:
        told = ", ".join(f"{count} {name}" for name, count in Counter(row["outcome"] for row in requests).most_common())
        screen.say(out, f"\nRequests without a result in each source's last harvest: {told}.")
        columns = ("source", "outcome", "address", "reason")
        tables.show(columns, [tuple(str(row[name]) for name in columns) for row in requests[:most]])
        _say_more(len(requests), most)
    files = report.get("files_without_text", [])
    if files:
        screen.say(out, "\nFiles without text (their documents are found by title only):")
        columns = ("document", "state", "reason", "address")
        tables.show(columns, [tuple(str(row[name]) for name in columns) for row in files[:most]])
        _say_more(len(files), most)


def _say_more(total: int, most: int | None) -> None:
    from search_cli import screen

    if most is not None and total > most:
        screen.say(screen.out(), f"… and {total - most} more: commdex status --all")
