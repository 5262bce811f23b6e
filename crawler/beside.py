"""What stands beside a link: the words of its list item, row or card, and the date that they plainly give.

"(2020-07-23)", "Published: 3 March 2021", "PDF, 241 KB, March 2021". Dates come before months, as in Britain.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from itertools import islice

from lxml.etree import _Element, iterwalk

LONGEST = 200  # characters of text beside a link
MOST_PIECES = 60  # pieces of text and elements looked at on either side, so that no page takes long
MOST_OF_CARD = 4  # places that one entry of a listing leads to: itself, its file, a topic or two
ITEMS = frozenset({"li", "tr", "p", "dd", "dt", "article"})
PARTING = frozenset({"br", "p", "div", "li", "tr", "td", "th", "dd", "dt", "h2", "h3", "h4", "h5", "h6"})
UNREAD = frozenset({"script", "style", "template", "noscript"})

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_WRITTEN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w/.-]){_YEAR}-(?P<number>[0-9]{{2}})-(?P<day>[0-9]{{2}})(?=$|[^\w-]|T[0-9])",
        rf"(?<![\w/.-])(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?\s*(?:of\s+)?{_MONTH},?\s*{_YEAR}(?![\w/])",
        rf"(?<!\w){_MONTH}\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}(?![\w/])",
        rf"(?<![\w/.-])(?P<day>[0-9]{{1,2}})/(?P<number>[0-9]{{1,2}})/{_YEAR}(?![\w/-])",
        rf"(?<!\w){_MONTH},?\s+{_YEAR}(?![\w/])",
    )
)
# What stands right before a date that is another than the one of publication: one of review or of an end …
_REVIEW = re.compile(
    r"(?:\breview(?:ed|s)?\b|\bexpir\w+|\bvalid\b|\beffective\b|\buntil\b|\btill\b|\bsupersed\w+|\bwithdrawn\b"
    r"|\bclos(?:es|ed|ing)\b|\bdeadline\b|\bdue\b|\bends?\b|\bending\b|\bnext\b|\baccessed\b|\bcaptured\b)"
    r"[^.;|]{0,25}$",
    re.IGNORECASE,
)
# … or one of a period.
_PERIOD = re.compile(r"\b(?:to|by|from|since|between|before|after)\b[^.;|]{0,25}$", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:to|until|[-–—])\s*", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"(?:\bpublish\w*|\bpublication\b|\bissued?\b|\breleased?\b|\bposted\b|\bdated?\b)[^.;|]{0,25}$", re.IGNORECASE
)
_AMENDED = re.compile(
    r"(?:\bupdated?\b|\bmodified\b|\bamended\b|\brevised\b|\bedited\b|\bchanged\b)[^.;|]{0,12}$", re.IGNORECASE
)


def text_beside(anchor: _Element) -> str:
    """The text round a link in its nearest list item, row, paragraph or card, up to the links next to it.

    At most 200 characters, its own text left out. What stands in a <time> is given as its `datetime` says.
    """
    item = next((parent for parent in anchor.iterancestors() if parent.tag in ITEMS), None)
    if item is None or (item.tag == "article" and not _is_card(item)):
        return ""
    before = _gathered(_before(anchor, item), anchor)
    after = _gathered(_after(anchor, item), anchor)
    said = " ".join([*reversed(before), *after])
    if len(said) <= LONGEST:
        return said
    half = LONGEST // 2
    return (" ".join(reversed(before))[-half:] + " " + " ".join(after)[:half]).strip()[:LONGEST]


def item_of(anchor: _Element) -> _Element | None:
    """The list item, row or paragraph in which a link stands."""
    return next((parent for parent in anchor.iterancestors() if parent.tag in ITEMS and parent.tag != "article"), None)


def item_text(item: _Element, most: int) -> str:
    """The whole text of an item, cut at `most` characters."""
    return " ".join("".join(islice(_texts(item), 400)).split())[:most].strip()


def date_in(text: str) -> str:
    """The one date that `text` plainly gives as its own, ISO cut to its precision; "" where there is none, or several.

    A date said to be of publication goes before others, one of a change after them; those of review, of an end, or of
    a period do not count.
    """
    published, plain, amended = [], [], []
    for date, before in _found(text):
        if _REVIEW.search(before):
            continue
        if _AMENDED.search(before):
            amended.append(date)
        elif _PUBLISHED.search(before):
            published.append(date)
        elif not _PERIOD.search(before):
            plain.append(date)
    if published:
        return published[0]
    if plain:
        return plain[0] if len(set(plain)) == 1 else ""
    return amended[0] if amended else ""


def _found(text: str) -> Iterator[tuple[str, str]]:
    """Each date of `text`, with what stands before it back to the date before that; periods are left out."""
    found: list[re.Match[str]] = []
    for match in sorted(
        (match for pattern in _WRITTEN for match in pattern.finditer(text)),
        key=lambda match: (match.start(), -match.end()),
    ):
        if not found or match.start() >= found[-1].end():
            found.append(match)
    ends = [0, *(match.end() for match in found)]
    gaps = [text[end : match.start()] for end, match in zip(ends, found, strict=False)]
    period = [bool(place and _RANGE.fullmatch(gap)) for place, gap in enumerate(gaps)] + [False]
    for place, match in enumerate(found):
        date = _iso(match)
        if date and not period[place] and not period[place + 1]:
            yield date, gaps[place]


def _iso(match: re.Match[str]) -> str:
    """The ISO form of what a pattern caught, "" where there is no such day."""
    said = match.groupdict()
    month = _MONTHS.index(said["month"][:3].lower()) + 1 if said.get("month") else int(said["number"])
    day = int(said["day"]) if said.get("day") else 0
    try:
        date = datetime.date(int(said["year"]), month, day or 1).isoformat()
    except ValueError:
        return ""
    return date if said.get("day") else date[:7]


def _is_card(article: _Element) -> bool:
    """Whether an <article> is one entry of a listing: it leads to a place or two, not to many."""
    leads = {anchor.get("href") for anchor in islice(article.iter("a"), 2 * MOST_OF_CARD)}
    return len(leads) <= MOST_OF_CARD


def _gathered(pieces: Iterator[str | _Element], anchor: _Element) -> list[str]:
    """Pieces of text up to another link; a second link to the same place is passed over."""
    found, length = [], 0
    for piece in islice(pieces, MOST_PIECES):
        if isinstance(piece, _Element):
            if piece.get("href") != anchor.get("href"):
                break
            continue
        text = " ".join(piece.split())
        if text:
            found.append(text[:LONGEST])
            length += len(text)
        if length >= LONGEST:
            break
    return found


def _after(anchor: _Element, item: _Element) -> Iterator[str | _Element]:
    """What follows a link in its item, nearest first: texts, and the other links as elements."""
    node = anchor
    while node is not item:
        yield node.tail or ""
        for sibling in node.itersiblings():
            yield from _pieces(sibling)
            yield sibling.tail or ""
        above = node.getparent()
        if above is None:
            return
        node = above


def _before(anchor: _Element, item: _Element) -> Iterator[str | _Element]:
    """What stands before a link in its item, nearest first."""
    node = anchor
    while node is not item:
        for sibling in node.itersiblings(preceding=True):
            yield sibling.tail or ""
            yield from reversed(list(islice(_pieces(sibling), 4 * MOST_PIECES)))
        above = node.getparent()
        if above is None:
            return
        yield above.text or ""
        node = above


def _pieces(element: _Element) -> Iterator[str | _Element]:
    """The texts of an element in their order, its links as elements; walked without recursion, as pages nest deep."""
    if not isinstance(element.tag, str):
        return
    walk = iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start":
            whole = _whole(node)
            if whole is None:
                yield node.text or ""
                continue
            yield whole
            walk.skip_subtree()
        elif node is not element:
            # A line break and the end of a block part words; what runs on within a line does not.
            yield (" " if node.tag in PARTING else "") + (node.tail or "")


def _whole(node: _Element) -> str | _Element | None:
    """What stands for an element and all below it; None where its own texts do."""
    if node.tag in UNREAD:
        return ""
    if node.tag == "a" and node.get("href") is not None:
        return node
    said = node.get("datetime") or ""
    return said[:10] if node.tag == "time" and re.match(r"(?:19|20)[0-9]{2}-[0-9]{2}", said) else None


def _texts(element: _Element) -> Iterator[str]:
    for piece in _pieces(element):
        yield piece if isinstance(piece, str) else "".join(map(str, islice(piece.itertext(), MOST_PIECES)))
