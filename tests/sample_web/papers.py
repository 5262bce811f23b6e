"""Papers as bytes: PDF by reportlab, Word by python-docx, web pages as fragments. One paper always gives one result."""

from __future__ import annotations

import io
import zipfile
from html import escape
from typing import Any
from xml.sax.saxutils import escape as escape_xml

import docx
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from tests.sample_web.content import Paper

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CONTENT_TYPES = {"pdf": "application/pdf", "docx": DOCX, "html": "text/html; charset=utf-8"}
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
MARGIN = 22 * mm
GUTTER = 8 * mm

_SHEET = getSampleStyleSheet()
_TITLE = ParagraphStyle("title", parent=_SHEET["Title"], fontSize=20, leading=24, alignment=0, spaceAfter=8)
_BYLINE = ParagraphStyle("byline", parent=_SHEET["Normal"], textColor=colors.HexColor("#444444"), spaceAfter=14)
_HEADING = ParagraphStyle("heading", parent=_SHEET["Heading2"], spaceBefore=10, spaceAfter=4)
_BODY = ParagraphStyle("body", parent=_SHEET["Normal"], fontSize=10.5, leading=14.5, spaceAfter=7)


def file_of(paper: Paper, publisher: str) -> bytes:
    """The paper's file. A paper with `broken` loses the second half of its bytes, as an upload that was cut off."""
    body = word(paper, publisher) if paper.format == "docx" else pdf(paper, publisher)
    return body[: len(body) // 2] if paper.options.get("broken") else body


def pdf(paper: Paper, publisher: str) -> bytes:
    """A PDF with a running foot, in one column or (`layout: columns`) two."""
    out = io.BytesIO()
    width, height = A4
    columns = 2 if paper.options.get("layout") == "columns" else 1
    column = (width - 2 * MARGIN - (columns - 1) * GUTTER) / columns
    frames = [
        Frame(MARGIN + number * (column + GUTTER), MARGIN, column, height - 2 * MARGIN, 0, 0, 0, 0)
        for number in range(columns)
    ]
    document = BaseDocTemplate(
        out, pagesize=A4, invariant=1, title=paper.options.get("pdf_title", paper.title), author=publisher
    )

    def decorate(canvas: Any, page: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(MARGIN, 12 * mm, publisher)
        canvas.drawRightString(width - MARGIN, 12 * mm, f"Page {page.page}")

    document.addPageTemplates(PageTemplate(frames=frames, onPage=decorate))
    document.build(_story(paper, publisher), canvasmaker=_canvas_dated(paper))
    return out.getvalue()


def word(paper: Paper, publisher: str) -> bytes:
    """A Word file whose parts all carry the same time stamp."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = paper.title, publisher, publisher
    properties.created = properties.modified = paper.moment.replace(tzinfo=None)
    document.add_heading(paper.title, level=0)
    document.add_paragraph(", ".join(_byline(paper, publisher)))
    for number, page in enumerate(paper.pages):
        if number:
            document.add_page_break()
        for block in page:
            if block.startswith("# "):
                document.add_heading(block[2:], level=1)
            else:
                document.add_paragraph(block)
    out = io.BytesIO()
    document.save(out)
    return _without_times(out.getvalue())


def fragment(paper: Paper) -> str:
    """The paper's text as HTML, without its title."""
    blocks = [block for page in paper.pages for block in page]
    return "\n".join(
        f"<h2>{escape(block[2:])}</h2>" if block.startswith("# ") else f"<p>{escape(block)}</p>" for block in blocks
    )


def long_date(paper: Paper) -> str:
    """The date as these bodies print it: 4 March 2025."""
    return f"{paper.published.day} {paper.published:%B %Y}"


def _byline(paper: Paper, publisher: str) -> list[str]:
    # A committee paper bears no date: it stands on the meeting alone.
    return [publisher] if "meeting" in paper.options else [publisher, long_date(paper)]


def _story(paper: Paper, publisher: str) -> list[Flowable]:
    byline = "<br/>".join(escape_xml(line) for line in _byline(paper, publisher))
    story: list[Flowable] = [Paragraph(escape_xml(paper.title), _TITLE), Paragraph(byline, _BYLINE)]
    for number, page in enumerate(paper.pages):
        if number:
            story.append(PageBreak())
        rows = [block.strip("| ").split(" | ") for block in page if block.startswith("|")]
        for block in page:
            if block.startswith("# "):
                story.append(Paragraph(escape_xml(block[2:]), _HEADING))
            elif not block.startswith("|"):
                story.append(Paragraph(escape_xml(block), _BODY))
            elif rows:
                story.extend([_table(rows), Spacer(0, 8)])
                rows = []
    return story


def _table(rows: list[list[str]]) -> Table:
    grid = ("GRID", (0, 0), (-1, -1), 0.5, colors.grey)
    return Table(rows, style=TableStyle([grid, ("FONT", (0, 0), (-1, 0), "Helvetica-Bold")]), hAlign="LEFT")


def _canvas_dated(paper: Paper) -> type[Any]:
    """reportlab's `invariant` dates every file to the year 2000; these bear the date of their paper."""

    class Dated(Canvas):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            stamp = self._doc._timeStamp
            stamp.t, stamp.lt = paper.moment.timestamp(), paper.moment.timetuple()
            stamp.YMDhms = tuple(stamp.lt)[:6]

    return Dated


def _without_times(body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, ZIP_EPOCH)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return out.getvalue()
