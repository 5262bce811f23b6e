"""`commdex sources check`: tries a source, or any address, and says by which mechanisms it can be harvested."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from config.home import Home
from search_cli.exit_codes import ExitCode, Failure

if TYPE_CHECKING:
    from config.model import Source
    from crawler.probe import Finding, Report

SCHEMA_VERSION = 1


@click.command(
    "check",
    epilog="""\b
Examples:
  commdex sources check https://www.fenland.icb.nhs.uk/
  commdex sources check nhs-england
  commdex sources check https://www.fenland.icb.nhs.uk/publications --json | jq .best
""",
)
@click.argument("which", metavar="ID|URL")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with a schema version.")
@click.pass_obj
def check(home: Home, which: str, as_json: bool) -> None:
    """Try a source or an address: which mechanisms does it answer to?

    At most 25 requests, one after the other, with the manners of a crawl; nothing of it is kept. Exit code 4 when the
    source's own mechanism does not answer, or nothing answers at an address.
    """
    from config.catalogue import load_settings
    from crawler import harvest
    from search_cli import screen
    from search_cli.homes import existing
    from search_cli.trying import try_address

    existing(home)
    settings = load_settings(home)
    harvest.user_agent(settings)
    catalogue = harvest.catalogue(home, settings)
    listed = "://" not in which
    source = _listed(catalogue, which) if listed else source_of(which)
    own = source.mechanism if listed else ""
    report = try_address(home, settings, catalogue, source, screen.err(), own)
    last = _last_harvest(home, source) if listed else None
    answers = own_answers(report, own) if listed else report.best is not None
    if as_json:
        value: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **asdict(report)}
        value |= {"source": {"id": source.id, "mechanism": own, "answers": answers, "last": last}} if listed else {}
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))
    else:
        if listed:
            _say_source(source, answers, last)
        show(report)
        if listed and not answers:
            screen.hint(_mended(home, source, report.best))
        elif report.best is not None and not listed:
            screen.hint(_next(catalogue, report, report.best))
    raise click.exceptions.Exit(ExitCode.DONE if answers else ExitCode.SOME_FAILED)


def _next(catalogue: Mapping[str, Source], report: Report, best: Finding) -> str:
    """What to do with an address that answers: have its entry written, or harvest the source that it is already."""
    import shlex

    from search_cli.commands.sources_add import begun_by

    known = begun_by(catalogue, (report.address,), "", {}) or begun_by(
        catalogue, best.start, best.mechanism, best.options
    )
    if known is not None:
        return f"It is where source {known.id!r} begins already. Harvest it with: commdex update {known.id}"
    return f"Write it with: commdex sources add {shlex.quote(report.address)}"


def _mended(home: Home, source: Source, best: Finding | None) -> str:
    """What to do with a source whose mechanism does not answer. A shipped entry is not edited but replaced."""
    from search_cli.commands.sources_add import place_of

    better = f"`mechanism: {best.mechanism}` and `start: [{', '.join(best.start)}]`" if best else "another `start`"
    place = place_of(home, source.id)
    own = place.startswith(str(home.sources_folder))
    where = place if own else f"one of the same id in a file in {home.sources_folder} goes before {place}"
    told = f"If it stays so, correct its entry ({where}): it may need {better}."
    return f"{told} Until then it can be left out: commdex sources disable {source.id} --reason failing"


def source_of(address: str) -> Source:
    """A source that stands for an address alone. Raises Failure where it is none."""
    from pydantic import ValidationError

    from config.model import Source

    try:
        return Source(id="check", name="check", publisher="check", mechanism="fixed", start=(address.strip(),))
    except ValidationError as error:
        raise Failure(
            f"{address} is not a web address; it must begin with http:// or https://", ExitCode.USAGE
        ) from error


def _listed(catalogue: Mapping[str, Source], name: str) -> Source:
    if name not in catalogue:
        raise Failure(unknown_source(catalogue, name), ExitCode.USAGE)
    source = catalogue[name]
    if not source.start:
        told = f"source {name!r} is recorded only (status {source.status}) and has no address that could be tried."
        raise Failure(f"{told} Add its papers by hand: commdex add FILE --source {name}", ExitCode.USAGE)
    return source


def unknown_source(catalogue: Mapping[str, Source], name: str) -> str:
    """What to say of an id that no source has, with those that are nearly it."""
    from difflib import get_close_matches

    near = get_close_matches(name, catalogue, n=3, cutoff=0.6) or [one for one in sorted(catalogue) if name in one][:3]
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    if "." in name or "/" in name:  # which no id has
        meant = " An address begins with http:// or https://."
    return f"no source is called {name!r}.{meant} See them with: commdex sources"


def own_answers(report: Report, own: str) -> bool:
    """Whether a source's mechanism finds at its start what it needs; a WordPress site may be read by its feed."""
    found = report.finding(own)
    if found is not None and found.answers == "yes":
        return True
    reached = bool(report.final) and not report.gone and report.outcome in ("new", "changed", "unchanged")
    if own == "wordpress":
        feed = report.finding("feed")
        return feed is not None and feed.answers == "yes"
    return reached and own in ("fixed", "boardpapers", "readinglist")


def _last_harvest(home: Home, source: Source) -> dict[str, Any] | None:
    """What the source's last harvest brought, and how much the next one should announce at least."""
    from crawler.archive import Archive
    from search_cli.trouble import explained

    if not (home.archive_folder / "archive.db").exists():
        return None
    with explained(home), Archive(home.archive_folder) as archive:
        run = archive.last_source_runs().get(source.id)
        if run is None:
            return None
        return {
            "started": run.started,
            "state": run.state,
            "reason": run.reason,
            "announced": run.announced,
            "floor": max(source.expect, archive.floor(run.run + 1, source.id)),
            "outcomes": archive.outcomes(run.run, source.id),
        }


def _say_source(source: Source, answers: bool, last: dict[str, Any] | None) -> None:
    from search_cli import screen
    from search_cli.runs.health import day

    err = screen.err()
    told = "answers" if answers else "does not answer"
    more = f" (its first of {len(source.start)} start addresses was tried)" if len(source.start) > 1 else ""
    screen.say(err, f"{source.id}: its mechanism, {source.mechanism}, {told}{more}.", "" if answers else "red")
    if last is None:
        screen.say(err, "It has never been harvested here.")
        return
    changes = ", ".join(f"{count} {outcome}" for outcome, count in last["outcomes"].items()) or "nothing was asked"
    reason = f" ({last['reason']})" if last["reason"] else ""
    screen.say(err, f"Last harvest {day(last['started'])}: {last['state']}{reason}; {changes}.")
    screen.say(err, f"It announced {last['announced']} pages and files; its floor is {last['floor']}.")


def show(report: Report) -> None:
    """The report as a table, what is recommended first, with what is to be known about it on standard error."""
    from search_cli import screen, tables

    err = screen.err()
    for line in lines_about(report):
        screen.say(err, line)
    order = {"yes": 0, "closed": 1, "no": 2}
    rows = sorted(report.findings, key=lambda one: (one is not report.best, order[one.answers], one.wider))
    columns = ("mechanism", "answers", "documents", "address", "seen")
    tables.show(columns, [_row(found, found is report.best) for found in rows])


def _row(found: Finding, best: bool) -> tuple[str, ...]:
    answers = f"{found.answers} (best)" if best else found.answers + (" (wider)" if found.wider else "")
    seen = found.seen
    told = {"options": dict(found.options), "include": list(found.include), "hosts": list(found.hosts)}
    for name, value in told.items():
        if value and found.answers == "yes":
            seen += f"; {name}: {json.dumps(value, ensure_ascii=False)}"
    documents = f"about {found.documents:,}" if found.documents > 1 else str(found.documents or "")
    return found.mechanism, answers, documents, " ".join(found.start), seen


def lines_about(report: Report) -> list[str]:
    """What is to be said of the address itself, and of what is recommended."""
    good = report.outcome in ("new", "changed", "unchanged")
    state = f"answers ({report.kind})" if good else f"{report.outcome}: {report.reason}".rstrip(": ")
    lines = [f"{report.address}: {state}" + (f", {report.page!r}" if report.page and good else "") + "."]
    robots = report.robots
    delay = f"Crawl-delay {robots['crawl_delay']:g} s" if robots.get("crawl_delay") else "no Crawl-delay"
    named = robots.get("sitemaps") or []
    asked = "refuses the address" if robots.get("allowed") is False else "allows it"
    if robots.get("state") in ("new", "unchanged"):
        lines.append(f"robots.txt {asked}; {delay}; names {len(named)} sitemap{'' if len(named) == 1 else 's'}.")
    elif robots:
        lines.append(f"robots.txt: {robots['state']}.")
    lines += [line[0].upper() + line[1:] + "." for line in report.said]
    best = report.best
    if best is not None:
        lines.append(f"Best: {best.mechanism}, from {' and '.join(best.start)}: {best.seen}.")
    elif report.outcome == "blocked":
        lines.append("It cannot be harvested. Add what you are given by hand: commdex add FILE --source ID")
    else:
        lines.append("Nothing answers that a source could be made of.")
    return lines
