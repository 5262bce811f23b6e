"""Readers: one module for each family of formats, each with `read(path, task) -> Reading`.

`read(task)` here is the door: it picks the family by what the bytes are, turns every failure that a family names into
a reading that says why in plain words, and lets nothing out that is not clean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from crawler.sniff import Kind
from indexer.readers.errors import Unreadable
from indexer.reading import Candidate, Reading, Task, TextState
from indexer.text import clean, one_line
from indexer.titles import clean_title

FAMILIES = {
    Kind.PDF: "pdf",
    Kind.HTML: "html",
    Kind.DOCX: "office",
    Kind.PPTX: "office",
    Kind.ODT: "office",
    Kind.ODP: "office",
    Kind.XLSX: "sheets",
    Kind.ODS: "sheets",
    Kind.OLE: "sheets",
    Kind.TEXT: "plain",
    Kind.RTF: "plain",
}
# Why the other kinds are not read, and what would help.
REFUSED = {
    Kind.XML: "an XML file, which is data rather than a publication",
    Kind.JSON: "a JSON file, which is data rather than a publication",
    Kind.ZIP: "a zip archive: unpack it and add the files that it holds",
    Kind.GZIP: "a gzip archive: unpack it and add the file that it holds",
    Kind.IMAGE: "a picture without a text layer: OCR would give it words",
    Kind.EMPTY: "an empty file: fetch it again",
    Kind.UNKNOWN: "a format that is not known here: open it and save it as PDF",
}
NO_WORDS = "it holds no words, so it is probably a scan or a picture: OCR would give it some"
WORD = re.compile(r"[^\W\d_]{2}")
LONGEST_SUMMARY = 600
MOST_HEADINGS = 200


def read(task: Task) -> Reading:
    """Read one original. Never raises for what is wrong with it: the reading's state and reason say so."""
    kind = Kind(task.kind)
    if kind in REFUSED:
        return Reading(TextState.UNREADABLE, reader="none", reason=REFUSED[kind])
    family = import_module(f"indexer.readers.{FAMILIES[kind]}")  # only what a worker needs takes room in it
    try:
        reading: Reading = family.read(Path(task.path), task)
    except Unreadable as error:
        return Reading(TextState.UNREADABLE, reader=FAMILIES[kind], reason=one_line(str(error), LONGEST_SUMMARY))
    except OSError as error:
        why = f"its original cannot be opened ({error.strerror or error}): fetch it again"
        return Reading(TextState.UNREADABLE, reader=FAMILIES[kind], reason=one_line(why, LONGEST_SUMMARY))
    return _stamped(_cleaned(reading))


def _stamped(reading: Reading) -> Reading:
    if reading.state is TextState.READ and not any(WORD.search(page) for page in reading.pages):
        return replace(reading, state=TextState.NO_TEXT, reason=reading.reason or NO_WORDS)
    return reading


def _cleaned(reading: Reading) -> Reading:
    headings = dict.fromkeys(one_line(heading, LONGEST_SUMMARY) for heading in reading.headings)
    return replace(
        reading,
        reason=one_line(reading.reason, LONGEST_SUMMARY),
        pages=tuple(clean(page) for page in reading.pages),
        titles=_candidates((clean_title(found.value), found) for found in reading.titles),
        dates=_candidates((found.value, found) for found in reading.dates),
        publishers=_candidates((one_line(found.value, LONGEST_SUMMARY), found) for found in reading.publishers),
        headings=tuple(heading for heading in headings if heading)[:MOST_HEADINGS],
        summary=one_line(reading.summary, LONGEST_SUMMARY),
        language=one_line(reading.language, 40),
    )


def _candidates(found: Iterable[tuple[str, Candidate]]) -> tuple[Candidate, ...]:
    return tuple(dict.fromkeys(Candidate(value, old.origin, old.sure) for value, old in found if value))
