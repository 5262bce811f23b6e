"""What the first pages of a paper say about it: the dates that stand out on them, the first line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from indexer.dates import dates_in
from indexer.reading import Candidate
from indexer.text import clean, one_line
from indexer.titles import is_junk

# How far into a paper a date of publication stands, in pages.
FRONT_PAGES = 2
# A date in a line of its own, or nearly so, stands out; one in a sentence tells of something else.
SHORT_LINE = 9
LABELLED = re.compile(
    r"\b(?:published|publication|publish date|issued?|date of issue|first issued|released?|version date|effective from"
    r"|date approved|approved|ratified|date:|dated)\b",
    re.IGNORECASE,
)
MOST_DATES = 6
# Lines that are looked at for a title where nothing better is known, and how sure that is.
TITLE_LINES = 20
LINE_SURE = 0.2


def first_line(pages: Sequence[str]) -> tuple[Candidate, ...]:
    """A title candidate of last resort: the first line of page 1 of two words or more that is no junk, if any."""
    for line in (pages[0] if pages else "").split("\n")[:TITLE_LINES]:
        if len(line.split()) > 1 and not is_junk(line):
            return (Candidate(one_line(line), "first line of page 1", LINE_SURE),)
    return ()


def front_dates(pages: Sequence[str]) -> tuple[Candidate, ...]:
    """Candidates from `pages`, the first pages of a paper: "Published 12 May 2020" before "March 2021" by itself.

    A date that is labelled or stands on page 1 is surer (.5) than one that merely stands out on page 2 (.4).
    """
    found = [candidate for number, page in enumerate(pages[:FRONT_PAGES], 1) for candidate in _on_page(number, page)]
    return tuple(sorted(found, key=lambda candidate: -candidate.sure)[:MOST_DATES])


def _on_page(number: int, page: str) -> Iterator[Candidate]:
    before = ""
    for line in clean(page).split("\n"):
        short = len(line.split()) <= SHORT_LINE
        label = LABELLED.search(line)
        if short or (label and len(line) < 200):
            dates = dates_in(f"{before}\n{line}")[len(dates_in(before)) :]
            sure = 0.5 if label else 0.45 if number == 1 else 0.4
            for date in dates[:1]:
                yield Candidate(date, f"written on page {number}", sure)
        before = line[-60:] or before
