"""`commdex runs`: the runs of the crawler, and the report of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config.home import Home
from search_cli.exit_codes import ExitCode, Failure

if TYPE_CHECKING:
    from crawler.archive import Archive
    from search_cli.runs.model import Report

SCHEMA_VERSION = 1
MOST_RUNS = 20
STATES = ("ok", "partly", "failed", "interrupted")
LISTS = ("sources", "new", "changed", "missing", "gone", "returned", "troubles")

# What a line of `runs show` in a pipe says of a source; a terminal has no room for all of it.
SOURCE_COLUMNS = (
    "source", "state", "broken", "last_good", "new", "changed", "unchanged", "missing", "gone", "returned", "blocked",
    "refused_by_robots", "refused_by_noindex", "errors", "documents", "undated", "without_text", "requests", "bytes",
    "seconds", "reason",
)  # fmt: skip
SOURCE_COLUMNS_SHOWN = ("source", "state", "new", "changed", "unchanged", "missing", "gone", "blocked", "errors")


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples:\n  commdex runs\n  commdex runs show\n  commdex runs show 12 --list gone\n"
    "  commdex runs show --html report.html",
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the runs of the crawler, or show the report of one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_runs, as_json=False, everything=False)


@command.command("list", epilog="\b\nExamples:\n  commdex runs list --all\n  commdex runs list --json")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.option("--all", "everything", is_flag=True, help=f"Every run, not the last {MOST_RUNS} alone.")
@click.pass_obj
def list_runs(home: Home, as_json: bool, everything: bool) -> None:
    """List the runs, the latest first: when, how long, how each ended and what came."""
    from search_cli import screen, tables

    rows = _runs(home, None if everything else MOST_RUNS)
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "runs": rows}, ensure_ascii=False, indent=2))
        return
    columns: tuple[str, ...] = ("run", "started", "seconds", "state", *STATES, "new", "changed", "missing", "gone")
    if screen.out().is_terminal:  # which has no room for a column of each
        columns = ("run", "started", "took", "state", "sources", "new", "changed", "missing", "gone")
    shown = [{**row, **dict.fromkeys(STATES, 0), **row["sources_by_state"], **_for_people(row)} for row in rows]
    rest = ("took", "missing", "gone") if screen.out().is_terminal else ()
    tables.show(columns, [tuple(str(row[name]) for name in columns) for row in shown], spare=rest)


@command.command(
    "show",
    epilog="""\b
Examples:
  commdex runs show                             the last run
  commdex runs show 12 --source nhs-england     of run 12, what is about one source
  commdex runs show --list missing              every address that was not found
  commdex runs show --json | jq .broken
  commdex runs show --html report.html          the page, to send or print
""",
)
@click.argument("run", type=click.IntRange(min=1), required=False)
@click.option("--source", metavar="ID", help="Only what is about this source.")
@click.option("--list", "listed", type=click.Choice(LISTS), help="One list of the report, whole.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.option("--html", "page", metavar="FILE|-", help="Write it as one HTML page; - is standard output.")
@click.option("--force", is_flag=True, help="With --html: write over a file that is there.")
@click.pass_obj
def show_run(
    home: Home, run: int | None, source: str | None, listed: str | None, as_json: bool, page: str | None, force: bool
) -> None:
    """Show the report of RUN (the last one, when none is named), worst sources first.

    In a pipe each source is one line, parted by tabs; --list gives another list of the report.
    """
    from search_cli import screen
    from search_cli.runs import words
    from search_cli.runs.report import only

    if sum((as_json, page is not None, listed is not None)) > 1:
        raise click.UsageError("--json, --html and --list are three ways to show a report; choose one.")
    report = _report(home, run)
    if source is not None:
        if source not in {row.id for row in report.sources}:
            raise Failure(
                f"run {report.run} did not harvest {source!r}: commdex runs show {report.run}", ExitCode.USAGE
            )
        report = only(report, source)
    if as_json:
        click.echo(report.model_dump_json(indent=2))
    elif page is not None:
        _write_page(report, page, force=force)
    elif listed or not screen.out().is_terminal:
        _show_list(report, listed or "sources")
    else:
        words.show(screen.out(), report, MOST_RUNS)
        screen.out().print()
        _show_list(report, "sources")


def _for_people(row: dict[str, Any]) -> dict[str, str]:
    from search_cli.runs.words import duration

    sources = ", ".join(f"{count} {state}" for state, count in row["sources_by_state"].items())
    return {"took": duration(row["seconds"]), "sources": sources}


def _runs(home: Home, most: int | None) -> list[dict[str, Any]]:
    from crawler.archive import Archive
    from search_cli.homes import existing
    from search_cli.runs.kept import Reports
    from search_cli.trouble import explained

    existing(home)
    reports = set(Reports(home).numbers())
    if not (home.archive_folder / "archive.db").exists():
        return []
    with explained(home), Archive(home.archive_folder) as archive:
        states: dict[int, list[str]] = {}
        for source_run in archive.source_runs(archive.last_run() or 0):
            states.setdefault(source_run.run, []).append(source_run.state)
        return [_run(archive, row, states.get(row["id"], []), row["id"] in reports) for row in archive.runs(most)]


def _run(archive: Archive, row: Any, states: list[str], reported: bool) -> dict[str, Any]:
    from collections import Counter

    from crawler.archive import Role
    from search_cli.runs import health
    from search_cli.runs.report import run_state

    number = row["id"]
    outcomes = archive.outcomes(number, roles=(Role.PAGE, Role.FILE))
    vanished = Counter(entry["state"] for entry in archive.vanished(number))
    ended = row["finished"] or max(archive.last_fetches(number).values(), default=row["started"])
    return {
        "run": number,
        "started": row["started"],
        "finished": row["finished"] or "",
        "seconds": round((health.moment(ended) - health.moment(row["started"])).total_seconds()),
        "state": run_state(states, finished=row["finished"] is not None),
        "sources_by_state": dict(Counter(states)),
        **{name: outcomes.get(name, 0) for name in ("new", "changed", "unchanged")},
        **{name: vanished[name] for name in ("missing", "gone", "returned")},
        "reported": reported,
    }


def _report(home: Home, run: int | None) -> Report:
    """The report of a run as it is kept; made again out of the archive where it is not there, or damaged."""
    from config.catalogue import load_settings
    from crawler.archive import Archive
    from crawler.harvest import catalogue
    from search_cli import screen
    from search_cli.homes import existing
    from search_cli.labels import load_labels
    from search_cli.runs.kept import Reports
    from search_cli.runs.report import make
    from search_cli.trouble import explained

    existing(home)
    numbers = []
    with explained(home):
        if (home.archive_folder / "archive.db").exists():
            with Archive(home.archive_folder) as archive:
                numbers = [row["id"] for row in archive.runs()]
        if not numbers:
            raise Failure("there was no run yet. Begin with: commdex update", ExitCode.USAGE)
        number = run or numbers[0]
        if number not in numbers:
            raise Failure(f"there is no run {number} of the crawler. See them with: commdex runs", ExitCode.USAGE)
        kept = Reports(home).read(number)
        if kept is not None:
            return kept
        screen.note(f"run {number} has no report that can be read; this one is made again out of the archive.")
        indexed = home.library_file.exists()
        sources = catalogue(home, load_settings(home))
        return make(home, number, sources, load_labels(home), command="", indexed=indexed)


def _show_list(report: Report, name: str) -> None:
    from search_cli import screen, tables

    columns: tuple[str, ...]
    if name == "sources":
        columns = SOURCE_COLUMNS_SHOWN if screen.out().is_terminal else SOURCE_COLUMNS
        rows = [_source_row(row.model_dump()) for row in report.sources]
    else:
        columns = {
            "new": ("source", "what", "document", "date", "publisher", "title", "address"),
            "changed": ("source", "role", "document", "title", "address"),
            "troubles": ("source", "outcome", "address", "reason"),
        }.get(name, ("source", "since", "document", "title", "address"))
        rows = [entry.model_dump() for entry in getattr(report, name)]
    rest = ("unchanged", "changed", "missing", "gone") if name == "sources" else ()
    shown = [tuple("" if row[column] is None else str(row[column]) for column in columns) for row in rows]
    tables.show(columns, shown, spare=rest)


def _source_row(row: dict[str, Any]) -> dict[str, Any]:
    errors = ", ".join(f"{count} {outcome}" for outcome, count in row["errors"].items())
    return row | {"source": row["id"], "errors": errors, "broken": ", ".join(sign["sign"] for sign in row["broken"])}


def _write_page(report: Report, target: str, *, force: bool) -> None:
    from search_cli import screen
    from search_cli.runs.html import page
    from search_cli.runs.kept import write_open

    if target == "-":
        click.echo(page(report))
        return
    if Path(target).exists() and not force:
        raise Failure(f"{target} is there already; --force writes over it.", ExitCode.USAGE)
    try:
        write_open(Path(target), page(report))
    except OSError as error:
        raise Failure(f"{target} cannot be written ({error.strerror}).", ExitCode.USAGE) from error
    screen.hint(f"the report of run {report.run} is written to {target}")
