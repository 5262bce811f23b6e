"""PDF: pdfium reads the text, pdfminer.six whatever pdfium cannot; cover typography and Info give candidates.

Options of a task: `pdf_reader` ("pdfium" or "pdfminer") names the first reader, `second` asks for the other one alone.
"""

from __future__ import annotations

import binascii
import logging
import re
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from indexer.dates import parse_date
from indexer.readers.errors import Unreadable
from indexer.readers.front import FRONT_PAGES, first_line, front_dates
from indexer.reading import Candidate, Reading, Task, TextState
from indexer.text import join_lines, one_line, vocabulary
from indexer.titles import is_junk

PASSWORD = "protected by a password: ask the publisher for an open copy"
DAMAGED = "damaged: neither PDF reader can open it; fetch it again, or print it to a new PDF"
# Share of a page's characters that are no text: "(cid:12)", U+FFFD, private use. Of 1,100 pages of 142 real reports the
# worst has .024 (bullets of symbol fonts); a page in a font without a character map is nearly all marks.
MOST_GARBAGE = 0.15
GARBAGE = re.compile(r"\(cid:\d+\)|[\ufffd\ue000-\uf8ff]")
# pdfminer takes 0.05 to 0.1 s a page; more pages than this and the whole paper would run into its time limit.
SECOND_READER_PAGES = 300
# What pdfminer lets through on damaged files, beside its own PSException.
PDFMINER_FAULTS = (
    TypeError, ValueError, KeyError, IndexError, AttributeError, AssertionError, RecursionError, OverflowError,
    NotImplementedError, StopIteration, EOFError, struct.error, zlib.error, binascii.Error,
)  # fmt: skip
# Cover typography: characters that are looked at on a page, and how much larger than the page's text a title is.
COVER_CHARACTERS = 6000
TITLE_SCALE = 1.2
TITLE_LENGTH = range(5, 220)

logging.getLogger("pdfminer").setLevel(logging.ERROR)


@dataclass
class _Paper:
    """What one reader found. A page is None where it failed."""

    reader: str
    pages: list[str | None] = field(default_factory=list)
    info: dict[str, str] = field(default_factory=dict)
    cover: tuple[Candidate, ...] = ()


def read(path: Path, task: Task) -> Reading:
    """Read a PDF page by page. Raises Unreadable when no reader can open it, or a password keeps it shut."""
    readers = [_by_pdfium, _by_pdfminer]
    if task.options.get("pdf_reader") == "pdfminer":
        readers.reverse()
    first, second = readers
    if task.options.get("second"):
        return _reading(second(path, None))
    try:
        paper = first(path, None)
    except _CannotOpen:
        return _reading(second(path, None))
    return _reading(_mended(paper, second, path))


class _CannotOpen(Unreadable):
    """One reader cannot open the file; the other may."""


def _mended(paper: _Paper, second: Any, path: Path) -> _Paper:
    """`paper` with the pages that failed or came out as garbage read again by the other reader."""
    bad = [number for number, page in enumerate(paper.pages) if page is None or garbage(page) > MOST_GARBAGE]
    if not bad:
        return paper
    try:
        other: _Paper = second(path, bad[:SECOND_READER_PAGES])
    except Unreadable:
        return paper
    mended = 0
    for number, page in zip(bad, other.pages, strict=False):
        before = paper.pages[number]
        if page is not None and (before is None or garbage(page) < garbage(before)):
            paper.pages[number] = page
            mended += 1
    if mended:
        paper.reader += f", {other.reader} on {mended} pages" if mended > 1 else f", {other.reader} on 1 page"
    return paper


def garbage(text: str) -> float:
    """The share of a page's text that is no text, 0 to 1."""
    marks = GARBAGE.findall(text)
    return sum(len(mark) for mark in marks) / max(1, len("".join(text.split()))) if marks else 0.0


def _reading(paper: _Paper) -> Reading:
    lost = [number for number, page in enumerate(paper.pages, 1) if page is None]
    poor = [number for number, page in enumerate(paper.pages, 1) if page and garbage(page) > MOST_GARBAGE]
    words = vocabulary(page for page in paper.pages if page)
    pages = tuple(join_lines((page or "").replace("\r\n", "\n"), words) for page in paper.pages)
    return Reading(
        state=TextState.READ,
        reader=paper.reader,
        reason="; ".join(_troubles(lost, "could not be read") + _troubles(poor, "came out garbled: OCR may help")),
        pages=pages,
        titles=tuple(_titles(paper, pages)),
        dates=(*front_dates(pages), *_info_dates(paper.info)),
        language="",
    )


def _troubles(numbers: Sequence[int], what: str) -> list[str]:
    if not numbers:
        return []
    shown = ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")
    return [f"page {shown} {what}" if len(numbers) == 1 else f"pages {shown} {what}"]


def _titles(paper: _Paper, pages: Sequence[str]) -> Iterator[Candidate]:
    yield from paper.cover
    if paper.info.get("Title"):
        yield Candidate(paper.info["Title"], "PDF title", 0.5)
    yield from first_line(pages)


def _info_dates(info: dict[str, str]) -> Iterator[Candidate]:
    date = parse_date(info.get("CreationDate", ""))
    if date:
        yield Candidate(date, "PDF creation date", 0.3)


# pdfium


def _by_pdfium(path: Path, only: list[int] | None) -> _Paper:
    """Pages (all, or the numbers in `only`, from 0) as pdfium reads them. Raises _CannotOpen, Unreadable."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise Unreadable(PASSWORD) from error
        raise _CannotOpen(DAMAGED) from error
    paper = _Paper("pdfium")
    with closing(document):
        numbers = only if only is not None else range(len(document))
        cover: list[tuple[int, list[_Line]]] = []
        for number in numbers:
            try:
                with closing(document[number]) as page, closing(page.get_textpage()) as text:
                    paper.pages.append(text.get_text_range())
                    if number < FRONT_PAGES and only is None:
                        cover.append((number + 1, list(_lines(text, raw))))
            except pypdfium2.PdfiumError:
                paper.pages.append(None)
        paper.info = {key: document.get_metadata_value(key) for key in ("Title", "CreationDate")}
    paper.cover = _largest_type(cover)
    return paper


@dataclass
class _Line:
    text: str
    height: float


def _lines(text: Any, raw: Any) -> Iterator[_Line]:
    """The lines of a page with their type's height in points; turned text (stamps in margins) has height 0."""
    letters: list[str] = []
    heights: Counter[float] = Counter()
    for index in range(min(text.count_chars(), COVER_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(text, index)
        letter = chr(code) if code <= sys.maxunicode else "\ufffd"  # damaged fonts map to what is no character
        if letter in "\r\n":
            yield from _line(letters, heights)
            letters, heights = [], Counter()
            continue
        if letters[-1:] in ([], [" "]) and not letter.isspace():  # the first letter of each word stands for it
            heights[_height(text, raw, index)] += 1
        letters.append(letter)
    yield from _line(letters, heights)


def _line(letters: list[str], heights: Counter[float]) -> Iterator[_Line]:
    if heights:
        yield _Line("".join(letters).strip(), heights.most_common(1)[0][0])


def _height(text: Any, raw: Any, index: int) -> float:
    if abs(raw.FPDFText_GetCharAngle(text, index)) > 0.1:
        return 0.0
    left, bottom, right, top = text.get_charbox(index, loose=True)
    return round(float(top - bottom), 0) if right > left else 0.0


def _largest_type(cover: list[tuple[int, list[_Line]]]) -> tuple[Candidate, ...]:
    """The title as the first page on which some type is clearly larger than the rest sets it."""
    for number, lines in cover:
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[line.height] += len(line.text)
        if not sizes:
            continue
        usual = sizes.most_common(1)[0][0]
        for size in sorted((size for size in sizes if size >= usual * TITLE_SCALE), reverse=True):
            title = one_line(" ".join(_run(lines, size)))
            if len(title) in TITLE_LENGTH and len(title.split()) > 1 and not is_junk(title):
                # Page 2 speaks only where the cover is a picture, and then often of something smaller.
                return (Candidate(title, f"largest type on page {number}", 0.6 if number == 1 else 0.45),)
    return ()


def _run(lines: list[_Line], size: float) -> list[str]:
    """The first lines of this size that follow one another, smaller ones of a word or two between them left out."""
    run: list[str] = []
    for line in lines:
        if abs(line.height - size) <= size * 0.06:
            run.append(line.text)
        elif run:
            break
    return run


# pdfminer


def _by_pdfminer(path: Path, only: list[int] | None) -> _Paper:
    """Pages (all, or the numbers in `only`, from 0) as pdfminer reads them. Raises _CannotOpen, Unreadable."""
    from pdfminer.pdfdocument import PDFDocument, PDFPasswordIncorrect
    from pdfminer.pdfinterp import PDFResourceManager
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser
    from pdfminer.psexceptions import PSException

    faults = (PSException, *PDFMINER_FAULTS)
    paper = _Paper("pdfminer")
    with path.open("rb") as file:
        try:
            document = PDFDocument(PDFParser(file))
            pages = list(PDFPage.create_pages(document))
        except PDFPasswordIncorrect as error:
            raise Unreadable(PASSWORD) from error
        except faults as error:
            raise _CannotOpen(DAMAGED) from error
        wanted = range(len(pages)) if only is None else only
        resources = PDFResourceManager()
        for number in wanted:
            try:
                paper.pages.append(_pdfminer_page(resources, pages[number]))
            except faults:
                paper.pages.append(None)
        paper.info = _pdfminer_info(document.info)
    if only is None and not paper.pages:
        raise _CannotOpen(DAMAGED)
    return paper


def _pdfminer_page(resources: Any, page: Any) -> str:
    from pdfminer.converter import TextConverter
    from pdfminer.layout import LAParams
    from pdfminer.pdfinterp import PDFPageInterpreter

    out = StringIO()
    with TextConverter(resources, out, laparams=LAParams()) as device:
        PDFPageInterpreter(resources, device).process_page(page)
    return out.getvalue()


def _pdfminer_info(info: list[dict[str, Any]]) -> dict[str, str]:
    from pdfminer.utils import decode_text

    values = {key: value for part in info for key, value in part.items() if key in ("Title", "CreationDate")}
    return {key: decode_text(value) for key, value in values.items() if isinstance(value, bytes)}
