"""What a report of a run holds. The names are those of its JSON: docs/runs.md says what each means.

Being pydantic's, a report that is read back from a damaged or strange file is refused whole, never half believed.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1

# What an entry of `new` is, in the order in which they are listed.
DOCUMENT, ADDITION, ADDRESS = "document", "addition", "address"


class Part(BaseModel):
    """Base of everything in a report."""

    model_config = ConfigDict(frozen=True)


class Sign(Part):
    """One sign of a broken source: `sign` names it for programs, `told` says it in words."""

    sign: str
    told: str


class Advice(Part):
    """What to do about one problem; `command` is "" where no command helps."""

    problem: str
    told: str
    command: str


class Counts(Part):
    """Counts of one source, or of a whole run. Pages and files, not documents; `bytes` came over the wire."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    gone: int = 0
    returned: int = 0
    blocked: int = 0
    refused_by_robots: int = 0
    refused_by_noindex: int = 0
    requests: int = 0
    bytes: int = 0
    errors: dict[str, int] = {}


class _Fared(Part):
    id: str
    name: str
    publisher: str
    mechanism: str
    start: str
    state: str
    reason: str
    broken: tuple[Sign, ...]
    advice: tuple[Advice, ...] = ()


class SourceReport(Counts, _Fared):
    """How one source fared; `documents`, `undated` and `without_text` are None until its documents were read."""

    announced: int
    floor: int
    increment: bool
    collapsed: bool
    last_good: str
    last_news: str
    started: str
    seconds: int
    documents: int | None
    undated: int | None
    without_text: int | None


class Sector(Part):
    id: str
    heading: str


class New(Part):
    """A new document; a new part of a known one; or a new address, where no document holds it."""

    what: str
    document: str
    title: str
    address: str
    landing: str
    publisher: str
    date: str
    source: str
    sectors: tuple[Sector, ...]
    addresses: tuple[str, ...]
    reason: str


class Named(Part):
    """An address, and the document that it belongs to ("" for none)."""

    source: str
    address: str
    title: str
    document: str


class Changed(Named):
    role: str


class Vanished(Named):
    since: str


class Trouble(Part):
    """A request that brought nothing good."""

    source: str
    address: str
    role: str
    outcome: str
    status: int | None
    reason: str


class Overdue(Part):
    """A source that the run did not ask, and that should have been harvested long ago."""

    id: str
    name: str
    last_good: str
    every: str


class Kept(Part):
    """What the archive takes on disk, and by how much that grew since the report before; None where nobody knows."""

    bytes: int | None
    growth: int | None


class Held(Part):
    """What the library holds."""

    documents: int
    files: int
    pages: int
    undated: int
    without_text: int


class Report(Part):
    """The report of one run."""

    schema_version: int = SCHEMA_VERSION
    run: int
    command: str
    state: str
    started: str
    finished: str
    seconds: int
    written: str
    indexed: bool
    remade: bool
    notes: tuple[str, ...]
    sources_by_state: dict[str, int]
    totals: Counts
    new_documents: int | None
    archive: Kept
    library: Held | None
    broken: tuple[str, ...]
    overdue: tuple[Overdue, ...]
    sources: tuple[SourceReport, ...]
    new: tuple[New, ...]
    changed: tuple[Changed, ...]
    missing: tuple[Vanished, ...]
    gone: tuple[Vanished, ...]
    returned: tuple[Vanished, ...]
    troubles: tuple[Trouble, ...]


# The lists of a report whose entries name their source.
LISTS = ("new", "changed", "missing", "gone", "returned", "troubles")
