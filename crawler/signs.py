"""What a page, a feed or a sitemap shows of how its site announces things: pure functions over answers.

`crawler.check` asks; here it is read. Nothing in this module fetches.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

import feedparser
from lxml.etree import LxmlError
from scrapy.http import TextResponse
from scrapy.utils.sitemap import Sitemap

from crawler import links
from crawler.guard import bare_host
from crawler.links import Link
from crawler.sniff import Kind, kind_of

WORDPRESS = re.compile(rb"/wp-content/|/wp-includes/|https://api\.w\.org/|content=[\"']WordPress", re.IGNORECASE)
BLOGGER = re.compile(rb"content=[\"']blogger[\"']|/feeds/posts/default", re.IGNORECASE)
# Hosts on which a council keeps its committee system.
COMMITTEE_HOST = re.compile(r"\b(?:democracy|moderngov|committees?|councillors|meetings)\b", re.IGNORECASE)
# What the link to a site's listing of publications says, the likeliest first.
LISTING_WORDS = (
    r"publications?", r"(?:our |key |all )?documents?(?: library)?", r"reports?", r"librar(?:y|ies)",
    r"polic(?:y|ies)", r"resources?", r"guid(?:ance|elines?)", r"briefings?|papers|research",
)  # fmt: skip
LISTING_TEXT = tuple(re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in LISTING_WORDS)
MOST_WORDS_OF_MENU = 6  # a menu says "Reports and publications"; a longer text is the title of one of them
# What every site has and nobody calls a publication, beside what crawler.links leaves out.
FURNITURE = re.compile(
    r"^\W*(?:about(?: us)?|careers|jobs|vacancies|work (?:for|with) us|donate|join(?: us)?|cymraeg|english|read more"
    r"|find out more|newsletters?)\W*$",
    re.IGNORECASE,
)
FURNITURE_PATH = re.compile(
    r"/(?:tags?|category|categories|author|authors|events?|jobs|vacancies|login|contact[\w-]*|cookies?"
    r"|privacy[\w-]*|accessibility[\w-]*|search|people|staff)(?:/|$)|/about(?:-?us)?/?$",  # boards lie below "About us"
    re.IGNORECASE,
)
LIKELY_SITEMAP = re.compile(r"publi|document|report|resource|guid|polic|paper|post|page", re.IGNORECASE)
IDLE_SITEMAP = re.compile(r"image|video|categor|tag|author|user|taxonomy|event|product", re.IGNORECASE)
PARTS_OF_TITLE = re.compile(r"\s+[|–—]\s+|\s+-\s+")  # "Publications | NHS Fenland ICB"
OF_PAGES = re.compile(r"\bpage\s+\d+\s+of\s+(\d{1,4})\b", re.IGNORECASE)
MOST_PAGES_BELIEVED = 2000
LARGEST_SITEMAP = 60_000_000  # bytes unpacked; the protocol allows 50 MB (sitemaps.org)


@dataclass(frozen=True)
class Look:
    """A page as a listing might look: its files, links that lead on, and the last page that its pager names.

    `last` is 1 without a pager, 0 where there is a next page and nobody says which is the last.
    """

    address: str
    title: str
    files: tuple[Link, ...]
    onward: tuple[Link, ...]
    outward: tuple[Link, ...]
    last: int

    @property
    def entries(self) -> int:
        """Publications that this one page seems to list."""
        return max(len(self.onward), len(self.files))

    @property
    def documents(self) -> int:
        """Publications on all its pages, as far as they can be guessed from this one."""
        return self.entries * max(self.last, 2 if self.last == 0 else 1)


def look_at(page: TextResponse) -> Look:
    """What stands in the matter of a page: navigation, header and footer are passed over."""
    here = urlsplit(page.url)
    inward: list[Link] = []
    outward: list[Link] = []
    for link in links.main_links(page):
        parts = urlsplit(link.address)
        if bare_host(parts.hostname or "") != bare_host(here.hostname or ""):
            outward.append(link)
        elif not link.is_file and (parts.path.strip("/") or parts.query):
            same = (parts.path.rstrip("/"), parts.query) == (here.path.rstrip("/"), here.query)
            if not same and not FURNITURE.match(link.text) and not FURNITURE_PATH.search(parts.path):
                inward.append(link)
    files = tuple(links.file_links(page, lists=True))
    title = PARTS_OF_TITLE.split(links.page_title(page))[0]
    return Look(page.url, title, files, tuple(inward), tuple(outward), last_page(page))


def last_page(page: TextResponse) -> int:
    """The number of the last page of a listing; 1 where it has no pager, 0 where only "Next" is known."""
    following = links.next_page(page)
    numbers = [1]
    for anchor in page.selector.xpath("//a[@href]"):
        text = " ".join((anchor.xpath("string()").get() or "").split())
        if re.fullmatch(r"(?:page )?\d{1,4}", text, re.IGNORECASE) and _counts_pages(anchor.attrib["href"]):
            numbers.append(int(text.split()[-1]))
    if told := OF_PAGES.search(page.selector.xpath("string(//body)").get() or ""):
        numbers.append(int(told[1]))
    best = max(number for number in numbers if number <= MOST_PAGES_BELIEVED)
    return 0 if following and best <= 1 else best


def _counts_pages(href: str) -> bool:
    return bool(re.search(r"[?&/](?:page|paged|p|start|offset)\b", href, re.IGNORECASE))


def menu(page: TextResponse, wanted: Sequence[re.Pattern[str]]) -> list[Link]:
    """Links of the whole page, its menus too, that lead on in this site and whose short text says one of `wanted`.

    Those that say an earlier one come first; each address once.
    """
    here = urlsplit(page.url)
    ranked: dict[str, tuple[int, int, Link]] = {}
    for place, anchor in enumerate(page.selector.xpath("//a[@href]")):
        text = " ".join((anchor.xpath("string()").get() or "").split())
        address = links.absolute(anchor.attrib["href"], page.url)
        if address is None or not text or len(text.split()) > MOST_WORDS_OF_MENU or links.looks_like_file(address):
            continue
        parts = urlsplit(address)
        if bare_host(parts.hostname or "") != bare_host(here.hostname or "") or not parts.path.strip("/"):
            continue
        if links.is_furniture(Link(address, text, False)) or FURNITURE.match(text):
            continue
        rank = next((number for number, words in enumerate(wanted) if words.search(text)), None)
        if rank is not None and (address not in ranked or rank < ranked[address][0]):
            ranked[address] = (rank, place, Link(address, text, False))
    return [link for _, _, link in sorted(ranked.values(), key=lambda entry: entry[:2])]


@dataclass(frozen=True)
class SitemapLook:
    """A sitemap as read: whether it is an index of others, and its addresses with their last change ("" unknown)."""

    is_index: bool
    addresses: tuple[tuple[str, str], ...]


def read_sitemap(body: bytes) -> SitemapLook | None:
    """What a sitemap lists; None where the bytes are none, or are gzip that is damaged or far too large."""
    try:
        if kind_of(body) is Kind.GZIP:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
                body = packed.read(LARGEST_SITEMAP + 1)
            if len(body) > LARGEST_SITEMAP:
                return None
        if kind_of(body) is not Kind.XML:
            return None
        sitemap = Sitemap(body)
        if sitemap.type not in ("urlset", "sitemapindex"):
            return None
        entries = [(str(entry.get("loc") or "").strip(), str(entry.get("lastmod") or "")) for entry in sitemap]
    except (LxmlError, ValueError, AttributeError, StopIteration, EOFError, OSError, zlib.error):
        return None
    return SitemapLook(sitemap.type == "sitemapindex", tuple((loc, last) for loc, last in entries if _is_address(loc)))


def _is_address(text: str) -> bool:
    return links.absolute(text, text) is not None


def likely_first(addresses: Sequence[str]) -> list[str]:
    """The sitemaps of an index, those first that are likely to list publications."""
    return sorted(
        addresses, key=lambda one: (bool(IDLE_SITEMAP.search(_path(one))), not LIKELY_SITEMAP.search(_path(one)))
    )


def _path(address: str) -> str:
    return unquote(urlsplit(address).path)


def is_publication(address: str) -> bool:
    """Whether an address of a sitemap may be a publication's: neither the front page nor furniture."""
    path = _path(address)
    return bool(path.strip("/")) and not FURNITURE_PATH.search(path)


def below(address: str, start: str) -> bool:
    """Whether `address` lies below the path of `start`, on the same host."""
    one, other = urlsplit(address), urlsplit(start)
    if bare_host(one.hostname or "") != bare_host(other.hostname or ""):
        return False
    folder = other.path.rstrip("/") + "/"
    return (one.path.rstrip("/") + "/").startswith(folder)


def pattern_below(start: str) -> str:
    """A regular expression for the pages below `start`, for a source's `include`."""
    parts = urlsplit(start)
    host = re.escape(bare_host(parts.hostname or ""))
    port = f":{parts.port}" if parts.port else ""
    return rf"^https?://(?:www\.)?{host}{port}{re.escape(parts.path.rstrip('/'))}/"


@dataclass(frozen=True)
class FeedLook:
    """A feed as read: its entries, how many of them carry their whole text, and whether more pages follow."""

    title: str
    entries: int
    full: int
    paged: bool
    newest: str
    oldest: str


def read_feed(body: bytes) -> FeedLook | None:
    """What a feed holds; None where the bytes are no RSS and no Atom."""
    feed = feedparser.parse(io.BytesIO(body))
    if not feed.version:
        return None
    paged = any(link.get("rel") == "next" for link in feed.feed.get("links", []))
    paged = paged or bool(re.search("wordpress|blogger", feed.feed.get("generator", ""), re.IGNORECASE))
    moments = [entry.get("published_parsed") or entry.get("updated_parsed") for entry in feed.entries]
    dates = sorted(f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}" for moment in moments if moment)
    return FeedLook(
        title=str(feed.feed.get("title", "")),
        entries=len(feed.entries),
        full=sum(bool(entry.get("content")) for entry in feed.entries),
        paged=paged,
        newest=dates[-1] if dates else "",
        oldest=dates[0] if dates else "",
    )


def feeds_of(page: TextResponse) -> list[str]:
    """The feeds that a page's head names, those of comments left out."""
    found = [address for address in links.feed_addresses(page) if "comments" not in urlsplit(address).path.lower()]
    return list(dict.fromkeys(found))


def site_name(page: TextResponse) -> tuple[str, str]:
    """What a page calls itself and what it calls its site, "" where it does not say."""
    selector = page.selector
    title = " ".join((selector.xpath("string(//title)").get() or "").split())
    site = " ".join((selector.xpath("//meta[@property='og:site_name']/@content").get() or "").split())
    said = " ".join((selector.xpath("//meta[@property='og:title']/@content").get() or "").split())
    first, *rest = [part.strip() for part in PARTS_OF_TITLE.split(title) if part.strip()] or [""]
    return said or first, site or (rest[-1] if rest else "")


def organisation_of(address: str) -> str:
    """The slug of the organisation that a GOV.UK address is about, "" where it is about none."""
    parts = urlsplit(address)
    found = re.match(r"/government/organisations/([a-z0-9-]+)", parts.path)
    if found:
        return found[1]
    query = parse_qs(parts.query)
    named = query.get("organisations[]") or query.get("organisations") or [""]
    return named[0] if re.fullmatch(r"[a-z0-9-]+", named[0]) and named[0] != "all" else ""
