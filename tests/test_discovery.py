"""How links, the dates beside them and sitemaps are read; what bytes are."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.etree import LxmlError
from scrapy.http import HtmlResponse

from crawler import links
from crawler.beside import date_in
from crawler.guard import is_private
from crawler.keeping import file_name
from crawler.mechanisms.sitemap import entries_of
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
        ("<a href='/p/2'>Next page of results</a>", "https://a.example.org/p/2"),
        ("<a href='#'>Next</a><a href='?start=20'>Load more publications</a>", "https://a.example.org/x/y?start=20"),
        # An entry's own "View more" leads to the entry, the listing's to the listing.
        ("<a href='/r/one'>View more</a>", None),
        ("<a href='/r/one'>View more</a><a href='?page=2'>View more</a>", "https://a.example.org/x/y?page=2"),
        # Numbers alone: the one after the current one, which is plain text, marked, or left out.
        ("1 <a href='?page=2'>2</a> <a href='?page=3'>3</a>", "https://a.example.org/x/y?page=2"),
        ("<a href='?p=1'>1</a> <b>2</b> <a href='?p=3'>3</a> <a href='?p=9'>9</a>", "https://a.example.org/x/y?p=3"),
        (
            "<a href='?p=1'>1</a><a href='?p=2' aria-current=page>2</a><a href='?p=3'>3</a>",
            "https://a.example.org/x/y?p=3",
        ),
        (
            "<a href='?p=1'>1</a><a href='?p=4'>4</a><a href='?p=6'>6</a><a href='?p=20'>20</a>",
            "https://a.example.org/x/y?p=6",
        ),
        ("<a href='?p=1'>1</a> <a href='?p=2'>2</a> <span>3</span>", None),
        ("<a href='/x/y/page/2/'>2</a>", "https://a.example.org/x/y/page/2/"),
        ("<a href='/2021/05/2'>2</a><a href='/2021/05/3'>3</a>", None),
        ("<a href='?year=2023'>2023</a><a href='?year=2022'>2022</a>", None),
        ("<a rel='prev' href='?page=1'>Previous</a>", None),
    ],
)
def test_the_next_page_of_a_listing(body: str, following: str | None) -> None:
    assert links.next_page(page(body)) == following


def test_the_page_of_a_listing_that_is_asked_for_again_has_no_next_one_but_itself() -> None:
    here = page("<a href='?b=1&a=2' rel='next'>Next</a>", "https://www.a.example.org/x/?a=2&b=1")
    assert links.next_page(here) is None


@pytest.mark.parametrize("base", ["javascript:void(0)", "mailto:a@a.example", " "])
def test_a_base_that_is_no_address_is_passed_over(base: str) -> None:
    whole = f"<html><head><base href='{base}'></head><body><a href='a.pdf'>A</a></body></html>"
    response = HtmlResponse("https://a.example/x/", body=whole.encode(), encoding="utf-8")
    assert [link.address for link in links.file_links(response)] == ["https://a.example/x/a.pdf"]


TAGS = st.sampled_from(
    ["<li>", "</li>", "<p>", "<article>", "</article>", "<a href='/a.pdf'>", "<a href='?page=2'>",
     "<a rel=next href=x>", "</a>", "2", "Next", "3 May 2021", "<time datetime='2021-05-03'>", "</time>", "<!-- x -->",
     "<script>", "</script>", "<tr>", "<td>", "<nav>", "<main>", "<br>"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=300), st.lists(TAGS, max_size=30).map("".join)))
def test_no_page_crashes_the_readers_of_links(body: str) -> None:
    response = page(body)
    for link in [*links.main_links(response), *links.file_links(response)]:
        assert link.address.startswith(("http://", "https://"))
        assert len(link.beside) <= 200
        day = links.date_beside(link)
        assert not day or date.fromisoformat(day if len(day) == 10 else f"{day}-01")
    links.next_page(response)
    links.page_title(response)


@pytest.mark.parametrize(
    ("item", "beside", "day"),
    [
        ("<li><a href='/a.pdf'>Minutes</a> (2020-07-23)</li>", "(2020-07-23)", "2020-07-23"),
        ("<li><p><a href='/a.pdf'>Plan</a></p></li>", "", ""),
        ("<tr><td>3 March 2021</td><td><a href='/a.pdf'>Plan</a></td><td>PDF, 241 KB</td></tr>",
         "3 March 2021 PDF, 241 KB", "2021-03-03"),
        ("<article><h3><a href='/a.pdf'>Plan</a></h3><time datetime='2021-03-04T10:00'>two years ago</time></article>",
         "2021-03-04", "2021-03-04"),
        # Text stands beside the link that is nearest; a second link to the same place is the same one.
        ("<p><a href='/a.pdf'>Plan</a> (3 May 2021), <a href='/b'>Annex</a> (4 June 2021)</p>", "(3 May 2021),",
         "2021-05-03"),
        ("<li><a href='/a.pdf'><img></a><a href='/a.pdf'>Plan</a> May 2021</li>", "May 2021", "2021-05"),
        ("<div>3 May 2021 <a href='/a.pdf'>Plan</a></div>", "", ""),
        ("<article>" + "".join(f"<a href='/{n}'>{n}</a>" for n in "abcd") + "3 May 2021 <a href=/a.pdf>P</a>", "", ""),
    ],
)  # fmt: skip
def test_what_stands_beside_a_link(item: str, beside: str, day: str) -> None:
    table = f"<table>{item}</table>" if item.startswith("<tr") else item
    (link,) = links.file_links(page(f"<p>1 January 2001</p>{table}<p>2 January 2002</p>"))
    assert (link.beside, links.date_beside(link)) == (beside, day)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Published: 3rd March 2021", "2021-03-03"),
        ("Published by NHS England on 3 March 2021", "2021-03-03"),
        ("PDF, 241 KB, March 2021", "2021-03"),
        ("May 3, 2021", "2021-05-03"),
        ("03/05/2021", "2021-05-03"),
        ("(2021-03-04T12:00)", "2021-03-04"),
        ("3 March 2021 – 24 pages", "2021-03-03"),
        ("Published 3 March 2021 | Updated 5 June 2022", "2021-03-03"),
        ("Updated 5 June 2022", "2022-06-05"),
        ("Published March 2021. Review: May 2024", "2021-03"),
        ("Review date: 3 May 2030", ""),
        ("Next review due 3 May 2030", ""),
        ("Expires 1/2/2025", ""),
        ("Valid until March 2024", ""),
        ("1 April 2020 to 31 March 2021", ""),
        ("from 1 April 2020", ""),
        ("3 May 2021 and 4 May 2022", ""),
        ("31/02/2021", ""),
        ("in 2021", ""),
        ("12 pages", ""),
    ],
)
def test_a_date_counts_where_it_plainly_is_the_one_of_publication(text: str, expected: str) -> None:
    assert date_in(text) == expected


WRITTEN = (
    "{0:%d}/{0:%m}/{0:%Y}",
    "{0:%Y-%m-%d}",
    "{0.day} {0:%B} {0:%Y}",
    "{0.day}th {0:%b} {0:%Y}",
    "{0:%B} {0.day}, {0:%Y}",
)


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(WRITTEN),
    st.sampled_from(["", "Published ", "PDF, "]),
)
def test_every_day_is_read_as_it_was_written(day: date, written: str, before: str) -> None:
    assert date_in(f"{before}{written.format(day)} (PDF)") == day.isoformat()


@given(st.text(alphabet="0123456789/-. MayJuneto–Review(),", max_size=60))
def test_no_text_makes_a_date_that_is_none(text: str) -> None:
    found = date_in(text)
    assert not found or date.fromisoformat(found if len(found) == 10 else f"{found}-01")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_no_bytes_crash_the_reader_of_sitemaps(body: bytes) -> None:
    for whole in (body, b"<?xml version='1.0'?><urlset>" + body, b"https://a.example.org/\n" + body):
        with suppress(LxmlError, ValueError, AttributeError, StopIteration):
            for address, _ in entries_of(whole)[1]:
                assert isinstance(address, str)


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
