"""Sitemaps: indexes of indexes, gzipped ones, plain lists of addresses, and those that robots.txt names."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from lxml.etree import LxmlError
from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import Request, Response
from scrapy.utils.sitemap import Sitemap, sitemap_urls_from_robots

from crawler import links
from crawler.links import looks_like_file
from crawler.mechanisms.base import Asked, HarvestSpider
from crawler.sniff import Kind, kind_of

# Pages that every site has, and that are no publications: the front page, and these by their whole path.
STANDING_PAGE = re.compile(
    r"/(?:(?:index|home|default)(?:\.\w+)?|about(?:-?us)?|contact(?:-?us)?|cookies?(?:-policy)?|privacy(?:-(?:policy|notice))?"
    r"|accessibility(?:-statement)?|sitemap|site-map|terms(?:-and-conditions)?|disclaimer|copyright|search|login)?/?",
    re.IGNORECASE,
)
USUAL_PLACES = ("/sitemap.xml", "/sitemap_index.xml")
SITEMAP_PATH = re.compile(r"\.(?:xml|gz|txt)$|/[^/]*sitemap[^/]*/?$", re.IGNORECASE)
LARGEST_UNPACKED = 60_000_000  # bytes; the protocol allows 50 MB (sitemaps.org), more is a gzip bomb


class SitemapOptions(BaseModel):
    """Options of a sitemap."""

    model_config = ConfigDict(extra="forbid")
    depth: int = Field(default=3, ge=1, le=5, description="levels of sitemap indexes")
    since: str = Field(
        default="",
        pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$",
        description="year or ISO date; what a sitemap says was last changed before is passed over",
    )


class Spider(HarvestSpider):
    """1. Ask for the start address where it is a sitemap by its name (sitemap…, .xml, .gz, .txt); else for robots.txt
       and the sitemaps it names. 2. Where it names none, try the usual places one after the other.
    3. Follow indexes down to `depth`. 4. Announce every address that `include` and `exclude` let through, once, with
       the day of its last change; those last changed before `since` are passed over, and so are the front page and
       what every site has (contact, cookies).
    """

    Options = SitemapOptions
    fallback: ClassVar[str] = "host"  # a feed or sitemap that is gone says nothing of its site

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._listed: set[str] = set()  # addresses of pages, files and sitemaps that were met

    def begin(self, address: str) -> Asked:
        if SITEMAP_PATH.search(urlsplit(address).path):
            yield from self.listing(address, self.read_sitemap, depth=1)
        else:
            yield from self.listing(
                urljoin(address, "/robots.txt"), self.read_robots, failed=self.try_usual, root=address
            )

    def read_robots(self, response: Response, root: str) -> Asked:
        """Ask for the sitemaps that robots.txt names."""
        named = list(sitemap_urls_from_robots(response.body, base_url=response.url))
        if not named:
            yield from self.try_usual(root)
        for address in named:
            yield from self.listing(address, self.read_sitemap, depth=1)

    def try_usual(self, root: str, place: int = 0) -> Iterator[Request]:
        """Ask for the sitemap in the usual place number `place`, and so on."""
        if place < len(USUAL_PLACES):
            address = urljoin(root, USUAL_PLACES[place])
            yield from self.listing(address, self._read_usual, failed=self.try_usual, root=root, place=place + 1)

    def _read_usual(self, response: Response, root: str, place: int) -> Asked:
        if kind_of(response.body) in (Kind.XML, Kind.GZIP, Kind.TEXT):
            yield from self.read_sitemap(response, depth=1)
        else:
            yield from self.try_usual(root, place)

    def read_sitemap(self, response: Response, depth: int) -> Asked:
        """Announce the pages of a sitemap, or ask for the sitemaps of an index."""
        try:
            index, entries = entries_of(_unpacked(response.body))
        except (LxmlError, ValueError, AttributeError, StopIteration):
            self.trouble(response.url, "is not a sitemap")
            return
        except (EOFError, OSError, zlib.error):
            self.trouble(response.url, "is a gzip file that is cut short, damaged or too large")
            return
        for position, (address, changed) in enumerate(entries, start=1):
            if address in self._listed or self._is_older(changed):
                continue
            self._listed.add(address)
            if not index:
                yield from self._announced(address, changed, response.url, position)
            elif depth < self.options.depth:
                yield from self.listing(address, self.read_sitemap, depth=depth + 1)
            else:
                self.limited = f"stopped at level {depth} of its sitemap indexes (option `depth`)"

    def _announced(self, address: str, changed: str, found_on: str, position: int) -> Asked:
        checked = links.absolute(address, found_on)
        parts = urlsplit(checked or "")
        if checked is None:
            self.trouble(address, "not an address")
            return
        if STANDING_PAGE.fullmatch(parts.path or "/") and not parts.query:
            return
        if looks_like_file(address):
            yield from self.file(address, landing="", found_on=found_on, position=position)
        else:
            # lastmod is when the page was last touched: a weak hint of its date, and the reader knows `via`.
            yield from self.page(address, found_on=found_on, date=changed, position=position)

    def _is_older(self, changed: str) -> bool:
        """Whether a last change is known and before `since`, as far as both are given."""
        since = self.options.since
        return bool(since and changed) and changed[: len(since)] < since[: len(changed)]


def entries_of(body: bytes) -> tuple[bool, list[tuple[str, str]]]:
    """Whether a sitemap is an index of others, and its addresses, each with its last change ("" where it is not said).

    Raises ValueError, LxmlError and others of Scrapy's reader for what is no sitemap.
    """
    kind = kind_of(body)
    if kind is Kind.TEXT:  # an address a line (sitemaps.org)
        lines = [line.strip() for line in body.decode("utf-8-sig", "replace").splitlines() if line.strip()]
        if not all(re.match(r"https?://\S+$", line, re.IGNORECASE) for line in lines):
            raise ValueError("a text that is no list of addresses")
        return False, [(line, "") for line in lines]
    sitemap = Sitemap(body)
    if kind is not Kind.XML or sitemap.type not in ("urlset", "sitemapindex"):
        raise ValueError(f"a document of another kind: {sitemap.type}")
    entries = [(str(entry.get("loc") or "").strip(), str(entry.get("lastmod") or "").strip()) for entry in sitemap]
    return sitemap.type == "sitemapindex", entries


def _unpacked(body: bytes) -> bytes:
    """A sitemap's XML. Raises EOFError or OSError for a gzip file that is cut short, damaged or far too large."""
    if kind_of(body) is not Kind.GZIP:
        return body
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
        text = packed.read(LARGEST_UNPACKED + 1)
        if len(text) > LARGEST_UNPACKED:
            raise OSError(f"more than {LARGEST_UNPACKED} bytes")
        return text
