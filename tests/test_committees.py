"""Committee systems (ModernGov) and board papers, through the crawl command against real HTTP on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scrapy.http import HtmlResponse

from config.home import Home
from crawler import meetings
from crawler.archive import Announcement, Archive, Outcome, SourceRun
from crawler.mechanisms.boardpapers import BoardPapersOptions
from crawler.mechanisms.moderngov import ModernGovOptions, read_address
from tests.homes import commdex, make_home
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
HTML = {"Content-Type": "text/html; charset=utf-8"}


def pdf(name: str) -> Answer:
    return Answer(f"%PDF-1.4\n{name}\n%%EOF".encode(), headers={"Content-Type": "application/pdf"})


def page(title: str, main: str, nav: str = "") -> Answer:
    body = f"<body><header><nav><a href='/'>Home</a> {nav}</nav></header><main><h1>{escape(title)}</h1>{main}</main>"
    end = "<footer><a href='/cookies'>Cookies</a> <a href='/news/'>News</a></footer></body>"
    return Answer(f"<!doctype html><html><head><title>{escape(title)}</title></head>{body}{end}</html>".encode(),
                  headers=HTML)  # fmt: skip


def link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


def harvest(folder: Path, mechanism: str, start: str, *, expect: int = 0, **options: Any) -> Home:
    source = {"id": "papers", "mechanism": mechanism, "start": [start], "options": options}
    home = make_home(folder / "home", [source])
    commdex(home, "crawl", expect=expect)
    return home


def said(home: Home) -> dict[str, Announcement]:
    """Everything announced, by path and query."""
    with Archive(home.archive_folder) as archive:
        return {one.address.split("/", 3)[3]: one for one in archive.announcements()}


def titles(home: Home) -> dict[str, str]:
    return {path: one.link_text for path, one in said(home).items()}


def dates(home: Home) -> dict[str, str]:
    return {path: one.date for path, one in said(home).items()}


def run_of(home: Home) -> SourceRun:
    with Archive(home.archive_folder) as archive:
        return archive.last_source_runs()["papers"]


def asked(web: Loopback) -> list[str]:
    """The paths and queries of requests that found something, without those that try an impossible address."""
    return [request.url for request in web.requests if request.status in (200, 302, 304)]


# committee systems


def put_council(web: Loopback) -> None:
    """A council in the shapes of ModernGov: two committees, one with an older page of meetings."""
    nav = (
        link("mgListCommittees.aspx?bcr=1", "Committees")
        + link("mgCalendarMonthView.aspx?GL=1&bcr=1", "Calendar")
        + link("mgMemberIndex.aspx?bcr=1", "Councillors")
    )
    web.set("/", page("Council and democracy", "<p>Welcome.</p>", nav))
    web.set(
        "/mgListCommittees.aspx?bcr=1",
        page(
            "Committee structure",
            f"<ul><li>{link('mgCommitteeDetails.aspx?ID=712', 'Health Scrutiny Committee')}</li>"
            f"<li>{link('ieListMeetings.aspx?CId=115&Year=0', 'Cabinet')}</li></ul>",
            nav,
        ),
    )
    web.set(
        "/mgCommitteeDetails.aspx?ID=712",
        page("Committee details", link("ieListMeetings.aspx?CommitteeId=712", "Browse meetings and agendas"), nav),
    )
    web.set(
        "/ieListMeetings.aspx?CommitteeId=712",
        page(
            "Browse meetings - Health Scrutiny Committee",
            "<ul>"
            f"<li>{link('ieListDocuments.aspx?CId=712&MId=53&Ver=4', '14 Jul 2031 6.00 pm')}</li>"
            f"<li>{link('ieListDocuments.aspx?CId=712&MId=52&Ver=4', '11 Jun 2024 10.00 am')} - CANCELLED</li>"
            f"<li>{link('ieListDocuments.aspx?MId=51&Ver=4&CId=712', '18 Jan 2024 10.00 am')} - Agenda</li></ul>"
            + link("ieListMeetings.aspx?Act=earlier&CId=712&D=202401181000&MD=ielistmeetings", "Earlier")
            + link("ieListMeetings.aspx?Act=later&CId=712&D=203107141800&MD=ielistmeetings", "Later"),
            nav,
        ),
    )
    web.set(
        "/ieListMeetings.aspx?Act=earlier&CId=712&D=202401181000&MD=ielistmeetings",
        page("Browse meetings - Health Scrutiny Committee",
             link("ieListDocuments.aspx?CId=712&MId=40&Ver=4", "3 Nov 2021 10.00 am"), nav),
    )  # fmt: skip
    for number, when in ((53, "Monday, 14th July, 2031 6.00 pm"), (52, "Tuesday, 11th June, 2024 10.00 am")):
        agenda = page("Agenda item", f"<h2>Health Scrutiny Committee<br>{when}</h2><p>No papers.</p>", nav)
        web.set(f"/ieListDocuments.aspx?CId=712&MId={number}&Ver=4", agenda)
    web.set("/ieListDocuments.aspx?MId=51&Ver=4&CId=712", health_agenda(nav))
    web.set(
        "/ieListDocuments.aspx?CId=712&MId=40&Ver=4",
        page(
            "Agenda and minutes",
            "<h2>Health Scrutiny Committee<br>Wednesday, 3rd November, 2021 10.00 am</h2>"
            + link("documents/s90/Dentistry.pdf", "Dentistry PDF 1 MB"),
            nav,
        ),
    )
    web.set("/documents/s90/Dentistry.pdf", pdf("dentistry"))
    web.set(
        "/ieListMeetings.aspx?CId=115&Year=0",
        page("Browse meetings - Cabinet", link("ieListDocuments.aspx?CId=115&MId=9500", "30 Jan 2025 10.00 am"), nav),
    )
    web.set(
        "/ieListDocuments.aspx?CId=115&MId=9500",
        page(
            "Agenda for Cabinet on Thursday, 30th January, 2025, 10.00 am",
            "<p>Minutes of 12 December 2024</p>"
            + link("documents/s120001/Budget.pdf", "Budget PDF 241 KB")
            + link("ieListMeetings.aspx?CommitteeId=712", "Health Scrutiny Committee"),
            nav,
        ),
    )
    web.set("/documents/s120001/Budget.pdf", pdf("budget"))


def health_agenda(nav: str) -> Answer:
    """An agenda with packs, numbered papers, a decision with its own file, and pages that lead away."""
    main = (
        "<h2>Health Scrutiny Committee<br>Thursday, 18th January, 2024 10.00 am</h2><ul>"
        f"<li>{link('documents/g51/Agenda frontsheet 18th-Jan-2024.pdf?T=0', 'Agenda frontsheet PDF 214 KB')}</li>"
        f"<li>{link('documents/g51/Public reports pack 18th-Jan-2024.pdf?T=10', 'Agenda reports pack PDF 19 MB')}</li>"
        f"<li>{link('mgConvert2PDF.aspx?ID=51', 'Printed minutes PDF 276 KB')}</li></ul>"
        "<table><tr><td>5.</td><td><p><a href='documents/s81/Winter.pdf'>Item 5. Winter pressures PDF 300 KB</a>"
        "<a href='documents/s81/Winter.pdf'><img src='i.gif'></a></p>"
        f"<p>{link('documents/s82/App 1.docx', 'Appendix 1 - Data , item 5. DOCX 90 KB')}</p>"
        f"{link('ieIssueDetails.aspx?IId=7&Opt=3', 'View the background to item 5.')}"
        f"{link('mgAi.aspx?ID=300#mgDocuments', 'View the full list of documents for item 5.')}</td></tr>"
        f"<tr><td>6.</td><td>{link('ieDecisionDetails.aspx?ID=12', 'Virtual wards')}</td></tr></table>"
        + link("ieListMeetings.aspx?CommitteeId=115", "Cabinet")
    )
    return page("Agenda, decisions and minutes", main, nav)


def put_health_files(web: Loopback) -> None:
    for path in (
        "/documents/g51/Agenda%20frontsheet%2018th-Jan-2024.pdf?T=0",
        "/documents/g51/Public%20reports%20pack%2018th-Jan-2024.pdf?T=10",
        "/mgConvert2PDF.aspx?ID=51",
        "/documents/s81/Winter.pdf",
        "/documents/s82/App%201.docx",
        "/documents/s83/Late.pdf",
        "/documents/s84/Decision.pdf",
    ):
        web.set(path, pdf(path))
    papers = link("documents/s81/Winter.pdf", "Winter pressures") + link("documents/s83/Late.pdf", "Late paper")
    web.set("/mgAi.aspx?ID=300", page("Agenda item", papers))
    web.set("/ieDecisionDetails.aspx?ID=12", page("Decision details", link("documents/s84/Decision.pdf", "Record")))


HEALTH = {
    "documents/g51/Agenda%20frontsheet%2018th-Jan-2024.pdf?T=0":
        "Agenda frontsheet: Health Scrutiny Committee, 18 January 2024",
    "documents/g51/Public%20reports%20pack%2018th-Jan-2024.pdf?T=10":
        "Agenda reports pack: Health Scrutiny Committee, 18 January 2024",
    "mgConvert2PDF.aspx?ID=51": "Printed minutes: Health Scrutiny Committee, 18 January 2024",
    "documents/s81/Winter.pdf": "Winter pressures PDF 300 KB",
    "documents/s82/App%201.docx": "Appendix 1 - Data DOCX 90 KB",
    "documents/s83/Late.pdf": "Late paper",
    "documents/s84/Decision.pdf": "Record",
}  # fmt: skip


def test_a_council_is_read_from_its_root_to_the_papers_of_every_meeting(web: Loopback, tmp_path: Path) -> None:
    put_council(web)
    put_health_files(web)
    home = harvest(tmp_path, "moderngov", web.url("/"))
    assert titles(home) == {
        **HEALTH,
        "documents/s90/Dentistry.pdf": "Dentistry PDF 1 MB",
        "documents/s120001/Budget.pdf": "Budget PDF 241 KB",
    }
    assert dates(home) == {
        **dict.fromkeys(HEALTH, "2024-01-18"),
        "documents/s90/Dentistry.pdf": "2021-11-03",
        "documents/s120001/Budget.pdf": "2025-01-30",
    }
    announced = said(home)
    assert {one.role for one in announced.values()} == {"file"}
    agenda = web.url("/ieListDocuments.aspx?MId=51&Ver=4&CId=712")
    assert {announced[path].landing for path in HEALTH} == {agenda}
    assert announced["documents/s81/Winter.pdf"].found_on == agenda
    order = [path for path in HEALTH if announced[path].found_on == agenda]
    assert [announced[path].position for path in order] == [1, 2, 3, 4, 5]
    assert run_of(home).state == "ok"
    passed_over = ("mgCalendarMonthView", "mgMemberIndex", "ieIssueDetails", "Act=later")
    assert not [url for url in asked(web) if any(part in url for part in passed_over)]


@pytest.mark.parametrize(
    ("start", "papers"),
    [
        ("/mgListCommittees.aspx?bcr=1", len(HEALTH) + 2),
        ("/mgCommitteeDetails.aspx?ID=712", len(HEALTH) + 1),
        ("/ieListMeetings.aspx?CommitteeId=712", len(HEALTH) + 1),
        ("/ieListDocuments.aspx?MId=51&Ver=4&CId=712", len(HEALTH)),
        ("/ieDecisionDetails.aspx?ID=12", 1),
    ],
)
def test_any_page_of_a_committee_system_is_a_start(web: Loopback, tmp_path: Path, start: str, papers: int) -> None:
    put_council(web)
    put_health_files(web)
    assert len(said(harvest(tmp_path, "moderngov", web.url(start)))) == papers


def test_a_root_that_names_no_committee_is_followed_by_the_usual_list(web: Loopback, tmp_path: Path) -> None:
    put_council(web)
    put_health_files(web)
    web.set("/", page("Council", "<p>Our pages need a script.</p>"))
    assert len(said(harvest(tmp_path, "moderngov", web.url("/")))) == len(HEALTH) + 2


@pytest.mark.parametrize("start", ["/", "/ieListMeetings.aspx?CId=115&Year=0"])
def test_committees_are_chosen_by_name(web: Loopback, tmp_path: Path, start: str) -> None:
    # The agenda of a meeting that the root links goes by the committee's name that it bears itself.
    put_council(web)
    web.set(
        "/", page("Council", link("mgListCommittees.aspx?bcr=1", "Committees")
                  + link("ieListDocuments.aspx?CId=712&MId=40&Ver=4", "Yesterday's meeting")),
    )  # fmt: skip
    home = harvest(tmp_path, "moderngov", web.url(start), committees=["^cab", "^Cabinet"])
    assert list(said(home)) == ["documents/s120001/Budget.pdf"]
    assert not [url for url in asked(web) if "mgCommitteeDetails" in url]


@pytest.mark.parametrize("since", ["2022", "2024-01", "2024-01-18"])
def test_meetings_before_since_are_passed_over(web: Loopback, tmp_path: Path, since: str) -> None:
    put_council(web)
    put_health_files(web)
    home = harvest(tmp_path, "moderngov", web.url("/ieListMeetings.aspx?CommitteeId=712"), since=since)
    assert set(said(home)) == set(HEALTH)
    assert not [url for url in asked(web) if "MId=40" in url]
    assert run_of(home).state == "ok"


def test_the_bound_of_meetings_is_recorded(web: Loopback, tmp_path: Path) -> None:
    put_council(web)
    put_health_files(web)
    home = harvest(tmp_path, "moderngov", web.url("/ieListMeetings.aspx?CommitteeId=712"), meetings=3)
    assert set(said(home)) == set(HEALTH)
    assert (run_of(home).state, run_of(home).reason) == (
        "partly", "stopped after 3 meetings of one committee (option `meetings`)"
    )  # fmt: skip


def test_a_second_run_over_a_council_changes_nothing(web: Loopback, tmp_path: Path) -> None:
    put_council(web)
    put_health_files(web)
    home = harvest(tmp_path, "moderngov", web.url("/"))
    first = {path: (one.link_text, one.date, one.position) for path, one in said(home).items()}
    web.clear()
    commdex(home, "crawl")
    assert {path: (one.link_text, one.date, one.position) for path, one in said(home).items()} == first
    assert {request.status for request in web.requests if "commdex-" not in request.path} == {304}


def test_minutes_that_stand_on_the_agenda_alone_are_a_document(web: Loopback, tmp_path: Path) -> None:
    start = "/ieListDocuments.aspx?CId=9&MId=7"
    minutes = "<p>Minutes:</p><p>" + "The committee considered waiting times for dentistry. " * 8 + "</p>"
    head = "<h2>Health Panel - Monday, 8 May 2006 2.00 pm</h2><p>1. Apologies</p>"
    web.set(start, page("Agenda and minutes", head + minutes))
    announced = said(harvest(tmp_path, "moderngov", web.url(start)))
    assert [(one.role, one.title, one.date) for one in announced.values()] == [
        ("page", "Agenda and minutes: Health Panel, 8 May 2006", "2006-05-08")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/ieListDocuments.aspx?CId=115&MId=9500&Ver=4", "/IELISTDOCUMENTS.ASPX?mid=9500&cid=115"),
        ("/ieListMeetings.aspx?CId=115&Year=0", "/ieListMeetings.aspx?CommitteeId=115"),
        ("/mgListCommittees.aspx?bcr=1", "/mgListCommittees.aspx"),
    ],
)
def test_one_place_of_a_committee_system_has_one_key(one: str, other: str) -> None:
    host = "https://democracy.example.gov.uk"
    assert read_address(host + one).key == read_address(host + other).key
    assert read_address(host + one).key != read_address(host + "/ieListMeetings.aspx?CId=115&Year=2019").key


# board papers


def put_accordion_site(web: Loopback) -> None:
    """An ICB whose papers stand in accordions of years, behind /download_file/ addresses that redirect."""
    nav = (
        link("/about-us/", "About us") + link("/about-us/our-board/", "Our board") + link("/news/", "News")
        + link("/events/board-meeting-27-march-2025", "Board meeting 27 March 2025")
        + link("/about-us/our-board/board-members/", "Board members")
    )  # fmt: skip
    web.set("/", page("NHS Brackenhill ICB", "<p>Your local NHS.</p>" + link("/leaflet.pdf", "A leaflet (PDF)"), nav))
    papers = link("/about-us/our-board/meetings-and-papers", "Meetings and papers")
    web.set("/about-us/our-board/", page("Our board", f"<p>The board leads.</p>{papers}", nav))
    web.set(
        "/about-us/our-board/meetings-and-papers",
        page(
            "Board meetings and papers",
            '<h2><button aria-controls="y24">2024/25</button></h2><div id="y24">'
            "<h3>Board meeting 27 March 2025</h3><ul>"
            f"<li>{link('/download_file/101/20', 'Agenda (PDF, 120KB)')}</li>"
            f"<li>{link('/download_file/102/20', 'Item 5 Finance report')}</li></ul>"
            f"<h3>23 May</h3>{link('/download_file/103/20', 'Minutes')}</div>"
            '<h2><button aria-controls="y23">2023/24</button></h2><div id="y23"><ul>'
            f"<li>{link('/download_file/104/20', 'Public board papers January 2024')}</li></ul></div>"
            f"<h2>Governance documents</h2>{link('/download_file/105/20', 'Standing orders')}"
            f"{link('/about-us/our-board/meetings-and-papers?order=date', 'Sort by date')}"
            f"{link('/privacy', 'Privacy for board meetings')}",
            nav,
        ),
    )
    for number in range(101, 106):
        moved = Answer(status=302, headers={"Location": f"/application/files/1/2/{number}.pdf"})
        web.set(f"/download_file/{number}/20", moved)
        web.set(f"/application/files/1/2/{number}.pdf", pdf(str(number)))


ACCORDION = {
    "download_file/101/20": ("Agenda: Board meeting 27 March 2025", "2025-03-27"),
    "download_file/102/20": ("Finance report", "2025-03-27"),
    "download_file/103/20": ("Minutes: Board meetings and papers, 23 May 2024", "2024-05-23"),
    "download_file/104/20": ("Public board papers January 2024", "2024-01"),
    "download_file/105/20": ("Standing orders", ""),
}


def both(home: Home) -> dict[str, tuple[str, str]]:
    return {path: (one.link_text, one.date) for path, one in said(home).items()}


@pytest.mark.parametrize("start", ["/", "/about-us/our-board/", "/about-us/our-board/meetings-and-papers"])
def test_papers_in_accordions_behind_redirects(web: Loopback, tmp_path: Path, start: str) -> None:
    put_accordion_site(web)
    home = harvest(tmp_path, "boardpapers", web.url(start))
    assert both(home) == ACCORDION
    announced = said(home)
    assert {one.role for one in announced.values()} == {"file"}
    assert {one.landing for one in announced.values()} == {web.url("/about-us/our-board/meetings-and-papers")}
    with Archive(home.archive_folder) as archive:
        fetched = [archive.resource(one.address) for one in announced.values()]
    assert [(one.outcome, one.kind) for one in fetched if one] == [(Outcome.NEW, "pdf")] * len(ACCORDION)
    wandered = ("/news", "/events", "/privacy", "board-members", "order=", "/cookies", "/leaflet")
    assert not [request.url for request in web.requests if any(part in request.url for part in wandered)]
    assert run_of(home).state == "ok"


def put_yearly_site(web: Loopback) -> None:
    """A trust with pages of years, of meetings, a download manager, and papers that no address gives away."""
    web.set(
        "/board-papers/",
        page(
            "Trust board",
            f"<ul><li>{link('2024-25/', '2024/25')}</li><li>{link('/board-papers/2021-22/', '2021/22')}</li></ul>"
            + link("/board-papers/?pageno=2", "Next page"),
            link("/jobs/", "Jobs") + link("/calendar/2025", "2025"),
        ),
    )
    web.set("/board-papers/?pageno=2", page("Trust board", link("/board-papers/2019/", "2019")))
    web.set("/board-papers/2019/", page("2019 papers", link("/uploads/2019.pdf", "Papers for 7 May 2019")))
    web.set(
        "/board-papers/2024-25/",
        page(
            "Papers 2024/25",
            f"<p>{link('march/', 'Board meeting 27 March 2025')}</p><p>{link('may/', 'May 2024')}</p>"
            f"<p>{link('/library/may-minutes', 'Minutes')} of 30 May 2024</p>",
        ),
    )
    web.set("/library/may-minutes", pdf("minutes"))
    web.set(
        "/board-papers/2024-25/march/",
        page(
            "Board meeting - 27 March 2025",
            f"<p>{link('/wp-content/uploads/2025/03/05.pdf', '5. Quality report (PDF, 3 MB)')}</p>"
            f"<p>{link('/download/march-pack/', 'Full pack')}</p>"
            f"<p>{link('/download.cfm?doc=docm93.pdf&ver=9', 'Minutes of 30 January 2025')}</p>"
            '<a rel="next" href="/a-neighbour/">Next</a>',
        ),
    )
    web.set("/board-papers/2024-25/may/", page("Meeting papers", link("/wp-content/uploads/2024/05/all.pdf", "Papers")))
    web.set("/download/march-pack/", page("March pack", link("/?wpdmdl=77&refresh=6a1b2c", "Download")))
    web.set("/?wpdmdl=77", pdf("pack"))
    web.set("/download.cfm?doc=docm93.pdf&ver=9", pdf("january"))
    for path in ("/wp-content/uploads/2025/03/05.pdf", "/wp-content/uploads/2024/05/all.pdf", "/uploads/2019.pdf"):
        web.set(path, pdf(path))
    web.set("/board-papers/2021-22/", page("Papers 2021/22", link("/uploads/2021.pdf", "Papers for 6 May 2021")))
    web.set("/uploads/2021.pdf", pdf("2021"))


YEARLY = {
    "wp-content/uploads/2025/03/05.pdf": ("Quality report (PDF, 3 MB)", "2025-03-27"),
    "?wpdmdl=77": ("Download: Full pack: Board meeting - 27 March 2025", "2025-03-27"),
    "download.cfm?doc=docm93.pdf&ver=9": ("Minutes of 30 January 2025", "2025-01-30"),
    "library/may-minutes": ("Minutes: Papers 2024/25, 30 May 2024", "2024-05-30"),
    "wp-content/uploads/2024/05/all.pdf": ("Papers: Meeting papers, May 2024", "2024-05"),
}
OLDER = {
    "uploads/2021.pdf": ("Papers for 6 May 2021", "2021-05-06"),
    "uploads/2019.pdf": ("Papers for 7 May 2019", "2019-05-07"),
}


def test_papers_on_pages_of_years_and_meetings(web: Loopback, tmp_path: Path) -> None:
    put_yearly_site(web)
    home = harvest(tmp_path, "boardpapers", web.url("/board-papers/"))
    assert both(home) == YEARLY | OLDER
    assert {one.role for one in said(home).values()} == {"file"}
    assert said(home)["?wpdmdl=77"].landing == web.url("/download/march-pack/")
    with Archive(home.archive_folder) as archive:
        assert [one.address for one in archive.resources() if one.kind == "pdf" and not one.sha256] == []
    assert not [url for url in asked(web) if "/jobs" in url or "/calendar" in url or "neighbour" in url]
    assert run_of(home).state == "ok"


@pytest.mark.parametrize(
    ("since", "found"),
    [("2023", YEARLY), ("2025-02", {path: said for path, said in YEARLY.items() if said[1].startswith("2025-03")})],
)
def test_papers_of_meetings_before_since_are_passed_over(
    web: Loopback, tmp_path: Path, since: str, found: Mapping[str, tuple[str, str]]
) -> None:
    put_yearly_site(web)
    home = harvest(tmp_path, "boardpapers", web.url("/board-papers/"), since=since)
    assert both(home) == found
    assert not [url for url in asked(web) if "2021-22" in url or "2019" in url]


@pytest.mark.parametrize(
    ("options", "reason", "missing"),
    [
        ({"depth": 1}, "stopped at level 1 below the start (option `depth`)", "wp-content/uploads/2024/05/all.pdf"),
        ({"pages": 2}, "stopped after 2 pages (option `pages`)", "wp-content/uploads/2024/05/all.pdf"),
    ],
)
def test_the_bounds_of_board_papers_are_recorded(
    web: Loopback, tmp_path: Path, options: dict[str, int], reason: str, missing: str
) -> None:
    put_yearly_site(web)
    home = harvest(tmp_path, "boardpapers", web.url("/board-papers/"), **options)
    assert missing not in said(home)
    assert "library/may-minutes" in said(home)
    assert (run_of(home).state, run_of(home).reason) == ("partly", reason)


def test_a_second_run_over_board_papers_changes_nothing(web: Loopback, tmp_path: Path) -> None:
    put_yearly_site(web)
    home = harvest(tmp_path, "boardpapers", web.url("/board-papers/"))
    first = both(home)
    # A download manager's tokens are others each time; the file's address is the same.
    web.set("/download/march-pack/", page("March pack", link("/?wpdmdl=77&refresh=9f9f9f", "Download")))
    web.clear()
    commdex(home, "crawl")
    assert both(home) == first
    whole = [request.url for request in web.requests if request.status == 200]
    assert whole == ["/download/march-pack/"]


@pytest.mark.parametrize(
    ("start", "front"),
    [
        ("/", page("NHS Fenmarch ICB", "<p>Your local NHS.</p>")),
        ("/", page("NHS Fenmarch ICB", link("/gone/", "Board papers"))),
        ("/old/board-meetings/", page("NHS Fenmarch ICB", "")),
    ],
)
def test_a_site_without_a_way_to_its_board_is_tried_at_the_known_paths(
    web: Loopback, tmp_path: Path, start: str, front: Answer
) -> None:
    web.set("/", front)
    # What answers every address with 200 is not yet a page of the board.
    web.set("/about-us/board-meetings/", page("NHS Fenmarch Integrated Care Board", "<p>Please use our menu.</p>"))
    web.set("/board-papers/", page("Page not found", link("/a.pdf", "A guide")))
    web.set("/about-us/our-board/", page("Our board", link("/media/abc/pack.pdf", "Board papers May 2024")))
    web.set("/media/abc/pack.pdf", pdf("pack"))
    home = harvest(tmp_path, "boardpapers", web.url(start))
    assert both(home) == {"media/abc/pack.pdf": ("Board papers May 2024", "2024-05")}
    tried = [request.path for request in web.requests if "board" in request.path and request.path != start]
    assert tried == ["/about-us/board-meetings/", "/board-papers/", "/about-us/our-board/"]


def test_a_start_that_refuses_is_not_asked_at_other_paths(web: Loopback, tmp_path: Path) -> None:
    web.set("/board-papers/", Answer(b"no", 403))
    home = harvest(tmp_path, "boardpapers", web.url("/board-papers/"), expect=4)
    assert {request.path for request in web.requests} == {"/robots.txt", "/board-papers/"}
    assert run_of(home).state == "failed"


def test_a_start_that_leads_to_the_front_page_is_gone(web: Loopback, tmp_path: Path) -> None:
    put_accordion_site(web)
    web.set("/who-we-are/board/", Answer(status=302, headers={"Location": "/"}))
    assert both(harvest(tmp_path, "boardpapers", web.url("/who-we-are/board/"))) == ACCORDION


def test_a_page_behind_a_file_s_address_is_read_for_the_file(web: Loopback, tmp_path: Path) -> None:
    web.set("/board/", page("Board", "<h2>Meeting of 4 July 2024</h2>" + link("/docs/pack.pdf", "Papers")))
    web.set("/docs/pack.pdf", page("Papers", link("/files/real.pdf", "Download")))
    web.set("/files/real.pdf", pdf("real"))
    found = both(harvest(tmp_path, "boardpapers", web.url("/board/")))
    assert found["files/real.pdf"] == ("Download: Papers: Meeting of 4 July 2024", "2024-07-04")


# what pages say of meetings


@pytest.mark.parametrize(
    ("text", "years", "date"),
    [
        ("Thursday, 30th January, 2025 10.00 am", "", "2025-01-30"),
        ("30 Jan 2025 10.00 am", "", "2025-01-30"),
        ("Public board papers March 2025", "", "2025-03"),
        ("27.03.25 - agenda", "", "2025-03-27"),
        ("2025-03-27 Minutes", "", "2025-03-27"),
        ("25th July 24", "", "2024-07-25"),
        ("27 March 10am", "", ""),
        ("27 March 10am", "2024/25", "2025-03-27"),
        ("27 May", "2024/25", "2024-05-27"),
        ("March", "2023", "2023-03"),
        ("You may attend", "2023", ""),
        ("Annual report 2023/24", "", ""),
        ("31 April 2024 (sic)", "", "2024-04"),
    ],
)
def test_dates_of_meetings(text: str, years: str, date: str) -> None:
    assert meetings.meeting_date(text, years) == date


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Item 5. Finance report", "Finance report"),
        ("Item 12a - Quality", "Quality"),
        ("Agenda item 7: Risk register", "Risk register"),
        ("5.1 Chief executive's report", "Chief executive's report"),
        ("07 Performance", "Performance"),
        ("Appendix 1 , item 5. PDF 300 KB", "Appendix 1 PDF 300 KB"),
        ("Item 5", "Item 5"),
        ("2025 26 Appendix E", "2025 26 Appendix E"),
        ("27.03.2025: Agenda", "27.03.2025: Agenda"),
        ("25/03195/FUL Mansfield College", "25/03195/FUL Mansfield College"),
        ("5 year forward view", "5 year forward view"),
    ],
)
def test_a_paper_s_name_is_told_from_its_place_in_the_agenda(text: str, bare: str) -> None:
    assert meetings.without_item_number(text) == bare


@given(st.text(max_size=200))
def test_no_words_crash_what_is_known_of_meetings(text: str) -> None:
    assert re.fullmatch(r"(?:\d{4}-\d\d(?:-\d\d)?)?", meetings.meeting_date(text, "2024/25"))
    meetings.without_item_number(text)
    meetings.is_generic(text)
    meetings.is_dated_alone(text)
    read_address(f"https://a.example.org/ieListMeetings.aspx?{text}")
    body = f"<main><h2>{text}</h2><details><summary>{text}</summary><li><a href='/a.pdf'>{text}</a></main>"
    for found in meetings.placed_links(HtmlResponse("https://a.example.org/b", body=body.encode(), encoding="utf-8")):
        assert found.address.startswith("http")
        found.title("A page")
        found.dated("A page")
        meetings.leads_to_meetings(found, page="https://a.example.org/b", start="https://a.example.org/", weak=True)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (ModernGovOptions, {"committees": ["("]}),
        (ModernGovOptions, {"since": "last year"}),
        (BoardPapersOptions, {"depth": 0}),
        (BoardPapersOptions, {"since": "01/04/2024"}),
        (BoardPapersOptions, {"since": None}),
    ],
)
def test_options_that_make_no_sense_are_refused(model: type[Any], options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(options)


@pytest.mark.parametrize(("written", "since"), [("since: 2022", "2022"), ("since: 2022-04-01", "2022-04-01"), ("", "")])
def test_since_is_understood_as_yaml_reads_it(written: str, since: str) -> None:
    options = yaml.safe_load(written) or {}
    assert BoardPapersOptions.model_validate(options).since == since
    assert ModernGovOptions.model_validate(options).since == since
