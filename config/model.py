"""What a source, a sector, a document type and the settings are.

One YAML entry is one object here. What cannot be checked without the mechanism (`options`) is checked by the
mechanism's own model: see `config.catalogue.load_sources`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    _ = parts.port  # raises ValueError for a port that is none
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is not a web address; it must begin with http:// or https://")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from error
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class Entry(BaseModel):
    """Base of every entry: unknown keys are errors, because a misspelt key would be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Listing(Entry):
    """Where a source was found listed."""

    seed: str = Field(pattern=r"^\d{3}$", description="number of the seed document, as '000'")
    heading: str = ""


Claim = Literal["seed", "stored", "unconfirmed"]


class Basis(Entry):
    """What each claim of an entry rests on. Written in YAML as one word where all rest on the same.

    seed: printed in a seed; stored: seen in a stored copy of the site or in a public record of it, maybe years old;
    unconfirmed: recalled, or a guess to be tried.
    """

    address: Claim = "unconfirmed"
    mechanism: Claim = "unconfirmed"
    status: Claim = "unconfirmed"

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return dict.fromkeys(("address", "mechanism", "status"), value) if isinstance(value, str) else value


# Statuses of places that can be fetched; the others are recorded only.
HARVESTABLE = ("live", "moved", "archived")


class Source(Entry):
    """One listed place to harvest."""

    id: Identifier
    name: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    body: str = Field(default="", description="kind of body: icb, ccg, trust, think-tank …")
    mechanism: str = Field(
        default="", description="how it announces what it publishes: a module of crawler/mechanisms/"
    )
    start: tuple[WebAddress, ...] = ()
    former: tuple[WebAddress, ...] = Field(
        default=(), description="addresses that it had before; web archives are asked for these too"
    )
    hosts: tuple[str, ...] = Field(default=(), description="hosts that may be fetched beside those of `start`")
    sectors: tuple[Identifier, ...] = Field(default=(), description="sectors that it is listed under")
    include: tuple[Pattern, ...] = Field(default=(), description="only pages that match one of these become documents")
    exclude: tuple[Pattern, ...] = Field(default=(), description="never fetch addresses that match one of these")
    options: dict[str, Any] = Field(default_factory=dict, description="what only this mechanism understands")
    every: Literal["day", "week", "month", "quarter"] = "week"
    expect: int = Field(default=1, ge=0, description="fewer documents than this from a run is a failure")
    limit: int = Field(default=5000, ge=1, description="stop a run after this many requests")
    most_bytes: int = Field(
        default=5_000_000_000, ge=1, description="ask for no more files in a run that has fetched this much"
    )
    delay: float | None = Field(default=None, ge=0, description="seconds between requests to one host")
    status: Literal["live", "moved", "archived", "subscription", "manual"] = "live"
    basis: Basis = Basis()
    listed: tuple[Listing, ...] = ()
    successor: str = Field(default="", description="what took its place, where it is closed or merged")
    licence: str = Field(default="", description="licence and what robots are told, as far as known")
    enabled: bool = True
    notes: str = ""

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Every host, in lower case, that a run of this source may ask."""
        of_start = {(urlsplit(address).hostname or "").lower() for address in self.start}
        return frozenset(of_start | {host.lower() for host in self.hosts})

    @property
    def harvestable(self) -> bool:
        """Whether a run can fetch anything: record-only entries (subscription, manual) and disabled ones cannot."""
        return self.enabled and self.status in HARVESTABLE


class Term(Entry):
    """One term of a sector. Written in YAML as a plain string when it has nothing to add to the defaults."""

    text: str = Field(min_length=1)
    weight: float = Field(default=3.0, gt=0, description="3 says it alone, 2 says it clearly, 1 supports it")
    exact: bool = Field(default=False, description="match these letters only, not the words' stems (ICB, GP)")
    beside: bool = Field(default=False, description="ambiguous: counts only beside another term of its sector")

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class Sector(Entry):
    """A service sector: a heading of seed 000, or one that Commdex adds."""

    id: Identifier
    heading: str
    within: Identifier | None = Field(default=None, description="the sector that this one is part of")
    ours: bool = Field(default=False, description="added by Commdex, not a heading of the librarians' page")
    terms: tuple[Term, ...] = Field(default=(), description="documented in the seeds")
    added: tuple[Term, ...] = Field(default=(), description="common usage, added by Commdex")
    exclude: tuple[str, ...] = Field(default=(), description="phrases in which its terms mean something else")


class DocumentType(Entry):
    """A kind of paper, and the words by which its title or first page says so."""

    id: Identifier
    label: str
    title: tuple[str, ...] = Field(default=(), description="words in a title, strongest sign")
    text: tuple[str, ...] = Field(default=(), description="words on the first page")
    reference: str = Field(default="RPRT", description="RIS type of reference")


class Disabled(Entry):
    """A source that a person has switched off: it stays in the catalogue and is not harvested."""

    id: Identifier
    reason: str = ""
    since: str = Field(default="", description="ISO date")


def _archives(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value not in ("ukgwa", "internet-archive"):
            _web_address(value)
    return values


def _contact(value: str) -> str:
    value = value.strip()
    if value and not re.fullmatch(r"[^@\s<>()]+@[^@\s<>()]+\.[^@\s<>().]+|https?://[^\s<>()]+\.[^\s<>()]+", value):
        raise ValueError(f"{value!r} is neither an e-mail address nor a web address")
    return value


class CrawlSettings(Entry):
    """Manners of the crawler. Seconds, bytes and counts."""

    delay: float = Field(default=2.0, ge=0, description="seconds between two requests to one host")
    hosts_at_once: int = Field(default=16, ge=1, le=64, description="hosts that are harvested side by side")
    timeout: float = Field(default=60.0, gt=0, description="seconds to wait for one answer")
    largest_file: int = Field(default=200_000_000, ge=1, description="bytes; a larger answer is refused and recorded")
    retries: int = Field(default=2, ge=0, le=10)
    archives: Annotated[tuple[str, ...], AfterValidator(_archives)] = Field(
        default=("ukgwa", "internet-archive"),
        description="web archives that are asked, in this order, for a listed address that is gone",
    )
    archive_delay: float = Field(
        default=5.0, ge=0, description="seconds between two requests to one web archive, which serve everyone"
    )
    longest_wait: float = Field(
        default=120.0,
        ge=0,
        description="seconds; a host that asks to wait longer is left alone for the rest of the run",
    )
    allow_private_hosts: bool = Field(
        default=False, description="fetch loopback and private addresses too: for tests and demonstrations only"
    )


class IndexSettings(Entry):
    """How originals are read and indexed."""

    workers: int = Field(default=0, ge=0, le=64, description="worker processes; 0 takes one for each processor")
    seconds_per_file: float = Field(default=120.0, gt=0, description="a file that takes longer is given up")
    memory_per_worker: int = Field(default=1_500_000_000, ge=100_000_000, description="bytes")
    pdf_reader: Literal["pdfium", "pdfminer"] = "pdfium"


class Settings(Entry):
    """A home's settings.yml."""

    contact: Annotated[str, AfterValidator(_contact)] = Field(
        default="", description="e-mail or web address that goes into the User-Agent; without it nothing is crawled"
    )
    shipped_sources: bool = Field(default=True, description="harvest the sources that come with Commdex too")
    crawl: CrawlSettings = CrawlSettings()
    index: IndexSettings = IndexSettings()
