"""Meetings of boards and committees: when they are, what their papers are called, and which links lead to them.

What a page says of a paper stands seldom on its link alone ("Agenda"), but on the line, the accordion and the headings
above it. `placed_links` gives each link with all of these; nothing here goes by the class names of a site.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from pydantic import BeforeValidator, Field
from scrapy.http import TextResponse

from crawler import links

# The option `since`: a year, a month or a day. YAML reads 2022 as a number and 2022-04-01 as a date.
Since = Annotated[
    str,
    BeforeValidator(str),
    Field(
        pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$", description="meetings before are passed over: 2022, 2022-04, 2022-04-01"
    ),
]
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
FISCAL_START = 4  # the month in which the financial year of a public body begins

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_YEAR = r"(?P<year>(?:19[89]|20[0-9])[0-9])(?![0-9])"
_SHORT = r"(?P<short>[0-4][0-9])(?![0-9]|\s?(?:[.:][0-9]|am\b|pm\b|st\b|nd\b|rd\b|th\b))"
_DAY = r"(?<![0-9/.:-])(?P<day>[0-3]?[0-9])(?:\s?(?:st|nd|rd|th)\b)?"
_GAP = r"[\s,._/-]{0,3}"
# The earliest match counts; of those that begin at one place, the one that stands higher here.
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![0-9]){_YEAR}-(?P<number>[01][0-9])-(?P<day>[0-3][0-9])(?![0-9])",
        rf"{_DAY}(?:\s+of)?{_GAP}{_MONTH}{_GAP}{_YEAR}",
        rf"{_DAY}(?:\s+of)?{_GAP}{_MONTH}[\s'’-]{{1,2}}{_SHORT}",
        rf"(?<![a-z]){_MONTH}\s+(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?,?\s+{_YEAR}",
        rf"{_DAY}(?P<between>[/.-])(?P<number>[01]?[0-9])(?P=between){_YEAR}",
        rf"{_DAY}(?P<between>[/.])(?P<number>[01]?[0-9])(?P=between)(?P<short>[0-4][0-9])(?![0-9/.])",
        rf"(?<![a-z]){_MONTH}[\s,'’_-]{{1,3}}{_YEAR}",
    )
)
_WITHOUT_YEAR = (
    re.compile(rf"{_DAY}(?:\s+of)?{_GAP}{_MONTH}", re.IGNORECASE),
    re.compile(rf"(?<![a-z]){_MONTH}\s+(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?(?![0-9:.])", re.IGNORECASE),
    # A month alone only where hardly anything stands beside it: "may" is a word too.
    re.compile(rf"^\W*{_MONTH}(?:\W+(?:board|meeting|papers?|public|agenda|minutes|pack|and))*\W*$", re.IGNORECASE),
)
_FISCAL = re.compile(r"(?<![0-9])(?P<first>20[0-9]{2})\s?(?:[/–—_-]|\bto\b|-to-)\s?(?:20)?(?P<last>[0-9]{2})(?![0-9])")
_PLAIN_YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")

# What is said before a paper's name in an agenda, and by ModernGov behind it (", item 5.").
_ITEM_BEFORE = re.compile(
    r"^\W*(?:(?:agenda\s+)?item|enc(?:losure)?)\b\.?\s*(?:no\.?\s*)?[0-9]+(?:\.[0-9]+)*[a-z]{0,2}(?:\s*[.:)–—-]+\s*|\s+)"
    r"|^\W*[0-9]{1,3}(?:\.[0-9]{1,2})*[a-z]?[.):]\s+|^[0-9]{1,2}(?:\.[0-9]{1,2})+\s+(?=(?-i:[A-Z]))|^0[0-9][a-z]?\s+",
    re.IGNORECASE,
)
_ITEM_BEHIND = re.compile(r"\s*,\s*item\s+[0-9]+[\w/.]*(?=\W*(?:$|pdf\b|doc|[\[(]|[0-9]))", re.IGNORECASE)
_FILE_NOTE = re.compile(
    rf"[\s,;:|–—-]*(?:[\[(][^\])]*\b(?:{links.FORMATS}|[kmg]b|opens|new (?:window|tab))\b[^\])]*[\])]"
    rf"|(?:\b{links.FORMATS}\b)?[\s,:–—-]*\b[0-9][0-9.,]*\s*[kmg]b\b|(?<=\w)\s+\(?(?:pdf|docx?)\)?)\s*$",
    re.IGNORECASE,
)
_PAPER = r"(?:agendas?|minutes|papers?|packs?|bundles?|reports?|documents?|notes|slides|presentations?|action log)"
OF_PAPERS = re.compile(rf"\b{_PAPER}\b", re.IGNORECASE)
# Words that name no paper in particular, and those that may stand round them.
_NAMELESS = re.compile(
    rf"\b(?:{_PAPER}|items?|appendix|appendices|annex|part|supplement(?:ary)?|pdf|file|here|download|view|open|link)\b",
    re.IGNORECASE,
)
_ROUND_THEM = re.compile(
    r"\b(?:read|see|click|get|access|the|all|full|our|draft|final|public|confirmed|unconfirmed|approved|ratified|supporting"
    r"|meetings?|board|committee|combined|complete|in|for|and|with|of|[0-9]{1,2}[a-z]?|[a-z])\b|\W+",
    re.IGNORECASE,
)

# Addresses that give a file although no suffix says so: download managers and the systems of NHS sites.
_DOWNLOAD = re.compile(
    r"/download[_-]files?/[^?]*[0-9]|/download\.\w+\?|/(?:getfile|getresource|seecmsfile|mgconvert2pdf)\b|[?&]wpdmdl=[0-9]"
    r"|/documents/[a-z][0-9]+/|[?&](?:assetid|attachment_id|fileid|docid)=",
    re.IGNORECASE,
)
_BODY = r"(?:board|boards|governing bod(?:y|ies)|committees?|icb|trust board|council of governors|governors)"
_SITTING = r"(?:papers?|meetings?|minutes|agendas?|packs?|in public)"
# Words that lead to meetings for certain, and words that may.
STRONG = re.compile(
    rf"\b{_BODY}\b.{{0,40}}\b{_SITTING}\b|\b(?:meetings?|agendas?|minutes|papers?)\b.{{0,25}}\b(?:papers?|agendas?|minutes)\b"
    rf"|\bpapers? (?:for|of|from)\b|\bmeetings? (?:archive|in public|of the (?:board|governing))\b"
    rf"|\b(?:past|previous|earlier|older|archived?|future|upcoming|next) (?:\w+ ){{0,2}}{_SITTING}\b",
    re.IGNORECASE,
)
WEAK = re.compile(rf"\b(?:{_BODY}|governance|meetings?|papers|minutes|agendas?|how we are run)\b", re.IGNORECASE)
# What stands on the same pages and leads away from papers.
AWAY = re.compile(
    r"\b(?:news(?:letters?)?|events?|blogs?|press|cookies?|privacy|accessibility|jobs?|careers?|vacanc\w+|recruit\w*|staff"
    r"|contact|log ?in|sign ?in|subscribe|search|complaints?|feedback|calendar|members?|biograph\w+|profiles?|who s who"
    r"|team|safeguarding|foi|freedom of information|twitter|facebook|youtube|videos?|watch|live ?stream\w*|webcast"
    r"|register|registration|join|attend|questions?|site ?map|dashboard|interests?|directions|venue)\b",
    re.IGNORECASE,
)
_SECTIONS_AWAY = re.compile(
    r"\b(?:news|events?|blogs?|press|cookies?|privacy|accessibility|jobs?|careers?|vacancies|staff|contact|log ?in"
    r"|search|calendar|feed|tag|author|media centre)\b",
    re.IGNORECASE,
)
_ACTION = re.compile(r"^\W*(?:register|join|attend|watch|book|submit|ask|sign up|log in|find out how)\b", re.IGNORECASE)
# All that may stand beside a date on a link that leads to a year, a month or a meeting.
_BESIDE_DATE = re.compile(
    r"(?<![a-z])(?:(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?|financial|calendar|year|years|archived?|older|and"
    r"|to|for|in|of|the|on|at|from|part|view|see|am|pm|noon|public|extraordinary|extra|special|cancelled|postponed)(?![a-z])|[\W\d_]+",
    re.IGNORECASE,
)


def meeting_date(text: str, years: str = "") -> str:
    """The first date in `text` that names a month: "2025-03-27", or "2025-03" without a day; "" where there is none.

    `years` is what stands above it, such as "2024" or "2024/25", and gives "27 March" its year.
    """
    matches = [match for pattern in _DATES for match in pattern.finditer(text)]
    for match in sorted(matches, key=lambda match: match.start()):
        parts = match.groupdict()
        year = int(parts.get("year") or f"20{parts['short']}")
        if date := _iso(parts, year):
            return date
    span = years_in(years)
    for found in (pattern.search(text) for pattern in _WITHOUT_YEAR):
        if span is not None and found is not None:
            month = MONTHS.index(_month_name(found["month"])) + 1
            if date := _iso(found.groupdict(), span[0] if month >= FISCAL_START else span[1]):
                return date
    return ""


def _iso(parts: dict[str, str | None], year: int) -> str:
    """The ISO form of what a pattern caught, "" where there is no such day."""
    name = parts.get("month")
    month = MONTHS.index(_month_name(name)) + 1 if name else int(parts.get("number") or 0)
    day = parts.get("day")
    try:
        datetime.date(year, month, int(day or 1))
    except ValueError:
        return ""
    return f"{year}-{month:02}-{int(day):02}" if day else f"{year}-{month:02}"


def _month_name(text: str) -> str:
    return next(name for name in MONTHS if name.startswith(text[:3].lower()))


def years_in(text: str) -> tuple[int, int] | None:
    """The first and last year that `text` names: (2024, 2025) for "2024/25", (2024, 2024) for "2024"; else None."""
    for match in _FISCAL.finditer(text):
        first = int(match["first"])
        if (first + 1) % 100 == int(match["last"]):
            return first, first + 1
    match_year = _PLAIN_YEAR.search(text)
    return (int(match_year[0]), int(match_year[0])) if match_year else None


def is_before(date: str, since: str) -> bool:
    """Whether `date` lies before `since`, both ISO 8601 of any precision, for as far as both are known."""
    shorter = min(len(date), len(since))
    return bool(date and since) and date[:shorter] < since[:shorter]


def spoken(date: str) -> str:
    """An ISO date as a title has it: "30 January 2025"."""
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    name = MONTHS[int(month) - 1].capitalize() if month else ""
    return " ".join(part for part in (day.lstrip("0"), name, year) if part)


def without_item_number(text: str) -> str:
    """A paper's name without its place in the agenda: "Item 5. Finance report" is "Finance report"."""
    text = _ITEM_BEHIND.sub("", text)
    if any(pattern.match(text) for pattern in _DATES):
        return text  # "27.03.2025: Agenda" begins with no item's number
    bare = _ITEM_BEFORE.sub("", text, count=1).strip()
    return bare if any(letter.isalpha() for letter in without_file_note(bare)) else text


def without_file_note(text: str) -> str:
    """A link's words without what is said of the file behind: "Agenda (PDF, 1.2MB)" is "Agenda"."""
    previous = None
    while previous != text:
        previous, text = text, _FILE_NOTE.sub("", text).strip()
    return text


def is_generic(text: str) -> bool:
    """Whether a link's words name no paper in particular: "Agenda", "Download papers (PDF, 2MB)"."""
    bare = without_file_note(text)
    nameless = bool(_NAMELESS.search(bare)) and not _ROUND_THEM.sub("", _NAMELESS.sub("", bare))
    return not bare or (nameless and not meeting_date(bare))


@dataclass(frozen=True)
class Placed:
    """A link and where it stands.

    `is_file` says that its address or its attributes are a file's, `may_be_file` that its words are; then only the
    bytes can tell. `headings` are those above it, the nearest first, accordions' labels among them; `line` is what
    else stands on its line, in its list item or table row; `outside` is navigation, header and footer.
    """

    address: str
    text: str
    is_file: bool
    may_be_file: bool
    headings: tuple[str, ...]
    line: str
    outside: bool

    @property
    def key(self) -> str:
        return links.same_page(self.address)

    def dated(self, *more: str) -> str:
        """The date of the meeting that it belongs to, by its words, its line, the headings above, then `more`."""
        above = (*self.headings, *more)
        years = next((text for text in (self.line, *above) if years_in(text)), "")
        said = (meeting_date(self.text), meeting_date(without_item_number(self.text), years))
        dates = [date for date in (*said, *(meeting_date(text, years) for text in (self.line, *above))) if date]
        nearest = dates[0] if dates else ""
        return next((date for date in dates if date.startswith(f"{nearest}-")), nearest)  # the day of the same month

    def title(self, page: str, context: str = "") -> str:
        """What it calls its paper; where that says nothing in particular, with the meeting's heading behind.

        `page` is the page's title, `context` what the link that led to the page said.
        """
        text = without_item_number(self.text)
        if not is_generic(text):
            return text
        heading = self._heading(page, context)
        text = without_file_note(text)
        return f"{text}: {heading}" if text and heading else text or heading

    def _heading(self, page: str, context: str) -> str:
        """The words that name the meeting; where they give its date alone, with the page's title before it."""
        years = next((text for text in (self.line, *self.headings, page) if years_in(text)), "")
        dated = (text for text in (self.line, *self.headings, page, context) if meeting_date(text, years))
        heading = next((text for text in (*dated, *self.headings, page, context) if text), "").strip(" \t,.:;|–—-")
        if heading == page or not is_dated_alone(heading, years):
            return heading
        return ", ".join(part for part in (page, spoken(meeting_date(heading, years)) or heading) if part)


def leads_to_meetings(link: Placed, *, page: str, start: str, weak: bool) -> bool:
    """Whether a link, on a page of governance at address `page`, leads to a year, a month, a meeting or more of them.

    `weak` lets words count that only may lead there ("Our committees"). Sections of the site that lead away (news,
    events) are passed over, unless `start` itself lies in one.
    """
    own = set(urlsplit(start).path.lower().split("/"))
    folders = [part for part in urlsplit(link.address).path.lower().split("/") if part not in own]
    if any(_SECTIONS_AWAY.search(_as_words(folder)) for folder in folders):
        return False
    if _ACTION.search(link.text):
        return False
    last = _as_words(folders[-1]) if folders else ""
    if STRONG.search(link.text) or STRONG.search(last):
        return True
    if AWAY.search(link.text):
        return False
    if is_dated_alone(link.text) or (WEAK.search(link.text) and (meeting_date(link.text) or years_in(link.text))):
        return True
    below = urlsplit(link.address).path.startswith(urlsplit(page).path.rstrip("/") + "/")
    if below and STRONG.search(_as_words(urlsplit(page).path)) and not AWAY.search(last):
        return True
    return weak and bool(WEAK.search(link.text) or WEAK.search(last)) and not AWAY.search(last)


def is_dated_alone(text: str, years: str = "2024") -> bool:
    """Whether a text is a year, a month or a date and nothing else that matters: "2024/25", "27 March"."""
    dated = bool(years_in(text)) or bool(meeting_date(text, years))
    return dated and not _BESIDE_DATE.sub("", _without_dates(text))


def _without_dates(text: str) -> str:
    for pattern in (*_DATES, *_WITHOUT_YEAR):
        text = pattern.sub(" ", text)
    return text


def _as_words(part: str) -> str:
    return re.sub(r"[-_+.]+", " ", unquote(part))


def placed_links(response: TextResponse) -> list[Placed]:
    """Every link of a page in order, each address once, the first that has words standing for the others."""
    best: dict[str, Placed] = {}
    for link in _Walk(response).found:
        have = best.get(link.address)
        if have is None or (not have.text and link.text) or (have.outside and not link.outside):
            best.pop(link.address, None)
            best[link.address] = link
    return list(best.values())


_HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"dt": 7, "strong": 8, "b": 8}
# A heading inside one of these says nothing of what stands behind it.
_SCOPES = frozenset({"li", "article", "dl", "table", "details"})
_OUTSIDE = frozenset({"nav", "footer"})
_LONGEST_LINE = 300  # characters; more is running text and not a line


class _Walk:
    """One walk through a page in order, with the headings that hold at each moment."""

    def __init__(self, response: TextResponse):
        self.found: list[Placed] = []
        root = response.selector.root
        self._base = links.base_of(response)
        self._labels = _panel_labels(root)
        self._headings: list[tuple[int, str]] = []  # level and text, the nearest last
        self._floor = 0  # headings below this index stand outside the present scope
        self._saved: list[tuple[etree._Element, list[tuple[int, str]], int]] = []
        self._outside = self._main = 0
        self._lines: dict[etree._Element, str] = {}
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if not isinstance(element.tag, str):
                continue
            if event == "start":
                self._enter(element)
            else:
                self._leave(element)

    def _enter(self, element: etree._Element) -> None:
        tag = element.tag
        label = self._labels.get(element.get("id") or "", "")
        if tag == "details":
            label = _words(element.find("summary"))
        if label or tag in _SCOPES:
            self._saved.append((element, list(self._headings), self._floor))
            if label:
                self._headings.append((0, label))
            self._floor = len(self._headings)
        self._outside += self._is_outside(element)
        self._main += tag in ("main", "article")
        if tag in _HEADINGS and (tag not in ("strong", "b") or _is_line(element)):
            self._head(_HEADINGS[tag], _words(element))
        elif tag == "a":
            self._link(element)

    def _leave(self, element: etree._Element) -> None:
        if self._saved and self._saved[-1][0] is element:
            _, self._headings, self._floor = self._saved.pop()
        self._main -= element.tag in ("main", "article")
        self._outside -= self._is_outside(element)

    def _is_outside(self, element: etree._Element) -> bool:
        return element.tag in _OUTSIDE or (element.tag == "header" and not self._main)

    def _head(self, level: int, text: str) -> None:
        while len(self._headings) > self._floor and self._headings[-1][0] >= level:
            self._headings.pop()
        if text:
            self._headings.append((level, text))

    def _link(self, element: etree._Element) -> None:
        href = (element.get("href") or "").strip()
        if href.startswith(("#", "javascript:")) or not href:
            href = element.get("data-downloadurl") or ""  # so WordPress Download Manager gives its files
        address = links.absolute(href, self._base) if href else None
        if address is None:
            return
        path = unquote(urlsplit(address).path).lower()
        if path.endswith(links.OTHER_SUFFIXES):
            return
        # Its tokens change with each request, and the address would with them.
        address = re.sub(r"(?<=[?&])refresh=\w+&?", "", address).rstrip("?&") if "wpdmdl=" in address else address
        text = _words(element) or " ".join((element.get("title") or element.get("aria-label") or "").split())
        is_file = (
            path.rstrip("/").endswith(links.FILE_SUFFIXES)
            or bool(_DOWNLOAD.search(address))
            or "download" in element.attrib
            or bool(links.FILE_TYPES.match(element.get("type") or ""))
        )
        of_paper = is_generic(text) and bool(OF_PAPERS.search(text))
        may_be = of_paper or without_item_number(text) != text or bool(links.FILE_TEXT.search(text))
        self.found.append(
            Placed(
                address=address,
                text=text,
                is_file=is_file,
                may_be_file=not is_file and (may_be or links.looks_like_file(address)),
                headings=tuple(text for _, text in reversed(self._headings)),
                line=self._line(element),
                outside=self._outside > 0,
            )
        )

    def _line(self, element: etree._Element) -> str:
        """What stands beside a link, outside of links: in its paragraph if that has a date, else in its item or row."""
        for ancestor in element.iterancestors("p", "li", "dd", "tr", "main", "article", "section", "nav", "body"):
            if ancestor.tag not in ("p", "li", "dd", "tr"):
                return ""
            if ancestor not in self._lines:
                texts: Any = ancestor.xpath(".//text()[not(ancestor::a)]")
                words = " ".join(" ".join(texts).split())
                self._lines[ancestor] = words if len(words) <= _LONGEST_LINE else ""
            line = self._lines[ancestor]
            if ancestor.tag != "p" or meeting_date(line):
                return line
        return ""


def _panel_labels(root: etree._Element) -> dict[str, str]:
    """The words of the button that opens each panel of an accordion or a set of tabs, by the panel's id."""
    labels: dict[str, str] = {}
    buttons: Any = root.xpath("//*[@aria-controls or @data-target or @data-bs-target]")
    for button in buttons:
        target = button.get("aria-controls") or button.get("data-bs-target") or button.get("data-target") or ""
        words = _words(button)
        if target and words:
            labels.setdefault(target.lstrip("#"), words)
    return labels


def _is_line(element: etree._Element) -> bool:
    """Whether bold words are a line by themselves, as where somebody made a heading with them."""
    parent = element.getparent()
    if parent is None or parent.tag not in ("p", "div", "td", "th", "li") or (parent.text or "").strip():
        return False
    behind = element.getnext()
    ends = behind is None or behind.tag in ("br", "ul", "ol", "p", "div", "table")
    return parent[0] is element and ends and not (element.tail or "").strip()


def _words(element: etree._Element | None) -> str:
    """The text of an element on one line, 300 characters at the most."""
    return "" if element is None else str(element.xpath("normalize-space(.)"))[:_LONGEST_LINE]
