"""From a unit to a document: every value chosen among all that suggests one, and kept with where it came from."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from config.model import DocumentType, Source
from indexer.assemble import Part, Unit, headings_of
from indexer.dates import choose_date, parse_date
from indexer.document import Document, File, Location, Value
from indexer.document_types import choose_type
from indexer.reading import READER_VERSION, Candidate, Reading, TextState
from indexer.sectors import Given, Tagger
from indexer.text import one_line
from indexer.titles import choose_title, clean_link_text, clean_title

# Raised whenever describing changes its answers, so that the next `commdex index` describes everything again.
DESCRIBER_VERSION = 2
SUMMARY_LENGTH = 400
NOT_RETRIEVED = "not retrieved"
# How sure a date is that a mechanism gives: a sitemap's is of the page's last touch, not of publication.
SURE_OF_DATE = {"sitemap": 0.3}
# /2019/06/ or /2019-06/ in an address: when it was put on the site.
MONTH_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[-/](0[1-9]|1[0-2])/")
BY_HAND = "given by hand"
SURE_OF_MEETING = 0.6  # surer than a date in a paper's running text (0.4 to 0.5), less than one it states (0.8)
MEETING = re.compile(r"\b(?:agendas?|minutes|meetings?|cabinet|committee|board|governing body)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Describer:
    """Describes units with one state of the catalogue. `read` gives what a reader made of an original."""

    sources: Mapping[str, Source]
    types: Sequence[DocumentType]
    tagger: Tagger
    read: Callable[[str], Reading | None]
    has_read: Callable[[str], bool]
    reader_options: Mapping[str, Any]
    today: datetime.date

    def inputs(self, unit: Unit) -> str:
        """A digest of all that describing this unit depends on, without reading any text."""
        listed = [self.sources.get(source) for source in unit.sources]
        value = [
            DESCRIBER_VERSION,
            READER_VERSION,
            dict(self.reader_options),
            self.tagger.digest(),
            [kind.model_dump(mode="json") for kind in self.types],
            [(source.publisher, source.sectors) for source in listed if source],
            [self.has_read(part.sha256) for part in unit.parts],
            _inputs(unit),
            [_inputs(other) for other in unit.also],
        ]
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

    def document(self, unit: Unit) -> Document:
        """The document that a unit makes."""
        readings = {part.sha256: self.read(part.sha256) for part in unit.parts if part.sha256}
        title = _by_hand(unit, "title") or choose_title(_titles(unit, readings))
        first = unit.first
        pages = _pages(unit, readings)
        headings = _headings(unit, readings)
        listed_under = sorted({sector for name in unit.sources for sector in self._sectors_of(name)})
        files = [_file(part, readings.get(part.sha256)) for part in unit.files]
        if unit.landing and (unit.whole or not files) and unit.landing.sha256:
            files.append(_file(unit.landing, readings.get(unit.landing.sha256)))
        files.sort(key=lambda file: file.sha256 != first.sha256)  # the one that opens stands first
        return Document(
            id=unit.id,
            title=title,
            date=_by_hand(unit, "date") or choose_date(_dates(unit, readings), self.today),
            publisher=self._publisher(unit, readings),
            type=choose_type(self.types, title.value, pages[0] if pages else ""),
            sources=unit.sources,
            host=(urlsplit(first.original).hostname or "").lower(),
            address=_opens(first),
            original=first.original,
            landing=unit.landing_address,
            captured=first.announcement.captured,
            summary=_summary(unit, readings),
            headings=headings,
            sectors=self.tagger.tag(title.value, headings, pages, listed_under, _given(unit)),
            files=tuple(files),
            locations=tuple(_location(one) for one in (unit, *unit.also)),
            first_seen=min((part.resource.first_seen for part in unit.parts if part.resource), default=""),
            gone_since=_gone_since(unit),
        )

    def _sectors_of(self, source: str) -> tuple[str, ...]:
        known = self.sources.get(source)
        return known.sectors if known else ()

    def _publisher(self, unit: Unit, readings: Mapping[str, Reading | None]) -> Value:
        if given := _by_hand(unit, "publisher"):
            return given
        for part in unit.parts[::-1]:
            if part.announcement.publisher:
                return Value(one_line(part.announcement.publisher, 200), f"said by {part.announcement.via}", 0.9)
        known = [source for name in unit.sources if (source := self.sources.get(name))]
        if known:
            return Value(known[0].publisher, "the source's entry", 0.8)
        found = [one for reading in readings.values() if reading for one in reading.publishers]
        best = max(found, key=lambda candidate: candidate.sure, default=None)
        return Value(one_line(best.value, 200), best.origin, best.sure) if best else Value()


def _inputs(unit: Unit) -> list[object]:
    return [
        unit.whole,
        unit.landing_address,
        unit.sources,
        [(one.source, one.sectors, one.heading) for one in unit.given],
        [
            (
                [getattr(part.announcement, name) for name in
                 ("address", "title", "date", "publisher", "summary", "link_text", "original", "captured", "via")],
                part.earlier,
                [getattr(part.by_hand, name, "") for name in ("title", "date", "publisher")],
                (part.resource.final_address, part.resource.sha256, part.resource.kind, part.resource.gone_since,
                 part.resource.first_seen, part.resource.filename, part.resource.last_modified,
                 "" if part.resource.sha256 else part.resource.reason)
                if part.resource else None,
            )
            for part in unit.parts
        ],
        _gone_since(unit),
    ]  # fmt: skip


def _gone_since(unit: Unit) -> str:
    """Since when the publication is gone from each place that had these bytes, "" while one still has them."""
    places = [one.first.resource for one in (unit, *unit.also) if one.first.sha256 == unit.first.sha256]
    times = [(place.gone_since or "") if place else "" for place in places]
    return max(times) if all(times) else ""


def _given(unit: Unit) -> list[Given]:
    """The sectors that librarians' lists give to a unit, each with the headings that it stands under."""
    return [
        Given(sector, said.source, heading)
        for said in unit.given
        for heading, sectors in headings_of(said)
        for sector in sectors.split()
    ]


def _by_hand(unit: Unit, name: str) -> Value | None:
    """What a person said who added a document by hand, surer than all else; None where they said nothing.

    Of a page with several files what was said of one file is said of that file alone.
    """
    parts = (unit.landing, *(unit.files if len(unit.files) == 1 else ())) if unit.whole else unit.files[:1]
    for part in parts:
        text = one_line(getattr(part.by_hand, name), 500) if part and part.by_hand else ""
        if text:
            return Value(text, BY_HAND, 1.0)
    return None


def _titles(unit: Unit, readings: Mapping[str, Reading | None]) -> list[Candidate]:
    """Everything that suggests a title, the surest kinds of place first."""
    found = []
    if unit.whole and unit.landing:
        page = unit.landing.announcement
        found.append(Candidate(clean_title(page.title), f"said by {page.via}", 0.9))
        found += _of_reading(unit.landing, readings, "landing page", 1.0)
        found.append(Candidate(clean_link_text(page.link_text), "text of the link to its page", 0.55))
    for part in unit.files:
        said = part.announcement
        # In a list of papers the link's text is what the body calls the paper; beside a landing page it is "Download".
        found.append(Candidate(clean_link_text(said.link_text), "text of its link", 0.4 if unit.whole else 0.8))
        found.append(Candidate(clean_title(said.title), f"said by {said.via}", 0.65))
        found += _of_reading(part, readings, "file", 0.9 if unit.whole else 1.0)
        name = part.resource.filename if part.resource and part.resource.filename else urlsplit(said.address).path
        found.append(Candidate(_from_file_name(name), "file name", 0.15))
    return [candidate for candidate in found if candidate.value]


def _of_reading(part: Part, readings: Mapping[str, Reading | None], place: str, share: float) -> list[Candidate]:
    reading = readings.get(part.sha256)
    if reading is None:
        return []
    return [Candidate(clean_title(one.value), f"{place}: {one.origin}", one.sure * share) for one in reading.titles]


def _from_file_name(path: str) -> str:
    stem = PurePosixPath(unquote(path)).stem
    return clean_title(re.sub(r"[-_+.]+", " ", stem))


def _dates(unit: Unit, readings: Mapping[str, Reading | None]) -> list[Candidate]:
    found = []
    if unit.landing:
        said = unit.landing.announcement
        found.append(Candidate(parse_date(said.date), f"said by {said.via}", SURE_OF_DATE.get(said.via, 0.95)))
        reading = readings.get(unit.landing.sha256)
        # A meeting's date is its papers' date, unless they say otherwise; another list's date says nothing of them.
        lends = unit.whole or (reading and any(MEETING.search(title.value) for title in reading.titles))
        for one in reading.dates if reading and lends else ():
            sure = one.sure if unit.whole else max(one.sure * 0.85, SURE_OF_MEETING)
            found.append(Candidate(one.value, f"landing page: {one.origin}", sure))
    for part in unit.files:
        said = part.announcement
        found.append(Candidate(parse_date(said.date), f"said by {said.via}", SURE_OF_DATE.get(said.via, 0.6)))
        reading = readings.get(part.sha256)
        found += [Candidate(one.value, f"file: {one.origin}", one.sure) for one in (reading.dates if reading else ())]
        month = MONTH_IN_ADDRESS.search(urlsplit(part.original).path)
        if month:
            found.append(Candidate(f"{month[1]}-{month[2]}", "month in its address", 0.35))
        if part.resource and part.resource.last_modified:
            found.append(Candidate(parse_date(part.resource.last_modified), "Last-Modified of the file", 0.25))
    if unit.first.announcement.captured:
        captured = unit.first.announcement.captured
        found.append(Candidate(captured, "captured by a web archive then; published earlier", 0.15))
    return [candidate for candidate in found if candidate.value]


def _pages(unit: Unit, readings: Mapping[str, Reading | None]) -> list[str]:
    """The text of its files, or of its page where no file has any."""
    of_files = [page for part in unit.files if (reading := readings.get(part.sha256)) for page in reading.pages]
    if any(page.strip() for page in of_files):
        return of_files
    reading = readings.get(unit.landing.sha256) if unit.landing and unit.whole else None
    return list(reading.pages) if reading else []


def _headings(unit: Unit, readings: Mapping[str, Reading | None]) -> tuple[str, ...]:
    own = unit.files or unit.parts
    return tuple(
        one_line(heading, 200) for part in own if (reading := readings.get(part.sha256)) for heading in reading.headings
    )[:200]


def _summary(unit: Unit, readings: Mapping[str, Reading | None]) -> str:
    page = unit.landing if unit.whole else None
    candidates = [page.announcement.summary] if page else []
    candidates += [part.announcement.summary for part in unit.files]
    order = [*([page] if page else []), *unit.files]
    candidates += [reading.summary for part in order if (reading := readings.get(part.sha256))]
    candidates += _pages(unit, readings)[:1]
    for candidate in candidates:
        text = one_line(re.sub(r"<[^<>]{1,200}>", " ", candidate[:20_000]), SUMMARY_LENGTH)
        if text:
            return text
    return ""


def _file(part: Part, reading: Reading | None) -> File:
    said, resource = part.announcement, part.resource
    state, reason = NOT_RETRIEVED, "not fetched yet"
    if reading is not None:
        state, reason = str(reading.state), reading.reason
    elif resource is not None and resource.sha256:
        state, reason = str(TextState.UNREADABLE), "its kept original is lost or damaged: fetch it again"
    elif resource is not None:
        reason = f"{resource.outcome}: {resource.reason}".rstrip(": ")
    if part.earlier:
        reason = "; ".join(text for text in ("an earlier edition, no longer linked from its page", reason) if text)
    return File(
        address=_opens(part),
        original=part.original,
        sha256=part.sha256,
        kind=part.kind,
        title=clean_link_text(said.link_text) or clean_title(said.title),
        bytes=resource.bytes if resource else 0,
        pages=len(reading.pages) if reading else 0,
        state=state,
        reason=reason,
        captured=said.captured,
    )


def _opens(part: Part) -> str:
    """The address that opens a part: where redirects led, unless the bytes came out of a web archive."""
    if part.resource and part.resource.sha256 and not part.announcement.captured:
        return part.resource.final_address
    return part.announcement.address


def _location(unit: Unit) -> Location:
    first = unit.first
    title = (unit.landing.announcement.title if unit.whole and unit.landing else "") or first.announcement.title
    shown = clean_title(title) or clean_link_text(first.announcement.link_text)
    return Location(unit.sources[0], unit.landing_address, _opens(first), shown)
