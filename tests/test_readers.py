"""Originals of every kind are read, or refused with a reason."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.text import WD_BREAK
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from crawler.sniff import kind_of
from indexer.readers import packages, pdf, read, sheets
from indexer.reading import Reading, Task, TextState

Reader = Callable[..., Reading]


@pytest.fixture
def read_bytes(tmp_path: Path) -> Reader:
    """Reads bytes as a file of the kind that they are."""

    def reader(body: bytes, kind: str = "", **options: Any) -> Reading:
        path = tmp_path / "original"
        path.write_bytes(body)
        return read(Task("0" * 64, str(path), kind or kind_of(body), "https://a.example/original", options))

    return reader


@pytest.fixture
def read_page(read_bytes: Reader) -> Callable[[str], Reading]:
    return lambda markup: read_bytes(f"<!doctype html><html lang='en-GB'>{markup}</html>".encode())


def make_pdf(*pages: list[tuple[int, str]], title: str = "", password: str | None = None) -> bytes:
    """A PDF whose pages hold lines of text, each with its type size."""
    out = io.BytesIO()
    lock = StandardEncryption(password, ownerPassword="owner") if password is not None else None
    canvas = Canvas(out, encrypt=lock, invariant=1)
    if title:
        canvas.setTitle(title)
    for lines in pages:
        height = 780
        for size, line in lines:
            canvas.setFont("Helvetica", size)
            canvas.drawString(60, height, line)
            height -= size + 10
        canvas.showPage()
    canvas.save()
    return out.getvalue()


COVER = [(28, "Dementia strategy"), (28, "for Hertfordshire"), (11, "March 2021"), (11, "Next review: March 2024")]
BODY = [(11, f"Line {number} of the plan for memory clinics.") for number in range(12)]


def zipped(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


# PDF


def test_a_pdf_is_read_page_by_page_with_candidates_from_its_cover(read_bytes: Reader) -> None:
    reading = read_bytes(make_pdf([*COVER, *BODY], BODY, title="Microsoft Word - plan.doc"))
    assert reading.state is TextState.READ
    assert len(reading.pages) == 2
    assert "memory clinics" in reading.pages[1]
    titles = {title.origin: title.value for title in reading.titles}
    assert titles["largest type on page 1"] == "Dementia strategy for Hertfordshire"
    assert titles["PDF title"] == "Microsoft Word - plan.doc"
    assert [date.value for date in reading.dates if "page" in date.origin] == ["2021-03"]
    assert any(date.origin == "PDF creation date" for date in reading.dates)


def test_stray_bytes_before_the_header_are_tolerated(read_bytes: Reader) -> None:
    assert "memory clinics" in read_bytes(b"\r\n\r\nstray" + make_pdf(BODY)).pages[0]


@pytest.mark.parametrize("options", [{"pdf_reader": "pdfminer"}, {"second": True}])
def test_the_second_reader_can_be_asked_for(read_bytes: Reader, options: dict[str, Any]) -> None:
    reading = read_bytes(make_pdf([*COVER, *BODY], BODY, title="Dementia strategy"), **options)
    assert reading.reader == "pdfminer"
    assert len(reading.pages) == 2
    assert "memory clinics" in reading.pages[1]
    assert any(title.value == "Dementia strategy" for title in reading.titles)


def test_the_second_reader_of_pdfminer_is_pdfium(read_bytes: Reader) -> None:
    assert read_bytes(make_pdf(BODY), pdf_reader="pdfminer", second=True).reader == "pdfium"


def test_a_page_of_garbage_is_read_again(read_bytes: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "garbage", lambda text: 1.0 if "\r" in text else 0.0)  # only pdfium writes \r\n
    reading = read_bytes(make_pdf(BODY, [(11, "one line")]))
    assert reading.reader == "pdfium, pdfminer on 1 page"
    assert "memory clinics" in reading.pages[0]


def test_garbage_is_measured_by_its_share() -> None:
    assert pdf.garbage("(cid:3)(cid:17)") == 1.0
    assert pdf.garbage("\uf0b7 a bullet before many plain words of text") < pdf.MOST_GARBAGE
    assert pdf.garbage("") == 0.0


def test_an_empty_user_password_opens_and_another_does_not(read_bytes: Reader) -> None:
    assert read_bytes(make_pdf(BODY, password="")).state is TextState.READ
    locked = read_bytes(make_pdf(BODY, password="secret"))
    assert locked.state is TextState.UNREADABLE
    assert "protected by a password" in locked.reason


def test_a_damaged_pdf_is_unreadable_with_a_reason(read_bytes: Reader) -> None:
    reading = read_bytes(b"%PDF-1.4\nthis is all there is")
    assert reading.state is TextState.UNREADABLE
    assert "damaged" in reading.reason


def test_a_pdf_without_words_has_no_text(read_bytes: Reader) -> None:
    reading = read_bytes(make_pdf([]))
    assert reading.state is TextState.NO_TEXT
    assert "OCR" in reading.reason


# web pages


def json_ld(thing: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps(thing)}</script>"


def test_the_main_text_of_a_page_is_read_without_its_furniture(read_page: Callable[[str], Reading]) -> None:
    reading = read_page(
        "<head><title>Dementia strategy | NHS Somewhere</title><meta property='og:site_name' content='NHS Somewhere'>"
        "<meta name='description' content='How we will plan dementia care.'></head>"
        "<body><nav>Menu</nav><div class='cookie-banner'>We use cookies</div><main><h1>Dementia strategy</h1>"
        "<p>First   paragraph<br>of it.</p><h2>Aims</h2><ul><li>One</li><li>Two</li></ul><script>x()</script></main>"
        "<footer>Privacy</footer></body>"
    )
    assert reading.pages == ("Dementia strategy\nFirst paragraph\nof it.\nAims\nOne\nTwo",)
    assert reading.headings == ("Dementia strategy", "Aims")
    assert reading.language == "en-GB"
    assert reading.summary == "How we will plan dementia care."
    assert [publisher.value for publisher in reading.publishers] == ["NHS Somewhere"]
    assert [(title.value, title.sure) for title in reading.titles] == [
        ("Dementia strategy", 0.7),
        ("Dementia strategy", 0.5),
    ]


def test_a_page_without_main_loses_its_frame_but_not_its_one_form(read_page: Callable[[str], Reading]) -> None:
    reading = read_page(
        "<body><form><header>Council</header><div><h1>Agenda</h1><p>Cabinet. Thursday, 30th January, 2025 10.00 am</p>"
        "<table><tr><td>1</td><td>Apologies</td></tr></table></div><footer>Contact</footer></form></body>"
    )
    assert reading.pages == ("Agenda\nCabinet. Thursday, 30th January, 2025 10.00 am\n1\tApologies",)
    assert [(date.value, date.sure) for date in reading.dates] == [("2025-01-30", 0.5)]


def test_a_bar_of_buttons_that_calls_itself_main_is_not_the_text(read_page: Callable[[str], Reading]) -> None:
    reading = read_page(
        "<body><main>Share Save</main><div>" + "<p>What the page has to say.</p>" * 20 + "</div></body>"
    )
    assert "has to say" in reading.pages[0]


def meta(name: str, content: str) -> str:
    return f"<head><meta name='{name}' content='{content}'></head>"


@pytest.mark.parametrize(
    ("markup", "date", "sure"),
    [
        (meta("article:published_time", "2021-03-19T09:00:00+00:00"), "2021-03-19", 0.9),
        (meta("govuk:first-published-at", "2007-05-13T09:30:00.000+00:00"), "2007-05-13", 0.9),
        (meta("DCTERMS.issued", "2012-07"), "2012-07", 0.9),
        (json_ld({"@graph": [{"datePublished": "2016-02-10"}]}), "2016-02-10", 0.9),
        ("<main><p>A paper on care.</p><time datetime='2016-02-10'>x</time></main>", "2016-02-10", 0.8),
        ("<main><div class='field--date'>16 August 2024</div></main>", "2024-08-16", 0.8),
        ("<main><p>Date published: 21 May 2013</p></main>", "2013-05-21", 0.8),
        ("<main><p>Last updated: 21 May 2013</p></main>", "2013-05-21", 0.3),
        ("<main><p>Last updated: <time datetime='2013-05-21'>21 May</time></p></main>", "2013-05-21", 0.3),
    ],
)
def test_dates_are_as_sure_as_the_place_where_they_stand(
    read_page: Callable[[str], Reading], markup: str, date: str, sure: float
) -> None:
    found = read_page(markup).dates
    assert (found[0].value, max(candidate.sure for candidate in found)) == (date, sure)


def test_a_review_date_on_a_page_is_no_candidate(read_page: Callable[[str], Reading]) -> None:
    reading = read_page("<main><p>Next review: 21 May 2027</p><p>Review: <time datetime='2027-05-21'/></p></main>")
    assert reading.dates == ()


def test_json_ld_names_the_publication_not_the_site(read_page: Callable[[str], Reading]) -> None:
    site = {"@type": "WebSite", "name": "The Site"}
    report = {"@type": "Report", "name": "The Report of 2020", "publisher": {"name": "A Fund"}}
    reading = read_page(json_ld([site, report]) + "<script type='application/ld+json'>{ broken</script>")
    assert [title.value for title in reading.titles] == ["The Report of 2020"]
    assert [publisher.value for publisher in reading.publishers] == ["A Fund"]


def test_twenty_thousand_nested_elements_are_walked(read_page: Callable[[str], Reading]) -> None:
    reading = read_page("<body>" + "<div>" * 20_000 + "far down" + "</div>" * 20_000 + "<h1>after it all</h1></body>")
    assert "far down" in reading.pages[0]
    assert "after it all" in reading.pages[0]


@pytest.mark.parametrize(
    "body",
    [
        "<html><body><p>King’s Fund café".encode(),
        "\ufeff<html><body><p>King’s Fund café".encode("utf-16"),
        "<html><body><p>King’s Fund café".encode("cp1252"),
        "<html><head><meta charset='iso-8859-1'><body><p>King’s Fund café".encode("cp1252"),
        "<html><head><meta charset='utf-8'><body><p>King’s Fund café".encode("cp1252"),
        "<html><head><meta charset='no-such'><body><p>King’s Fund café".encode(),
        "<html><head><meta charset='hex'><body><p>King’s Fund café".encode(),
    ],
)
def test_a_page_is_decoded_whatever_it_declares(read_bytes: Reader, body: bytes) -> None:
    assert "King’s Fund café" in read_bytes(body, "html").pages[0]


# Office


def make_docx() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Falls plan"
    document.add_heading("Falls prevention plan", 0)
    document.add_paragraph("Published 12 May 2020")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Lead", "Community team"
    document.add_paragraph("End of page one").add_run().add_break(WD_BREAK.PAGE)
    document.add_heading("Second part", 2)
    document.add_paragraph("More words")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_word_document_is_cut_at_its_page_breaks(read_bytes: Reader) -> None:
    reading = read_bytes(make_docx())
    assert len(reading.pages) == 2
    assert reading.pages[0].split("\n")[0] == "Falls prevention plan"
    assert "Lead\tCommunity team" in reading.pages[0]
    assert "More words" in reading.pages[1]
    assert reading.headings == ("Falls prevention plan", "Second part")
    assert [(title.value, title.sure) for title in reading.titles[:2]] == [
        ("Falls prevention plan", 0.7),
        ("Falls plan", 0.5),
    ]
    assert reading.dates[0].value == "2020-05-12"


def test_slides_are_pages_in_the_order_of_the_show(read_bytes: Reader) -> None:
    a = "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'"
    p = "xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main'"
    r = "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"

    def slide(text: str) -> str:
        return (
            f"<p:sld {a} {p}><p:sp><p:nvPr><p:ph type='ctrTitle'/></p:nvPr>"
            f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sp>"
            "<p:sp><a:p><a:t>body </a:t><a:t>text</a:t></a:p></p:sp></p:sld>"
        )

    reading = read_bytes(
        zipped(
            {
                "ppt/presentation.xml": f"<p:presentation {p} {r}><p:sldIdLst><p:sldId r:id='r2'/><p:sldId r:id='r1'/>"
                "</p:sldIdLst></p:presentation>",
                "ppt/_rels/presentation.xml.rels": "<Relationships><Relationship Id='r1' Target='slides/slide1.xml'/>"
                "<Relationship Id='r2' Target='/ppt/slides/slide2.xml'/></Relationships>",
                "ppt/slides/slide1.xml": slide("Second shown"),
                "ppt/slides/slide2.xml": slide("First shown"),
            }
        )
    )
    assert reading.pages == ("First shown\nbody text", "Second shown\nbody text")
    assert reading.titles[0].value == "First shown"


def test_an_open_document_is_read_with_its_spaces_and_pages(read_bytes: Reader) -> None:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f"<office:document-content xmlns:office='{names}:office:1.0' xmlns:text='{names}:text:1.0'><office:body>"
        "<office:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        "<text:h text:outline-level='1'>Carers strategy</text:h>"
        "<text:p>one<text:s/>two <text:span>three</text:span> four"
        "<text:soft-page-break/></text:p><text:p>next page</text:p>"
        "</office:text></office:body></office:document-content>"
    )
    reading = read_bytes(zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}))
    assert reading.pages == ("Carers strategy\none two three four", "next page")
    assert reading.titles[0].value == "Carers strategy"


def test_no_entity_of_an_office_file_is_resolved(read_bytes: Reader, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("top secret")
    part = (
        f"<!DOCTYPE d [<!ENTITY x SYSTEM 'file://{tmp_path}/secret'>]>"
        "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>"
        "<w:p><w:t>words &x; end</w:t></w:p></w:document>"
    )
    assert "secret" not in "".join(read_bytes(zipped({"word/document.xml": part})).pages)


def test_a_file_that_unpacks_to_too_much_is_refused(read_bytes: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"word/document.xml": "<a>" + " " * 11_000_000 + "</a>"})
    assert "unpacks to" in read_bytes(bomb).reason
    monkeypatch.setattr(packages, "LARGEST_TOTAL", 1000)
    assert "unpacks to" in read_bytes(make_docx()).reason


def test_a_damaged_office_file_is_unreadable_with_a_reason(read_bytes: Reader) -> None:
    assert "damaged" in read_bytes(make_docx()[:2000], "docx").reason
    assert "is not XML" in read_bytes(zipped({"word/document.xml": "<w:document>"})).reason
    assert "missing" in read_bytes(zipped({"word/other.xml": "<a/>"})).reason


def make_ods(rows: list[list[str]]) -> bytes:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f"<table:table-cell office:value-type='string'><text:p>{cell}</text:p></table:table-cell>" for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f"<office:document-content xmlns:office='{names}:office:1.0' xmlns:text='{names}:text:1.0' "
        f"xmlns:table='{names}:table:1.0'><office:body><office:spreadsheet><table:table table:name='Beds'>{cells}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f"<manifest:manifest xmlns:manifest='{names}:manifest:1.0'/>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": content,
        }
    )


def test_a_sheet_is_a_page_of_tabs_and_lines(read_bytes: Reader) -> None:
    reading = read_bytes(make_ods([["Community beds by ward", ""], ["Ward", "Beds"], ["Elm", "12"]]))
    assert reading.state is TextState.READ
    assert reading.pages == ("Community beds by ward\nWard\tBeds\nElm\t12",)
    assert reading.headings == ("Beds",)
    assert reading.titles[0].value == "Community beds by ward"


def test_a_sheet_beyond_the_bound_is_read_in_part_and_says_so(
    read_bytes: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_CELLS", 4)
    reading = read_bytes(make_ods([["a1 word", "b1"], ["a2", "b2"], ["a3", "b3"]]))
    assert reading.state is TextState.READ
    assert reading.pages == ("a1 word\tb1\na2\tb2",)
    assert "only the first 4 cells" in reading.reason


def test_old_word_files_are_refused_with_a_remedy(read_bytes: Reader) -> None:
    reading = read_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert reading.state is TextState.UNREADABLE
    assert "LibreOffice" in reading.reason


# the rest


def test_plain_text_is_read_and_parted_at_form_feeds(read_bytes: Reader) -> None:
    reading = read_bytes(b"Minutes of the board\n12 May 2020\n\fSecond page\n")
    assert reading.pages == ("Minutes of the board\n12 May 2020", "Second page")
    assert reading.titles[0].value == "Minutes of the board"
    assert reading.dates[0].value == "2020-05-12"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{\\rtf1 words}", "RTF"),
        (b"<?xml version='1.0'?><data/>", "XML"),
        (b'{"a": 1}', "JSON"),
        (zipped({"a.txt": "x"}), "zip"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"", "empty"),
        (b"\x00\x01\x02", "not known"),
    ],
)
def test_what_is_no_publication_is_refused_in_plain_words(read_bytes: Reader, body: bytes, word: str) -> None:
    reading = read_bytes(body)
    assert reading.state is TextState.UNREADABLE
    assert word in reading.reason


def test_an_original_that_is_missing_is_unreadable() -> None:
    reading = read(Task("0" * 64, "/no/such/original", "pdf", ""))
    assert reading.state is TextState.UNREADABLE
    assert "cannot be opened" in reading.reason or "damaged" in reading.reason


def test_nothing_that_a_document_says_reaches_us_unclean(read_page: Callable[[str], Reading]) -> None:
    reading = read_page(
        "<head><title>a\u202eb \x1b[31mred</title>"
        "<meta name='description' content='one two \x1b]0;x\x07three four'></head>"
        "<body><h1>Head\u200bing\x9b31m now</h1><p>body\x07 text</p></body>"
    )
    said = repr(reading.about()) + repr(reading.pages)
    assert not any(mark in said for mark in ("\\x1b", "\\x07", "\\x9b", "\\u202e", "\\u200b", "[31m"))
