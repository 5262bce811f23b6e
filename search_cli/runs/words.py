"""A report in words, for a terminal and for the log of a timer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from indexer.dates import parse_date
from search_cli import screen
from search_cli.results import date_shown
from search_cli.runs.health import day, moment
from search_cli.runs.model import ADDRESS, DOCUMENT, Changed, Counts, New, Report, SourceReport, Vanished

MOST = 10  # entries of each list
_STYLES = {"failed": "red", "interrupted": "red", "unfinished": "red", "partly": "yellow"}
_HEADINGS = {
    "changed": "Changed", "missing": "Missing, not found for the first time", "gone": "Gone, kept in the library",
    "returned": "Returned",
}  # fmt: skip


def show(console: Console, report: Report, most: int = MOST) -> None:
    """Say what a run came to: broken sources first, then what else went wrong, then what came and went."""
    screen.say(console, headline(report), _STYLES.get(report.state, "green"))
    for line in totals(report):
        screen.say(console, line)
    for note in report.notes:
        screen.say(console, f"Note: {note}", "yellow")
    again = f"commdex runs show {report.run}"
    broken = [row for row in report.sources if row.broken]
    if broken:
        screen.say(console, "Broken sources, not quiet ones:", "red")
        _show_sources(console, broken, most, again)
    if report.overdue:
        screen.say(console, "Not harvested for too long:", "yellow")
        for late in report.overdue[:most]:
            last = f"last good harvest on {day(late.last_good)}, every {late.every}"
            screen.say(console, f"  {late.id}: {last}: commdex update {late.id}")
        _say_more(console, len(report.overdue), most, again)
    others = [row for row in report.sources if not row.broken and row.state != "ok"]
    if others:
        screen.say(console, "Not ok:", "yellow")
        _show_sources(console, others, most, again)
    _show_new(console, report, most, again)
    for name, heading in _HEADINGS.items():
        _show_addresses(console, heading, getattr(report, name), most, f"{again} --list {name}")


def headline(report: Report) -> str:
    """Which run, when, how long, and how many sources fared how."""
    states = ", ".join(f"{count} {state}" for state, count in report.sources_by_state.items())
    what = f"{report.state}: " if report.state in ("interrupted", "unfinished") else ""
    began = f"{day(report.started)} {moment(report.started):%H:%M} UTC"
    return f"Run {report.run}, {began}, {duration(report.seconds)}: {what}{states or 'no source was begun'}."


def totals(report: Report) -> Iterator[str]:
    """What came and went in counts."""
    counts = report.totals
    yield f"Pages and files: {', '.join(told(counts))}."
    if report.new_documents is not None:
        yield f"New documents: {report.new_documents:,}."
    disk = "" if report.archive.bytes is None else f"; the archive takes {size(report.archive.bytes)}"
    grown = report.archive.growth
    disk += "" if grown is None else f" ({'+' if grown >= 0 else '-'}{size(abs(grown))})"
    yield f"{counts.requests:,} requests, {size(counts.bytes)} over the wire{disk}."


def told(counts: Counts) -> Iterator[str]:
    """Counts as "3 new": always of new, changed and unchanged; the others where there are any."""
    for name in ("new", "changed", "unchanged"):
        yield f"{getattr(counts, name):,} {name}"
    for name in ("missing", "gone", "returned", "blocked"):
        if getattr(counts, name):
            yield f"{getattr(counts, name):,} {name}"
    if counts.refused_by_robots:
        yield f"{counts.refused_by_robots:,} refused by robots.txt"
    if counts.refused_by_noindex:
        yield f"{counts.refused_by_noindex:,} refused by noindex"
    for outcome, count in counts.errors.items():
        yield f"{count:,} {outcome}"


def duration(seconds: int) -> str:
    """Seconds as people say them."""
    minutes, rest = divmod(seconds, 60)
    hours, of_hour = divmod(minutes, 60)
    return f"{hours} h {of_hour} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size(count: int) -> str:
    """Bytes as people say them, by thousands."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def published(date: str) -> str:
    """When something was published, as people write it; what is no date, in a report of another hand, is none."""
    return date_shown(parse_date(date))


def by_sector(entries: Iterable[New]) -> Iterator[tuple[str, list[New]]]:
    """New documents under the heading of their first sector, in the order in which they stand."""
    for heading, members in groupby(entries, lambda entry: entry.sectors[0].heading if entry.sectors else ""):
        yield heading or "No sector", list(members)


def listed(report: Report) -> tuple[str, list[New]]:
    """What the list of new things shows, and what it is called: documents, each once, where the library knows them."""
    if report.indexed:
        first: dict[str, New] = {}
        for entry in report.new:
            if entry.what == DOCUMENT:
                first.setdefault(entry.document, entry)
        return "New documents", list(first.values())
    return "New pages and files", [entry for entry in report.new if entry.what == ADDRESS]


def _show_sources(console: Console, rows: Sequence[SourceReport], most: int, again: str) -> None:
    for row in rows[:most]:
        why = "; ".join(sign.told for sign in row.broken) or row.reason
        screen.say(console, f"  {row.id}: {row.state}: {why}", _STYLES.get(row.state, ""))
        if row.broken and row.reason:
            screen.say(console, f"    {row.reason}")
        for advice in row.advice[:1]:
            screen.say(console, f"    {advice.told}" + (f": {advice.command}" if advice.command else ""))
    _say_more(console, len(rows), most, again)


def _show_new(console: Console, report: Report, most: int, again: str) -> None:
    heading, entries = listed(report)
    if not entries:
        return
    screen.say(console, f"{heading}:", "bold")
    for sector, members in by_sector(entries[:most]):
        if report.indexed:
            screen.say(console, f"  {sector}")
        for entry in members:
            about = ", ".join(part for part in (entry.publisher, published(entry.date)) if part)
            screen.say(console, f"    {entry.title} ({about})")
            _print_address(console, entry.address)
    _say_more(console, len(entries), most, f"{again} --list new")


def _show_addresses(
    console: Console, heading: str, entries: Sequence[Changed | Vanished], most: int, again: str
) -> None:
    if not entries:
        return
    screen.say(console, f"{heading}:", "bold")
    for entry in entries[:most]:
        screen.say(console, f"    {entry.title} ({entry.source})")
        _print_address(console, entry.address)
    _say_more(console, len(entries), most, again)


def _print_address(console: Console, address: str) -> None:
    shown = screen.web_address(address) or screen.safe(address)
    screen.print_whole(console, Text("      ") + screen.linked(shown, address, "dim"))


def _say_more(console: Console, total: int, most: int, again: str) -> None:
    if total > most:
        screen.say(console, f"  … and {total - most:,} more: {again}")
