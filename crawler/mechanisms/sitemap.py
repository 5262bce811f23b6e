"""Sitemaps: indexes of indexes, gzipped ones, and those that robots.txt names."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lxml.etree import LxmlError
from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import Request, Response
from scrapy.utils.sitemap import Sitemap, sitemap_urls_from_robots

from crawler.links import looks_like_file
from crawler.mechanisms.base import Asked, HarvestSpider
from crawler.sniff import Kind, kind_of

USUAL_PLACES = ("/sitemap.xml", "/sitemap_index.xml")
LARGEST_UNPACKED = 60_000_000  # bytes; the protocol allows 50 MB (sitemaps.org), more is a gzip bomb


class SitemapOptions(BaseModel):
    """Options of a sitemap."""

    model_config = ConfigDict(extra="forbid")
    depth: int = Field(default=3, ge=1, le=5, description="levels of sitemap indexes")


class Spider(HarvestSpider):
    """1. Ask for the start address where it is a sitemap (.xml, .gz); else for robots.txt and the sitemaps it names.
    2. Where it names none, try the usual places one after the other.
    3. Follow indexes, and announce every address that `include` and `exclude` let through.
    """

    Options = SitemapOptions

    def begin(self, address: str) -> Asked:
        if urlsplit(address).path.endswith((".xml", ".gz")):
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
        if kind_of(response.body) in (Kind.XML, Kind.GZIP):
            yield from self.read_sitemap(response, depth=1)
        else:
            yield from self.try_usual(root, place)

    def read_sitemap(self, response: Response, depth: int) -> Asked:
        """Announce the pages of a sitemap, or ask for the sitemaps of an index."""
        try:
            sitemap = Sitemap(_unpacked(response.body))
        except (LxmlError, ValueError, AttributeError, StopIteration):
            self.trouble(response.url, "is not a sitemap")
            return
        except (EOFError, OSError, zlib.error):
            self.trouble(response.url, "is a gzip file that is cut short, damaged or too large")
            return
        for position, entry in enumerate(sitemap, start=1):
            address = str(entry.get("loc") or "").strip()
            if sitemap.type == "sitemapindex":
                if depth < self.options.depth:
                    yield from self.listing(address, self.read_sitemap, depth=depth + 1)
            elif looks_like_file(address):
                yield from self.file(address, landing="", found_on=response.url, position=position)
            else:
                # lastmod is when the page was last touched: a weak hint of its date, and the reader knows `via`.
                date = str(entry.get("lastmod") or "")
                yield from self.page(address, found_on=response.url, date=date, position=position)


def _unpacked(body: bytes) -> bytes:
    """A sitemap's XML. Raises EOFError or OSError for a gzip file that is cut short, damaged or far too large."""
    if kind_of(body) is not Kind.GZIP:
        return body
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
        text = packed.read(LARGEST_UNPACKED + 1)
        if len(text) > LARGEST_UNPACKED:
            raise OSError(f"more than {LARGEST_UNPACKED} bytes")
        return text
