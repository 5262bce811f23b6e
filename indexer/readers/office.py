"""Word, PowerPoint and their OpenDocument sisters: words in order, cut where a page or slide ends."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from crawler.sniff import Kind
from indexer.readers.errors import Unreadable
from indexer.readers.front import first_line, front_dates
from indexer.readers.packages import Package, opened, properties
from indexer.reading import Candidate, Reading, Task, TextState

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"

TITLE_STYLES = ("title", "heading1", "heading 1")
HEADING_STYLES = (*TITLE_STYLES, "heading2", "heading3", "heading 2", "heading 3")
TITLE_SURE = 0.7


@dataclass
class _Writer:
    """Collects text page by page, paragraph by paragraph, and the headings on the way."""

    pages: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    _page: list[str] = field(default_factory=list)
    _paragraph: list[str] = field(default_factory=list)

    def add(self, text: str | None) -> None:
        if text:
            self._paragraph.append(text)

    def end_paragraph(self, end: str = "\n", *, heading: bool = False, title: bool = False) -> None:
        text = "".join(self._paragraph).strip()
        self._paragraph = []
        self._page.append(text + end)
        if text and heading:
            self.headings.append(text)
        if text and title:
            self.titles.append(text)

    def break_page(self, *, keep_empty: bool = False) -> None:
        """Begin a page. One that holds nothing yet goes on: Word writes both kinds of break for one."""
        paragraph, self._paragraph = self._paragraph, []
        text = "".join([*self._page, *paragraph])
        if text.strip() or keep_empty:
            self.pages.append(text)
            self._page = []


def read(path: Path, task: Task) -> Reading:
    """Read a docx, pptx, odt or odp. Raises Unreadable."""
    with opened(path) as package:
        titles, dates, language = properties(package)
        if task.kind == Kind.DOCX:
            writer = _docx(package)
        elif task.kind == Kind.PPTX:
            writer = _pptx(package)
        else:
            writer = _open_document(package)
    written = [Candidate(title, "first title or heading", TITLE_SURE) for title in writer.titles[:1]]
    return Reading(
        state=TextState.READ,
        reader="office",
        pages=tuple(writer.pages),
        titles=(*written, *titles, *first_line(writer.pages)),
        dates=(*front_dates(writer.pages), *dates),
        headings=tuple(writer.headings),
        language=language,
    )


def _docx(package: Package) -> _Writer:
    writer = _Writer()
    _walk_word(package.xml("word/document.xml"), writer)
    for notes in ("word/footnotes.xml", "word/endnotes.xml"):
        if notes in package.names:
            _walk_word(package.xml(notes), writer)
    writer.break_page()
    return writer


def _walk_word(root: etree._Element, writer: _Writer) -> None:
    styles: list[str] = []  # of the paragraphs that are open: a text box stands inside one
    cells = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag == f"{COMPATIBILITY}Fallback":  # says again what the choice beside it says
                walk.skip_subtree()
            elif tag == f"{W}p":
                styles.append("")
            elif tag == f"{W}pStyle" and styles:
                styles[-1] = str(element.get(f"{W}val", "")).lower()
            elif tag == f"{W}tc":
                cells += 1
            else:
                _word_text(element, writer)
        elif tag == f"{W}p":
            style = styles.pop()
            heading, title = style in HEADING_STYLES, style in TITLE_STYLES
            writer.end_paragraph(" " if cells else "\n", heading=heading, title=title)
        elif tag == f"{W}tc":
            cells -= 1
            writer.end_paragraph("\t")
        elif tag == f"{W}tr":
            writer.end_paragraph("\n")


def _inside(element: etree._Element) -> str:
    """The tag of the element that this one stands in, "" for the root."""
    parent = element.getparent()
    return str(parent.tag) if parent is not None else ""


def _word_text(element: etree._Element, writer: _Writer) -> None:
    tag = element.tag
    if tag == f"{W}t":
        writer.add(element.text)
    elif tag == f"{W}lastRenderedPageBreak" or (tag == f"{W}br" and element.get(f"{W}type") == "page"):
        writer.break_page()
    elif tag in (f"{W}br", f"{W}cr"):
        writer.add("\n")
    elif tag == f"{W}noBreakHyphen":
        writer.add("-")
    elif tag == f"{W}tab" and _inside(element) == f"{W}r":  # elsewhere it sets a tab stop
        writer.add("\t")


def _pptx(package: Package) -> _Writer:
    writer = _Writer()
    for name in _slides(package):
        _walk_slide(package.xml(name), writer)
        writer.break_page(keep_empty=True)
    return writer


def _slides(package: Package) -> list[str]:
    """The parts that hold the slides, in the order in which they are shown."""
    related = {
        str(link.get("Id")): posixpath.normpath(
            posixpath.join("ppt", str(link.get("Target", "")).removeprefix("/ppt/"))
        )
        for link in package.xml("ppt/_rels/presentation.xml.rels")
    }
    shown = package.xml("ppt/presentation.xml").iterfind(f".//{P}sldId")
    names = [related.get(str(slide.get(f"{R}id")), "") for slide in shown]
    return [name for name in names if name in package.names]


def _walk_slide(root: etree._Element, writer: _Writer) -> None:
    title = False
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag == f"{COMPATIBILITY}Fallback":
                walk.skip_subtree()
            elif tag == f"{P}sp":
                title = False
            elif tag == f"{P}ph":
                title = element.get("type") in ("title", "ctrTitle")
            elif tag == f"{A}t":
                writer.add(element.text)
            elif tag == f"{A}br":
                writer.add("\n")
        elif tag == f"{A}p":
            writer.end_paragraph(heading=title, title=title)


def _open_document(package: Package) -> _Writer:
    body = package.xml("content.xml").find(f"{OFFICE}body")
    if body is None:
        raise Unreadable("damaged: the document has no body; open and save it in LibreOffice")
    writer = _Writer()
    walk = etree.iterwalk(body, events=("start", "end"))
    skipped = (f"{TEXT}tracked-changes", f"{OFFICE}annotation", f"{PRESENTATION}notes")
    for event, element in walk:
        if event == "start":
            if element.tag in skipped:
                walk.skip_subtree()
            else:
                _open_start(element, writer)
        else:
            _open_end(element, writer)
            if _inside(element).startswith(TEXT):
                writer.add(element.tail)
    writer.break_page()
    return writer


def _open_start(element: etree._Element, writer: _Writer) -> None:
    tag = element.tag
    if tag == f"{TEXT}soft-page-break":
        writer.break_page()
    elif tag == f"{TEXT}s":
        writer.add(" ")
    elif tag == f"{TEXT}tab":
        writer.add("\t")
    elif tag == f"{TEXT}line-break":
        writer.add("\n")
    elif tag.startswith(TEXT):
        writer.add(element.text)


def _open_end(element: etree._Element, writer: _Writer) -> None:
    tag = element.tag
    if tag == f"{TEXT}h":
        level = str(element.get(f"{TEXT}outline-level", "1"))
        writer.end_paragraph(heading=level in "123", title=level == "1")
    elif tag == f"{TEXT}p":
        title = str(element.get(f"{TEXT}style-name", "")).lower() == "title"
        cell = _inside(element) == f"{TABLE}table-cell"
        writer.end_paragraph(" " if cell else "\n", heading=title, title=title)
    elif tag == f"{TABLE}table-cell":
        writer.end_paragraph("\t")
    elif tag == f"{TABLE}table-row":
        writer.end_paragraph("\n")
    elif tag == f"{DRAW}page":
        writer.break_page(keep_empty=True)
