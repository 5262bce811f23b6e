"""`commdex sources`: what is listed, and how each source's last harvest went."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from config.home import Home
from search_cli.commands import sources_add, sources_check
from search_cli.exit_codes import ExitCode, Failure

if TYPE_CHECKING:
    from config.model import Source
    from crawler.archive import SourceRun

    _Known = tuple[Source, list[SourceRun], int]

SCHEMA_VERSION = 1
STATUSES = ("live", "moved", "archived", "subscription", "manual", "disabled")
LAST_RUNS = 5


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples:\n  commdex sources\n  commdex sources list --status archived\n"
    "  commdex sources show nhs-england\n  commdex sources disable nhs-england --reason 'asked us to wait'",
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the sources, show one, try one, add one, or switch one off and on."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_sources, status=None, mechanism=None, sector=None, as_json=False)


@command.command(
    "list",
    epilog="\b\nExamples:\n  commdex sources list --sector mental-health\n"
    "  commdex sources list --json | jq '.sources[].id'",
)
@click.option("--status", type=click.Choice(STATUSES), help="Only those of this status.")
@click.option("--mechanism", metavar="NAME", help="Only those that are harvested so.")
@click.option("--sector", metavar="ID", help="Only those that are listed under this sector.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.pass_obj
def list_sources(home: Home, status: str | None, mechanism: str | None, sector: str | None, as_json: bool) -> None:
    """List every source with its mechanism, its documents and its last harvest."""
    chosen = _those(_all(home), status, mechanism, sector)
    rows = [_row(source, runs[-1] if runs else None, documents) for source, runs, documents in chosen]
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "sources": rows}, ensure_ascii=False, indent=2))
        return
    from search_cli import screen, tables

    second, third = ("publisher", "mechanism") if screen.out().is_terminal else ("mechanism", "status")
    columns = ("id", second, third, "documents", "last harvest", "state")
    if not rows:
        screen.note("no source is such a one.")
    tables.show(columns, [tuple(str(row[name.replace(" ", "_")]) for name in columns) for row in rows],
                spare=("last harvest", "publisher"))  # fmt: skip


@command.command("show", epilog="\b\nExample:\n  commdex sources show nhs-england")
@click.argument("source_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.pass_obj
def show_source(home: Home, source_id: str, as_json: bool) -> None:
    """Show one source's entry, where it stands, and its last harvests."""
    sources = _all(home)
    found = next((row for row in sources if row[0].id == source_id), None)
    if found is None:
        raise _unknown(source_id, [source.id for source, _, _ in sources])
    source, runs, documents = found
    row = source.model_dump(mode="json") | _row(source, runs[-1] if runs else None, documents)
    row |= {"stands_in": _place(home, source_id), "switched_off": _switched_off(home, source_id)}
    last = [
        {"run": run.run, "started": run.started, "state": run.state, "announced": run.announced, "reason": run.reason}
        for run in runs[: -LAST_RUNS - 1 : -1]
    ]
    if as_json:
        value = {"schema_version": SCHEMA_VERSION, "source": row | {"last_runs": last}}
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))
        return
    from search_cli import tables

    row["last runs"] = [
        f"run {run['run']}, {run['started']}: {run['state']}, {run['announced']} announced"
        + (f" ({run['reason']})" if run["reason"] else "")
        for run in last
    ]
    tables.show(("key", "value"), [(name.replace("_", " "), _shown(value)) for name, value in row.items() if value])


@command.command(
    "disable", epilog="\b\nExample:\n  commdex sources disable nhs-england --reason 'asked to be left alone'"
)
@click.argument("source_id", metavar="ID")
@click.option("--reason", default="", help="Why; shown wherever the source is.")
@click.pass_obj
def disable(home: Home, source_id: str, reason: str) -> None:
    """Switch a source off: no run harvests it until it is switched on again. Its documents stay."""
    from crawler.archive import now
    from search_cli import screen, switching
    from search_cli.results import date_shown

    _listed(home, source_id, ())
    with _written(home):
        former = switching.switch_off(home, source_id, reason, now()[:10])
    since = date_shown(former.since) if former and former.since else "some time"
    again = f"{source_id} was off already, since {since}" if former else f"{source_id} is off now"
    screen.hint(f"{again}; its documents stay. Switch it on with: commdex sources enable {source_id}")


@command.command("enable", epilog="\b\nExample:\n  commdex sources enable nhs-england")
@click.argument("source_id", metavar="ID")
@click.pass_obj
def enable(home: Home, source_id: str) -> None:
    """Switch a source on again."""
    from config.catalogue import load_disabled
    from search_cli import screen, switching

    sources = _listed(home, source_id, [one.id for one in load_disabled(home)])
    with _written(home):
        was_off = switching.switch_on(home, source_id)
    source = _catalogue(home).get(source_id) if was_off else sources.get(source_id)
    if source is not None and not source.enabled:
        place = _place(home, source_id)
        where = f"{place['file']}, line {place['line']}" if place else "its entry"
        raise Failure(f"{source_id} is disabled by its entry (`enabled: false`): {where}.", ExitCode.USAGE)
    screen.hint(f"{source_id} is on now." if was_off else f"{source_id} was on already.")


def _listed(home: Home, source_id: str, also: Sequence[str]) -> dict[str, Source]:
    """The catalogue, having looked that `source_id` stands in it, or in `also`. Raises Failure."""
    from search_cli.homes import existing

    existing(home)
    sources = _catalogue(home)
    if source_id not in sources and source_id not in also:
        raise _unknown(source_id, list(sources))
    return sources


def _unknown(source_id: str, known: Sequence[str]) -> Failure:
    from search_cli.switching import like

    told = f"no source is called {source_id!r}.{like(source_id, known)} See them with: commdex sources"
    return Failure(told, ExitCode.USAGE)


@contextmanager
def _written(home: Home) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Failure(f"{home.disabled_file} cannot be written ({error.strerror}).", ExitCode.HOME) from error


def _catalogue(home: Home) -> dict[str, Source]:
    from config.catalogue import load_settings
    from crawler.harvest import catalogue

    return catalogue(home, load_settings(home))


def _all(home: Home) -> list[_Known]:
    """Every source with its runs, oldest first, and how many documents it has."""
    from crawler.archive import Archive
    from indexer.library import Library
    from search_cli.homes import laid_out
    from search_cli.trouble import explained

    laid_out(home)
    sources = _catalogue(home)
    runs: dict[str, list[SourceRun]] = {}
    documents: dict[str, int] = {}
    with explained(home):
        if (home.archive_folder / "archive.db").exists():
            with Archive(home.archive_folder) as archive:
                for run in archive.source_runs(archive.last_run() or 0):
                    runs.setdefault(run.source, []).append(run)
        if home.library_file.exists():
            with Library(home.library_file) as library:
                documents = library.documents_by_source()
    return [(source, runs.get(name, []), documents.get(name, 0)) for name, source in sorted(sources.items())]


def _those(rows: Sequence[_Known], status: str | None, mechanism: str | None, sector: str | None) -> list[_Known]:
    """The rows that are asked for. Raises Failure for a mechanism or sector that there is not."""
    from config.catalogue import load_sectors
    from crawler.mechanisms import names

    for given, what, known in (
        (mechanism, "mechanism", names()), (sector, "sector", [one.id for one in load_sectors()] if sector else []),
    ):  # fmt: skip
        if given is not None and given not in known:
            raise Failure(f"no {what} is called {given!r}; choose from {', '.join(sorted(known))}.", ExitCode.USAGE)
    return [
        row for row in rows
        if (status is None or _status(row[0]) == status)
        and (mechanism is None or row[0].mechanism == mechanism)
        and (sector is None or sector in row[0].sectors)
    ]  # fmt: skip


def _status(source: Source) -> str:
    return source.status if source.enabled else "disabled"


def _row(source: Source, run: SourceRun | None, documents: int) -> dict[str, Any]:
    return {
        "id": source.id,
        "name": source.name,
        "publisher": source.publisher,
        "mechanism": source.mechanism,
        "status": _status(source),
        "documents": documents,
        "last_harvest": run.started if run else "",
        "state": run.state if run else ("never" if source.harvestable else "record only"),
        "reason": run.reason if run else "",
    }


def _place(home: Home, source_id: str) -> dict[str, Any]:
    """The file and the line in which a source's entry stands; a home's own go before the shipped ones."""
    from config.catalogue import SHIPPED
    from config.yaml_files import read_yaml

    for folder in (home.sources_folder, SHIPPED / "sources"):
        for path in sorted(folder.glob("*.y*ml")):
            yaml_file = read_yaml(path)
            for number, entry in enumerate(yaml_file.content["sources"]):
                if entry["id"] == source_id:
                    return {"file": str(path), "line": yaml_file.line_of(["sources", number])}
    return {}


def _switched_off(home: Home, source_id: str) -> dict[str, str]:
    from config.catalogue import load_disabled

    found = next((one for one in load_disabled(home) if one.id == source_id), None)
    return {"since": found.since, "reason": found.reason} if found else {}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(one)}" for name, one in value.items())
    return str(value)


command.add_command(sources_add.add)
command.add_command(sources_check.check)
