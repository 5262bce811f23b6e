"""RSS and Atom feeds: each entry leads to a landing page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from time import struct_time
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import feedparser
from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import HtmlResponse, Request, Response

from crawler import links
from crawler.mechanisms.base import Asked, HarvestSpider


class FeedOptions(BaseModel):
    """Options of a feed."""

    model_config = ConfigDict(extra="forbid")
    pages: int = Field(default=50, ge=1, description="most pages of a feed that has several")


class Spider(HarvestSpider):
    """1. Ask for the start address: a feed, or a page whose head names one (then for that).
    2. Announce the page of each entry with its title and date, and the files it encloses.
    3. Ask for the feed's next page: by its rel=next link, or ?paged=N where WordPress made it.
    """

    Options = FeedOptions

    def begin(self, address: str) -> Asked:
        yield from self.listing(address, self.read_feed, number=1)

    def read_feed(self, response: Response, number: int) -> Asked:
        """Read one page of a feed; `number` counts from 1."""
        if isinstance(response, HtmlResponse):
            if number == 1:
                for address in links.feed_addresses(response):
                    yield from self.listing(address, self.read_feed, number=1)
            return
        # feedparser is given bytes: handed an address it would fetch it itself, past our manners.
        feed = feedparser.parse(io.BytesIO(response.body))
        for position, entry in enumerate(feed.entries, start=1):
            yield from self._entry(entry, response.url, position)
        following = self._next(feed, response.url, number)
        if feed.entries and following:
            if number < self.options.pages:
                # The page after the last answers 404: that is how a feed ends.
                yield from self.listing(following, self.read_feed, failed=self.end, number=number + 1)
            else:
                self.limited = f"stopped at page {number} of its feed (option `pages`)"

    def _entry(self, entry: feedparser.FeedParserDict, feed_address: str, position: int) -> Iterator[Request]:
        link = entry.get("link")
        landing = (links.absolute(link, feed_address) or link) if link else ""
        said = {
            "title": entry.get("title", ""),
            "date": _iso(entry.get("published_parsed") or entry.get("updated_parsed")),
            "summary": entry.get("summary", ""),
            "position": position,
        }
        files = [
            address
            for enclosure in entry.get("enclosures", [])
            if (address := links.absolute(enclosure.get("href") or "", feed_address))
            and (links.looks_like_file(address) or links.FILE_TYPES.match(enclosure.get("type") or ""))
        ]
        if landing:
            yield from self.page(landing, found_on=feed_address, **said)
        elif not files:
            self.trouble(feed_address, f"an entry leads nowhere: {said['title'] or position}")
        for address in files:
            about = {"position": position} if landing else said
            yield from self.file(address, landing=landing, found_on=feed_address, **about)

    def end(self, number: int) -> Asked:  # noqa: ARG002 (what every reader is given)
        """Nothing follows the last page."""
        return ()

    @staticmethod
    def _next(feed: feedparser.FeedParserDict, address: str, number: int) -> str | None:
        for link in feed.feed.get("links", []):
            if link.get("rel") == "next":
                return links.absolute(link.get("href") or "", address)
        parts = urlsplit(address)
        query = parse_qs(parts.query)
        made_by_wordpress = "wordpress" in feed.feed.get("generator", "").lower() or parts.path.endswith("/feed/")
        if not made_by_wordpress:
            return None
        query["paged"] = [str(number + 1)]
        return urlunsplit(parts._replace(query=urlencode(query, doseq=True)))


def _iso(moment: struct_time | None) -> str:
    return f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}" if moment else ""
