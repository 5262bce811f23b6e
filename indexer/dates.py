"""Dates as these papers write them, and which of several is the date of publication.

Every date is ISO 8601 cut to its precision: "2021", "2021-03" or "2021-03-19". Days come before months, as in Britain.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

from indexer.document import Value
from indexer.reading import Candidate

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EARLIEST_YEAR = 1900

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>(?:1[5-9]|20)[0-9]{2})"
_DAY = r"(?P<day>[0-9]{1,2})"
# One pattern a way of writing; in running text the earliest match counts, then the one that stands higher here.
WRITTEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w/.-]){_YEAR}-(?P<number>[0-9]{{2}})-{_DAY}(?=$|[^\w-]|T[0-9])",
        rf"(?<![\w/.-]){_YEAR}/(?P<number>[0-9]{{2}})/{_DAY}(?![\w/-])",
        rf"(?<![\w/.-]){_DAY}(?:\s?(?:st|nd|rd|th))?\s*(?:of\s+)?[-/]?{_MONTH}[\s,/-]{{0,3}}{_YEAR}(?![\w/])",
        rf"(?<!\w){_MONTH}\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_YEAR}(?![\w/])",
        rf"(?<![\w/.-]){_DAY}(?P<between>[/.-])(?P<number>[0-9]{{1,2}})(?P=between){_YEAR}(?![\w/-])",
        rf"(?<![\w/.-]){_DAY}/(?P<number>[0-9]{{1,2}})/(?P<short>[0-9]{{2}})(?![\w/.-])",
        rf"(?<!\w){_MONTH}[\s,'’/-]{{1,3}}{_YEAR}(?![\w/])",
    )
)
# The whole of a text, where it is known to be a date.
MONTH_ONLY = re.compile(rf"{_YEAR}[-/](?P<number>0[1-9]|1[0-2])")
YEAR_ONLY = re.compile(
    rf"(?:(?:spring|summer|autumn|winter|early|late|mid|c\.?|circa|copyright|©)[\s-]*)?{_YEAR}(?:\s?[/–-]\s?(?:[0-9]{{4}}|[0-9]{{2}}))?",
    re.IGNORECASE,
)
COMPACT = re.compile(
    r"(?:D:)?(?P<year>(?:19|20)[0-9]{2})(?P<number>[0-9]{2})(?P<day>[0-9]{2})(?:[0-9]{2,6}.*)?", re.DOTALL
)
COMPACT_SHORT = re.compile(r"D:(?P<year>(?:19|20)[0-9]{2})(?P<number>[0-9]{2})?")
# What stands right before a date that says when a paper is looked at again, or ends: never when it was published.
# A bare "review" counts at the start of a line only: "Literature review March 2021" is a title with its date.
REVIEW = re.compile(
    r"(?:\b(?:(?:next|last|latest|date(?: of| for)?|for|policy|formal|planned|scheduled|annual|to be|be|was|due)\s+"
    r"review(?:ed)?"
    r"|review(?:ed)?\s+(?:date|due|by|on|in|before|again|period|scheduled|planned)|date\s+reviewed|reviewed|review\s*[:=]"
    r"|expir(?:y|es|ed|ation)(?:\s+date)?|valid (?:until|to|till)|effective (?:until|to)|until|supersed\w+|withdrawn"
    r"|closing date|closes|deadline|due|next (?:update|meeting)|date of next \w+|date of birth|d\.?o\.?b\.?"
    r")|(?:^|\n)\s*review)\W*(?:(?:date|due|by|on|in|is|for|the|from|before|a|of|scheduled|planned)\W+){0,3}$",
    re.IGNORECASE,
)
# How much of the text before a date is looked at for such words, in characters.
BEFORE = 60


def is_review(context: str) -> bool:
    """Whether `context`, the text that ends where a date begins, says that it is a date of review, expiry or birth."""
    return bool(REVIEW.search(context[-BEFORE:]))


def parse_date(text: str) -> str:
    """The first date that `text`, a value or a short label, gives in any of the usual ways; "" where there is none.

    ISO 8601 and RFC 822 with or without time, PDF dates, "30th January, 2025", "Jan 2025", "12/05/2020", "2024/25".
    """
    text = " ".join(text[:200].split())
    for pattern in (COMPACT, COMPACT_SHORT, MONTH_ONLY):
        match = pattern.fullmatch(text)
        if match and (date := _iso(match)):
            return date
    for date, _ in _found(text):
        return date
    match = YEAR_ONLY.fullmatch(text)
    return match["year"] if match else ""


def dates_in(text: str) -> list[str]:
    """The dates written in running text, in order; review and expiry dates and lone years are left out."""
    return [date for date, _ in _found(text)]


def _found(text: str) -> Iterator[tuple[str, int]]:
    """Each date in `text` with the place where it begins."""
    matches = [match for pattern in WRITTEN for match in pattern.finditer(text)]
    end = 0
    for match in sorted(matches, key=lambda match: match.start()):
        if match.start() >= end and (date := _iso(match)):
            end = match.end()
            if not is_review(text[max(0, match.start() - BEFORE) : match.start()]):
                yield date, match.start()


def _iso(match: re.Match[str]) -> str:
    """The ISO form of what a pattern caught, "" where there is no such day."""
    parts = match.groupdict()
    year = parts.get("year") or _century(parts["short"])
    month = MONTHS.index(parts["month"][:3].lower()) + 1 if parts.get("month") else int(parts.get("number") or 0)
    day = int(parts.get("day") or 0)
    if month > 12 >= day and not parts.get("month"):
        month, day = day, month  # the American order, where no other is possible
    if not month:
        return year
    try:
        datetime.date(int(year), month, day or 1)
    except ValueError:
        return ""
    return f"{year}-{month:02}-{day:02}" if day else f"{year}-{month:02}"


def _century(short: str) -> str:
    return ("20" if short < "60" else "19") + short


def choose_date(candidates: Sequence[Candidate], today: datetime.date) -> Value:
    """The surest date that can be true: not after `today`, not before 1900; of equally sure ones the more precise.

    Candidates may be written in any way that `parse_date` reads; the value is ISO 8601.
    """
    best = Value()
    for candidate in candidates:
        date = parse_date(candidate.value)
        if not date or int(date[:4]) < EARLIEST_YEAR or date > today.isoformat()[: len(date)]:
            continue
        if not best.value or (candidate.sure, len(date)) > (best.sure, len(best.value)):
            best = Value(date, candidate.origin, candidate.sure)
    return best
