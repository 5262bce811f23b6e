"""RSS and Atom feeds, Blogger's too: each entry leads to a landing page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from time import struct_time
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import feedparser
from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import HtmlResponse, Request, Response

from crawler import links
from crawler.mechanisms.base import Asked, HarvestSpider

BLOGGER_PATH = re.compile(r"/feeds/(?:[0-9]+/)?(?:posts|pages)/(?:default|summary|full)\b", re.IGNORECASE)
ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
COMMENTS = re.compile(r"/comments/|/feeds/(?:[0-9]+/)?comments\b|[?&]feed=comments", re.IGNORECASE)


class FeedOptions(BaseModel):
    """Options of a feed."""

    model_config = ConfigDict(extra="forbid")
    pages: int = Field(default=50, ge=1, description="most pages of a feed that has several")


class Spider(HarvestSpider):
    """1. Ask for the start address: a feed, or a page whose head names some (then for those, comments left out).
    2. Announce the page of each entry with its title and date, and the files it encloses.
    3. Ask for the feed's next page: of Blogger by start-index, as its own links lead to another host; else by rel=next
       or rel=prev-archive (RFC 5005); else by ?paged=N where WordPress made it. A feed ends with the page that brings
       no new entry.
    """

    Options = FeedOptions
    fallback: ClassVar[str] = "host"  # a feed or sitemap that is gone says nothing of its site

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._entries: dict[str, set[str]] = {}  # by the first page of each feed: the entries read so far

    def begin(self, address: str) -> Asked:
        yield from self.listing(address, self.read_feed, number=1)

    def read_feed(self, response: Response, number: int, first: str = "") -> Asked:
        """Read one page of the feed that begins at `first` (this page, if not said); `number` counts from 1."""
        if isinstance(response, HtmlResponse):
            if number == 1:
                yield from self._named_by(response)
            return
        # feedparser is given bytes: handed an address it would fetch it itself, past our manners.
        feed = feedparser.parse(io.BytesIO(response.body))
        if not feed.version and not feed.entries:
            self.trouble(response.url, "is not a feed")
            return
        first = first or response.url
        read = self._entries.setdefault(first, set())
        entries = {str(entry.get("id") or entry.get("link") or entry.get("title")) for entry in feed.entries}
        for position, entry in enumerate(feed.entries, start=1):
            yield from self._entry(entry, response.url, position)
        following = _next(feed, response.url, number)
        if following and not entries <= read:
            read |= entries
            if number < self.options.pages:
                # The page after the last answers 404: that is how a feed ends.
                yield from self.listing(following, self.read_feed, failed=self.end, number=number + 1, first=first)
            else:
                self.limited = f"stopped at page {number} of its feed (option `pages`)"

    def _named_by(self, page: HtmlResponse) -> Asked:
        """Ask for the feeds that a page's head names: each once, though it may be had as RSS and as Atom."""
        named: dict[str, str] = {}
        for address in links.feed_addresses(page):
            if not COMMENTS.search(address):
                named.setdefault(urlsplit(address).path.rstrip("/"), address)
        if not named:
            self.trouble(page.url, "is neither a feed nor a page that names one")
        for address in named.values():
            yield from self.listing(address, self.read_feed, number=1)

    def _entry(self, entry: feedparser.FeedParserDict, feed_address: str, position: int) -> Iterator[Request]:
        link = entry.get("link")
        if link == entry.get("id") and not ABSOLUTE.match(link or ""):
            link = None  # feedparser takes an id for a link where there is none
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

    def end(self, number: int, first: str) -> Asked:  # noqa: ARG002 (what every reader is given)
        """Nothing follows the last page."""
        return ()


def _next(feed: feedparser.FeedParserDict, address: str, number: int) -> str | None:
    """The address of a feed's next page, None where it has none or nobody can tell."""
    about, parts = feed.feed, urlsplit(address)
    generator = about.get("generator", "").lower()
    if "blogger" in generator or BLOGGER_PATH.search(parts.path):
        return _next_of_blogger(feed, address)
    for relation in ("next", "prev-archive"):
        for link in about.get("links", []):
            if link.get("rel") == relation:
                return links.absolute(link.get("href") or "", address)
    if feed.entries and ("wordpress" in generator or parts.path.rstrip("/").endswith("/feed")):
        return _with_query(address, paged=str(number + 1))
    return None


def _next_of_blogger(feed: feedparser.FeedParserDict, address: str) -> str | None:
    """By the counts of OpenSearch that Blogger gives: entries in all, and the number of the first one here."""
    total, start = (
        int(value) if (value := str(feed.feed.get(f"opensearch_{name}", ""))).isdecimal() else 0
        for name in ("totalresults", "startindex")
    )
    following = max(start, 1) + len(feed.entries)
    if not feed.entries or following > total:
        return None
    size = str(feed.feed.get("opensearch_itemsperpage", ""))
    return _with_query(address, **{"start-index": str(following), "max-results": size or str(len(feed.entries))})


def _with_query(address: str, **values: str) -> str:
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | values
    return urlunsplit(parts._replace(query=urlencode(query)))


def _iso(moment: struct_time | None) -> str:
    return f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}" if moment else ""
