"""Paginated listings: pages of links to landing pages (or straight to files), followed to the last one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import HtmlResponse, Response

from crawler import links
from crawler.guard import bare_host
from crawler.mechanisms.base import Asked, HarvestSpider


class ListingOptions(BaseModel):
    """Options of a listing."""

    model_config = ConfigDict(extra="forbid")
    pages: int = Field(default=200, ge=1, description="most pages of one listing")
    depth: int = Field(default=1, ge=1, le=4, description="levels of links between the start and the landing pages")


class Spider(HarvestSpider):
    """1. Ask for the listing. 2. Announce the files that it links to and, as landing pages, the pages of its matter.
    3. Ask for its next page: by rel=next, else by the text of a link ("Next", "Older posts", "Load more").
    4. With `depth` 2 or more, a linked page without files is read as a listing itself, down to that depth.

    Publications are told by where links stand and lead, not by class names: links in navigation, headers and footers
    are passed over, as are those to other hosts unless they look like files.
    """

    Options = ListingOptions

    def begin(self, address: str) -> Asked:
        yield from self.listing(address, self.read_index, depth=1, number=1)

    def read_index(self, response: Response, depth: int, number: int) -> Asked:
        """Read one page of a listing; `depth` and `number` (of the page) count from 1."""
        if not isinstance(response, HtmlResponse):
            return
        yield from self.files_of(response, landing=response.url)
        yield from self._pages_of(response, depth)
        following = links.next_page(response)
        if following and number >= self.options.pages:
            self.limited = f"stopped at page {number} of a listing (option `pages`)"
        elif following:
            yield from self.listing(following, self.read_index, depth=depth, number=number + 1)

    def _pages_of(self, response: HtmlResponse, depth: int) -> Asked:
        for position, link in enumerate(links.main_links(response), start=1):
            if link.is_file or not self._leads_on(link.address, response.url):
                continue
            said: dict[str, Any] = {"found_on": response.url, "link_text": link.text, "position": position}
            if depth < self.options.depth:
                yield from self.look(link.address, self._read_either, landing=link.address, depth=depth + 1, said=said)
            else:
                yield from self.page(link.address, **said)

    def _leads_on(self, address: str, listing: str) -> bool:
        """Whether a link goes to another page of this source: not back to the front page, not to the listing itself."""
        parts, here = urlsplit(address), urlsplit(listing)
        if bare_host(parts.hostname or "") not in {bare_host(host) for host in self.allowed_hosts}:
            return False
        if parts.path in ("", "/") and not parts.query:
            return False
        return (parts.path.rstrip("/"), parts.query) != (here.path.rstrip("/"), here.query)

    def _read_either(self, response: Response, landing: str, depth: int, said: dict[str, Any]) -> Asked:
        """A page on the way down: a landing page when it links to files, else a listing."""
        if isinstance(response, HtmlResponse) and not links.file_links(response):
            yield from self.read_index(response, depth=depth, number=1)
            return
        self.announce_page(landing, **said)
        if isinstance(response, HtmlResponse):
            yield from self.files_of(response, landing=landing)
