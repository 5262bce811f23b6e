"""Which files and pages make one document: units, put together from the archive's announcements.

A landing page and its files are one document, unless the page is a list of papers (an agenda, a publications page):
then each paper is a document of its own. The same bytes at several addresses are one document with several locations.
Everything follows from what the archive holds, in a fixed order, so that assembling again gives the same units.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from crawler.archive import BY_HAND, Announcement, Outcome, Resource, Role
from crawler.sniff import Kind
from indexer.titles import clean_link_text
from indexer.words import stem, words

# More files than this under one page are papers of a list, not parts of one publication: a report comes with a
# summary, an easy-read version, a data file and a translation or two; an agenda has more.
MOST_PARTS = 6
LIST_TITLE = re.compile(
    r"^\W*(?:our |all |latest |recent |key |other |further )*(?:publications|documents|papers|resources|reports|"
    r"policies|policy documents|downloads|library|board papers|governing body papers|meeting papers|meetings|"
    r"agendas|minutes|news(?: and events)?|archive|forms|guidance|guidelines|leaflets|strategies|"
    r"freedom of information|foi|disclosure log|publication scheme)"
    r"(?:(?:,| and| &|/) (?:other )?(?:publications|documents|papers|resources|reports|policies|strategies|"
    r"downloads|plans|procedures|guidelines|guidance|draft minutes|minutes|agendas))*\W*(?:20\d\d.*)?$"
    r"|^\W*agenda\b|\bmeeting papers\b|\bboard papers\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Part:
    """One resource of a unit, and what was said of it."""

    announcement: Announcement
    resource: Resource | None
    earlier: bool = False  # an edition that its page does not link to any more
    by_hand: Announcement | None = None  # what a person said of it who added it by hand

    @property
    def sha256(self) -> str:
        return (self.resource.sha256 or "") if self.resource else ""

    @property
    def kind(self) -> str:
        return self.resource.kind if self.resource else ""

    @property
    def original(self) -> str:
        """The address on the web, also of a copy in a web archive."""
        return self.announcement.original or self.announcement.address


@dataclass(frozen=True)
class Unit:
    """What makes one document: its files, its landing page, and the other units that hold the same bytes.

    `whole` says that the landing page describes this document (and not a list that it stands in). `given` are the
    announcements that carry a librarian's sectors for it.
    """

    files: tuple[Part, ...]
    landing: Part | None
    landing_address: str
    whole: bool
    sources: tuple[str, ...]
    given: tuple[Announcement, ...] = ()
    also: tuple[Unit, ...] = field(default=())

    @property
    def key(self) -> str:
        """What the document is known by for good: an address without scheme, "www." and closing slash."""
        part = self.landing if self.whole and self.landing else self.files[0]
        return plain_address(part.original)

    @property
    def id(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()[:12]

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its files, then its landing page."""
        return (*self.files, self.landing) if self.landing else self.files

    @property
    def first(self) -> Part:
        """The part that is the publication itself: its first fetched file, else its page."""
        fetched = [part for part in self.files if part.sha256]
        if fetched:
            return fetched[0]
        return self.landing if self.landing and self.landing.sha256 else self.parts[0]


@dataclass(frozen=True)
class LeftOut:
    """An announced address that makes no document, and why."""

    address: str
    source: str
    reason: str


def plain_address(address: str) -> str:
    """An address without what may change while the place stays the same: scheme, "www.", a closing slash."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port else ""
    return host + port + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


def assemble(
    announcements: Iterable[Announcement], resources: Mapping[str, Resource], title_of: Callable[[str], str]
) -> tuple[list[Unit], list[LeftOut]]:
    """The units, in order of key, and what was left out.

    `resources` are the archive's by address; `title_of` gives the title that an original (by sha256) says it has.
    """
    ends = _Ends(resources)
    pages, files = _by_address(announcements, ends)
    units: list[Unit] = []
    left_out: list[LeftOut] = []
    by_landing: dict[str, list[list[Announcement]]] = defaultdict(list)
    for said in files.values():
        by_landing[ends.of(said[0].landing)].append(said)
    for address, said in pages.items():
        members = by_landing.pop(address, [])
        page = _part(said, resources)
        made, out = _of_page(page, said, members, resources, title_of)
        units += made
        left_out += out
    for landing, members in by_landing.items():
        units += [_paper(said, resources, None, landing) for said in members]
    units, unfetched = _fetched(units)
    return _one_for_each_text(units), left_out + unfetched


class _Ends:
    """Where addresses lead in the end, so that an address and the one it redirects to are one place."""

    def __init__(self, resources: Mapping[str, Resource]):
        self._resources = resources

    def of(self, address: str) -> str:
        resource = self._resources.get(address)
        return resource.final_address if resource and resource.sha256 else address


def _by_address(
    announcements: Iterable[Announcement], ends: _Ends
) -> tuple[dict[str, list[Announcement]], dict[str, list[Announcement]]]:
    """Announcements by the address they lead to: those of pages, and those of files; a page somewhere is a page."""
    pages: dict[str, list[Announcement]] = defaultdict(list)
    files: dict[str, list[Announcement]] = defaultdict(list)
    for announcement in announcements:
        (pages if announcement.role == Role.PAGE else files)[ends.of(announcement.address)].append(announcement)
    for address, said in pages.items():
        # What was added by hand under the address of a page speaks of that page.
        said += [one for one in files.pop(address, ()) if one.via == BY_HAND]
        # The address itself is said before those that redirect to it.
        said.sort(key=lambda one: (one.address != address, one.source, one.found_on, one.address))
    for said in files.values():
        # The page that it belongs with is said before the lists in which it was merely seen.
        said.sort(
            key=lambda said: (ends.of(said.landing) not in pages, not said.landing, said.landing, said.source,
                              said.position, said.address)
        )  # fmt: skip
    return dict(sorted(pages.items())), dict(sorted(files.items()))


def _of_page(
    page: Part,
    said_of_page: list[Announcement],
    members: list[list[Announcement]],
    resources: Mapping[str, Resource],
    title_of: Callable[[str], str],
) -> tuple[list[Unit], list[LeftOut]]:
    sources, given = _sources(said_of_page), _given(said_of_page)
    newest = _newest_runs(members)
    members = sorted(members, key=lambda said: (_earlier(said, newest), said[0].position, said[0].address))
    address = page.announcement.address
    current = [said for said in members if not _earlier(said, newest)]
    if page.sha256 and page.kind != Kind.HTML:
        # An address that was announced as a page and is a file: the publication itself.
        alone = Unit((page,), None, "", False, sources, given)
        return [alone, *(_paper(said, resources, None, address) for said in members)], []
    title = page.announcement.title or title_of(page.sha256) or page.announcement.link_text
    if not members:
        return [Unit((), page, address, True, sources, given)], []
    if is_list(title, [clean_link_text(said[0].link_text) for said in current]):
        reason = f"a list: each of its {len(members)} papers is a document of its own"
        # A librarian who lists a page of papers means its papers: the page itself makes no document.
        papers = [_with_sectors(_paper(said, resources, page, address), given) for said in members]
        return papers, [LeftOut(address, source, reason) for source in sources]
    parts = tuple(_part(said, resources, _earlier(said, newest)) for said in members)
    everyone = {*sources, *(source for said in members for source in _sources(said))}
    given += tuple(one for said in members for one in _given(said))
    return [Unit(parts, page, address, True, tuple(sorted(everyone)), given)], []


def _newest_runs(members: Iterable[list[Announcement]]) -> dict[str, int]:
    """Of each source, the run in which it last read the page that these files stand on."""
    newest: dict[str, int] = {}
    for said in members:
        for one in (one for one in said if one.via != BY_HAND):  # adding one file reads no page
            newest[one.source] = max(one.last_run, newest.get(one.source, 0))
    return newest


def _earlier(said: list[Announcement], newest: Mapping[str, int]) -> bool:
    """Whether no source's last reading of the page still found this file there."""
    return all(one.via != BY_HAND and one.last_run < newest[one.source] for one in said)


def is_list(title: str, names: list[str]) -> bool:
    """Whether a page with this title is a list of papers with these names, rather than one publication's page."""
    if len(names) > MOST_PARTS:
        return True
    if not LIST_TITLE.search(title):
        return False
    named = [name for name in names if name]
    if not named:
        return False  # nothing but "Download" and "PDF"
    # "Strategy" over a file called "Strategy 2025" is one publication; over "Minutes of 3 May" it is a list.
    own = {stem(word.form) for word in words(title)}
    return not any(own and own <= {stem(word.form) for word in words(name)} for name in named)


def _paper(said: list[Announcement], resources: Mapping[str, Resource], page: Part | None, landing: str) -> Unit:
    """A file that is a document of its own; `page` is the list that it stands in."""
    part = _part(said, resources)
    return Unit((part,), page, landing, False, _sources(said), _given(said))


def _with_sectors(unit: Unit, given: tuple[Announcement, ...]) -> Unit:
    return replace(unit, given=tuple(dict.fromkeys((*unit.given, *given))))


def _given(said: list[Announcement]) -> tuple[Announcement, ...]:
    """Those of the announcements that carry a librarian's sectors, in a fixed order."""
    return tuple(
        sorted(
            (one for one in said if one.sectors), key=lambda one: (one.source, one.found_on, one.position, one.address)
        )
    )


def _part(said: list[Announcement], resources: Mapping[str, Resource], earlier: bool = False) -> Part:
    by_hand = next((one for one in said if one.via == BY_HAND), None)
    return Part(_merged(said), resources.get(said[0].address), earlier, by_hand)


def _merged(said: list[Announcement]) -> Announcement:
    """All that was said of one address: the first's words, and what it left open from the others."""
    first = said[0]
    for other in said[1:]:
        for name in ("title", "date", "publisher", "summary", "link_text", "original", "captured"):
            if not getattr(first, name) and getattr(other, name):
                first = replace(first, **{name: getattr(other, name)})
    under = dict.fromkeys(pair for one in said for pair in headings_of(one) if any(pair))
    headings, sectors = zip(*under, strict=True) if under else ((), ())
    return replace(first, heading="\n".join(headings), sectors="\n".join(sectors))


def headings_of(said: Announcement) -> list[tuple[str, str]]:
    """The headings of a reading list that an announcement's place stands under, each with the sectors that it means.

    One a line in `heading` and `sectors`; where these do not match, every heading has all sectors.
    """
    headings, sectors = said.heading.split("\n"), said.sectors.split("\n")
    if len(headings) == len(sectors):
        return list(zip(headings, sectors, strict=True))
    return [(heading, said.sectors) for heading in headings]


def _sources(said: list[Announcement]) -> tuple[str, ...]:
    return tuple(sorted({announcement.source for announcement in said}))


def _fetched(units: list[Unit]) -> tuple[list[Unit], list[LeftOut]]:
    """The units of which something was fetched; the others are left out with the reason of their first part."""
    kept, out = [], []
    for unit in units:
        own = unit.files or unit.parts
        described = unit.whole and unit.landing is not None and _may_be_described(unit.landing)
        if any(part.sha256 for part in own) or described:
            kept.append(unit)
            continue
        resource = own[0].resource
        reason = f"{resource.outcome}: {resource.reason}".rstrip(": ") if resource else "not fetched yet"
        out += [LeftOut(own[0].announcement.address, source, reason) for source in unit.sources]
    return kept, out


def _may_be_described(page: Part) -> bool:
    """Whether a page makes a document though no file of it came: it was fetched, or is known by its title. Not one
    that its publisher asks robots not to index."""
    refused = page.resource is not None and page.resource.outcome == Outcome.NOINDEX
    return bool(page.sha256 or (page.announcement.title and not refused))


def _one_for_each_text(units: list[Unit]) -> list[Unit]:
    """Units with the same key or the same first bytes become one, the others its further locations."""
    best: dict[str, Unit] = {}
    # Live before archived, a page of its own before a place in a list.
    for unit in sorted(units, key=lambda unit: (bool(unit.first.announcement.captured), not unit.whole, unit.key)):
        mark = unit.first.sha256 or unit.key
        best[mark] = _with(best[mark], unit) if mark in best else unit
    by_key: dict[str, Unit] = {}
    # The same place under two forms of its address: what was said last is what is there now.
    for unit in sorted(best.values(), key=lambda unit: (bool(unit.first.announcement.captured), -_last_run(unit))):
        by_key[unit.key] = _with(by_key[unit.key], unit) if unit.key in by_key else unit
    return [by_key[key] for key in sorted(by_key)]


def _last_run(unit: Unit) -> int:
    return max(part.announcement.last_run for part in unit.parts)


def _with(unit: Unit, other: Unit) -> Unit:
    """`unit` with `other` as a further location; what only the other holds comes along, so that no text is lost."""
    sources = tuple(sorted({*unit.sources, *other.sources}))
    held = {part.sha256 for part in unit.parts}
    own = other.parts if other.whole else other.files  # a list that a paper stands in is no part of it
    more = tuple(part for part in own if part.sha256 and part.sha256 not in held)
    also = (*unit.also, replace(other, also=()), *other.also)
    files = (*unit.files, *more) if unit.files else unit.files
    return _with_sectors(replace(unit, files=files, also=also, sources=sources), other.given)
