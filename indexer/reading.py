"""What a reader makes of one original: pages of text, and the candidates for its title, date and publisher.

A `Reading` travels between processes and into the library as JSON, so it holds plain values only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

# Raised whenever a reader's answers change, so that the next `commdex index` reads every original again.
READER_VERSION = 1


class TextState(StrEnum):
    """What came of reading an original."""

    READ = "read"
    NO_TEXT = "no text"  # well-formed, but without words: a scan, a picture
    UNREADABLE = "unreadable"  # damaged, protected, or a format that nothing here reads
    GAVE_UP = "gave up"  # it crashed its worker, ran out of time or of memory


@dataclass(frozen=True)
class Candidate:
    """A value that something suggests. `origin` says where it stands; `sure` runs from 0 (a guess) to 1 (stated)."""

    value: str
    origin: str
    sure: float


@dataclass(frozen=True)
class Reading:
    """What one original says. `pages` are in order, page 1 first; a spreadsheet's pages are its sheets.

    Dates are ISO 8601, cut to their precision: "2021", "2021-03" or "2021-03-19".
    """

    state: TextState
    reader: str
    reason: str = ""
    pages: tuple[str, ...] = ()
    titles: tuple[Candidate, ...] = ()
    dates: tuple[Candidate, ...] = ()
    publishers: tuple[Candidate, ...] = ()
    headings: tuple[str, ...] = ()
    summary: str = ""
    language: str = ""

    def about(self) -> dict[str, Any]:
        """Everything but the pages, as plain values."""
        values = asdict(self)
        del values["pages"]
        return values


@dataclass(frozen=True)
class Task:
    """One original to read. `kind` is what its bytes are (crawler.sniff); `address` is for messages only."""

    sha256: str
    path: str
    kind: str
    address: str
    options: dict[str, Any] = field(default_factory=dict)


def reading_from(about: dict[str, Any], pages: tuple[str, ...]) -> Reading:
    """The reading whose `about()` was this."""
    return Reading(
        state=TextState(about["state"]),
        reader=about["reader"],
        reason=about["reason"],
        pages=pages,
        titles=_candidates(about["titles"]),
        dates=_candidates(about["dates"]),
        publishers=_candidates(about["publishers"]),
        headings=tuple(about["headings"]),
        summary=about["summary"],
        language=about["language"],
    )


def _candidates(values: list[dict[str, Any]]) -> tuple[Candidate, ...]:
    return tuple(Candidate(**value) for value in values)
