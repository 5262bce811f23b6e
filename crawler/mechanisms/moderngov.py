"""Committee systems of councils (ModernGov): committees, their meetings, and the papers of each agenda."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator
from scrapy.http import HtmlResponse, Request, Response

from crawler import links, meetings
from crawler.guard import bare_host
from crawler.mechanisms.base import Asked, HarvestSpider
from crawler.meetings import Placed, Since

# What each page of the system is, by the name of its script in small letters. All that is not named here is not
# followed: calendars (mgCalendarMonthView.aspx) are endless, and councillors, votes and attendance are no papers.
LIST, COMMITTEE, MEETINGS, AGENDA, ITEM = "list", "committee", "meetings", "agenda", "item"
SCRIPTS = {
    "mglistcommittees.aspx": LIST,
    "iedochome.aspx": LIST,
    "mgcommitteestructure.aspx": LIST,
    "mgcommitteedetails.aspx": COMMITTEE,
    "ielistmeetings.aspx": MEETINGS,
    "ielistdocuments.aspx": AGENDA,
    "mgai.aspx": ITEM,
    "ieissuedetails.aspx": ITEM,
    "iedecisiondetails.aspx": ITEM,
    "mgdecisiondetails.aspx": ITEM,
}
USUAL_LIST = "mgListCommittees.aspx?bcr=1"
MOST_LISTS = 10  # pages of lists of committees
MOST_OLDER = 60  # pages of the meetings of one committee; each holds a year or ten meetings
MOST_ITEMS = 50  # pages of the items of one agenda
# Links beside an item that lead to no paper of this meeting. "Background" lists the papers of other meetings.
NO_PAPERS = re.compile(
    r"\b(?:background|history|declarations? of|votes?|voting|attendance|webcast|share)\b"
    r"|\b(?:view|see|read)\b.*\bminutes\b",
    re.IGNORECASE,
)
# What the system itself calls the whole of an agenda: the same words for each meeting.
PACK_ADDRESS = re.compile(r"/documents/[gb][0-9]+/|/mgconvert2pdf\b", re.IGNORECASE)
PACK_TEXT = re.compile(
    r"(?:(?:public|agenda|printed|printable|draft|full|supplement(?:ary)?|supplemental|decisions?|minutes|reports?|packs?"
    r"|front ?sheet|documents?|version|of|and|the|\d+)\b\W*)+",
    re.IGNORECASE,
)
BEFORE_NAME = re.compile(
    r"^(?:agenda\b.*? (?:for|of)|browse meetings\s*[-–—:]|meetings? of)\s+(?:the\s+)?", re.IGNORECASE
)
BEHIND_NAME = re.compile(
    r"\s+on\s+(?=\w+day\b|\d)|\s+[|–—-]\s+|[\s,.]+(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|[\s,.]+\d", re.IGNORECASE
)
MINUTES = re.compile(r"(?:^|\s)(?:Minutes|Decisions?|Resolved)\s?:\s(.*)", re.DOTALL)
LEAST_MINUTES = 200  # characters behind the word that make minutes


class ModernGovOptions(BaseModel):
    """Options of a committee system."""

    model_config = ConfigDict(extra="forbid")
    committees: tuple[str, ...] = Field(
        default=(), description="regular expressions on names of committees; all without"
    )
    since: Since = ""
    meetings: int = Field(default=200, ge=1, description="most meetings of one committee")

    @field_validator("committees")
    @classmethod
    def _patterns(cls, committees: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in committees:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return committees


@dataclass(frozen=True)
class Address:
    """An address of the system: what its page is, and the number of its committee or meeting, "" where it has none."""

    kind: str
    committee: str
    meeting: str
    act: str
    key: str


@dataclass(frozen=True)
class Meeting:
    """One meeting, as far as it is known. `date` is ISO 8601, `committee` its committee's name; `chosen` says that the
    name was held against `committees` already, or that a person gave this very meeting or committee as the start.
    """

    landing: str
    date: str = ""
    committee: str = ""
    chosen: bool = False


class Spider(HarvestSpider):
    """1. Read the start: a site's root or its list of committees, one committee, its meetings, or one agenda. A root
    that names no committee is followed by the usual address of the list.
    2. Choose the committees whose name `committees` matches, and follow each to its list of meetings.
    3. Follow the list back through its older pages, down to `since` and `meetings`.
    4. Read each agenda: its numbered papers and its packs are documents, with the date of the meeting. Pages of single
    items and decisions that it names are read for papers that the agenda does not link.
    """

    Options = ModernGovOptions

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._seen: set[tuple[str, str]] = set()
        self._lists = 0
        self._older = Counter[str]()  # pages of meetings, by committee
        self._meetings = Counter[str]()  # meetings, by committee
        self._papers: set[str] = set()  # addresses of papers that an agenda links

    def begin(self, address: str) -> Asked:
        known = read_address(address)
        if known.kind == AGENDA:
            yield from self._agenda(address, Meeting(address, chosen=True))
        elif known.kind == ITEM:
            yield from self.listing(address, self.read_item, meeting=Meeting(address, chosen=True), position=1)
        elif known.kind == MEETINGS:
            yield from self._list_of_meetings(address, "")
        elif known.kind == COMMITTEE:
            yield from self.listing(address, self.read_committee, at=address, name="")
        else:
            self._is_new(LIST, known.key)
            failed = self.try_usual if known.kind != LIST else None
            yield from self.listing(address, self.read_list, failed=failed, root=address)

    def try_usual(self, root: str) -> Iterator[Request]:
        """Ask for the list of committees where it usually is."""
        address = urljoin(root, USUAL_LIST)
        if self._is_new(LIST, read_address(address).key):
            yield from self.listing(address, self.read_list, root=address)

    def _is_new(self, kind: str, key: str) -> bool:
        new = (kind, key) not in self._seen
        self._seen.add((kind, key))
        return new

    # committees

    def read_list(self, response: Response, root: str) -> Asked:
        """Follow the committees and lists that a root or a list of committees names, wherever they stand on it."""
        if not isinstance(response, HtmlResponse):
            return
        self._lists += 1
        found = [(link, read_address(link.address)) for link in meetings.placed_links(response)]
        # A committee's own list of meetings makes the page about the committee unnecessary.
        listed = {known.committee for _, known in found if known.kind == MEETINGS}
        for link, known in found:
            if known.kind in (COMMITTEE, MEETINGS) and self._wants(link.text, link.line):
                if known.kind == MEETINGS:
                    yield from self._list_of_meetings(link.address, link.text)
                elif known.committee not in listed and self._is_new(COMMITTEE, known.committee):
                    yield from self.listing(link.address, self.read_committee, at=link.address, name=link.text)
            elif known.kind == AGENDA:
                yield from self._agenda(link.address, Meeting(link.address, meetings.meeting_date(link.text)))
            elif known.kind == LIST and self._is_new(LIST, known.key):
                if self._lists >= MOST_LISTS:
                    self.limited = f"stopped at {MOST_LISTS} lists of committees"
                else:
                    yield from self.listing(link.address, self.read_list, root=link.address)
        if not any(known.kind in (LIST, COMMITTEE, MEETINGS) for _, known in found):
            yield from self.try_usual(root)

    def _wants(self, *names: str) -> bool:
        patterns = self.options.committees
        return not patterns or any(re.search(pattern, name) for pattern in patterns for name in names)

    def read_committee(self, response: Response, at: str, name: str) -> Asked:
        """Go from the page about a committee to its meetings."""
        committee = read_address(at).committee
        if not isinstance(response, HtmlResponse):
            return
        name = name or links.page_title(response)
        lists = [
            link.address
            for link in meetings.placed_links(response)
            if (known := read_address(link.address)).kind == MEETINGS and known.committee in (committee, "")
        ]
        usual = urljoin(response.url, f"ieListMeetings.aspx?CommitteeId={committee}")
        yield from self._list_of_meetings(next(iter(lists), usual), name)

    # meetings

    def _list_of_meetings(self, address: str, name: str) -> Iterator[Request]:
        known = read_address(address)
        if self._is_new(MEETINGS, known.key):
            self._older[known.committee] += 1
            yield from self.listing(address, self.read_meetings, at=address, name=name)

    def read_meetings(self, response: Response, at: str, name: str) -> Asked:
        """Follow the meetings of one committee, the latest first, then the older pages of its list."""
        if not isinstance(response, HtmlResponse):
            return
        committee = read_address(at).committee
        name = _committee_name([_title(response), *_headings(response)]) or name
        found = [(link, read_address(link.address)) for link in meetings.placed_links(response)]
        agendas = [
            Meeting(link.address, meetings.meeting_date(link.text) or link.dated(), name, chosen=True)
            for link, known in found
            if known.kind == AGENDA and known.committee in (committee, "")
        ]
        recent = [one for one in agendas if not meetings.is_before(one.date, self.options.since)]
        new = 0
        for one in sorted(recent, key=lambda one: one.date or "9", reverse=True):
            if (AGENDA, read_address(one.landing).key) in self._seen:
                continue
            if self._meetings[committee] >= self.options.meetings:
                self.limited = f"stopped after {self.options.meetings} meetings of one committee (option `meetings`)"
                return
            self._meetings[committee] += 1
            new += 1
            yield from self._agenda(one.landing, one)
        if new or self._older[committee] == 1:  # an older page that brings nothing new is the last
            yield from self._older_lists(found, committee, name)

    def _older_lists(self, found: list[tuple[Placed, Address]], committee: str, name: str) -> Iterator[Request]:
        for link, known in found:
            if known.kind != MEETINGS or known.committee != committee or known.act in ("later", "next"):
                continue
            span = meetings.years_in(link.text)
            if span and meetings.is_before(str(span[1]), self.options.since):
                continue
            if (MEETINGS, known.key) not in self._seen and self._older[committee] >= MOST_OLDER:
                self.limited = f"stopped after {MOST_OLDER} pages of meetings of one committee"
                return
            yield from self._list_of_meetings(link.address, name)

    # papers

    def _agenda(self, address: str, meeting: Meeting) -> Iterator[Request]:
        if not meetings.is_before(meeting.date, self.options.since) and self._is_new(AGENDA, read_address(address).key):
            yield from self.listing(address, self.read_agenda, meeting=meeting)

    def read_agenda(self, response: Response, meeting: Meeting) -> Asked:
        """Announce the papers and packs of an agenda in their order, and read the pages of its items.

        The agenda itself is no document where it links papers. Where it links none but holds the minutes, it is: they
        are printed nowhere else.
        """
        if not isinstance(response, HtmlResponse):
            return
        texts = [_title(response), *_headings(response)]
        if not meeting.chosen and not self._wants(*texts, _committee_name(texts)):
            return
        date = meeting.date if len(meeting.date) == 10 else _date(response, texts) or meeting.date
        meeting = replace(meeting, date=date, committee=meeting.committee or _committee_name(texts))
        if meetings.is_before(meeting.date, self.options.since):
            return
        found = meetings.placed_links(response)
        papers = [link for link in found if link.is_file and not link.outside]
        for position, link in enumerate(papers, start=1):
            self._papers.add(link.key)
            yield from self._paper(link, meeting, meeting.landing, position)
        items = [link for link in found if read_address(link.address).kind == ITEM and not link.outside]
        items = [link for link in items if not NO_PAPERS.search(link.text)]
        for position, link in enumerate(items[:MOST_ITEMS], start=len(papers) + 1):
            for request in self.listing(link.address, self.read_item, meeting=meeting, position=position):
                # After every agenda: what those link is announced with them.
                yield request.replace(priority=15)
        if len(items) > MOST_ITEMS:
            self.limited = f"stopped after the pages of {MOST_ITEMS} items of one agenda"
        if not papers and not items and _holds_minutes(response):
            title = f"Agenda and minutes: {_label(meeting)}"
            for request in self.page(meeting.landing, found_on=meeting.landing, title=title, date=meeting.date):
                # It was read as a listing; asked for as a document it is judged as one.
                yield request.replace(dont_filter=True)

    def read_item(self, response: Response, meeting: Meeting, position: int) -> Asked:
        """Announce the papers of one item or decision that no agenda links."""
        if not isinstance(response, HtmlResponse):
            return
        if not meeting.date:
            meeting = replace(meeting, date=_date(response, [_title(response), *_headings(response)]))
        for link in meetings.placed_links(response):
            if link.is_file and not link.outside and link.key not in self._papers:
                self._papers.add(link.key)
                yield from self._paper(link, meeting, response.url, position)

    def _paper(self, link: Placed, meeting: Meeting, found_on: str, position: int) -> Iterator[Request]:
        text = meetings.without_item_number(link.text)
        if PACK_ADDRESS.search(link.address) and PACK_TEXT.fullmatch(meetings.without_file_note(text)):
            text = f"{meetings.without_file_note(text)}: {_label(meeting)}"
        yield from self.file(
            link.address,
            landing=meeting.landing,
            found_on=found_on,
            link_text=text,
            date=meeting.date,
            position=position,
        )


def read_address(address: str) -> Address:
    """What an address of the system leads to. The order and the case of its query do not matter.

    `key` is the same for every way of writing one place: a meeting goes by its number alone.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return Address("", "", "", "", address)
    kind = SCRIPTS.get(parts.path.rsplit("/", 1)[-1].lower(), "")
    query = {name.lower(): value for name, value in parse_qsl(parts.query)}
    committee = query.get("cid") or query.get("committeeid") or (query.get("id", "") if kind == COMMITTEE else "")
    meeting = query.get("mid") or query.get("meetingid") or ""
    act = query.get("act", "").lower()
    if kind == AGENDA and meeting:
        place: tuple[str, ...] = (meeting,)
    elif kind == MEETINGS:
        year = query.get("year", "")
        place = (committee, "" if year == "0" else year, act, query.get("d", ""))
    else:
        place = tuple(f"{name}={value}" for name, value in sorted(query.items()) if name != "bcr")
    return Address(kind, committee, meeting, act, " ".join((bare_host(parts.hostname or ""), kind, *place)))


def _title(response: HtmlResponse) -> str:
    return str(response.selector.xpath("normalize-space(//title)").get() or "")


def _headings(response: HtmlResponse) -> list[str]:
    found = [" ".join(text.split()) for text in map(_text_of, response.selector.xpath("//h1 | //h2"))]
    return [text for text in found if text]


def _text_of(selector: Any) -> str:
    return " ".join(selector.xpath(".//text()").getall())


def _date(response: HtmlResponse, texts: list[str]) -> str:
    """The date of an agenda's meeting: in its title or headings, else the first in its text, one with a time first."""
    for text in texts:
        if len(date := meetings.meeting_date(text)) == 10:
            return date
    words = [
        " ".join(text.split()) for text in response.selector.xpath("//body//text()[not(ancestor::script)]").getall()
    ]
    dated = [(date, text) for text in words if len(text) < 300 and len(date := meetings.meeting_date(text)) == 10]
    timed = [date for date, text in dated if re.search(r"\b\d{1,2}[.:]\d\d\b|\b\d{1,2}\s?[ap]m\b|\bnoon\b", text)]
    return next(iter([*timed, *(date for date, _ in dated)]), "")


def _committee_name(texts: list[str]) -> str:
    """The committee's name in titles and headings such as "Agenda for Cabinet on Thursday, 30th January, 2025" and
    "Cabinet - Thursday, 30th January, 2025"; "" where none gives it.
    """
    for text in texts:
        match = BEFORE_NAME.match(text)
        if match is not None or meetings.meeting_date(text):
            name = BEHIND_NAME.split(text[match.end() :] if match else text, maxsplit=1)[0].strip(" ,.")
            if name:
                return name
    return ""


def _label(meeting: Meeting) -> str:
    return ", ".join(part for part in (meeting.committee, meetings.spoken(meeting.date)) if part) or "a meeting"


def _holds_minutes(response: HtmlResponse) -> bool:
    text = " ".join(" ".join(response.selector.xpath("//body//text()[not(ancestor::script)]").getall()).split())
    match = MINUTES.search(text)
    return match is not None and len(match[1]) >= LEAST_MINUTES
