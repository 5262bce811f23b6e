"""The signs by which a source is broken, and not merely quiet. Pure functions of what its runs have left behind.

Each answers with a `Sign`, or None where there is nothing to say. Times are UTC, ISO 8601, as the stores write them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from crawler.archive import TIME, SourceRun
from search_cli.results import date_shown
from search_cli.runs.model import Sign

EVERY = {"day": timedelta(1), "week": timedelta(7), "month": timedelta(31), "quarter": timedelta(92)}
GOOD = ("ok", "partly")
UNFINISHED = ("running", "interrupted")
# A source has an interval of its own once so many of its runs brought something new; silent is who exceeds it so often.
LEAST_NEWS, SILENT_AFTER = 4, 3
LATE_AFTER = 2  # times `every` without a good harvest
FAILURES_IN_A_ROW = 2
# Shares of documents say something from so many documents on; by so much one of them must have fallen.
LEAST_FOR_SHARES, MOST_FALLEN = 5, 0.20


@dataclass(frozen=True)
class Coverage:
    """How many documents of a source the library holds, and how many of them lack a date, or any text."""

    documents: int
    undated: int
    without_text: int


def moment(time: str) -> datetime:
    """A time of the stores as a datetime."""
    return datetime.strptime(time, TIME).replace(tzinfo=UTC)


def day(time: str) -> str:
    """The day of a time of the stores, as people write it."""
    return date_shown(time[:10])


def last_good(runs: Sequence[SourceRun]) -> str:
    """When the last harvest began that brought what the source announces, "" before the first."""
    return next((run.started for run in reversed(runs) if run.state in GOOD), "")


def zero(runs: Sequence[SourceRun]) -> Sign | None:
    """Nothing announced by a source that announced something before; `runs` are all of its runs, oldest first."""
    *earlier, last = runs
    had = next((run for run in reversed(earlier) if run.announced and run.state not in UNFINISHED), None)
    if had is None or last.announced or last.increment or last.state in UNFINISHED:
        return None
    return Sign(
        sign="zero", told=f"it announced nothing; on {day(had.started)} it announced {had.announced:,} pages and files"
    )


def collapse(last: SourceRun, floor: int) -> Sign | None:
    """A fall below the floor, as the crawler judged it when the run ended."""
    if not last.collapsed or not last.announced:
        return None
    return Sign(
        sign="collapse",
        told=f"it announced {last.announced:,} pages and files; its floor, 0.8 of the median of its last harvests, "
        f"is {floor:,}",
    )


def usual_interval(news: Sequence[str]) -> timedelta | None:
    """The median time between runs that brought something new, None where there were too few to go by."""
    if len(news) < LEAST_NEWS:
        return None
    gaps = [(moment(after) - moment(before)).total_seconds() for before, after in pairwise(sorted(news))]
    return timedelta(seconds=median(gaps))


def silence(news: Sequence[str], every: timedelta, when: str) -> Sign | None:
    """Nothing new for far longer than usual; `news` are the times of its runs that brought something new."""
    usual = usual_interval(news)
    if usual is None:
        return None
    quiet = moment(when) - moment(max(news))
    if quiet <= SILENT_AFTER * usual or quiet <= every:
        return None
    return Sign(
        sign="silent",
        told=f"nothing new since {day(max(news))}, {days(quiet)}; it usually has something every {days(usual)}",
    )


def late(good: str, every: timedelta, when: str) -> Sign | None:
    """The last good harvest, which began at `good`, is older than it should be."""
    if not good or moment(when) - moment(good) <= LATE_AFTER * every:
        return None
    return Sign(
        sign="late", told=f"its last good harvest was on {day(good)}; it is to be harvested every {days(every)}"
    )


def failing(runs: Sequence[SourceRun]) -> Sign | None:
    """Failure after failure; runs that were stopped say nothing either way."""
    count = 0
    for run in reversed(runs):
        if run.state in UNFINISHED:
            continue
        if run.state != "failed":
            break
        count += 1
    return Sign(sign="failing", told=f"it failed {count} times in a row") if count >= FAILURES_IN_A_ROW else None


def thinner(before: Coverage | None, now: Coverage | None) -> list[Sign]:
    """Fewer of its documents have a date, or text, than at the run before: a sign of pages in a new shape."""
    if before is None or now is None or min(before.documents, now.documents) < LEAST_FOR_SHARES:
        return []
    found = []
    for sign, what, lacked, lacks in (
        ("dates", "a date", before.undated, now.undated),
        ("text", "text", before.without_text, now.without_text),
    ):
        had, has = 1 - lacked / before.documents, 1 - lacks / now.documents
        if had - has > MOST_FALLEN:
            found.append(
                Sign(sign=sign, told=f"{has:.0%} of its documents have {what}; at the run before {had:.0%} had")
            )
    return found


def days(span: timedelta) -> str:
    """A span of time in whole days, or in hours below two days."""
    if span < timedelta(days=2):
        hours = round(span / timedelta(hours=1))
        return f"{hours} hour" + ("" if hours == 1 else "s")
    return f"{round(span / timedelta(days=1))} days"
