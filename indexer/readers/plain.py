"""Plain text and comma-separated tables; Rich Text is named, not read."""

from __future__ import annotations

import codecs
from pathlib import Path

from crawler.sniff import Kind
from indexer.readers.errors import Unreadable
from indexer.readers.front import front_dates
from indexer.reading import Candidate, Reading, Task, TextState
from indexer.text import one_line

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LONGEST_TITLE = 150


def read(path: Path, task: Task) -> Reading:
    """Read a text file; form feeds part its pages. Raises Unreadable for Rich Text."""
    if task.kind == Kind.RTF:
        raise Unreadable("Rich Text (RTF): open it in Word or LibreOffice, save it as docx, and add that")
    pages = tuple(decoded(path.read_bytes()).split("\f"))
    first = next((line for line in pages[0].split("\n") if line.strip()), "")
    title = one_line(first) if len(first.split()) > 1 and len(first) < LONGEST_TITLE else ""
    return Reading(
        state=TextState.READ,
        reader="text",
        pages=pages,
        titles=(Candidate(title, "first line", 0.3),) if title else (),
        dates=front_dates(pages),
    )


def decoded(body: bytes, declared: str = "") -> str:
    """`body` as text: by its byte order mark, the encoding that it declares, UTF-8, else Windows-1252. Never raises."""
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    for encoding in (_known(declared), "utf-8"):
        try:
            return body.decode(encoding)
        except (UnicodeError, LookupError):  # LookupError: "hex" and the like are codecs, but not of text
            continue
    return body.decode("cp1252", "replace")


def _known(declared: str) -> str:
    """The codec to try for a declared encoding; Latin-1 on the web means Windows-1252."""
    try:
        name = codecs.lookup(declared.strip() or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return "cp1252" if name in ("iso8859-1", "ascii") else name
