"""Board papers of ICBs and trusts: found by the words of governance and by dates, on sites of every build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import HtmlResponse, Request, Response

from crawler import harvest, links, meetings
from crawler.archive import Announcement, Outcome
from crawler.guard import bare_host
from crawler.judging import FRONT_PAGE
from crawler.mechanisms.base import Asked, HarvestSpider
from crawler.meetings import Placed, Since
from crawler.sniff import says_not_found

# Where boards of ICBs and trusts have their papers, the likeliest first: the paths that several of the catalogue's
# boards share in this or a like form.
KNOWN_PATHS = (
    "/about-us/board-meetings/",
    "/board-papers/",
    "/about-us/our-board/",
    "/meetings-and-papers/",
    "/about/board-meetings/",
    "/about-us/our-icb-board/",
    "/publications/board-papers/",
    "/about-us/governance/meetings/",
    "/about/meetings/",
    "/about-us/board/meetings-and-papers/",
    "/meetings/board-papers/",
    "/meetings/integrated-care-board/",
    "/about/board/",
    "/our-information/meetings-and-papers/",
    "/board-meetings/",
    "/about-us/trust-board/board-papers/",
    "/about-us/trust-board/",
)
FRONT = -1  # the level of a front page: the governance pages that it links are the level of a start


class BoardPapersOptions(BaseModel):
    """Options of board papers."""

    model_config = ConfigDict(extra="forbid")
    depth: int = Field(default=3, ge=1, le=6, description="levels of governance links below the start")
    pages: int = Field(default=300, ge=1, description="most pages that are read")
    since: Since = ""


@dataclass(frozen=True)
class Way:
    """How the page at `address` was come to: the start, the level below it, and the link that led here.

    Of the link: its words, the date of its meeting, and the page that it stood on.
    """

    start: str
    address: str
    level: int
    said: str = ""
    date: str = ""
    on: str = ""
    follow: bool = True  # False: only its files are wanted


class Spider(HarvestSpider):
    """1. Read the start: a board's page, or a site's root. From a root follow the governance links ("Our board",
    "Meetings and papers"), in its navigation too. Where a root has no sure one, or the start is gone, try the known
    governance paths one after the other until one answers.
    2. On a board's page follow governance links one level, and everywhere below it the links to years, months, meetings
    and further pages, down to `depth` levels and no more than `pages` pages.
    3. Announce each file of these pages, pack or single paper, as a document with its meeting's date: from its link,
    its line, the nearest heading above it or the page's title. No page is a document.
    4. Where only the words of a link say that it may be a file, its bytes decide; a download manager's page is read for
    the file that it links.
    """

    Options = BoardPapersOptions

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._seen: set[str] = set()
        self._pages = 0
        self._known_tried = False

    # the start

    def begin(self, address: str) -> Asked:
        self._seen.add(links.same_page(address))
        self._pages += 1
        yield from self.listing(
            address, self.read_start, failed=self.start_failed, excused=False, start=address, place=-1
        )

    def start_failed(self, start: str, place: int) -> Asked:
        """Try the next known path where the start, or known path number `place`, is not there. A site that refuses
        itself or is down would only refuse them too.
        """
        if _is_gone(start if place < 0 else urljoin(start, KNOWN_PATHS[place])):
            yield from self._try_known(start, place + 1)

    def _try_known(self, start: str, place: int) -> Iterator[Request]:
        self._known_tried = True
        for number in range(place, len(KNOWN_PATHS)):
            address = urljoin(start, KNOWN_PATHS[number])
            if links.same_page(address) not in self._seen:
                self._seen.add(links.same_page(address))
                yield from self.listing(address, self.read_start, failed=self.start_failed, start=start, place=number)
                return
        front = urljoin(start, "/")
        if links.same_page(front) not in self._seen:
            yield from self._ask_page(Way(front, front, FRONT))

    def read_start(self, response: Response, start: str, place: int) -> Asked:
        """Read the start, or known path number `place`: what is not there may answer 200 with something else."""
        if not isinstance(response, HtmlResponse):
            yield from self.read_page(response, way=Way(start, start, 0))
            return
        title = links.page_title(response)
        at_front = bool(FRONT_PAGE.match(urlsplit(response.url).path)) and not urlsplit(response.url).query
        if at_front and place < 0 and FRONT_PAGE.match(urlsplit(start).path):
            yield from self.read_page(response, way=Way(start, start, FRONT))
        elif at_front or says_not_found(title) or (place >= 0 and not self._is_of_board(response, title)):
            yield from self._try_known(start, place + 1)
        else:
            yield from self.read_page(response, way=Way(start if place < 0 else response.url, response.url, 0))

    def _is_of_board(self, response: HtmlResponse, title: str) -> bool:
        """Whether what a known path answers is a page of governance: it says so, and has papers or a way to them."""
        found = [link for link in meetings.placed_links(response) if not link.outside]
        return bool(meetings.WEAK.search(title)) and any(
            link.is_file or self._is_sure(link, response) for link in found
        )

    # pages

    def read_way(self, response: Response, way: Way) -> Asked:
        """Read what a link led to, unless it only says that there is nothing."""
        if isinstance(response, HtmlResponse) and says_not_found(links.page_title(response)):
            yield from self._instead_of(way)
        else:
            yield from self.read_page(response, way=way)

    def way_failed(self, way: Way) -> Asked:
        """A link of the front page may lead nowhere, as the start may: then the known paths are left."""
        if _is_gone(way.address):
            yield from self._instead_of(way)

    def _instead_of(self, way: Way) -> Iterator[Request]:
        if way.level == 0 and not self._known_tried:
            yield from self._try_known(way.start, 0)

    def read_page(self, response: Response, announcement: Announcement | None = None, way: Way | None = None) -> Asked:
        """Announce the papers of a page, and follow its links to more of them.

        With `announcement` it is a page behind what looked like a file for certain: a download manager's.
        """
        if way is None:
            said, date = (announcement.link_text, announcement.date) if announcement else ("", "")
            way = Way(response.url, response.url, 0, said, date, follow=False)
        if not isinstance(response, HtmlResponse):
            # What was followed as a page is a file.
            on = way.on or way.start
            self._announce_fetched(
                way.address, {"landing": on, "found_on": on, "link_text": way.said, "date": way.date}
            )
            return
        title = links.page_title(response)
        found = meetings.placed_links(response)
        for position, link in enumerate(found, start=1):
            if link.is_file:
                if self._is_paper(link, way):
                    yield from self._paper(link, response, title, way, position)
            elif self._is_own(link) and link.may_be_file and not link.outside and way.level != FRONT:
                yield from self._either(link, response, title, way, position)
            elif way.follow and self._is_own(link) and self._leads_on(link, response, way):
                yield from self._go_on(link, response, title, way)
        if way.level == FRONT and not any(self._is_sure(link, response) for link in found):
            yield from self._try_known(way.start, 0)
        elif way.follow:
            yield from self._next_page(response, way)

    def _is_own(self, link: Placed) -> bool:
        host = bare_host(urlsplit(link.address).hostname or "")
        return host in {bare_host(name) for name in self.allowed_hosts}

    def _is_sure(self, link: Placed, response: HtmlResponse) -> bool:
        return self._is_own(link) and meetings.leads_to_meetings(
            link, page=response.url, start=response.url, weak=False
        )

    def _leads_on(self, link: Placed, response: HtmlResponse, way: Way) -> bool:
        here = urlsplit(response.url)
        if urlsplit(link.address).path == here.path and not meetings.is_dated_alone(link.text):
            return False  # another order or page of the same list; the next page is followed as such
        if not meetings.leads_to_meetings(link, page=response.url, start=way.start, weak=way.level <= 0):
            return False
        span = meetings.years_in(link.text)
        date = meetings.meeting_date(link.text) or (str(span[1]) if span else "")
        return not meetings.is_before(date, self.options.since)

    def _go_on(self, link: Placed, response: HtmlResponse, title: str, way: Way) -> Iterator[Request]:
        if link.key in self._seen:
            return
        if way.level >= self.options.depth:
            self.limited = f"stopped at level {self.options.depth} below the start (option `depth`)"
            return
        beyond = Way(way.start, link.address, way.level + 1, link.text, link.dated(title), response.url)
        yield from self._ask_page(beyond)

    def _ask_page(self, way: Way) -> Iterator[Request]:
        if self._pages >= self.options.pages:
            self.limited = f"stopped after {self.options.pages} pages (option `pages`)"
            return
        self._pages += 1
        self._seen.add(links.same_page(way.address))
        for request in self.listing(way.address, self.read_way, failed=self.way_failed, excused=False, way=way):
            # Upper levels first, so that a page stands at the least level that leads to it.
            yield request.replace(priority=request.priority - max(way.level, 0))

    def _next_page(self, response: HtmlResponse, way: Way) -> Iterator[Request]:
        """The next page of the same list. That of a single post would be its neighbour, on any matter."""
        following = links.next_page(response)
        if following is None or links.same_page(following) in self._seen:
            return
        here, there = urlsplit(response.url).path.rstrip("/"), urlsplit(following).path.rstrip("/")
        if re.sub(r"/page/\d+$", "", here) == re.sub(r"/page/\d+$", "", there):
            yield from self._ask_page(replace(way, address=following))

    # papers

    def _is_paper(self, link: Placed, way: Way) -> bool:
        """Whether a file's link stands among papers: in the matter of a page, on a front page only by its words."""
        return not link.outside and (way.level != FRONT or bool(meetings.STRONG.search(link.text)))

    def _paper(self, link: Placed, response: Response, title: str, way: Way, position: int) -> Iterator[Request]:
        said = self._said(link, response, title, way, position)
        if not meetings.is_before(said["date"], self.options.since):
            yield from self.file(link.address, **said)

    def _said(self, link: Placed, response: Response, title: str, way: Way, position: int) -> dict[str, Any]:
        return {
            "landing": response.url,
            "found_on": response.url,
            "link_text": link.title(title, way.said),
            "date": link.dated(title) or way.date,
            "position": position,
        }

    def _either(self, link: Placed, response: HtmlResponse, title: str, way: Way, position: int) -> Iterator[Request]:
        """Ask for what may be a file or a page."""
        said = self._said(link, response, title, way, position)
        if link.key in self._seen or meetings.is_before(said["date"], self.options.since):
            return
        self._seen.add(link.key)
        follow = way.follow and self._leads_on(link, response, way)
        beyond = Way(way.start, link.address, way.level + 1, said["link_text"], said["date"], response.url, follow)
        yield from self.look(link.address, self.read_either, said=said, way=beyond)

    def read_either(self, response: Response, said: dict[str, Any], way: Way) -> Asked:
        """A file is announced, a page is read."""
        if not isinstance(response, HtmlResponse):
            self._announce_fetched(way.address, said)
        elif self._pages >= self.options.pages:
            self.limited = f"stopped after {self.options.pages} pages (option `pages`)"
        else:
            self._pages += 1
            yield from self.read_page(response, way=way)

    def _announce_fetched(self, address: str, said: dict[str, Any]) -> None:
        for _ in self.file(address, **said):
            pass  # announced by asking for it; it has come already, so it is not asked for again


def _is_gone(address: str) -> bool:
    """Whether the site itself said that there is nothing at this address."""
    known = harvest.current().archive.resource(Request(address).url)
    return known is not None and known.outcome in (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND)
