"""What to do about each problem of a source: a sentence, and the command that helps where one does."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from crawler.archive import Outcome
from crawler.harvest import INCOMPLETE
from search_cli.runs.model import Advice, SourceReport

# What to do about errors by class, and the command that helps; `{id}` is the source's.
_CHECK = "commdex sources check {id}"
_AGAIN = "commdex update {id}"
_ERRORS = {
    Outcome.NOT_FOUND: ("Links that lead nowhere; nothing to do unless there are many. See which", "{troubles}"),
    Outcome.SOFT_NOT_FOUND: (
        "Pages that say that nothing is there; nothing to do unless there are many. See which",
        "{troubles}",
    ),
    Outcome.NOFOLLOW: ("Pages that ask robots not to follow their links. Nothing to do, or ask its publisher", ""),
    Outcome.HOST: (
        "Links to other hosts. Where documents lie there, add the host to `hosts` of its entry",
        "{troubles}",
    ),
    Outcome.TOO_LARGE: ("Larger than `crawl.largest_file` of settings.yml. Raise it if they are wanted", "{troubles}"),
    Outcome.SERVER_ERROR: ("The site had a fault of its own. Try it again another day", _AGAIN),
    Outcome.LATER: ("The site asked to be left alone for a while. Try it again another day", _AGAIN),
    Outcome.TIMEOUT: ("No answer in time. Try it again; raise `crawl.timeout` of settings.yml if it stays so", _AGAIN),
    Outcome.UNREACHABLE: ("The host does not answer. Look whether it has moved; then correct `start`", _CHECK),
    Outcome.REDIRECTS: ("Addresses that lead round in a circle: a fault of the site", "{troubles}"),
    Outcome.ERROR: ("Answers that could not be understood. See which", "{troubles}"),
}
_NOT_FOUND = (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND)
_BROKEN = {
    "zero": ("Its pages may have changed their shape, or it has moved. See how it announces now", _CHECK),
    "collapse": ("Its pages may have changed their shape. See how it announces now", _CHECK),
    "failing": ("Until it is mended it can be left out", "commdex sources disable {id} --reason failing"),
    "late": ("Harvest it", _AGAIN),
    "silent": ("Look at its site: if new papers stand there, its entry must be corrected", _CHECK),
    "dates": ("Its pages may show their dates in a new way. Look at some", "commdex search 'source:{id} year:nd'"),
    "text": ("Its files may be scans now, which need OCR. See which", "commdex status --all"),
}
# A wall before the whole source, or before some of its pages, which may lie on hosts of others.
_REFUSED_WHOLE = (
    "A person must look: open {start} in a browser, and ask {publisher} for leave to harvest it. Until then it can be "
    "left out",
    "commdex sources disable {id} --reason blocked",
)
_REFUSED_PARTS = (
    "A person must look: what a browser shows there can be saved and added by hand (commdex add). See which",
    "{troubles}",
)
# No wall of the source's at all.
_REFUSED_BY_ARCHIVE = ("A web archive refused in this run, and may have what is gone. Try it again another day", _AGAIN)


def advice(row: SourceReport, run: int, walls: Collection[str]) -> Iterator[Advice]:
    """What to do about each problem of a source in this run; `walls` are the addresses that a wall answered for."""
    words = {"id": row.id, "troubles": f"commdex runs show {run} --list troubles --source {row.id}"}
    site = {"start": row.start or "its site", "publisher": row.publisher or "its publisher"}
    for problem, told, command in _problems(row, walls):
        yield Advice(problem=problem, told=told.format(**site), command=command.format(**words))


def _problems(row: SourceReport, walls: Collection[str]) -> Iterator[tuple[str, str, str]]:
    signs = {sign.sign for sign in row.broken}
    if row.state in ("interrupted", "running"):
        yield "interrupted", "It was stopped. What was fetched is kept; within a day this goes on from there", _AGAIN
    elif row.state == "failed" and not signs & {"zero", "collapse"}:
        yield "failed", "See what it answers now", _CHECK
    for sign in row.broken:
        yield (sign.sign, *_BROKEN[sign.sign])
    yield from _refusals(row, walls)
    # What is told below as missing or gone needs no telling twice.
    vanished = sum(row.errors.get(outcome, 0) for outcome in _NOT_FOUND) <= row.missing + row.gone
    for name in row.errors:
        outcome = Outcome(name)
        if outcome not in _made_up_for(row) and not (outcome in _NOT_FOUND and vanished):
            yield (name, *_ERRORS[outcome])
    if row.missing:
        yield "missing", "Not found this time. Nothing to do: if the next good run agrees, they are marked as gone", ""
    if row.gone:
        yield "gone", "Not at their source any more. Nothing to do: they stay in the library, marked so", ""
    if row.undated and "dates" not in signs:
        yield "undated", "Documents without a date are found by year:nd", "commdex search 'source:{id} year:nd'"
    if row.without_text and "text" not in signs:
        yield "without_text", "Documents without text are found by title only. See why", "commdex status --all"


def _refusals(row: SourceReport, walls: Collection[str]) -> Iterator[tuple[str, str, str]]:
    if row.blocked and Outcome.BLOCKED not in _made_up_for(row):
        whole = row.state == "failed" and row.start in walls
        yield "blocked", *(_REFUSED_WHOLE if whole else _REFUSED_PARTS if walls else _REFUSED_BY_ARCHIVE)
    if row.refused_by_robots:
        yield "refused_by_robots", "Its robots.txt says no, and is obeyed. Nothing to do, or ask its publisher", ""
    if row.refused_by_noindex:
        yield (
            "refused_by_noindex",
            "Its pages ask not to be indexed, and are not. Nothing to do, or ask its publisher",
            "",
        )


def _made_up_for(row: SourceReport) -> tuple[Outcome, ...]:
    """Outcomes for which the spider had another way: with one of these unmended the source would not be ok."""
    return INCOMPLETE if row.state == "ok" else ()
