"""Board papers of an NHS body: governance pages -> years -> meetings -> packs and single papers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from html import escape

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.content import Paper, Site
from tests.sample_web.shapes.common import HTML, NEVER, Files, expect, know, put_file
from tests.sample_web.web import Web

GOVERNANCE = "/about-us/our-board-and-governance"
MEETINGS = f"{GOVERNANCE}/board-meetings-and-papers"
COMMITTEE = f"{GOVERNANCE}/primary-care-commissioning-committee"
NAV = (
    '<li><a href="/about-us">About us</a></li><li><a href="/news">News and blogs</a></li>'
    f'<li><a href="{GOVERNANCE}">Our board and governance</a></li>'
)


def boardpapers(site: Site, web: Web, files: Files) -> None:
    """The board's newest year has a page for each meeting, the year before one page for all; a committee's papers lie
    in an accordion. Files stand behind /download_file/N/M, which leads to where they are kept.
    """
    for number, paper in enumerate(site.papers, 1201):
        _put_download(site, web, files, paper, number)
    years: dict[str, list[Paper]] = defaultdict(list)
    for paper in site.papers:
        years[str(paper.options["place"])].append(paper)
    committee = years.pop("committee")
    _put_accordion(site, web, files, committee)
    newest, *older = sorted(years, reverse=True)
    _put_year_of_meetings(site, web, files, newest, years[newest])
    for year in older:
        _put_year_in_one(site, web, files, year, years[year])
    _put_governance(site, web, [newest, *older])
    put(site, web, "/about-us", "About us", "<p>We plan and pay for the health services of Marlbeck.</p>")
    put(site, web, "/news", "News and blogs", '<p><a href="/news/flu">Flu clinics open</a></p>')
    put(site, web, "/news/flu", "Flu clinics open", "<p>Book at your pharmacy.</p>")
    put(site, web, "/", "Home", "<p>Welcome to NHS Marlbeck.</p>")
    expect(site, web, f"{site.root}/news/flu", NEVER, "news is no governance")


def put(site: Site, web: Web, path: str, title: str, main: str) -> None:
    """A page with the navigation of this site."""
    body = pages.page(site, title, f"<main><h1>{escape(title)}</h1>{main}</main>", nav=NAV)
    web.put(site.root + path, body, HTML)


def _put_download(site: Site, web: Web, files: Files, paper: Paper, number: int) -> None:
    """A file, and the address that leads to it."""
    file = f"{site.root}/application/files/17{number}/4567/{paper.id}.{paper.format}"
    put_file(web, file, paper, files)
    web.answer(f"{site.root}{_download(site, paper)}", Answer(status=302, headers={"Location": file}))
    know(site, web, paper, file, f"{site.root}{_page_of(site, paper)}")


def _download(site: Site, paper: Paper) -> str:
    return f"/download_file/{1201 + site.papers.index(paper)}/88"


def _page_of(site: Site, paper: Paper) -> str:
    if paper.options["place"] == "committee":
        return COMMITTEE
    year = f"{MEETINGS}/{paper.options['place']}"
    newest = max(str(one.options["place"]) for one in site.papers if one.options["place"] != "committee")
    return f"{year}/{_slug(paper)}" if paper.options["place"] == newest else year


def _slug(paper: Paper) -> str:
    return f"{paper.published.day}-{paper.published:%B-%Y}".lower()


def _links(site: Site, files: Files, papers: Iterable[Paper]) -> str:
    links = (pages.file_link(paper, _download(site, paper), len(files[paper.id])) for paper in papers)
    return "<ul>" + "".join(f"<li>{link}</li>" for link in links) + "</ul>"


def _put_governance(site: Site, web: Web, years: list[str]) -> None:
    main = (
        f'<p>How the board works.</p><ul><li><a href="{MEETINGS}">Board meetings and papers</a></li>'
        f'<li><a href="{COMMITTEE}">Primary care commissioning committee</a></li>'
        '<li><a href="https://www.gov.uk/government/publications/the-7-principles-of-public-life">Nolan principles</a>'
        "</li></ul>"
    )
    put(site, web, GOVERNANCE, "Our board and governance", main)
    links = "".join(f'<li><a href="{MEETINGS}/{year}">Board papers {year.replace("-", "/")}</a></li>' for year in years)
    put(site, web, MEETINGS, "Board meetings and papers", f"<p>Our board meets in public.</p><ul>{links}</ul>")


def _put_year_of_meetings(site: Site, web: Web, files: Files, year: str, papers: list[Paper]) -> None:
    meetings = _by_meeting(papers)
    links = ""
    for slug, of_meeting in meetings.items():
        day = of_meeting[0].published
        title = f"Board meeting in public: {day.day} {day:%B %Y}"
        links += f'<li><a href="{MEETINGS}/{year}/{slug}">{title}</a></li>'
        main = f"<p>10 am, Marlbeck Corn Exchange.</p>{_links(site, files, of_meeting)}"
        put(site, web, f"{MEETINGS}/{year}/{slug}", title, main)
    put(site, web, f"{MEETINGS}/{year}", f"Board papers {year.replace('-', '/')}", f"<ul>{links}</ul>")


def _put_year_in_one(site: Site, web: Web, files: Files, year: str, papers: list[Paper]) -> None:
    main = "".join(
        f"<h2>{papers[0].published:%A} {papers[0].published.day} {papers[0].published:%B %Y}</h2>"
        + _links(site, files, papers)
        for papers in _by_meeting(papers).values()
    )
    put(site, web, f"{MEETINGS}/{year}", f"Board papers {year.replace('-', '/')}", main)


def _put_accordion(site: Site, web: Web, files: Files, papers: list[Paper]) -> None:
    main = "".join(
        f'<div class="accordion__item"><h2><button type="button" aria-expanded="false" aria-controls="panel-{slug}">'
        f'{of_month[0].published:%B %Y}</button></h2><div id="panel-{slug}" class="accordion__panel" hidden>'
        f"{_links(site, files, of_month)}</div></div>"
        for slug, of_month in _by_meeting(papers).items()
    )
    put(site, web, COMMITTEE, "Primary care commissioning committee", f"<p>Papers by month.</p>{main}")


def _by_meeting(papers: Iterable[Paper]) -> dict[str, list[Paper]]:
    """The papers of each meeting, newest meeting first."""
    meetings: dict[str, list[Paper]] = defaultdict(list)
    for paper in sorted(papers, key=lambda paper: paper.published, reverse=True):
        meetings[_slug(paper)].append(paper)
    return meetings
