"""RIS that Zotero and EndNote read as reports by organisations.

rispy writes it, with four corrections: a type is always given (its default is a journal article), a corporate author
ends in a comma and has none inside (readers split a name at its first comma), no line breaks inside a value, and no
number above each record. The file itself is never attached: readers would fetch it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from rispy import RisWriter

from search_cli.exports import About
from search_cli.results import Record, pages_shown
from search_cli.screen import safe, web_address

NAME = "ris"
SUFFIX = ".ris"
ENCODING = "utf-8"


class _Writer(RisWriter):  # type: ignore[misc]  # rispy has no types
    def set_header(self, count: int) -> str:  # noqa: ARG002 (rispy's signature)
        """Nothing stands above a record."""
        return ""


def write(records: Iterable[Record], about: About, stream: TextIO) -> None:  # noqa: ARG001 (RIS has no preamble)
    """One reference a record."""
    writer = _Writer()
    for record in records:
        writer.format_lines(stream, [reference(record)])
        stream.write("\n")


def reference(record: Record) -> dict[str, Any]:
    """A record under rispy's names. Empty values are left out."""
    values: dict[str, Any] = {
        "type_of_reference": record["reference_type"],
        "title": safe(record["title"]),
        "authors": [corporate(record["publisher"])] if record["publisher"] else [],
        "publisher": safe(record["publisher"]),
        "year": record["year"],
        "date": ris_date(record["date"]),
        "type_of_work": safe(record["type_label"]),
        "abstract": safe(record["snippet"]),
        "keywords": [safe(sector["heading"]).replace(";", ",") for sector in record["sectors"]],
        "urls": [address for address in [web_address(record["address"])] if address],
        "access_date": ris_date(record["accessed"]),
        "accession_number": record["id"],
        "name_of_database": "Commdex",
        "notes": _notes(record),
    }
    return {name: value for name, value in values.items() if value}


def _notes(record: Record) -> list[str]:
    notes = []
    if pages_shown(record):
        notes.append(f"Pages that match: {pages_shown(record)}")
    if record["archived_address"]:
        notes.append(f"Archived copy of {web_address(record['original_address'])}, captured {record['captured']}")
    if record["address"].startswith("urn:"):  # added by hand (crawler.by_hand)
        notes.append("It has no known address on the web: this library keeps a copy.")
    if not record["date"]:
        notes.append("No date of publication is known.")
    return [safe(note) for note in notes]


def corporate(name: str) -> str:
    """An organisation as an author: "Department of Health (Northern Ireland),"."""
    head, *rest = [part.strip() for part in safe(name).split(",") if part.strip()] or [""]
    return f"{head} ({' '.join(rest)})," if rest else f"{head},"


def ris_date(date: str) -> str:
    """YYYY/MM/DD/ with what is unknown left empty."""
    if not date:
        return ""
    year, month, day = (*date.split("-"), "", "")[:3]
    return f"{year}/{month}/{day}/"
