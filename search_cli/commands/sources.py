"""`commdex sources`: what is listed, and how each source's last harvest went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from config.home import Home
from search_cli.exit_codes import ExitCode, Failure

if TYPE_CHECKING:
    from config.model import Source
    from crawler.archive import SourceRun

SCHEMA_VERSION = 1


@click.group(
    invoke_without_command=True,
    epilog="\b\nExamples:\n  commdex sources\n  commdex sources show nhs-england\n  commdex sources list --json",
)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the sources, or show one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_sources, as_json=False)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.pass_obj
def list_sources(home: Home, as_json: bool) -> None:
    """List every source with its mechanism, its documents and its last harvest."""
    rows = [_row(source, run, documents) for source, run, documents in _all(home)]
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "sources": rows}, ensure_ascii=False, indent=2))
        return
    from search_cli import screen, tables

    second, third = ("publisher", "mechanism") if screen.out().is_terminal else ("mechanism", "status")
    columns = ("id", second, third, "documents", "last harvest", "state")
    tables.show(columns, [tuple(str(row[name.replace(" ", "_")]) for name in columns) for row in rows])


@command.command("show")
@click.argument("source_id")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.pass_obj
def show_source(home: Home, source_id: str, as_json: bool) -> None:
    """Show one source's entry and its last harvest."""
    found = next((row for row in _all(home) if row[0].id == source_id), None)
    if found is None:
        raise Failure(f"no source is called {source_id!r}. See them with: commdex sources", ExitCode.USAGE)
    row = found[0].model_dump(mode="json") | _row(*found)
    if as_json:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "source": row}, ensure_ascii=False, indent=2))
        return
    from search_cli import tables

    tables.show(("key", "value"), [(name.replace("_", " "), _shown(value)) for name, value in row.items() if value])


def _all(home: Home) -> list[tuple[Source, SourceRun | None, int]]:
    from config.catalogue import load_settings
    from crawler.archive import Archive
    from crawler.harvest import catalogue
    from indexer.library import Library
    from search_cli.homes import laid_out
    from search_cli.trouble import explained

    laid_out(home)
    sources = catalogue(home, load_settings(home))
    runs: dict[str, SourceRun] = {}
    documents: dict[str, int] = {}
    with explained(home):
        if (home.archive_folder / "archive.db").exists():
            with Archive(home.archive_folder) as archive:
                runs = archive.last_source_runs()
        if home.library_file.exists():
            with Library(home.library_file) as library:
                documents = library.documents_by_source()
    return [(source, runs.get(name), documents.get(name, 0)) for name, source in sorted(sources.items())]


def _row(source: Source, run: SourceRun | None, documents: int) -> dict[str, Any]:
    return {
        "id": source.id,
        "name": source.name,
        "publisher": source.publisher,
        "mechanism": source.mechanism,
        "status": source.status if source.enabled else "disabled",
        "documents": documents,
        "last_harvest": run.started if run else "",
        "state": run.state if run else ("never" if source.harvestable else "record only"),
        "reason": run.reason if run else "",
    }


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(one)}" for name, one in value.items())
    return str(value)
