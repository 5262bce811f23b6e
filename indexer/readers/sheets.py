"""Spreadsheets (xlsx, ods, xls): a sheet is a page, a row a line, cells are parted by tabs."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import python_calamine

from crawler.sniff import Kind
from indexer.readers.errors import Unreadable
from indexer.readers.packages import opened, properties
from indexer.reading import Candidate, Reading, Task, TextState
from indexer.text import one_line

# What is beyond is data, not reading matter; a real data pack holds some ten thousand cells.
MOST_CELLS = 500_000
OLD_OFFICE = (
    "Word or PowerPoint up to 2003: convert it with LibreOffice (soffice --convert-to docx or pptx) and add that"
)
DAMAGED = "damaged: the spreadsheet cannot be opened; open and save it in Excel or LibreOffice"
FAULTS = (
    python_calamine.CalamineError, python_calamine.XmlError, python_calamine.ZipError,
    python_calamine.WorksheetNotFound, ValueError, KeyError, IndexError, UnicodeError,
)  # fmt: skip


def read(path: Path, task: Task) -> Reading:
    """Read a spreadsheet. Raises Unreadable, also for Word and PowerPoint files in the same OLE wrapping."""
    titles: list[Candidate] = []
    dates: list[Candidate] = []
    language = ""
    if task.kind != Kind.OLE:
        with opened(path) as package:
            titles, dates, language = properties(package)
    try:
        with python_calamine.load_workbook(str(path)) as workbook:
            names = list(workbook.sheet_names)
            pages, left = _pages(workbook, names)
    except python_calamine.PasswordError as error:
        raise Unreadable("protected by a password: ask the publisher for an open copy") from error
    except FAULTS as error:
        raise Unreadable(OLD_OFFICE if task.kind == Kind.OLE else DAMAGED) from error
    head = _first_words(pages)
    return Reading(
        state=TextState.READ,
        reader="calamine",
        reason="" if left > 0 else f"only the first {MOST_CELLS:,} cells were read",
        pages=tuple(pages),
        titles=(*titles, *([Candidate(head, "first cell", 0.4)] if head else [])),
        dates=tuple(dates),
        headings=tuple(names),
        language=language,
    )


def _pages(workbook: python_calamine.CalamineWorkbook, names: list[str]) -> tuple[list[str], int]:
    """The sheets as text, and how many cells more could have been read."""
    pages = []
    left = MOST_CELLS
    for name in names:
        rows = []
        if left > 0:
            for row in workbook.get_sheet_by_name(name).iter_rows():
                rows.append("\t".join(_cells(row)))
                left -= len(row)
                if left <= 0:
                    break
        pages.append("\n".join(rows))
    return pages, left


def _cells(row: list[object]) -> Iterator[str]:
    for cell in row:
        if isinstance(cell, float) and cell.is_integer():
            yield str(int(cell))
        elif isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
            yield cell.date().isoformat()
        else:
            yield "" if cell is None else str(cell)


def _first_words(pages: list[str]) -> str:
    """The first cell that says something, where that is more than a column's name."""
    cells = (cell for page in pages[:1] for line in page.split("\n")[:10] for cell in line.split("\t"))
    first = next((cell for cell in cells if cell.strip()), "")
    return one_line(first) if len(first.split()) > 2 else ""
