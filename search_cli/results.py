"""A document as one flat record: the one place that decides what JSON and every export call a document's values."""

from __future__ import annotations

from typing import Any

from indexer.document import Document, File
from search_cli.labels import Labels
from search_cli.snippets import Passage

SCHEMA_VERSION = 1
NO_DATE = "n.d."

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

Record = dict[str, Any]


def record(document: Document, passage: Passage, labels: Labels, *, number: int, accessed: str) -> Record:
    """A document and the passage that answers the query, as plain values.

    `link` opens the passage's file at its page; `address` is the document's own. `accessed` is an ISO date.
    """
    file = document.files[passage.file] if passage.file < len(document.files) else None
    # A web page has no pages that anybody could turn to.
    paged = file is not None and file.kind != "html" and passage.page > 0
    archived = document.address != document.original
    return {
        "number": number,
        "id": document.id,
        "title": document.title.value or "(no title)",
        "publisher": document.publisher.value,
        "date": document.date.value,
        "date_shown": date_shown(document.date.value),
        "date_precision": {4: "year", 7: "month", 10: "day"}.get(len(document.date.value), ""),
        "year": document.year,
        "type": document.type.value,
        "type_label": labels.types.get(document.type.value, document.type.value),
        "reference_type": reference_type(document, labels),
        "sectors": [
            {"id": tag.sector, "heading": labels.sectors.get(tag.sector, tag.sector)} for tag in document.sectors
        ],
        "sources": list(document.sources),
        "host": document.host,
        "link": link_to(file, passage.page) if file else document.address,
        "address": document.address,
        "original_address": document.original,
        "archived_address": document.address if archived else "",
        "captured": document.captured if archived else "",
        "landing": document.landing,
        "snippet": passage.text,
        "snippet_marks": [list(mark) for mark in passage.marks],
        "page": passage.page if paged else None,
        "pages": [{"file": place, "page": page} for place, page in passage.pages if paged],
        "files": [
            {"address": each.address, "original": each.original, "sha256": each.sha256, "kind": each.kind,
             "title": each.title, "pages": each.pages, "bytes": each.bytes, "state": each.state,
             "reason": each.reason}
            for each in document.files
        ],
        "also_at": [
            {"source": location.source, "landing": location.landing, "address": location.address}
            for location in document.locations
            if location.address not in ("", document.address)
        ],
        "gone_since": document.gone_since,
        "accessed": accessed,
    }  # fmt: skip


def date_shown(date: str) -> str:
    """An ISO date of any precision as British readers write it: "2 March 2025", "March 2025", "2025", "n.d."."""
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    if not year:
        return NO_DATE
    if not month:
        return year
    named = f"{MONTHS[int(month) - 1]} {year}"
    return f"{int(day)} {named}" if day else named


def link_to(file: File, page: int) -> str:
    """The address that opens `file`, at `page` where it is a PDF: `#page=` counts physical pages from 1 (RFC 8118).

    "" where it has none on the web: a file that was added by hand.
    """
    if file.address.startswith("urn:"):
        return ""
    if file.kind == "pdf" and page:
        return f"{file.address.partition('#')[0]}#page={page}"
    return file.address


def reference_type(document: Document, labels: Labels) -> str:
    """The RIS type: a web page that has no file is ELEC, all else what its document type says, RPRT by default."""
    if document.files and all(file.kind == "html" for file in document.files):
        return "ELEC"
    return labels.references.get(document.type.value, "RPRT")


def pages_shown(found: Record) -> str:
    """The pages of the passage's file that match, for people: "4, 7-9"."""
    if not found["pages"]:
        return str(found["page"] or "")
    file = found["pages"][0]["file"]
    numbers = [place["page"] for place in found["pages"] if place["file"] == file]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
