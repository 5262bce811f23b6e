"""How links, feeds, sitemaps and web-archive indexes are read; what bytes are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from crawler import links
from crawler.guard import is_private
from crawler.keeping import file_name
from crawler.mechanisms.webarchive import Capture, latest, parse_cdx
from crawler.sniff import Kind, is_wall, kind_of, says_not_found


def page(body: str, url: str = "https://a.example.org/x/y") -> HtmlResponse:
    return HtmlResponse(url, body=body.encode(), encoding="utf-8")


@pytest.mark.parametrize(
    ("anchor", "is_file"),
    [
        ('<a href="/a.pdf">Report</a>', True),
        ('<a href="/download/2ed8/1">anything</a>', True),
        ('<a href="/documents/s120001/capital.pdf">Capital Strategy PDF 285 KB</a>', True),
        ('<a href="/get?id=3">Annual report (PDF, 2.1MB)</a>', True),
        ('<a href="/get?id=3" type="application/pdf">Annual report</a>', True),
        ('<a href="/get?id=3" download>Annual report</a>', True),
        ('<a href="/x.p">Albinism.pdf</a>', True),
        ('<a href="/get?id=3">Read the full report</a>', True),
        ('<a href="/reports/annual">Annual report</a>', False),
        ('<a href="/pdf-policy">How we make our PDF files accessible</a>', False),
        ('<a href="/word-of-mouth">Word of mouth 2024</a>', False),
        ('<a href="/downloads-explained">About our downloads</a>', False),
    ],
)
def test_links_to_files_are_told_by_what_they_say_and_where_they_lead(anchor: str, is_file: bool) -> None:
    (link,) = links.main_links(page(f"<main>{anchor}</main>"))
    assert link.is_file is is_file


def test_only_the_links_of_a_page_s_matter_count() -> None:
    found = links.main_links(
        page(
            "<header><a href='/home'>Home</a></header><nav><a href='/n'>N</a></nav>"
            "<main><article><header><a href='/one'>One</a></header></article><a href='/two#part'>Two</a>"
            "<a href='mailto:x@y.org'>Mail</a><a href='javascript:x()'>J</a><a href='http://[bad'>B</a>"
            "<a href='/photo.jpg'>Photo</a><a href='?page=2'>2</a><nav><a href='/menu'>Menu</a></nav></main>"
            "<footer><a href='/f'>F</a></footer>"
        )
    )
    assert [(link.address, link.text) for link in found] == [
        ("https://a.example.org/one", "One"),
        ("https://a.example.org/two", "Two"),
    ]


@pytest.mark.parametrize(
    ("body", "following"),
    [
        ("<a rel='next nofollow' href='?page=2'>More</a>", "https://a.example.org/x/y?page=2"),
        ("<head><link rel='next' href='/p/2'></head>", "https://a.example.org/p/2"),
        ("<a href='/p/2'>Older posts</a>", "https://a.example.org/p/2"),
        ("<a href='/p/2'>Next ›</a>", "https://a.example.org/p/2"),
        ("<a href='/p/2' aria-label='Next page'><svg/></a>", "https://a.example.org/p/2"),
        ("<a href='/p/2'>Next steps for integrated care</a>", None),
        ("<a rel='prev' href='?page=1'>Previous</a>", None),
    ],
)
def test_the_next_page_of_a_listing(body: str, following: str | None) -> None:
    assert links.next_page(page(body)) == following


@given(st.text(max_size=300))
def test_no_page_crashes_the_readers_of_links(body: str) -> None:
    response = page(body)
    for link in [*links.main_links(response), *links.file_links(response)]:
        assert link.address.startswith(("http://", "https://"))
    links.next_page(response)
    links.page_title(response)


ROWS = [
    ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"],
    ["org,a)/x", "20130401120000", "http://a.org/x", "text/html", "200", "D1", "1"],
    ["org,a)/x", "20150401120000", "http://www.a.org:80/x", "text/html", "200", "D2", "1"],
    ["org,a)/x", "20190401120000", "http://a.org/x", "text/html", "404", "D3", "1"],
    ["org,a)/y.pdf", "20140401120000", "http:/a.org/y.pdf", "application/pdf", "200", "D4", "1"],
]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(ROWS),
        "\n".join(json.dumps(dict(zip(ROWS[0], row, strict=True))) for row in ROWS[1:]),
        "\n".join(" ".join(row) for row in ROWS[1:]),
        "\n".join(
            f"{row[0]} {row[1]} " + json.dumps({"url": row[2], "mime": row[3], "status": row[4], "digest": row[5]})
            for row in ROWS[1:]
        ),
    ],
)
def test_every_form_of_cdx_answer_gives_the_latest_good_capture_of_each_address(body: str) -> None:
    assert latest(parse_cdx(body.encode())) == [
        Capture("20150401120000", "http://www.a.org:80/x", "text/html", "200"),
        Capture("20140401120000", "http://a.org/y.pdf", "application/pdf", "200"),
    ]


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_no_cdx_answer_crashes(body: bytes) -> None:
    for capture in latest(parse_cdx(body)):
        assert capture.original.startswith("http")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%PDF-1.4", Kind.PDF),
        (b"\n\n%PDF-1.4", Kind.PDF),
        (b"<!DOCTYPE html><p>x", Kind.HTML),
        (b"\xef\xbb\xbf  <html>", Kind.HTML),
        (b"<?xml version='1.0'?><urlset>", Kind.XML),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", Kind.HTML),
        (b'{"a": 1}', Kind.JSON),
        (b"\x1f\x8b\x08", Kind.GZIP),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
        (b"PK\x03\x04 not really", Kind.ZIP),
        (b"{\\rtf1 x}", Kind.RTF),
        (b"User-agent: *", Kind.TEXT),
        (b"\x00\x01\x02\x03" * 20, Kind.UNKNOWN),
        (b" \n", Kind.EMPTY),
    ],
)
def test_what_bytes_are(body: bytes, kind: Kind) -> None:
    assert kind_of(body) is kind


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_sniffer(body: bytes) -> None:
    assert kind_of(body) in Kind
    is_wall(body)


@pytest.mark.parametrize(
    ("title", "missing"),
    [
        ("Page not found | A council", True),
        ("404 - A council", True),
        ("Sorry, the page you were looking for could not be found", True),
        ("This page is no longer available", True),
        ("Access to care: what we found", False),
        ("Why pages are not read", False),
        ("Not found out: an inquiry", False),
    ],
)
def test_pages_that_say_there_is_nothing_here(title: str, missing: bool) -> None:
    assert says_not_found(title) is missing


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True), ("127.1", True), ("2130706433", True), ("0x7f000001", True), ("localhost", True),
        ("10.1.2.3", True), ("192.168.0.1", True), ("169.254.169.254", True), ("[::1]", True), ("fe80::1", True),
        ("intranet", True), ("nas.local", True), ("0.0.0.0", True), ("017700000001", True),
        ("www.england.nhs.uk", False), ("8.8.8.8", False), ("1.example.org", False),
    ],
)  # fmt: skip
def test_private_places_are_known_by_their_looks(host: str, private: bool) -> None:
    assert is_private(host) is private


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="plan.pdf"', "plan.pdf"),
        ("attachment; filename*=UTF-8''King%E2%80%99s%20plan.pdf", "King’s plan.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("inline", ""),
        ("", ""),
    ],
)
def test_the_file_name_of_a_content_disposition(header: str, name: str) -> None:
    assert file_name(header) == name
