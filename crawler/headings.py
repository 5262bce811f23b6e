"""Links of a page with the heading that each stands under, and which headings are known to mean a sector.

Headings are h1 to h6, dt, summary, role=heading, and a line (a paragraph, a list item, a table cell, bold words) whose
whole text is a known heading. What a heading is known by is its words: capitals, dashes, "&" or "/" for "and",
punctuation and what stands in brackets make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml.etree import _Element, iterwalk
from scrapy.http import TextResponse

from config.model import Sector
from crawler import links
from crawler.beside import item_of, item_text

LONGEST_HEADING = 200
LONGEST_SUMMARY = 500
# A line that is a known heading stands below h3 and above h4; a further one takes its place.
LEVEL_OF_LINE = 3.5
LINES = frozenset({"p", "li", "td", "th", "div", "strong", "b", "button", "legend", "caption"})
BOLD = frozenset({"strong", "b"})
# Outside a page's matter, with all that they enclose.
PASSED_OVER = frozenset({"nav", "footer", "aside", "script", "style", "template", "noscript"})
LEVELS = {f"h{level}": float(level) for level in range(1, 7)}
# What a blog says of a post, and who wrote a comment, are no resources: the values of `rel` that say so.
IDLE_RELATIONS = frozenset({"tag", "category", "author", "ugc"})


@dataclass(frozen=True)
class Heading:
    """A heading as the page writes it, and the ids of the sectors that it means.

    `known` says that it was looked up and found, be it that it means none.
    """

    text: str = ""
    sectors: tuple[str, ...] = ()
    known: bool = False


@dataclass(frozen=True)
class Listed:
    """A link of a reading list, the headings that it stands under, and the text of its list item or paragraph."""

    link: links.Link
    headings: tuple[Heading, ...]
    summary: str


@dataclass(frozen=True)
class _Open:
    """A heading in whose part of the page we are. The part ends with `scope`, or where a heading as high begins."""

    heading: Heading
    level: float
    scope: _Element | None


def plain_heading(text: str) -> str:
    """What a heading is known by: its words in lower case, without "and", and without a number before them."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"^\s*\d{1,2}[.):]\s+(?=\D)", "", text)
    return " ".join(word for word in re.findall(r"\w+", re.sub(r"['’]", "", text)) if word != "and")


class Headings:
    """The known headings: those of the sectors, and `own` ones ("" for a heading that means no sector)."""

    def __init__(self, sectors: Iterable[Sector], own: Mapping[str, str]):
        by_id = {sector.id: sector for sector in sectors}
        self.within = {sector.id: sector.within for sector in by_id.values() if sector.within}
        self._known: dict[str, tuple[str, ...]] = {}
        for form in (_whole, _parts):  # a whole heading goes before a part of another
            for sector in by_id.values():
                for text in form(sector.heading):
                    self._known.setdefault(plain_heading(text), self._with_parents(sector.id))
        for text, identifier in own.items():
            self._known[plain_heading(text)] = self._with_parents(identifier) if identifier else ()

    def find(self, text: str) -> Heading:
        """The heading that `text` is."""
        text = " ".join(text.split())[:LONGEST_HEADING]
        for form in (text, re.sub(r"[(\[][^()\[\]]*[)\]]", " ", text)):
            plain = plain_heading(form)
            if plain in self._known:
                return Heading(text, self._known[plain], True)
        return Heading(text)

    def _with_parents(self, identifier: str) -> tuple[str, ...]:
        """A sector, then those that it is part of: what stands under "Seven day services" is of whole systems too."""
        found = [identifier]
        while (parent := self.within.get(found[-1])) and parent not in found:
            found.append(parent)
        return tuple(found)


def _whole(heading: str) -> list[str]:
    return [heading, re.sub(r"[(\[][^()\[\]]*[)\]]", " ", heading)]


def _parts(heading: str) -> list[str]:
    """The names that a heading joins: "Residential care services / Care Homes" is known by either."""
    return re.split(r"\s*/\s*", _whole(heading)[1]) if "/" in heading else []


def listed_links(response: TextResponse, headings: Headings) -> list[Listed]:
    """The links of a page's matter to other pages and files, each address once with all headings that it is under.

    Navigation, pagers, links within the page, to the site's front page, and what every site has (sharing, cookies)
    are left out.
    """
    base = links.base_of(response)
    own = {links.same_page(response.url), links.same_page(urljoin(response.url, "/"))}
    anchors = {anchor.root: anchor for anchor in links.main_anchors(response)}
    found: dict[str, Listed] = {}
    texts: dict[_Element, str] = {}
    for element, heading in _walked(response.selector.root, headings):
        link = links.link_of(anchors[element], base) if element in anchors else None
        if link is None or links.same_page(link.address) in own or _is_idle(element, link):
            continue
        item = item_of(element)
        if item is not None and item not in texts:  # many links may stand in one paragraph
            texts[item] = item_text(item, LONGEST_SUMMARY)
        summary = texts[item] if item is not None else ""
        one = Listed(link, (heading,), "" if summary == link.text else summary)
        found[link.address] = _joined(found.get(link.address, one), one)
    return list(found.values())


def _is_idle(anchor: _Element, link: links.Link) -> bool:
    relations = frozenset((anchor.get("rel") or "").lower().split())
    return links.is_pager(link) or (links.is_furniture(link) and not link.is_file) or bool(relations & IDLE_RELATIONS)


def _joined(one: Listed, other: Listed) -> Listed:
    """Two links to the same address as one: all their headings, the longer text and the longer summary."""
    return Listed(
        max(one.link, other.link, key=lambda link: len(link.text)),
        tuple(dict.fromkeys((*one.headings, *other.headings))),
        max(one.summary, other.summary, key=len),
    )


def _walked(root: _Element, headings: Headings) -> Iterator[tuple[_Element, Heading]]:
    """Each anchor of a page in its order, with the heading that it stands under."""
    opened: list[_Open] = []
    inside: _Element | None = None  # the heading in which we are: bold words in it are no line of their own
    walk = iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            inside = None if element is inside else inside
            opened = [one for one in opened if one.scope is not element]
        elif element.tag in PASSED_OVER or _is_site_header(element):
            walk.skip_subtree()
        elif element.tag == "a" and element.get("href") is not None:
            yield element, _stands_under(opened)
        elif inside is None and (new := _heading_at(element, headings)) is not None:
            inside = element
            # Headings in an enclosing part stay: the summary of a <details> ends none outside it.
            opened = [one for one in opened if one.scope is not new.scope or one.level < new.level]
            opened.append(new)


def _is_site_header(element: _Element) -> bool:
    if element.tag != "header":
        return False
    return not any(parent.tag in ("main", "article") for parent in element.iterancestors())


def _stands_under(opened: Sequence[_Open]) -> Heading:
    """The innermost known heading; where none is known, the innermost one."""
    known = [one.heading for one in opened if one.heading.known]
    return known[-1] if known else opened[-1].heading if opened else Heading()


def _heading_at(element: _Element, headings: Headings) -> _Open | None:
    """The heading that an element is, None where it is none."""
    level = LEVELS.get(element.tag) or _level_of_role(element)
    part = {"summary": "details", "dt": "dl"}.get(element.tag)
    if level is None and part is None and element.tag not in LINES:
        return None
    sublist = next((child for child in element if child.tag in ("ul", "ol")), None) if element.tag == "li" else None
    text = _short_text(element, before=sublist)
    if not text:
        return None
    heading = headings.find(text)
    enclosing = [parent for parent in element.iterancestors() if parent.tag in ("details", "dl")]
    if part is not None:
        own = next((parent for parent in enclosing if parent.tag == part), None)
        return _Open(heading, 0.0, own)
    scope = enclosing[0] if enclosing else None
    if level is not None:
        return _Open(heading, level, scope)
    if not heading.known or not (sublist is not None or _is_line(element)):
        return None
    return _Open(heading, LEVEL_OF_LINE, scope if sublist is None else element)


def _level_of_role(element: _Element) -> float | None:
    if element.get("role") != "heading":
        return None
    level = element.get("aria-level") or ""
    return float(level) if level.isdecimal() else 2.0  # WAI-ARIA 1.2 gives 2 where it is left out


def _is_line(element: _Element) -> bool:
    """Whether an element with the words of a heading stands alone in its line and leads nowhere."""
    if element.xpath("boolean(.//a[@href] | ancestor::a[@href])"):
        return False
    if element.tag not in BOLD:
        return True
    before, after, parent = element.getprevious(), element.getnext(), element.getparent()
    words_before = (parent.text if parent is not None else "") if before is None else before.tail
    return (
        not (words_before or "").strip(" \t\r\n\xa0•·-–—")
        and not (element.tail or "").strip(" \t\r\n\xa0:")
        and (before is None or before.tag == "br")
        and (after is None or after.tag == "br")
    )


def _short_text(element: _Element, before: _Element | None = None) -> str:
    """The text of an element (what stands ahead of `before` in it), "" where it is longer than a heading is."""
    pieces, length = [], 0
    for piece in _texts(element, before):
        pieces.append(piece)
        length += len(piece) + 1  # so that a page of empty elements ends too
        if length > 2 * LONGEST_HEADING:
            return ""
    return " ".join("".join(pieces).split())


def _texts(element: _Element, before: _Element | None) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child is before:
            return
        if isinstance(child.tag, str):
            yield from map(str, child.itertext())
        yield child.tail or ""
