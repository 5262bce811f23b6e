"""Links of a web page, told apart by what they say and where they lead, never by a site's class names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

from lxml.etree import _Element
from parsel import Selector
from scrapy.http import TextResponse
from w3lib.url import safe_url_string

from crawler.beside import date_in, text_beside

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
    r"briefing|publication|review|plan|minutes|agenda)s?\b|^\W*full\s+(?:report|paper|document|text)\b"
    r"|^\W*(?:read|view|open|see|get|access)\s+(?:(?:the|this|our|full|complete)\s+){0,3}(?:pdf|document|file|report|paper|"
    r"guideline|guidance|policy|strategy|briefing|publication|review|plan|attachment)\W*$"
    r"|^\W*(?:pdf|document|attachment)(?:\s+(?:file|version|document))?\W*$",
    re.IGNORECASE,
)
# Headings over what a page recommends beside its own matter. "Related documents" are its own more often than not.
RELATED_HEADING = re.compile(
    r"""\W* (?: related (?:\ (?:publications?|reports?|papers?|pages?|content|articles?|news|posts?|stories|reading))?
    | see\ also | further\ reading | (?:more|others?)\ like\ this | other\ (?:publications|reports|papers)
    | you\ (?:may|might)\ (?:also\ )?(?:like|be\ interested\ in) (?:\ (?:this|these))? ) \W*""",
    re.IGNORECASE | re.VERBOSE,
)
LEAST_WORDS_OF_TITLE = 2  # fewer may be the name of a section of the site
_ENTRIES = (
    r"(?:publications?|documents?|results?|items?|entries|posts?|articles?|reports?|papers?|resources?|news|pages?)"
)
NEXT_TEXT = re.compile(
    rf"^\W*(?:next(?:\s+(?:page|\d+))?(?:\s+(?:of\s+)?{_ENTRIES})?|go\s+to\s+(?:the\s+)?next\s+page"
    rf"|older(?:\s+{_ENTRIES})?|load\s+more(?:\s+{_ENTRIES})?)\W*$"
    r"|^[›»→>]{1,2}$",
    re.IGNORECASE,
)
# These lead on in a listing, or from each of its entries to the entry: the address tells.
MORE_TEXT = re.compile(rf"^\W*(?:(?:show|view|see)\s+more|more)(?:\s+{_ENTRIES})?\W*$", re.IGNORECASE)
NUMBER_TEXT = re.compile(r"^\W*(?:(?:go\s+to\s+)?page\s+)?(\d{1,3})\W*$", re.IGNORECASE)
PAGER_TEXT = re.compile(
    r"""\W* (?: (?:go\s+to\s+)? (?:page\s+)? \d{1,3}
    | (?: prev(?:ious)? | newer | first | last ) (?: \s+(?:page|posts) )?
    | (?: back\s+to | return\s+to | to )\s+(?:the\s+)?top | top (?: \s+of\s+(?:the\s+)?page )?
    | skip\s+to\s+(?:main\s+)?content | home ) \W*""",
    re.IGNORECASE | re.VERBOSE,
)
# Whole texts of links that every site has and that lead to no publication.
FURNITURE_TEXT = re.compile(
    r"""\W* (?: contact(?:\ us)? | privacy(?:\ (?:policy|notice|statement))? | accessibility(?:\ statement)?
    | cookies?(?:\ (?:policy|settings|preferences|notice))? | terms(?:\ (?:and|&)\ conditions|\ of\ use)? | site\ ?map
    | (?:log|sign)\ ?(?:in|on|out|up) | register | (?:un)?subscribe | print(?:\ this\ page)? | email\ this(?:\ page)?
    | share(?:\ this(?:\ page)?)?(?:\ (?:on|via|by)\ .{1,30})? | tweet(?:\ this)? | follow\ us(?:\ on\ .{1,30})?
    | feedback | search | menu | close | disclaimer | copyright
    | (?:leave|post|add)\ a\ (?:comment|reply) | reply | (?:no\ |\d+\ )?comments?
    | learn\ how\ your\ comment\ data\ is\ processed ) \W*""",
    re.IGNORECASE | re.VERBOSE,
)
# Addresses that pass a page on, answer a comment or log in: sharing buttons carry all kinds of text, or none.
FURNITURE_ADDRESS = re.compile(
    r"""[?&](?:share|replytocom)= | /wp-login\.php | //(?:[\w-]+\.)*
    (?: facebook\.com/(?:sharer|share|dialog) | (?:twitter|x)\.com/(?:intent|share|home) | reddit\.com/submit
    | linkedin\.com/(?:shareArticle|sharing|cws/share) | pinterest\.[\w.]+/pin/create | tumblr\.com/(?:share|widgets)
    | api\.whatsapp\.com/send | wa\.me/ | t\.me/share | getpocket\.com/(?:save|edit) | plus\.google\.com/share
    | addtoany\.com/ | addthis\.com/ | akismet\.com/privacy )""",
    re.IGNORECASE | re.VERBOSE,
)
# A page of a listing by its address.
_NUMBERED_PATH = re.compile(r"/page/(\d{1,4})/?$", re.IGNORECASE)

# The part of a page that is about its matter: <main> where there is one, and not its navigation.
_OUTSIDE = "ancestor::nav or ancestor::footer or (ancestor::header and not(ancestor::main or ancestor::article))"
_MAIN = f"//main//a[@href][not({_OUTSIDE})] | //*[@role='main']//a[@href][not({_OUTSIDE})]"
_BODY = f"//a[@href][not({_OUTSIDE} or ancestor::aside)]"
_ANYWHERE = f"//a[@href][not({_OUTSIDE})]"


@dataclass(frozen=True)
class Link:
    """A link with an absolute http(s) address without fragment. `is_file` says that it looks like a file's.

    `beside` is the text round it in its list item, row, paragraph or card: at most 200 characters.
    """

    address: str
    text: str
    is_file: bool
    beside: str = ""


def main_links(response: TextResponse, base: str | None = None) -> list[Link]:
    """The links of a page's matter in their order, each address once; pagers and what every site has are left out.

    `base` is the address against which relative links are read, for a copy from a web archive its original address.
    """
    base = base or base_of(response)
    found = [link for anchor in main_anchors(response) if (link := link_of(anchor, base))]
    return _once(link for link in found if not is_pager(link) and (link.is_file or not is_furniture(link)))


def main_anchors(response: TextResponse) -> list[Selector]:
    """The anchors of a page's matter: of <main> where there is one, and not of its navigation."""
    return list(response.selector.xpath(_MAIN) or response.selector.xpath(_BODY))


def file_links(response: TextResponse, base: str | None = None, *, lists: bool = False) -> list[Link]:
    """The links of a page that look like files, those in a side bar too, in their order.

    `lists` says that the page lists publications, and is not one of them. Else those under a heading as "Related
    reports" are passed over beside others, and where none looks like a file, a link within the page's matter that says
    the page's own title and leads elsewhere on its site is taken for one: only the bytes can tell.
    """
    base = base or base_of(response)
    found = [(anchor, link_of(anchor, base)) for anchor in response.selector.xpath(_ANYWHERE)]
    files = [(anchor.root, link) for anchor, link in found if link is not None and link.is_file]
    if lists:
        return _once(link for _, link in files)
    if not files:
        return _once(replace(link, is_file=True) for link in _named_as_the_page(response, base))
    related = _related_anchors(response.selector.root)
    return _once(link for root, link in files if root not in related) or _once(link for _, link in files)


def _named_as_the_page(response: TextResponse, base: str) -> Iterator[Link]:
    """Links that say the page's own title; not those in a heading, to this page, or to a folder that it lies in."""
    title = _plain_words(page_title(response))
    if len(title) < LEAST_WORDS_OF_TITLE:
        return
    here = urlsplit(base)
    for anchor in main_anchors(response):
        if _plain_words(_text(anchor)) != title or anchor.xpath("ancestor::*[self::h1 or self::h2]"):
            continue
        link = link_of(anchor, base)
        parts = urlsplit(link.address) if link is not None else here
        one_site = (parts.hostname or "").removeprefix("www.") == (here.hostname or "").removeprefix("www.")
        if link is not None and one_site and not f"{here.path.rstrip('/')}/".startswith(f"{parts.path.rstrip('/')}/"):
            yield link


def _plain_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _related_anchors(root: _Element) -> frozenset[_Element]:
    """The anchors that stand under a heading of what a page recommends, until the next heading as high."""
    found, level = [], 0
    for element in root.iter("a", "h1", "h2", "h3", "h4", "h5", "h6"):
        if element.tag == "a":
            if level:
                found.append(element)
        elif not level or int(element.tag[1]) <= level:
            words = "".join(map(str, islice(element.itertext(), 20)))
            level = int(element.tag[1]) if RELATED_HEADING.fullmatch(" ".join(words[:100].split())) else 0
    return frozenset(found)


def is_pager(link: Link) -> bool:
    """Whether a link leads about in a listing or a page: to a number, the next, the top."""
    return bool(PAGER_TEXT.fullmatch(link.text) or NEXT_TEXT.match(link.text))


def is_furniture(link: Link) -> bool:
    """Whether a link is one that every site has (contact, cookies, sharing) and that leads to no publication."""
    return bool(FURNITURE_TEXT.fullmatch(link.text) or FURNITURE_ADDRESS.search(link.address))


def date_beside(link: Link) -> str:
    """The date that plainly stands beside a link, ISO 8601 cut to its precision, "" when there is none."""
    return date_in(link.beside)


def next_page(response: TextResponse) -> str | None:
    """The address of a listing's next page: by rel=next, else by the text of its link, else the number after the
    current one; None on the last.
    """
    selector, base, here = response.selector, base_of(response), same_page(response.url)
    for href in selector.xpath("//*[self::a or self::link][contains(concat(' ', @rel, ' '), ' next ')]/@href").getall():
        address = absolute(href, base)
        if address is not None and same_page(address) != here:
            return address
    more: dict[str, str] = {}
    anchors = [(anchor, _text(anchor)) for anchor in selector.xpath("//a[@href]")]
    for anchor, text in anchors:
        if not NEXT_TEXT.match(text) and not MORE_TEXT.match(text):
            continue
        address = absolute(anchor.attrib["href"], base)
        if address is None or same_page(address) == here:
            continue  # a button of a script, or of a slide show
        if NEXT_TEXT.match(text):
            return address
        if page_number(address, response.url) is not None:
            more.setdefault(same_page(address), address)
    by_number = _next_number(response, anchors, base)
    return next(iter(more.values())) if by_number is None and len(more) == 1 else by_number


def page_number(address: str, first: str) -> int | None:
    """Which page of the listing that begins at `first` an address is, None when it is of another listing.

    An address is of a listing when it only adds /page/N, or a number in its query.
    """
    one, other = urlsplit(first), urlsplit(address)
    if (one.hostname or "").removeprefix("www.") != (other.hostname or "").removeprefix("www."):
        return None
    in_path = _NUMBERED_PATH.search(other.path)
    bare = [_NUMBERED_PATH.sub("", parts.path).rstrip("/") for parts in (one, other)]
    if bare[0] != bare[1]:
        return None
    own, asked = dict(parse_qsl(one.query)), dict(parse_qsl(other.query))
    changed = {name: value for name, value in asked.items() if own.get(name) != value}
    if in_path:
        return int(in_path[1]) if not changed else None
    if len(changed) != 1 or not own.keys() <= asked.keys():
        return 1 if not changed and own.keys() == asked.keys() else None
    value = next(iter(changed.values()))
    return int(value) if value.isdecimal() and len(value) < 7 else None


def _next_number(response: TextResponse, anchors: Sequence[tuple[Selector, str]], base: str) -> str | None:
    """The address behind the number after the current one in a pager of bare numbers."""
    pages: dict[int, str] = {}
    current = None
    for anchor, text in anchors:
        match = NUMBER_TEXT.match(text)
        address = absolute(anchor.attrib["href"], base) if match else None
        if match is None or address is None or page_number(address, response.url) is None:
            continue
        number = int(match[1])
        pages.setdefault(number, address)
        if "aria-current" in anchor.attrib or same_page(address) == same_page(response.url):
            current = number
    if not pages:
        return None
    if current is None:
        current = _number_without_link(response, pages)
    return pages.get(current + 1)


def _number_without_link(response: TextResponse, pages: dict[int, str]) -> int:
    """The current page's number, where the pager shows it as plain text; else the number that its links leave out."""
    base, addresses = base_of(response), set(pages.values())
    for anchor in response.selector.xpath("//a[@href]"):
        if absolute(anchor.attrib["href"], base) not in addresses:
            continue
        pager = anchor.xpath("ancestor::*[count(.//a[@href]) > 1 or self::nav or self::ul][1]")
        for text in pager.xpath(".//text()[not(ancestor::a[@href])]").getall():
            match = NUMBER_TEXT.match(text.strip())
            if match and int(match[1]) not in pages:
                return int(match[1])
        break
    missing = [number for number in range(1, max(pages)) if number not in pages and number + 1 in pages]
    between = [number for number in missing if number == 1 or number - 1 in pages]
    return min(between or missing, default=0)


def feed_addresses(response: TextResponse) -> list[str]:
    """The feeds that a page names in its head (RSS or Atom autodiscovery)."""
    found = response.selector.xpath(
        "//link[contains(@rel, 'alternate')][@type='application/rss+xml' or @type='application/atom+xml']/@href"
    ).getall()
    return [address for href in found if (address := absolute(href, base_of(response))) is not None]


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


def link_of(anchor: Selector, base: str) -> Link | None:
    """The link that an anchor makes, None where it leads to no web page or file (mail, script, picture)."""
    attributes = anchor.attrib
    address = absolute(attributes["href"], base)
    if address is None or unquote(urlsplit(address).path).lower().endswith(OTHER_SUFFIXES):
        return None
    text = _text(anchor)
    is_file = (
        looks_like_file(address)
        or bool(FILE_TYPES.match(attributes.get("type", "")))
        or "download" in attributes
        or bool(FILE_TEXT.search(text))
    )
    return Link(address, text[:500], is_file, text_beside(anchor.root))


def _text(anchor: Selector) -> str:
    text = " ".join(str(anchor.xpath("string()").get("")).split())
    return text or " ".join((anchor.attrib.get("title") or anchor.attrib.get("aria-label") or "").split())


def same_page(address: str) -> str:
    """An address without what leads to the same page: scheme, "www.", a closing slash, the order of its query."""
    parts = urlsplit(address)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return f"{(parts.hostname or '').removeprefix('www.')}:{parts.port or ''}{parts.path.rstrip('/')}?{query}"


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


def base_of(response: TextResponse) -> str:
    """The address against which a page's relative links are read."""
    href: str | None = response.selector.xpath("//head/base/@href").get()
    return (absolute(href, response.url) if href else None) or response.url


def _once(links: Iterable[Link]) -> list[Link]:
    """Each address once, with the longest text of its links (a picture and a title often link to the same place)."""
    best: dict[str, Link] = {}
    for link in links:
        have = best.get(link.address)
        if have is None:
            best[link.address] = link
        else:
            longer = link if len(link.text) > len(have.text) else have
            best[link.address] = replace(
                longer, is_file=link.is_file or have.is_file, beside=longer.beside or link.beside or have.beside
            )
    return list(best.values())
