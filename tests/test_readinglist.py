"""Reading lists: each linked resource gets the sector of the heading that it stands under, and keeps it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas
from scrapy.http import HtmlResponse

from config.catalogue import load_sectors
from config.home import Home
from config.model import Sector
from crawler.archive import Announcement, Archive
from crawler.headings import Headings, listed_links, plain_heading
from indexer.document import Document
from indexer.library import Library
from tests.homes import commdex, make_home
from tests.loopback import Answer, Loopback

HTML = {"Content-Type": "text/html; charset=utf-8"}
SECTORS = Headings(load_sectors(), {})


def web_page(body: str, title: str = "A page") -> Answer:
    return Answer(f"<!doctype html><title>{title}</title><body>{body}</body>".encode(), headers=HTML)


def pdf_of(title: str, *lines: str) -> Answer:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for place, (size, line) in enumerate([(24, title), *((11, line) for line in lines)]):
        canvas.setFont("Helvetica", size)
        canvas.drawString(60, 750 - 40 * place, line)
    canvas.save()
    return Answer(out.getvalue(), headers={"Content-Type": "application/pdf"})


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": Answer(b"User-agent: *\nDisallow:")}) as server:
        yield server


def reading_list(web: Loopback, **more: Any) -> dict[str, Any]:
    return {"id": "list", "mechanism": "readinglist", "start": [web.url("/list")], **more}


def announced(home: Home) -> dict[str, Announcement]:
    """What was said of each address, by the last part of its path."""
    with Archive(home.archive_folder) as archive:
        return {said.address.rstrip("/").rpartition("/")[2]: said for said in archive.announcements()}


def documents(home: Home) -> dict[str, Document]:
    with Library(home.library_file) as library:
        return {document.address.rpartition("/")[2]: document for document in library.documents(library.ids())}


def under(body: str, headings: Headings = SECTORS) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """The headings, and their sectors, of each link of a list, by address without its scheme."""
    page = HtmlResponse("http://list.example/toolkit", body=f"<main>{body}</main>".encode(), encoding="utf-8")
    return {
        one.link.address.removeprefix("http://"): [(heading.text, heading.sectors) for heading in one.headings]
        for one in listed_links(page, headings)
    }


URGENT = [("Urgent care", ("urgent-care",))]


@pytest.mark.parametrize(
    "body",
    [
        "<h2>Urgent care</h2><p><a href='http://a.example/'>A</a></p>",
        "<h2><a name='u'></a>URGENT&nbsp;CARE</h2><p><a href='http://a.example/'>A</a></p>",
        "<h2>7. Urgent care:</h2><p><a href='http://a.example/'>A</a></p>",
        "<h2>Urgent care</h2><h3>Other useful research includes:</h3><p><a href='http://a.example/'>A</a></p>",
        "<p>Urgent care</p><p><a href='http://a.example/'>A</a></p>",
        "<p><strong>Urgent care</strong></p><p><a href='http://a.example/'>A</a></p>",
        "<p><strong>Urgent care</strong><br><a href='http://a.example/'>A</a></p>",
        "<p>Urgent care</p><h4>Other useful research</h4><ul><li><a href='http://a.example/'>A</a></ul>",
        "<ul><li>Urgent care<ul><li><a href='http://a.example/'>A</a></li></ul></li></ul>",
        "<dl><dt>Urgent care</dt><dd><h4>More</h4><a href='http://a.example/'>A</a></dd></dl>",
        "<details><summary>Urgent care</summary><h2>Reports</h2><a href='http://a.example/'>A</a></details>",
        "<div role='heading' aria-level='2'>Urgent care</div><div><a href='http://a.example/'>A</a></div>",
        "<h2><button>Urgent care</button></h2><div><a href='http://a.example/'>A</a></div>",
        "<table><tr><th>Urgent care</th><td><a href='http://a.example/'>A</a></td></tr></table>",
        "<h2>Urgent care</h2><details><summary>Prison services</summary>x</details><a href='http://a.example/'>A</a>",
    ],
)
def test_a_link_stands_under_the_heading_over_it_however_the_page_makes_it(body: str) -> None:
    ((heading, sectors),) = under(body)["a.example/"]
    assert (plain_heading(heading), sectors) == ("urgent care", ("urgent-care",))


@pytest.mark.parametrize(
    ("body", "heading"),
    [
        ("<a href='http://a.example/'>A</a>", ""),
        ("<h2>Urgent care</h2><p>x</p><h2>Search tips</h2><a href='http://a.example/'>A</a>", "Search tips"),
        ("<h3>Urgent care</h3><p>x</p><h2>Make a recommendation</h2><a href='http://a.example/'>A</a>",
         "Make a recommendation"),
        ("<p>Urgent care</p><h2>See also</h2><a href='http://a.example/'>A</a>", "See also"),
        ("<details><summary>Urgent care</summary>x</details><a href='http://a.example/'>A</a>", ""),
        ("<dl><dt>Urgent care</dt><dd>x</dd><dt>See also</dt><dd><a href='http://a.example/'>A</a></dd></dl>",
         "See also"),
        ("<p>Urgent care in three boroughs</p><a href='http://a.example/'>A</a>", ""),
        ("<ul><li><a href='#urgent'>Urgent care</a></li></ul><a href='http://a.example/'>A</a>", ""),
        ("<p>Read about <b>urgent care</b> here</p><a href='http://a.example/'>A</a>", ""),
    ],
)  # fmt: skip
def test_a_heading_ends_where_one_as_high_begins_or_its_part_of_the_page_does(body: str, heading: str) -> None:
    assert under(body)["a.example/"] == [(heading, ())]


def test_a_sector_within_another_counts_for_both() -> None:
    body = (
        "<h2>Whole system improvement</h2><h2>Seven day services</h2><p><a href='http://a.example/'>A</a></p>"
        "<h2>Social care</h2><p><a href='http://b.example/'>B</a></p>"
    )
    found = under(body)
    assert found["a.example/"] == [("Seven day services", ("seven-day-services", "whole-system-improvement"))]
    assert found["b.example/"] == [("Social care", ("social-care",))]


@pytest.mark.parametrize(
    ("heading", "sector"),
    [
        ("Planned care (including Intermediate care)", "planned-care"),
        ("Planned care", "planned-care"),
        ("PLANNED CARE – including intermediate care", "planned-care"),
        ("Residential care services/Care homes", "care-homes"),
        ("Care homes", "care-homes"),
        ("Local Authorities & Public Health", "local-authority-public-health"),
        ("Exceptional treatment panels / Individual funding requests", "ifr"),
        ("Community & domiciliary care services", "community"),
    ],
)
def test_headings_are_known_by_their_words(heading: str, sector: str) -> None:
    assert SECTORS.find(heading).sectors == (sector,)


def test_a_list_may_say_what_its_own_headings_mean() -> None:
    own = Headings(load_sectors(), {"Out of hospital": "community", "Urgent care": ""})
    body = (
        "<h2>Out of hospital</h2><a href='http://a.example/'>A</a><h2>Social care</h2><h3>Urgent care</h3>"
        "<a href='http://b.example/'>B</a>"
    )
    assert under(body, own) == {
        "a.example/": [("Out of hospital", ("community",))],
        "b.example/": [("Urgent care", ())],
    }


def test_a_link_under_two_headings_has_both() -> None:
    body = (
        "<h2>Urgent care</h2><p><a href='http://a.example/'>A</a></p>"
        "<h2>Social care</h2><p><a href='http://a.example/'>A toolkit</a></p>"
    )
    assert under(body) == {"a.example/": [*URGENT, ("Social care", ("social-care",))]}


def test_only_links_to_resources_count() -> None:
    body = (
        "<nav><a href='/n'>N</a></nav><h2>Urgent care</h2><p><a href='/hot-topic'>Hot Topic page</a>"
        "<a href='#top'>Back to top</a><a href='http://list.example/toolkit#u'>Urgent care</a><a href='/'>Home</a>"
        "<a href='mailto:a@b.example'>Write</a><a href='?page=2'>2</a><a href='/toolkit?share=twitter'>Twitter</a>"
        "<a href='https://twitter.com/intent/tweet?url=x'><img></a><a href='https://akismet.com/privacy/'>Learn how"
        " your comment data is processed.</a><a rel='category tag' href='/c'>Commissioning</a>"
        "<a href='/cookies'>Cookies</a><a rel='author' href='/by'>A librarian</a></p>"
        "<aside><h2>See</h2><a href='/s'>S</a></aside>"
        "<footer><a href='/f'>F</a></footer>"
    )
    assert under(body) == {"list.example/hot-topic": URGENT}


@given(st.text(max_size=300))
def test_no_page_and_no_heading_crashes_the_reader(text: str) -> None:
    under(text)
    under(f"<h2>{text}</h2><a href='http://a.example/'>A</a>")


@given(
    st.sampled_from(load_sectors()),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
    st.text(alphabet=" \n\t.:;,-–—*#()&/", max_size=5),
)
def test_a_sector_s_heading_is_known_in_any_dress(sector: Sector, dressed: Callable[[str], str], around: str) -> None:
    heading = around + dressed(sector.heading).replace(" ", around + " ").replace("/", " and ") + around
    assert SECTORS.find(heading).sectors[0] == sector.id


LIST = """<main><h1>Commissioning for specific service sectors</h1>
<h2>Urgent care</h2><p><a href="/handover.pdf">Handover delays</a><br>What three hospitals tried.</p>
<h2>Prison services</h2><ul><li><a href="/offenders">Offender health</a> A hub.</li>
<li><a href="/handover.pdf">Handover delays</a></li></ul><h2>Unsorted</h2><p><a href="/gone">Gone</a></p></main>"""


@pytest.fixture
def harvested(web: Loopback, tmp_path: Path) -> Home:
    web.set("/list", web_page(LIST, "Commissioning for specific service sectors"))
    web.set("/handover.pdf", pdf_of("Handover", "Social care, social care and nothing but adult social care."))
    web.set("/offenders", web_page("<main><h1>Offender health</h1><p>A hub.</p><a href='/o/needs.pdf'>Needs</a>"
                                   "<a href='/o/more'>More</a></main>", "Offender health"))  # fmt: skip
    web.set("/o/needs.pdf", pdf_of("Needs", "Words about nothing in particular."))
    home = make_home(tmp_path / "home", [reading_list(web)])
    commdex(home, "update")
    return home


def test_resources_are_announced_with_heading_sector_and_the_words_round_them(harvested: Home) -> None:
    said = announced(harvested)
    assert (said["handover.pdf"].heading, said["handover.pdf"].sectors) == (
        "Urgent care\nPrison services",
        "urgent-care\nprison",
    )
    assert said["handover.pdf"].summary == "Handover delays What three hospitals tried."
    assert (said["offenders"].link_text, said["offenders"].summary) == ("Offender health", "Offender health A hub.")
    assert (said["gone"].heading, said["gone"].sectors) == ("Unsorted", "")
    assert said["list"].role == "page"


def test_one_level_is_followed_for_files_and_no_further(harvested: Home) -> None:
    assert sorted(announced(harvested)) == ["gone", "handover.pdf", "list", "needs.pdf", "offenders"]


def test_documents_keep_the_librarians_sector_first_with_where_it_comes_from(harvested: Home) -> None:
    found = documents(harvested)
    tags = {name: [tag.sector for tag in document.sectors] for name, document in found.items()}
    # What the words say comes behind, and is there all the same.
    assert tags["handover.pdf"] == ["urgent-care", "prison", "social-care"]
    assert found["handover.pdf"].sectors[0].evidence == (("listed under Urgent care (list)", 1),)
    # The list names the landing page; its file is the document's.
    assert tags["needs.pdf"] == ["prison"]
    assert ("listed under Prison services (list)", 1) in found["needs.pdf"].sectors[0].evidence
    assert {"list", "needs.pdf", "handover.pdf"} == set(found)


def test_a_harvest_that_changed_nothing_describes_nothing_anew_and_a_moved_heading_does(
    harvested: Home, web: Loopback
) -> None:
    assert "0 indexed" in commdex(harvested, "update").stderr
    web.set("/list", web_page(LIST.replace("Prison services", "Third sector"), "Commissioning"))
    commdex(harvested, "update")
    assert documents(harvested)["needs.pdf"].sectors[0].sector == "third-sector"


def test_a_blog_hands_on_its_own_sectors_page_after_page(web: Loopback, tmp_path: Path) -> None:
    def post(number: int, more: str = "") -> Answer:
        return web_page(
            f"<main><article><h2>Post {number}</h2><p><a href='/r{number}.pdf'>A review | National Audit Office</a></p>"
            f"</article>{more}</main>"
        )

    web.set("/list", post(1, "<a href='/list/page/2/'>Older posts</a>"))
    web.set("/list/page/2/", post(2, "<a href='/list/page/3/'>Older posts</a>"))
    web.set("/list/page/3/", post(3))
    for number in (1, 2, 3):
        web.set(f"/r{number}.pdf", pdf_of("Review", "x"))
    source = reading_list(web, sectors=["commissioning-general"], options={"pages": 2})
    home = make_home(tmp_path / "home", [source])
    assert "option `pages`" in commdex(home, "crawl", expect=None).stderr
    said = announced(home)
    assert sorted(said) == ["list", "r1.pdf", "r2.pdf"]
    assert (said["r2.pdf"].heading, said["r2.pdf"].sectors) == ("Post 2", "commissioning-general")


def test_what_is_gone_or_archived_comes_out_of_the_archives_under_its_heading(web: Loopback, tmp_path: Path) -> None:
    gone, dead = web.url("/gone.pdf"), "http://dead.invalid/plan.pdf"
    copy = web.url(f"/archive/20130401120000/{dead}")
    body = "<h2>Social care</h2><p><a href='/gone.pdf'>Gone</a></p>"
    body += f"<h2>Prison services</h2><p><a href='{copy}'>Plan</a></p>"
    web.set("/list", web_page(f"<main>{body}</main>"))
    rows = [["urlkey", "timestamp", "original", "mimetype", "statuscode"],
            ["x", "20190304050607", gone, "application/pdf", "200"]]  # fmt: skip
    web.set("/archive/cdx", Answer(json.dumps(rows).encode(), headers={"Content-Type": "application/json"}))
    web.set(f"/archive/20190304050607id_/{gone}", pdf_of("Gone", "x"))
    web.set(f"/archive/20130401120000id_/{dead}", pdf_of("Plan", "x"))
    home = make_home(tmp_path / "home", [reading_list(web)], crawl={"archives": [web.url("/archive/")]})
    commdex(home, "crawl")
    with Archive(home.archive_folder) as archive:
        copies = {said.original: said for said in archive.announcements() if said.captured}
    assert {original: (said.captured, said.heading, said.sectors) for original, said in copies.items()} == {
        gone: ("2019-03-04", "Social care", "social-care"),
        dead: ("2013-04-01", "Prison services", "prison"),
    }


def test_a_list_that_is_gone_is_read_from_its_archived_copy(web: Loopback, tmp_path: Path) -> None:
    list_address = web.url("/list")  # 404 now
    rows = [["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"],
            ["x", "20150401120000", list_address, "text/html", "200", "x", "1"]]  # fmt: skip
    body = "<h2>Urgent care</h2><ul><li><a href='/live.pdf'>A paper that is still there</a></li></ul>"
    web.set("/ark/cdx", Answer(json.dumps(rows).encode(), headers={"Content-Type": "application/json"}))
    web.set(f"/ark/20150401120000id_/{list_address}", web_page(f"<main><h1>List</h1>{body}</main>", "List"))
    web.set("/live.pdf", pdf_of("A paper that is still there", "Words"))
    home = make_home(tmp_path / "home", [reading_list(web)], crawl={"archives": [web.url("/ark/")]})
    commdex(home, "crawl")
    said = announced(home)
    assert (said["live.pdf"].heading, said["live.pdf"].sectors) == ("Urgent care", "urgent-care")
    assert (said["list"].original, said["list"].captured) == (list_address, "2015-04-01")


def test_an_unknown_sector_in_the_options_is_refused(web: Loopback, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [reading_list(web, options={"headings": {"Out of hospital": "nowhere"}})])
    assert "no sector is called 'nowhere'" in commdex(home, "crawl", expect=3).stderr
