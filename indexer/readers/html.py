"""Web pages: the main text paragraph by paragraph, and what the page says of itself."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag, XMLParsedAsHTMLWarning
from bs4.element import NavigableString

from indexer.dates import dates_in, is_review, parse_date
from indexer.readers.plain import decoded
from indexer.reading import Candidate, Reading, Task, TextState
from indexer.text import clean, one_line

DECLARED = re.compile(rb"""<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
BLOCKS = frozenset(
    """
    address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr legend li main nav ol option p pre section summary table tbody tfoot thead tr ul
    """.split()  # noqa: SIM905 - a list of 41 quoted words reads worse
)
CELLS = frozenset(("td", "th"))
# Never part of what a page says.
SILENT = frozenset(
    """
    audio button canvas embed head iframe input math noscript object script select style svg template textarea video
    """.split()  # noqa: SIM905 - see above
)
# Not part of the main text, wherever they stand; header and footer only outside of <main> and <article>.
ASIDE = frozenset(("nav", "aside"))
FRAME = frozenset(("header", "footer"))
ROLES = frozenset(("navigation", "search", "dialog", "alertdialog"))
FRAME_ROLES = frozenset(("banner", "contentinfo", "complementary"))
COOKIE = re.compile(r"(?:^|[\s_-])(?:cookie|gdpr-?banner|ccc-)", re.IGNORECASE)
DATE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:date|published|publication-date|pub-?date|posted-on|dateline)(?:$|[\s_-])", re.IGNORECASE
)
CHANGED = re.compile(r"\b(?:up-?dated?|modified|changed|amended|revised)\b", re.IGNORECASE)
PUBLISHED = re.compile(
    r"^\W*(?:date\s+)?(?:first\s+)?(?:published|publication\s+date|publish\s+date|issued|date\s+of\s+issue|released)\b",
    re.IGNORECASE,
)
SITE_PARTS = re.compile(r"\s+(?:\||-|–|—|::|»|·)\s+")

# Names and properties of meta elements, in lower case.
ISSUED_NAMES = frozenset(
    (
        "article:published_time", "og:article:published_time", "govuk:first-published-at", "dc.date", "dc.date.issued",
        "dc.issued", "dcterms.issued", "dcterms.date", "dcterms.available", "citation_publication_date",
        "citation_date", "citation_online_date", "datepublished", "pubdate", "publish-date", "publication_date",
    )
)  # fmt: skip
CHANGED_NAMES = frozenset(
    (
        "article:modified_time", "og:updated_time", "dc.date.modified", "dcterms.modified", "datemodified",
        "last-modified", "govuk:updated-at",
    )
)  # fmt: skip
PUBLISHER_NAMES = {"citation_publisher": 0.8, "dcterms.publisher": 0.8, "dc.publisher": 0.8, "og:site_name": 0.7}
# JSON-LD things that stand beside a publication and have names of their own.
OTHER_THINGS = re.compile(
    r"Organi[sz]ation|Person|WebSite|BreadcrumbList|ListItem|ImageObject|SearchAction|Place|PostalAddress|ContactPoint|SiteNavigation"
    r"|Event|Corporation|Hospital|Action|Comment"
)
FIRST_LINES = 6
MANY_WORDS = 40
LONGEST_LINE = 120


def read(path: Path, _task: Task) -> Reading:
    """Read a web page: one page of main text, and the candidates that its head and body give."""
    body = path.read_bytes()
    declared = DECLARED.search(body[:4096])
    markup = decoded(body, declared[1].decode("ascii", "replace") if declared else "").replace("\x00", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is what many of these pages are
        soup = BeautifulSoup(markup, "lxml")
    things = list(_json_ld(soup))
    metas = _metas(soup)
    main, framed = _main(soup)
    text = _text(main, framed)
    return Reading(
        state=TextState.READ,
        reader="html",
        pages=(text,),
        titles=tuple(_titles(soup, main, metas, things)),
        dates=tuple(_dates(main, metas, things, text)),
        publishers=tuple(_publishers(metas, things)),
        headings=tuple(_headings(main, framed)),
        summary=_summary(metas, main, framed),
        language=_language(soup),
    )


# the main text


def _main(soup: BeautifulSoup) -> tuple[Tag, bool]:
    """The element that holds the main text, and whether page furniture round it has to be left out."""
    body = soup.body if isinstance(soup.body, Tag) else soup
    around = len(_text(body, True).split())
    for found in (soup.find("main"), soup.find(role="main"), _article(soup)):
        words = len(_text(found, False).split()) if isinstance(found, Tag) else 0
        # Some sites mark a bar of buttons as main: with few words it has to hold a fair part of them all.
        if isinstance(found, Tag) and (words > MANY_WORDS or words * 10 > around):
            return found, False
    return body, True


def _article(soup: BeautifulSoup) -> Tag | None:
    """The page's one article, or the one with the first heading: several without are a list of teasers."""
    articles = [article for article in soup.find_all("article") if article.find_parent("article") is None]
    with_heading = [article for article in articles if article.find("h1")]
    chosen = with_heading[:1] or (articles if len(articles) == 1 else [])
    return chosen[0] if chosen else None


def _left_out(tag: Tag, framed: bool) -> bool:
    if tag.name in SILENT or tag.name in ASIDE or (framed and tag.name in FRAME):
        return True
    if tag.name == "form":
        # ASP.NET puts the whole page into one form.
        return tag.find(["p", "h1", "h2", "main", "article", "table"]) is None
    role = str(tag.get("role", ""))
    if role in ROLES or (framed and role in FRAME_ROLES) or tag.has_attr("hidden"):
        return True
    return tag.name != "body" and bool(COOKIE.search(f"{tag.get('id', '')} {_classes(tag)}"))


def _classes(tag: Tag) -> str:
    return " ".join(str(name) for name in tag.get_attribute_list("class") if name)


def _walk(root: Tag, framed: bool) -> Iterator[tuple[str, Tag | NavigableString]]:
    """What is seen below `root`: ("start", tag), ("text", string) and ("end", tag) in order.

    A stack instead of recursion: twenty thousand nested elements are one hostile page away.
    """
    stack: list[tuple[Tag, Iterator[Any]]] = [(root, iter(root.children))]
    while stack:
        tag, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield "end", tag
        elif isinstance(child, Tag):
            if not _left_out(child, framed):
                yield "start", child
                stack.append((child, iter(child.children)))
        elif type(child) is NavigableString:
            yield "text", child


def _text(root: Tag, framed: bool) -> str:
    parts: list[str] = []
    for event, item in _walk(root, framed):
        if isinstance(item, NavigableString):
            parts.append(re.sub(r"\s+", " ", item))
        elif item.name in CELLS and event == "end":
            parts.append("\t")
        elif item.name in BLOCKS:
            parts.append("\n")
    return re.sub(r"\n\n+", "\n", clean("".join(parts)))


def _said(tag: Tag, limit: int = 0) -> str:
    return one_line(tag.get_text(" "), limit)


def _headings(main: Tag, framed: bool) -> Iterator[str]:
    for event, item in _walk(main, framed):
        if event == "start" and isinstance(item, Tag) and item.name in ("h1", "h2", "h3"):
            yield _said(item, 300)


def _summary(metas: list[tuple[str, str]], main: Tag, framed: bool) -> str:
    for name in ("description", "og:description", "dcterms.description", "dc.description"):
        for found, value in metas:
            if found == name and len(value.split()) > 3:
                return value
    for event, item in _walk(main, framed):
        if (
            event == "start"
            and isinstance(item, Tag)
            and item.name == "p"
            and len((said := _said(item, 600)).split()) > 11
        ):
            return said
    return ""


def _language(soup: BeautifulSoup) -> str:
    html = soup.find("html")
    return str(html.get("lang") or html.get("xml:lang") or "") if isinstance(html, Tag) else ""


# what the head says


def _metas(soup: BeautifulSoup) -> list[tuple[str, str]]:
    """The page's meta elements in order: name (or property) in lower case, and content."""
    return [
        (str(name).lower(), one_line(str(meta["content"])))
        for meta in soup.find_all("meta", content=True)
        if (name := meta.get("property") or meta.get("name") or meta.get("itemprop"))
    ]


def _first(metas: list[tuple[str, str]], name: str) -> str:
    return next((value for found, value in metas if found == name and value), "")


def _json_ld(soup: BeautifulSoup) -> Iterator[dict[str, Any]]:
    """The things that JSON-LD describes, the publication itself only (no organisation, breadcrumb or website)."""
    for script in soup.find_all("script", type=re.compile(r"^\s*application/ld\+json", re.IGNORECASE)):
        try:
            found = json.loads(script.get_text())
        except (ValueError, RecursionError):
            continue
        waiting = found if isinstance(found, list) else [found]
        for thing in waiting:
            graph = thing.get("@graph") if isinstance(thing, dict) else None
            for one in graph if isinstance(graph, list) else [thing]:
                if isinstance(one, dict) and not OTHER_THINGS.search(str(one.get("@type", ""))):
                    yield one


def _titles(
    soup: BeautifulSoup, main: Tag, metas: list[tuple[str, str]], things: list[dict[str, Any]]
) -> Iterator[Candidate]:
    site = _first(metas, "og:site_name")
    heading = main.find("h1") or soup.find("h1")
    if isinstance(heading, Tag):
        said = _said(heading, 300)
        yield Candidate(said, "heading of the page", 0.7 if said.casefold() != site.casefold() else 0.2)
    yield Candidate(_first(metas, "og:title"), "og:title of the page", 0.7)
    for thing in things:
        yield Candidate(_string(thing.get("headline")) or _string(thing.get("name")), "JSON-LD of the page", 0.7)
    for name in ("citation_title", "dcterms.title", "dc.title"):
        yield Candidate(_first(metas, name), f"{name} of the page", 0.7)
    if isinstance(soup.title, Tag):
        yield Candidate(_without_site(_said(soup.title, 300), site), "title of the page", 0.5)


def _without_site(title: str, site: str) -> str:
    """`title` without the site's name in front or behind, which is what stands beyond the last bar or dash."""
    parts = SITE_PARTS.split(title)
    if len(parts) < 2:
        return title
    if site and parts[0].casefold() == site.casefold():
        return title[SITE_PARTS.search(title).end() :]  # type: ignore[union-attr]
    *_, last = SITE_PARTS.finditer(title)
    tail = title[last.end() :]
    of_site = tail.casefold() == site.casefold() or "|" in last.group() or "»" in last.group()
    return title[: last.start()] if of_site or (len(tail.split()) < 7 and not re.search(r"\d", tail)) else title


def _publishers(metas: list[tuple[str, str]], things: list[dict[str, Any]]) -> Iterator[Candidate]:
    for thing in things:
        publisher = thing.get("publisher")
        for one in publisher if isinstance(publisher, list) else [publisher]:
            name = _string(one.get("name")) if isinstance(one, dict) else _string(one)
            yield Candidate(name, "JSON-LD of the page", 0.8)
    for name, sure in PUBLISHER_NAMES.items():
        yield Candidate(_first(metas, name), f"{name} of the page", sure)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


# dates


def _dates(main: Tag, metas: list[tuple[str, str]], things: list[dict[str, Any]], text: str) -> Iterator[Candidate]:
    found = (*_stated_dates(metas, things), *_marked_dates(main), *_written_dates(text))
    for candidate in found:
        date = parse_date(candidate.value)
        if date:
            yield Candidate(date, candidate.origin, candidate.sure)


def _stated_dates(metas: list[tuple[str, str]], things: list[dict[str, Any]]) -> Iterator[Candidate]:
    for thing in things:
        yield Candidate(_string(thing.get("datePublished")), "JSON-LD datePublished", 0.9)
        yield Candidate(_string(thing.get("dateModified")), "JSON-LD dateModified", 0.3)
    for name, value in metas:
        if name in ISSUED_NAMES:
            yield Candidate(value, f"{name} of the page", 0.9)
        elif name in CHANGED_NAMES:
            yield Candidate(value, f"{name} of the page", 0.3)


def _marked_dates(main: Tag) -> Iterator[Candidate]:
    """Dates in <time> and in elements whose class says that they hold one."""
    marked = main.find("time", datetime=True)
    if isinstance(marked, Tag):
        around = _before(marked)
        if not is_review(f"{around} "):
            yield Candidate(str(marked["datetime"]), "time element of the page", 0.3 if CHANGED.search(around) else 0.8)
    for tag in main.find_all(class_=DATE_CLASS, limit=5):
        said = _said(tag)
        classes = _classes(tag)
        if len(said) > LONGEST_LINE or re.search(r"review|expir|event", classes, re.IGNORECASE):
            continue
        yield Candidate(
            said, "date element of the page", 0.3 if CHANGED.search(f"{classes} {said}".replace("_", " ")) else 0.8
        )


def _before(tag: Tag) -> str:
    """The words of the same block that stand right before `tag`."""
    parts = [str(part) if isinstance(part, NavigableString) else part.get_text(" ") for part in tag.previous_siblings]
    classes = _classes(tag)
    return one_line(f"{classes} {' '.join(reversed(parts))}")[-60:]


def _written_dates(text: str) -> Iterator[Candidate]:
    """Lines that say "Published 12 May 2020" or "Last updated …"; a date in the first lines."""
    for number, line in enumerate(text.split("\n")):
        if len(line) > LONGEST_LINE:
            continue
        dates = dates_in(line)
        if dates and PUBLISHED.search(line):
            yield Candidate(dates[0], "written on the page", 0.8)
        elif dates and CHANGED.search(line):
            yield Candidate(dates[0], "last updated, says the page", 0.3)
        elif dates and number < FIRST_LINES:
            yield Candidate(dates[0], "first lines of the page", 0.5)
