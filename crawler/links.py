"""Links of a web page, told apart by what they say and where they lead, never by a site's class names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from parsel import Selector
from scrapy.http import TextResponse
from w3lib.url import safe_url_string

FILE_SUFFIXES = (
    ".pdf", ".doc", ".docx", ".dot", ".dotx", ".docm", ".rtf", ".odt", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods",
    ".csv", ".ppt", ".pptx", ".pps", ".ppsx", ".odp",
)  # fmt: skip
OTHER_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp", ".ico", ".css", ".js", ".mp3", ".mp4", ".mov", ".avi", ".wmv",
    ".webm", ".ics", ".vcf", ".xml", ".json", ".rss", ".atom", ".woff", ".woff2", ".exe", ".dmg",
)  # fmt: skip
FILE_TYPES = re.compile(r"^application/(?:pdf|msword|rtf|vnd\.(?:ms-|openxmlformats|oasis))|^text/csv", re.IGNORECASE)
FILE_PATH = re.compile(r"/(?:downloads?|download[_-]files?|getfile|file-download|documents?/s\d+)/", re.IGNORECASE)
FORMATS = r"(?:pdf|word|docx?|excel|xlsx?|powerpoint|pptx?|odt|ods|rtf|csv)"
FILE_TEXT = re.compile(
    rf"^\W*download\b|\({FORMATS}\b|\b{FORMATS}\W*\d[\d.,]*\s*[km]b\b|\.{FORMATS}$|[\[(]\s*{FORMATS}\s*[\])]"
    r"|^\W*(?:read|view|open|see|get)\s+the\s+(?:full\s+)?(?:report|paper|document|guideline|guidance|policy|strategy|"
    r"briefing|publication|review|plan|minutes|agenda)s?\b|^\W*full\s+(?:report|paper|document|text)\b",
    re.IGNORECASE,
)
NEXT_TEXT = re.compile(
    r"^\W*(?:next(?:\s+page)?|older(?:\s+(?:posts|entries|items))?|load\s+more|show\s+more|more\s+results|view\s+more)\W*$"
    r"|^[›»→>]{1,2}$",
    re.IGNORECASE,
)
PAGER_TEXT = re.compile(
    r"^\W*(?:page\s+)?\d{1,4}\W*$|^\W*(?:prev(?:ious)?(?:\s+page)?|newer(?:\s+posts)?|first|last)(?:\s+page)?\W*$"
    r"|^\W*(?:back to top|skip to (?:main )?content|home)\W*$",
    re.IGNORECASE,
)

# The part of a page that is about its matter: <main> where there is one, and not its navigation.
_OUTSIDE = "ancestor::nav or ancestor::footer or (ancestor::header and not(ancestor::main or ancestor::article))"
_MAIN = f"//main//a[@href][not({_OUTSIDE})] | //*[@role='main']//a[@href][not({_OUTSIDE})]"
_BODY = f"//a[@href][not({_OUTSIDE} or ancestor::aside)]"
_ANYWHERE = f"//a[@href][not({_OUTSIDE})]"


@dataclass(frozen=True)
class Link:
    """A link with an absolute http(s) address without fragment. `is_file` says that it looks like a file's."""

    address: str
    text: str
    is_file: bool


def main_links(response: TextResponse, base: str | None = None) -> list[Link]:
    """The links of a page's matter in their order, each address once, pagers left out.

    `base` is the address against which relative links are read, for a copy from a web archive its original address.
    """
    selector = response.selector
    anchors = selector.xpath(_MAIN) or selector.xpath(_BODY)
    links = [link for anchor in anchors if (link := _link(anchor, base or _base(response))) is not None]
    return _once(link for link in links if not PAGER_TEXT.match(link.text) and not NEXT_TEXT.match(link.text))


def file_links(response: TextResponse, base: str | None = None) -> list[Link]:
    """The links of a page that look like files, those in a side bar too, in their order."""
    anchors = response.selector.xpath(_ANYWHERE)
    links = (_link(anchor, base or _base(response)) for anchor in anchors)
    return _once(link for link in links if link is not None and link.is_file)


def next_page(response: TextResponse) -> str | None:
    """The address of a listing's next page, by rel=next or else by the text of its link; None on the last."""
    selector = response.selector
    for href in selector.xpath("//*[self::a or self::link][contains(concat(' ', @rel, ' '), ' next ')]/@href").getall():
        return absolute(href, _base(response))
    for anchor in selector.xpath("//a[@href]"):
        text = " ".join(anchor.xpath("string()").get("").split()) or anchor.attrib.get("aria-label", "")
        if NEXT_TEXT.match(text):
            return absolute(anchor.attrib["href"], _base(response))
    return None


def feed_addresses(response: TextResponse) -> list[str]:
    """The feeds that a page names in its head (RSS or Atom autodiscovery)."""
    found = response.selector.xpath(
        "//link[contains(@rel, 'alternate')][@type='application/rss+xml' or @type='application/atom+xml']/@href"
    ).getall()
    return [address for href in found if (address := absolute(href, _base(response))) is not None]


def page_title(response: TextResponse) -> str:
    """The first heading of a page, else its title."""
    selector = response.selector
    for path in ("//main//h1", "//h1", "//title"):
        text: str = selector.xpath(f"normalize-space(({path})[1])").get() or ""
        if text:
            return text
    return ""


def looks_like_file(address: str) -> bool:
    """Whether an address alone says that a file lies there."""
    try:
        path = unquote(urlsplit(address).path).lower().rstrip("/")
    except ValueError:
        return False
    return path.endswith(FILE_SUFFIXES) or bool(FILE_PATH.search(path + "/"))


def _link(anchor: Selector, base: str) -> Link | None:
    attributes = anchor.attrib
    address = absolute(attributes["href"], base)
    if address is None or unquote(urlsplit(address).path).lower().endswith(OTHER_SUFFIXES):
        return None
    text = " ".join(str(anchor.xpath("string()").get("")).split())
    text = text or " ".join((attributes.get("title") or attributes.get("aria-label") or "").split())
    is_file = (
        looks_like_file(address)
        or bool(FILE_TYPES.match(attributes.get("type", "")))
        or "download" in attributes
        or bool(FILE_TEXT.search(text))
    )
    return Link(address, text[:500], is_file)


def absolute(href: str, base: str) -> str | None:
    """The absolute http(s) address of `href` without fragment, None for mailto:, javascript: and what is no address."""
    href = href.strip()
    try:
        address = urldefrag(safe_url_string(urljoin(base, href))).url
        parts = urlsplit(address)
        _ = parts.port  # raises ValueError for a port that is no number
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname else None


def _base(response: TextResponse) -> str:
    href: str | None = response.selector.xpath("//head/base/@href").get()
    return urljoin(response.url, href) if href else response.url


def _once(links: Iterable[Link]) -> list[Link]:
    """Each address once, with the longest text of its links (a picture and a title often link to the same place)."""
    best: dict[str, Link] = {}
    for link in links:
        have = best.get(link.address)
        if have is None:
            best[link.address] = link
        elif len(link.text) > len(have.text) or (link.is_file and not have.is_file):
            longer = link.text if len(link.text) > len(have.text) else have.text
            best[link.address] = Link(link.address, longer, link.is_file or have.is_file)
    return list(best.values())
