"""CSV as Excel opens it: UTF-8 with a mark, and no cell that would run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from search_cli.exports import About
from search_cli.results import Record, pages_shown
from search_cli.screen import safe, web_address

NAME = "csv"
SUFFIX = ".csv"
ENCODING = "utf-8-sig"

COLUMNS = (
    "Number", "Title", "Publisher", "Date", "Date precision", "Type", "Sectors", "What it says", "Pages", "Link",
    "Address", "Archived address", "Landing page", "Sources", "Accessed", "Id", "Notes",
)  # fmt: skip
# Excel's own bound on a cell.
LONGEST_CELL = 32_767
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(records: Iterable[Record], about: About, stream: TextIO) -> None:  # noqa: ARG001 (a table has no preamble)
    """One row a record. "Notes" is left empty for the reader."""
    rows = csv.writer(stream, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for record in records:
        rows.writerow([cell(value) for value in _row(record)])


def _row(record: Record) -> list[str]:
    return [
        str(record["number"]), record["title"], record["publisher"], record["date"] or record["date_shown"],
        record["date_precision"], record["type_label"],
        "; ".join(sector["heading"] for sector in record["sectors"]), record["snippet"], pages_shown(record),
        web_address(record["link"]), web_address(record["original_address"]), web_address(record["archived_address"]),
        web_address(record["landing"]), "; ".join(record["sources"]), record["accessed"], record["id"], "",
    ]  # fmt: skip


def cell(value: str) -> str:
    """A value on one line that a spreadsheet takes for text: what begins like a formula gets an apostrophe before."""
    guarded = value.startswith(_FORMULA)
    value = safe(value)[: LONGEST_CELL - 1]
    return f"'{value}" if guarded or value.startswith(_FORMULA) else value
