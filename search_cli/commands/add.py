"""`commdex add`: a document that a librarian supplies by hand becomes a document like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.home import Home
from search_cli.exit_codes import ExitCode, Failure

if TYPE_CHECKING:
    from config.model import Settings, Source
    from crawler.by_hand import Added, Given


@click.command(
    epilog="""\b
Examples:
  commdex add board-pack.pdf --source fenland-icb --title "Board papers, May 2025" --date 2025-05-14
  commdex add "saved page.html" --source kings-fund --address https://www.kingsfund.org.uk/reports/a-report
  commdex add https://www.fenland.icb.nhs.uk/strategy.pdf --source fenland-icb
"""
)
@click.argument("what", metavar="FILE|URL")
@click.option("--source", "source_id", required=True, metavar="ID", help="The source that it belongs to.")
@click.option("--title", default="", help="Its title; goes before all that the document says itself.")
@click.option("--date", default="", help="When it was published: 2025, 2025-05, 2025-05-14 or 14 May 2025.")
@click.option("--publisher", default="", help="Who published it, where that is not the source's publisher.")
@click.option("--address", default="", metavar="URL", help="Where FILE was published, so that `site:` finds it.")
@click.option("--no-index", is_flag=True, help="Only keep it; `commdex index` will read it.")
@click.pass_obj
def command(
    home: Home, what: str, source_id: str, title: str, date: str, publisher: str, address: str, no_index: bool
) -> None:
    """Add a file, or what an address answers, by hand: for sources that cannot be harvested.

    FILE is kept as it is; the same file again changes nothing but what you say of it, another file under the same
    --address is a new version. URL is asked for with all manners of a crawl; where it is gone, so are the web archives.
    Exit code 4 when an address brings nothing.
    """
    from config.catalogue import load_settings
    from crawler import harvest
    from crawler.by_hand import Given
    from search_cli import running, screen
    from search_cli.commands.sources_check import unknown_source
    from search_cli.homes import existing
    from search_cli.lock import held
    from search_cli.screen import safe

    existing(home)
    settings = load_settings(home)
    catalogue = harvest.catalogue(home, settings)
    if source_id not in catalogue:
        raise Failure(unknown_source(catalogue, source_id), ExitCode.USAGE)
    given = Given(safe(title).strip(), _date(date), safe(publisher).strip())
    source = catalogue[source_id]
    is_address = what.lower().startswith(("http://", "https://"))
    if is_address:
        if address:
            raise click.BadParameter("an address cannot have another one", param_hint="--address")
        what = _web_address(what, "FILE|URL")
        harvest.user_agent(settings)
    else:
        address = _web_address(address, "--address") if address else ""
    with held(home, "add"):
        added = (
            _fetched(home, settings, source, what, given) if is_address
            else [_kept(home, settings, source, Path(what), address, given)]
        )  # fmt: skip
        _say(added, source)
        if not no_index:
            running.run_index(home, settings, catalogue, screen.err())


def _date(text: str) -> str:
    """A date as it was given, ISO 8601 cut to its precision. Raises BadParameter."""
    from datetime import UTC, datetime

    from indexer.dates import parse_date

    if not text.strip():
        return ""
    date = parse_date(text)
    if not date:
        raise click.BadParameter(f"{text!r} is no date: write 2025, 2025-05 or 2025-05-14", param_hint="--date")
    if date > datetime.now(UTC).date().isoformat()[: len(date)]:
        raise click.BadParameter(f"{date} is still to come", param_hint="--date")
    return date


def _web_address(text: str, hint: str) -> str:
    """A web address as a harvest would ask for it. Raises BadParameter."""
    from pydantic import TypeAdapter, ValidationError

    from config.model import WebAddress
    from crawler.by_hand import as_asked

    try:
        return as_asked(TypeAdapter(WebAddress).validate_python(text.strip()))
    except ValidationError as error:
        told = f"{text!r} is not a web address; it must begin with http:// or https://"
        raise click.BadParameter(told, param_hint=hint) from error


def _kept(home: Home, settings: Settings, source: Source, path: Path, address: str, given: Given) -> Added:
    """Keep a file. Raises Failure naming it."""
    from crawler.archive import Archive
    from crawler.by_hand import NotAdded, keep_file
    from search_cli.trouble import explained

    body = _read(path, settings.crawl.largest_file)
    try:
        with explained(home), Archive(home.archive_folder, read_only=False) as archive:
            return keep_file(archive, source.id, body, path.name, address, given)
    except NotAdded as error:
        raise Failure(f"{error} Nothing was added.", ExitCode.USAGE) from error


def _read(path: Path, most: int) -> bytes:
    """The bytes of a file. Raises Failure where it cannot be read or is too large."""
    try:
        if path.is_dir():
            raise Failure(f"{path} is a folder: name the files in it one by one.", ExitCode.USAGE)
        size = path.stat().st_size
        if size > most:
            told = f"{path} has {size:,} bytes and `crawl.largest_file` in settings.yml allows {most:,}."
            raise Failure(f"{told} Nothing was added.", ExitCode.USAGE)
        return path.read_bytes()
    except OSError as error:
        raise Failure(
            f"{path} cannot be read ({error.strerror or error}). Nothing was added.", ExitCode.USAGE
        ) from error


def _fetched(home: Home, settings: Settings, source: Source, address: str, given: Given) -> list[Added]:
    """Ask for an address. Raises Failure where it brings nothing."""
    from crawler.by_hand import NotAdded, fetch_address
    from search_cli import screen
    from search_cli.trouble import explained

    screen.say(screen.err(), f"Asking for {address}")
    try:
        with explained(home):
            return fetch_address(home, settings, source, address, given)
    except NotAdded as error:
        told = f"{error} If a browser shows it, save it there and give the file: commdex add FILE --source {source.id}"
        raise Failure(f"{told} --address {address}", ExitCode.SOME_FAILED) from error


def _say(added: Sequence[Added], source: Source) -> None:
    """What came of it: a table on a terminal, lines with tabs in a pipe."""
    from search_cli import screen, tables

    rows = [(str(one.outcome), one.kind, one.captured, one.address) for one in added]
    tables.show(("outcome", "kind", "captured", "address"), rows)
    screen.say(screen.err(), f"Added to {source.id}: {_counts(added)}.")


def _counts(added: Sequence[Added]) -> str:
    counts: Mapping[str, int] = {str(one.outcome): sum(two.outcome is one.outcome for two in added) for one in added}
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
