"""A document as the library keeps it and every later room reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """One file (or web page) of a document.

    `state` is a TextState, or "not retrieved" where nothing could be fetched; `reason` says why in both cases.
    `address` opens it; `original` is the address it had on the web, which differs only for copies in a web archive.
    """

    address: str
    original: str
    sha256: str
    kind: str
    title: str
    bytes: int
    pages: int
    state: str
    reason: str
    captured: str = ""


@dataclass(frozen=True)
class Location:
    """One place where the document is published: its landing page (or itself) and the source that listed it."""

    source: str
    landing: str
    address: str
    title: str


@dataclass(frozen=True)
class SectorTag:
    """A sector, its score, and the words that earned it, each with how often it was met: ("care home", 12)."""

    sector: str
    score: float
    evidence: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Value:
    """A chosen value, where it came from, and how sure that is (0 to 1). An empty `value` means nothing was found."""

    value: str = ""
    origin: str = ""
    sure: float = 0.0


@dataclass(frozen=True)
class Document:
    """A publication: one or more files, a landing page, pages of text.

    `id` is twelve hexadecimal digits made from its first address, so that rebuilding gives the same. `date` is ISO 8601
    cut to its precision ("2021", "2021-03", "2021-03-19"), "" when nobody knows. `host` is the original host, also for
    a copy in a web archive. The first of `files` is the one that `address` opens; the landing page is among `files`
    (kind "html") where it was fetched. Times are UTC, ISO 8601.
    """

    id: str
    title: Value
    date: Value
    publisher: Value
    type: Value
    sources: tuple[str, ...]
    host: str
    address: str
    original: str
    landing: str
    captured: str
    summary: str
    headings: tuple[str, ...]
    sectors: tuple[SectorTag, ...]
    files: tuple[File, ...]
    locations: tuple[Location, ...]
    first_seen: str
    gone_since: str = ""

    @property
    def year(self) -> str:
        """Four digits, or "" when undated."""
        return self.date.value[:4]

    @property
    def pages(self) -> int:
        """Pages of its files, the landing page left out where there is a file."""
        counted = [file for file in self.files if file.kind != "html"] or list(self.files)
        return sum(file.pages for file in counted)


@dataclass(frozen=True)
class Page:
    """One page of text: `file` is the place of its file in `Document.files`, `number` its physical page from 1."""

    file: int
    number: int
    text: str
