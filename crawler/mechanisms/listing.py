"""Paginated listings: pages of links to landing pages (or straight to files), followed to the last one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import HtmlResponse, Response

from crawler import links, signs
from crawler.archive import Role
from crawler.guard import bare_host
from crawler.links import Link
from crawler.mechanisms.base import Asked, HarvestSpider

# A page at the last depth that is a listing itself: so many links lead to places in one folder, so many of all its
# links, and there is so little text for each (characters) that it is no publication with links at its end.
MOST_TEXT_OF_ENTRY = 300
LEAST_ENTRIES = 5
LEAST_SHARE = 0.6
LISTING_TITLE = re.compile(
    r"\W*(?:(?:our|all|latest|key)\s+)?(?:publications?|documents?|reports?|policies|resources|guidelines)"
    r"(?:\s+(?:and|&)\s+(?:publications?|documents?|reports?|policies|resources|guidelines|guidance))?"
    r"(?:\s+library)?(?:\s+[|–—-]\s.*)?",
    re.IGNORECASE,
)


class ListingOptions(BaseModel):
    """Options of a listing."""

    model_config = ConfigDict(extra="forbid")
    pages: int = Field(default=200, ge=1, description="most pages of one listing")
    depth: int = Field(default=1, ge=1, le=4, description="levels of links between the start and the landing pages")


class Spider(HarvestSpider):
    """1. Ask for the listing. 2. Announce the files that it links to, with the date beside the link, and, as landing
       pages, the pages of its matter.
    3. Ask for its next page: by rel=next, else by the text of a link ("Next", "Older posts", "Load more"), else by the
       number after the current one. A listing ends where its next page was read already or brings no new link.
    4. With `depth` 2 or more, a linked page without files is read as a listing itself, down to that depth.
    5. A page at the last depth that has a pager, or little but links to places in one folder, or is called
       "Publications" and links below itself, is read as a listing too, so that a menu is not taken for publications;
       what it links to is taken as it is.

    Publications are told by where links stand and lead, not by class names: links in navigation, headers and footers
    are passed over, as are those to other hosts unless they look like files.
    """

    Options = ListingOptions

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._linked: dict[str, set[str]] = {}  # by the first page of each listing: the addresses that it links to
        self._read: dict[str, set[str]] = {}  # and its own pages
        self._seen: set[str] = set()  # addresses that any listing links to

    def begin(self, address: str) -> Asked:
        yield from self.listing(address, self.read_index, first=address, depth=1, number=1)

    def read_index(self, response: Response, first: str, depth: int, number: int) -> Asked:
        """Read one page of the listing that begins at `first`; `depth` and `number` (of the page) count from 1."""
        if not isinstance(response, HtmlResponse):
            return
        following = links.next_page(response)
        files, pages = links.file_links(response, lists=True), self._onward(response)
        linked, read = self._linked.setdefault(first, set()), self._read.setdefault(first, set())
        found = {link.address for link in (*files, *pages)}
        ended = number > 1 and found <= linked
        linked |= found
        self._seen |= found
        read |= {links.same_page(response.url)}
        for position, link in enumerate(files, start=1):
            yield from self._file(link, response.url, position)
        for position, link in enumerate(pages, start=1):
            if link.address != following:
                yield from self._page(link, response.url, position, depth)
        if following is None or ended or links.same_page(following) in read:
            return
        if number >= self.options.pages:
            self.limited = f"stopped at page {number} of a listing (option `pages`)"
        else:
            yield from self.listing(following, self.read_index, first=first, depth=depth, number=number + 1)

    def _file(self, link: Link, listing: str, position: int) -> Asked:
        yield from self.file(
            link.address,
            landing=listing,
            found_on=listing,
            link_text=link.text,
            date=links.date_beside(link),
            position=position,
        )

    def _page(self, link: Link, listing: str, position: int, depth: int) -> Asked:
        """Ask for a linked page; until it is read nobody knows whether it is a publication's or leads on to some."""
        said: dict[str, Any] = {"found_on": listing, "link_text": link.text, "position": position}
        if depth > self.options.depth:
            yield from self.page(link.address, **said)
        elif self.wanted(link.address, page=depth == self.options.depth):
            more = {"landing": link.address, "depth": depth + 1, "said": said}
            yield self._ask(link.address, Role.PAGE, self._read_either, self._without, more, excused=False)

    def _onward(self, response: HtmlResponse) -> list[Link]:
        """The links of a page's matter to other pages of this source."""
        return [
            link
            for link in links.main_links(response)
            if not link.is_file and self._leads_on(link.address, response.url)
        ]

    def _leads_on(self, address: str, listing: str) -> bool:
        """Whether a link goes to another page of this source: not back to the front page, not to the listing itself."""
        parts, here = urlsplit(address), urlsplit(listing)
        if bare_host(parts.hostname or "") not in {bare_host(host) for host in self.allowed_hosts}:
            return False
        if parts.path in ("", "/") and not parts.query:
            return False
        return (parts.path.rstrip("/"), parts.query) != (here.path.rstrip("/"), here.query)

    def _read_either(self, response: Response, landing: str, depth: int, said: dict[str, Any]) -> Asked:
        """A page on the way down: a listing, or a landing page. Above the last depth only files make a landing page."""
        if isinstance(response, HtmlResponse):
            files = links.file_links(response)
            lists = not files if depth <= self.options.depth else self._lists(response, files)
            if lists or self._has_pager(response):
                yield from self.read_index(response, first=landing, depth=depth, number=1)
                return
        self.announce_page(landing, **said)
        if isinstance(response, HtmlResponse):
            yield from self.files_of(response, landing=landing)

    def _without(self, landing: str, depth: int, said: dict[str, Any]) -> Asked:
        """Announce a page that did not come, so that it is known to be missing."""
        if depth > self.options.depth:
            self.announce_page(landing, **said)
        return ()

    def _has_pager(self, response: HtmlResponse) -> bool:
        """Whether a page is the first of several that only differ in a number, with more than one entry on it."""
        following = links.next_page(response)
        if following is None or links.page_number(following, response.url) is None:
            return False
        return len(self._onward(response)) + len(links.file_links(response, lists=True)) > 1

    def _lists(self, response: HtmlResponse, files: Sequence[Link]) -> bool:
        """Whether a page has little but links to places in one folder, that were not seen on a listing before."""
        onward = [link for link in self._onward(response) if link.address not in self._seen]
        if files:
            return False
        below = onward and all(signs.below(link.address, response.url) for link in onward)
        if below and LISTING_TITLE.fullmatch(links.page_title(response)):
            return True  # it says so itself: then a few entries are enough
        if len(onward) < LEAST_ENTRIES:
            return False
        folders = Counter(str(PurePosixPath(urlsplit(link.address).path).parent) for link in onward)
        folders.pop("/", None)
        entries = max(folders.values(), default=0)
        if entries < max(LEAST_ENTRIES, LEAST_SHARE * len(onward)):
            return False
        matter = response.selector.xpath("(//main | //*[@role='main'] | //body)[1]")
        text = " ".join((matter.xpath("string()").get() or "").split())
        return len(text) - sum(len(link.text) for link in onward) < MOST_TEXT_OF_ENTRY * entries
