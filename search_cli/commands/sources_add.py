"""`commdex sources add`: tries an address and writes the entry of a source for it into the home."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click

from config.home import Home
from search_cli.exit_codes import ExitCode, Failure

if TYPE_CHECKING:
    from config.model import Source
    from crawler.probe import Finding, Report

EVERY = ("day", "week", "month", "quarter")
LONGEST_ID = 60
# Ends of host names that say nothing of whose they are.
ENDS = re.compile(
    r"(?<=[^.])\.(?:nhs\.uk|nhs\.wales|nhs\.scot|hscni\.net|org\.uk|gov\.uk|ac\.uk|co\.uk|gov\.wales|gov\.scot|uk|org"
    r"|com|net|info|wales|scot|eu|example)$"
)
# What is left of a host that is itself such an end, as gov.uk.
NO_NAMES = ("", "ac", "gov", "nhs", "org")


@click.command(
    "add",
    epilog="""\b
Examples:
  commdex sources add https://www.fenland.icb.nhs.uk/
  commdex sources add https://www.fenland.icb.nhs.uk/ --id fenland-icb --publisher "NHS Fenland ICB" --body icb
  commdex sources add https://www.fenland.icb.nhs.uk/publications --mechanism listing --dry-run
""",
)
@click.argument("address", metavar="URL")
@click.option(
    "--id", "name_id", metavar="ID", help="Short name: lower-case letters, digits, hyphens; else from the host."
)
@click.option("--name", help="What it is; else what the site calls itself.")
@click.option("--publisher", help="Shown for its documents; else what the site calls itself.")
@click.option("--body", help="Kind of body: icb, trust, think-tank …")
@click.option(
    "--sector", "sectors", multiple=True, metavar="SECTOR", help="It is listed under this sector; repeatable."
)
@click.option("--mechanism", help="Harvest it by this one, whatever answers best.")
@click.option("--every", type=click.Choice(EVERY), help="How often it publishes.  [default: week]")
@click.option("--dry-run", is_flag=True, help="Print the entry and write nothing.")
@click.pass_obj
def add(
    home: Home,
    address: str,
    name_id: str | None,
    name: str | None,
    publisher: str | None,
    body: str | None,
    sectors: tuple[str, ...],
    mechanism: str | None,
    every: str | None,
    dry_run: bool,
) -> None:
    """Try URL and write the entry of a source that harvests it: one file in the home's sources/ folder.

    Tries it as `commdex sources check` does and takes the mechanism that answers best; exit code 4 when none does.
    """
    from config.catalogue import load_settings
    from crawler import harvest
    from search_cli import screen
    from search_cli.commands.sources_check import lines_about, source_of
    from search_cli.homes import existing
    from search_cli.trying import try_address

    existing(home)
    settings = load_settings(home)
    harvest.user_agent(settings)
    catalogue = harvest.catalogue(home, settings)
    asked = source_of(address)
    _check_words(name_id, sectors, mechanism)
    if name_id:
        _refuse_id(home, catalogue, name_id)
    _refuse_start(home, catalogue, asked.start, "", {})
    report = try_address(home, settings, catalogue, asked, screen.err(), mechanism or "")
    for line in lines_about(report):
        screen.say(screen.err(), line)
    found = _chosen(report, mechanism)
    _refuse_start(home, catalogue, found.start, found.mechanism, found.options)
    given = {"name": name, "publisher": publisher, "body": body, "sectors": list(sectors), "every": every}
    entry = {"id": name_id or _free_id(home, catalogue, report, found), **_entry(report, found, given)}
    text = _as_yaml(address, entry)
    _validated(home, text, entry["id"])
    if not dry_run:
        screen.hint(f"Written to {_write(home, entry['id'], text)}")
    click.echo(text, nl=False)
    screen.hint("Nothing was written." if dry_run else f"Next: commdex update {entry['id']}")


def _check_words(name_id: str | None, sectors: tuple[str, ...], mechanism: str | None) -> None:
    """Refuse what could not be written, before anything is asked of the site. Raises BadParameter."""
    from config.catalogue import load_sectors
    from crawler.mechanisms import names

    if name_id is not None and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name_id):
        raise click.BadParameter("only lower-case letters, digits and hyphens between them", param_hint="--id")
    if mechanism is not None and mechanism not in names():
        raise click.BadParameter(f"there is none called {mechanism!r}; choose from {', '.join(names())}",
                                 param_hint="--mechanism")  # fmt: skip
    known = [sector.id for sector in load_sectors()]
    for sector in sectors:
        if sector not in known:
            told = f"there is none called {sector!r}; the sectors are {', '.join(known)}"
            raise click.BadParameter(told, param_hint="--sector")


def _chosen(report: Report, mechanism: str | None) -> Finding:
    """What the entry is made of. Raises Failure where nothing answers and no mechanism was named."""
    from crawler.probe import Finding
    from search_cli import screen

    if mechanism is None:
        if report.best is None:
            told = "nothing was written. Name a --mechanism to write an entry all the same"
            raise Failure(f"{report.address}: {told}.", ExitCode.SOME_FAILED)
        return report.best
    found = report.finding(mechanism)
    if found is not None and found.answers == "yes":
        return found
    screen.note(f"{mechanism} did not answer at {report.address}; the entry is written as you asked.")
    return Finding(mechanism, "no", found.seen if found else "not tried", start=(report.final or report.address,))


def _entry(report: Report, found: Finding, given: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the entry but its id, those that say nothing left out, in the order of docs/sources.md."""
    from crawler.archive import now
    from crawler.guard import bare_host
    from search_cli.screen import safe

    host = bare_host(urlsplit(found.start[0]).hostname or "")
    site = safe(report.site or report.page)[:120] or host
    page = safe(report.page)[:120]
    moved = bare_host(urlsplit(report.final).hostname or "") != bare_host(urlsplit(report.address).hostname or "")
    values = {
        "name": given["name"] or (page if page and found.mechanism == "fixed" else site),
        "publisher": given["publisher"] or site,
        "body": given["body"],
        "mechanism": found.mechanism,
        "start": list(found.start),
        "former": [report.address] if moved and not report.gone else [],
        "hosts": list(found.hosts),
        "sectors": given["sectors"],
        "include": list(found.include),
        "options": dict(found.options),
        "every": given["every"],
        "status": "archived" if found.mechanism == "webarchive" else "live",
        "notes": f"Tried on {now()[:10]}: {safe(found.seen)}.",
    }
    return {key: value for key, value in values.items() if value}


def _id_of(report: Report, found: Finding) -> Iterator[str]:
    """Ids that an address suggests: its host's, then with the last part of its path."""
    parts = urlsplit(report.final or report.address)
    host = (parts.hostname or "").lower().removeprefix("www.")
    short = ENDS.sub("", host)
    bare = _hyphens(host if short in NO_NAMES else short)
    slug = str(next(iter(found.options.get("organisations", ())), ""))
    tail = _hyphens(slug or unquote(parts.path).rstrip("/").rpartition("/")[2].partition(".")[0])
    yield from (f"{bare}-{tail}"[:LONGEST_ID].strip("-"), bare) if slug else (bare,)
    if tail:
        yield f"{bare}-{tail}"[:LONGEST_ID].strip("-")


def _hyphens(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _free_id(home: Home, catalogue: Mapping[str, Source], report: Report, found: Finding) -> str:
    suggested = [name for name in _id_of(report, found) if name]
    for name in suggested:
        if name not in catalogue and not _file_of(home, name).exists():
            return name
    _refuse_id(home, catalogue, suggested[0] if suggested else "source")
    raise Failure("this address suggests no id: give one with --id.", ExitCode.USAGE)


def _refuse_id(home: Home, catalogue: Mapping[str, Source], name: str) -> None:
    """Raises Failure naming where, when a source or a file of this name is there already."""
    if name in catalogue:
        raise Failure(f"source {name!r} is there already: {place_of(home, name)}. Give another --id.", ExitCode.USAGE)
    if _file_of(home, name).exists():
        raise Failure(f"{_file_of(home, name)} is there already. Give another --id.", ExitCode.USAGE)


def _refuse_start(
    home: Home, catalogue: Mapping[str, Source], starts: tuple[str, ...], mechanism: str, options: Mapping[str, Any]
) -> None:
    """Raises Failure naming where, when a source begins there already."""
    source = begun_by(catalogue, starts, mechanism, options)
    if source is not None:
        told = f"{starts[0]} is where source {source.id!r} begins already: {place_of(home, source.id)}."
        raise Failure(f"{told} Harvest it with: commdex update {source.id}", ExitCode.USAGE)


def begun_by(
    catalogue: Mapping[str, Source], starts: tuple[str, ...], mechanism: str, options: Mapping[str, Any]
) -> Source | None:
    """The source that begins at one of these addresses already.

    Sources of GOV.UK all begin at its front page and differ in their options.
    """
    wanted = {_plain(start) for start in starts}
    for source in catalogue.values():
        own = {_plain(start) for start in source.start}
        if not own & wanted:
            continue
        if source.mechanism == "govuk" and (mechanism != "govuk" or _other(source.options, options)):
            continue
        return source
    return None


def _other(options: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    return set(options.get("organisations", ())) != set(others.get("organisations", ()))


def _plain(address: str) -> str:
    parts = urlsplit(address)
    host = (parts.netloc or "").lower().removeprefix("www.")
    return host + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


def place_of(home: Home, name: str) -> str:
    """The file and line of a source's entry: the home's own before the shipped one."""
    from config.catalogue import SHIPPED
    from config.yaml_files import read_yaml

    for folder in (home.sources_folder, SHIPPED / "sources"):
        for path in sorted(folder.glob("*.y*ml")):
            yaml_file = read_yaml(path)
            for number, entry in enumerate(yaml_file.content["sources"]):
                if entry.get("id") == name:
                    return f"{path}, line {yaml_file.line_of(['sources', number])}"
    return "in the catalogue"


def _as_yaml(address: str, entry: Mapping[str, Any]) -> str:
    import yaml

    from search_cli.screen import safe

    text = yaml.safe_dump({"sources": [dict(entry)]}, sort_keys=False, allow_unicode=True, width=110)
    return f"# Written by: commdex sources add {safe(address)}\n{text}"


def _validated(home: Home, text: str, name: str) -> None:
    """Read the entry as the catalogue will, before it is kept. Raises ConfigError naming the file it would stand in."""
    from tempfile import TemporaryDirectory

    from config.catalogue import load_sources
    from config.errors import ConfigError
    from crawler.mechanisms import option_models

    with TemporaryDirectory(prefix="commdex-") as folder:
        tried = _file_of(Home(Path(folder)), name)
        tried.parent.mkdir(parents=True)
        tried.write_text(text, encoding="utf-8")
        try:
            load_sources(Home(Path(folder)), option_models(), shipped=False)
        except ConfigError as error:
            raise ConfigError(str(error).replace(str(tried), str(_file_of(home, name)))) from error


def _file_of(home: Home, name: str) -> Path:
    return home.sources_folder / f"{name}.yml"


def _write(home: Home, name: str, text: str) -> Path:
    """Write the entry's file, whole or not at all, never over one that is there."""
    import os

    target = _file_of(home, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{name}-{os.getpid()}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target
