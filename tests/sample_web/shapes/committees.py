"""ModernGov: committees -> meetings -> agendas with numbered papers and packs. The date stands on the meeting alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.content import Paper, Site
from tests.sample_web.shapes.common import HTML, NEVER, Files, expect, know, put_file
from tests.sample_web.web import Web

CALENDAR = "mgCalendarMonthView.aspx"
FIRST_MEETING = 5101
Meetings = dict[date, list[Paper]]


def moderngov(site: Site, web: Web, files: Files) -> None:
    """A system with several committees; a meeting of one was cancelled, and a calendar leads from month to month."""
    number = FIRST_MEETING
    for committee in site.options["committees"]:
        meetings: Meetings = defaultdict(list)
        for day in committee.get("cancelled", []):
            meetings[day] = []
        for paper in site.papers:
            if paper.options["committee"] == committee["id"]:
                meetings[paper.published].append(paper)
        rows: list[str] = []
        for day, papers in sorted(meetings.items()):
            rows.insert(0, _meeting(site, web, files, committee, number, day, papers))
            number += 1
        _put_meetings(site, web, committee, rows)
    _put_front(site, web)
    web.resolvers[f"{site.root}/{CALENDAR}"] = lambda rest: _calendar(site, rest)
    expect(site, web, f"{site.root}/{CALENDAR}?GL=1&bcr=1", NEVER, "a calendar leads from month to month for ever")


def _put_front(site: Site, web: Web) -> None:
    root = site.root
    links = (
        '<div class="mgLinks"><ul><li><a href="mgListCommittees.aspx?bcr=1">Browse committees and meetings</a></li>'
        f'<li><a href="{CALENDAR}?GL=1&amp;bcr=1">Calendar of meetings</a></li>'
        '<li><a href="mgFindMember.aspx">Find your councillor</a></li></ul></div>'
    )
    web.put(f"{root}/", pages.page(site, "Council and democracy", f"<main>{links}</main>"), HTML)
    rows = "".join(
        f'<li><a href="ieListMeetings.aspx?CId={committee["id"]}&amp;Year=0" '
        f'title="Link to browse meetings of {escape(committee["name"])}">{escape(committee["name"])}</a></li>'
        for committee in site.options["committees"]
    )
    main = f'<main><h1 class="mgMainTitleTxt">Browse meetings</h1><ul class="mgBulletList">{rows}</ul>{links}</main>'
    body = pages.page(site, "Committee structure", main)
    web.put(f"{root}/mgListCommittees.aspx?bcr=1", body, HTML)
    web.put(f"{root}/mgListCommittees.aspx", body, HTML)


def _put_meetings(site: Site, web: Web, committee: dict[str, Any], rows: list[str]) -> None:
    name, number = escape(committee["name"]), committee["id"]
    main = (
        f'<main><h1 class="mgMainTitleTxt">Browse meetings</h1><h2 class="mgSubTitleTxt">{name}</h2>'
        f'<h2 class="mgSectionTitle">Previous meetings of committee</h2>'
        f'<ul class="mgBulletList">{"".join(rows)}</ul>'
        f'<div class="mgLinks"><ul><li><a href="mgCommitteeDetails.aspx?ID={number}">Committee details</a></li>'
        f'<li><a href="{CALENDAR}?CId={number}">Calendar of meetings</a></li>'
        f'<li><a href="mgRSS.aspx?XXR=0&amp;CId={number}">Subscribe to updates</a></li></ul></div></main>'
    )
    for address in (f"ieListMeetings.aspx?CId={number}&Year=0", f"ieListMeetings.aspx?CommitteeId={number}"):
        web.put(f"{site.root}/{address}", pages.page(site, f"Browse meetings - {committee['name']}", main), HTML)
    about = f'<main><h1>{name}</h1><p><a href="ieListMeetings.aspx?CommitteeId={number}">Browse meetings</a></p></main>'
    web.put(f"{site.root}/mgCommitteeDetails.aspx?ID={number}", pages.page(site, committee["name"], about), HTML)


def _meeting(
    site: Site, web: Web, files: Files, committee: dict[str, Any], number: int, day: date, papers: list[Paper]
) -> str:
    """Put one meeting's agenda and papers; the row of the list of meetings."""
    path = f"ieListDocuments.aspx?CId={committee['id']}&MId={number}&Ver=4"
    called_off = " - CANCELLED" if not papers else ""
    if committee.get("unwanted"):
        expect(site, web, f"{site.root}/{path}", NEVER, "the source's `committees` leave this committee out")
    when = f"{day:%A}, {_ordinal(day.day)} {day:%B}, {day.year} 10.00 am"
    items = [_item(site, web, files, committee, path, number, item, paper) for item, paper in enumerate(papers, 1)]
    packs = "".join(link for paper, link in zip(papers, items, strict=True) if paper.options.get("pack"))
    rows = "".join(link for paper, link in zip(papers, items, strict=True) if not paper.options.get("pack"))
    main = (
        f'<main><h1 class="mgMainTitleTxt">Agenda and draft minutes{called_off}</h1>'
        f'<h2 class="mgSubTitleTxt">{escape(committee["name"])}<br>{when}</h2>'
        f'<div class="mgLinks"><ul class="mgActionList"><li><a href="mgMeetingAttendance.aspx?ID={number}">'
        f'Attendance details</a></li>{packs}<li><a href="{CALENDAR}?M={day.month}&amp;Y={day.year}">Add to calendar</a>'
        f"</li></ul></div>"
        f'<p class="mgMeetingLocation"><b>Venue:</b> Council Chamber, Saltgate. <b>Contact:</b> Democratic Services</p>'
        f'<h2 class="mgSectionTitle">Items</h2><table class="mgItemTable">{rows}</table></main>'
    )
    web.put(f"{site.root}/{path}", pages.page(site, f"Agenda for {committee['name']} on {when}", main), HTML)
    text = f"{day.day} {day:%b %Y} 10.00 am{called_off}"
    return f'<li><a href="{escape(path)}" title="Link to meeting of {day:%d/%m/%Y}">{text}</a></li>'


def _item(
    site: Site, web: Web, files: Files, committee: dict[str, Any], path: str, number: int, item: int, paper: Paper
) -> str:
    day = f"{_ordinal(paper.published.day)}-{paper.published:%b-%Y}"
    if paper.options.get("pack"):
        name = quote(f"Public reports pack {day} 10.00 {committee['name']}.pdf")
        file = f"documents/g{number}/{name}?T=10"
    else:
        name = quote(f"{paper.title.replace(':', '')[:60].strip()}.{paper.format}")
        file = f"documents/s{20201 + 100 * (number - FIRST_MEETING) + item}/{name}"
    put_file(web, f"{site.root}/{file}", paper, files)
    if not committee.get("unwanted"):
        know(site, web, paper, f"{site.root}/{file}", f"{site.root}/{path}")
    size = max(1, len(files[paper.id]) // 1024)
    link = (
        f'<a class="mgFileLink" href="{file}" title="Link to document">{escape(paper.title)} '
        f'<span class="mgFileSize">{paper.format.upper()} {size} KB</span></a>'
    )
    if paper.options.get("pack"):
        return f"<li>{link}</li>"
    return (
        f'<tr><td class="mgItemNumberCell"><p class="mgAiTitleTxt">{item + 2}.</p></td><td><p class="mgAiTitleTxt">'
        f'{escape(paper.title)}</p><ul class="mgItemDocs"><li>{link}</li></ul></td></tr>'
    )


def _calendar(site: Site, rest: str) -> Answer:
    """A month that names the next, without end."""
    months = sum(int(digit) for digit in rest if digit.isdigit())
    main = f'<main><h1>Calendar</h1><a rel="next" href="{CALENDAR}?M={months}1">Next month</a></main>'
    return Answer(pages.page(site, "Calendar of meetings", main).encode(), headers={"Content-Type": HTML})


def _ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
