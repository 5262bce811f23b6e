"""Makes the report of a run out of what archive and library say."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from config.home import Home
from config.model import Source
from crawler.archive import Archive, Outcome, Role, SourceRun, now
from crawler.captures import split_archived
from crawler.guard import bare_host
from indexer.dates import parse_date
from indexer.document import Document
from indexer.library import Library
from search_cli.labels import Labels
from search_cli.runs import health
from search_cli.runs.advice import advice
from search_cli.runs.health import Coverage
from search_cli.runs.kept import Reports
from search_cli.runs.model import (
    ADDITION,
    ADDRESS,
    DOCUMENT,
    LISTS,
    Changed,
    Counts,
    Held,
    Kept,
    New,
    Overdue,
    Report,
    Sector,
    Sign,
    SourceReport,
    Trouble,
    Vanished,
)

PAPERS = (Role.PAGE, Role.FILE)
VANISHED = ("missing", "gone", "returned")
_OWN_COLUMN = {
    Outcome.BLOCKED: "blocked", Outcome.ROBOTS: "refused_by_robots", Outcome.NOINDEX: "refused_by_noindex",
}  # fmt: skip
_WORST_FIRST = ("failed", "interrupted", "running", "partly", "ok")
MOST_EARLIER = 5  # how far back runs that were cut off, and reports that say something of a source, are looked for


def make(
    home: Home,
    number: int,
    sources: Mapping[str, Source],
    labels: Labels,
    *,
    command: str,
    indexed: bool,
    kept: Kept | None = None,
) -> Report:
    """The report of run `number`; it has the library's facts where that was `indexed` since.

    `command` began the run ("" where nobody knows) and `kept` says what the archive took on disk then: without it the
    report counts as remade. Raises ArchiveError, LibraryError, sqlite3.Error, and KeyError where there is no such run.
    """
    with ExitStack() as stack:
        archive = stack.enter_context(Archive(home.archive_folder))
        library = stack.enter_context(Library(home.library_file)) if indexed else None
        making = _Making(archive, library, number, sources, labels, Reports(home))
        return making.report(command, kept or Kept(bytes=None, growth=None), remade=kept is None)


def measured(home: Home, before: Report | None) -> Kept:
    """What the archive takes on disk now, and by how much more that is than at the report `before`."""
    size = sum(
        os.lstat(os.path.join(folder, file)).st_size  # noqa: PTH118 (a hundred thousand times)
        for folder, _, files in os.walk(home.archive_folder)
        for file in files
    )
    known = before.archive.bytes if before else None
    return Kept(bytes=size, growth=None if known is None else size - known)


def run_state(states: Iterable[str], *, finished: bool) -> str:
    """How a run ended whose sources ended in these states; "unfinished" while one of them is under way, or cut off."""
    found = set(states)
    if "running" in found:
        return "unfinished"
    if "interrupted" in found or not finished:
        return "interrupted"
    return next((state for state in ("ok", "failed") if found == {state}), "partly")


def only(report: Report, source: str) -> Report:
    """The part of a report that is about one source."""
    rows = tuple(row for row in report.sources if row.id == source)
    part: dict[str, Any] = {
        name: tuple(entry for entry in getattr(report, name) if entry.source == source) for name in LISTS
    }
    part["broken"] = tuple(name for name in report.broken if name == source)
    part["overdue"] = tuple(entry for entry in report.overdue if entry.id == source)
    return report.model_copy(update={**part, "sources": rows, **_summed(rows, part["new"], indexed=report.indexed)})


def _summed(rows: Sequence[SourceReport], new: Sequence[New], *, indexed: bool) -> dict[str, Any]:
    names = [name for name in Counts.model_fields if name != "errors"]
    errors = sum((Counter(row.errors) for row in rows), Counter())
    states = Counter(row.state for row in rows)
    return {
        "sources_by_state": {state: states[state] for state in reversed(_WORST_FIRST) if states[state]},
        "totals": Counts(**{name: sum(getattr(row, name) for row in rows) for name in names}, errors=dict(errors)),
        # Once each: what two sources announce stands among the new for both.
        "new_documents": len({entry.document for entry in new if entry.what == DOCUMENT}) if indexed else None,
    }


class _Making:
    """The making of one report: the stores that it reads, and what it has read of them."""

    def __init__(
        self,
        archive: Archive,
        library: Library | None,
        number: int,
        sources: Mapping[str, Source],
        labels: Labels,
        reports: Reports,
    ):
        self._archive, self._library, self._number = archive, library, number
        self._sources, self._labels, self._reports = sources, labels, reports
        runs = {row["id"]: row for row in archive.runs()}
        self._run = runs[number]
        self._earlier = [row for identifier, row in runs.items() if identifier < number]  # latest first
        self._last_fetches = archive.last_fetches(number)
        self._histories: dict[str, list[SourceRun]] = defaultdict(list)
        for run in archive.source_runs(number):
            self._histories[run.source].append(run)
        self._ended = self._run["finished"] or max(self._last_fetches.values(), default=self._run["started"])
        self._news = archive.news(number)
        self._coverage = library.coverage_by_source() if library else {}
        self._held: dict[str, list[Document]] = {}

    def report(self, command: str, kept: Kept, *, remade: bool) -> Report:
        fresh, vanished = self._archive.fresh(self._number), self._archive.vanished(self._number)
        new, rows = self._new(fresh), self._rows(vanished)
        summed = _summed(rows, new, indexed=self._library is not None)
        return Report(
            run=self._number,
            command=command,
            state=run_state(summed["sources_by_state"], finished=self._run["finished"] is not None),
            started=self._run["started"],
            finished=self._ended,
            seconds=_seconds(self._run["started"], self._ended),
            written=now(),
            indexed=self._library is not None,
            remade=remade,
            notes=tuple(self._notes()),
            **summed,
            archive=kept,
            library=self._holds(),
            broken=tuple(row.id for row in rows if row.broken),
            overdue=tuple(self._overdue({row.id for row in rows})),
            sources=tuple(rows),
            new=tuple(new),
            changed=tuple(
                Changed(**self._named(row["source"], row["address"], row["sha256"]), role=row["role"])
                for row in fresh
                if row["outcome"] == Outcome.CHANGED
            ),
            missing=self._vanished(vanished, "missing"),
            gone=self._vanished(vanished, "gone"),
            returned=self._vanished(vanished, "returned"),
            troubles=tuple(Trouble(**dict(row)) for row in self._archive.troubles(self._number) if not _open_host(row)),
        )

    def _notes(self) -> Iterable[str]:
        """The runs right before this one that did not come to their end."""
        states: dict[int, set[str]] = defaultdict(set)
        for history in self._histories.values():
            for run in history:
                states[run.run].add(run.state)
        for row in self._earlier[:MOST_EARLIER]:
            if row["finished"] is not None and not states[row["id"]] & set(health.UNFINISHED):
                return
            how = "cut off, by a kill, a crash or a power cut," if row["finished"] is None else "stopped by hand"
            told = f"run {row['id']} of {health.day(row['started'])} was {how} before its end. What it fetched is kept"
            yield f"{told}: commdex runs show {row['id']}"

    def _holds(self) -> Held | None:
        if self._library is None:
            return None
        counts = self._library.counts()
        return Held(
            documents=counts.documents, files=counts.files, pages=counts.pages, undated=counts.undated,
            without_text=counts.unread,
        )  # fmt: skip

    # sources

    def _rows(self, vanished: Sequence[sqlite3.Row]) -> list[SourceReport]:
        tallies: dict[str, list[sqlite3.Row]] = defaultdict(list)
        for tally in self._archive.tallies(self._number):
            tallies[tally["source"]].append(tally)
        states = Counter((row["source"], row["state"]) for row in vanished)
        rows = []
        for name, history in self._histories.items():
            if history[-1].run == self._number:
                counts = _counted(tallies[name]) | {state: states[name, state] for state in VANISHED}
                rows.append(self._row(name, history, counts))
        return sorted(rows, key=_badness)

    def _row(self, name: str, history: Sequence[SourceRun], counts: Mapping[str, Any]) -> SourceReport:
        last, entry = history[-1], self._sources.get(name)
        # A run that was cut off ends, in the books, only when the next one begins.
        ended = last.finished if self._run["finished"] else self._last_fetches.get(name, last.started)
        coverage = Coverage(*self._coverage.get(name, (0, 0, 0))) if self._library else None
        floor = self._archive.floor(self._number, name)
        row = SourceReport(
            id=name,
            name=entry.name if entry else name,
            publisher=entry.publisher if entry else "",
            mechanism=entry.mechanism if entry else "",
            start=entry.start[0] if entry and entry.start else "",
            state=last.state,
            reason=last.reason,
            broken=tuple(self._signs(name, history, floor, coverage)),
            announced=last.announced,
            floor=floor,
            increment=bool(last.increment),
            collapsed=bool(last.collapsed),
            last_good=health.last_good(history),
            last_news=max(self._news.get(name, ()), default=""),
            started=last.started,
            seconds=_seconds(last.started, ended or self._ended),
            documents=coverage.documents if coverage else None,
            undated=coverage.undated if coverage else None,
            without_text=coverage.without_text if coverage else None,
            **counts,
        )
        return row.model_copy(update={"advice": tuple(advice(row, self._number, self._walls(name)))})

    def _walls(self, name: str) -> set[str]:
        """Addresses that a wall answered for, those of web archives left out: these refuse what is gone from its site.

        An archive's index is a listing on a host that is not the source's.
        """
        entry = self._sources.get(name)
        own = {bare_host(host) for host in entry.allowed_hosts} if entry else set()
        return {
            row["address"] for row in self._archive.troubles(self._number, name)
            if row["outcome"] == Outcome.BLOCKED and row["status"]
            and (row["role"] != Role.LISTING or bare_host(urlsplit(row["address"]).hostname or "") in own)
            and split_archived(row["address"]) is None
        }  # fmt: skip

    def _signs(self, name: str, history: Sequence[SourceRun], floor: int, coverage: Coverage | None) -> Iterable[Sign]:
        if history[-1].state in health.UNFINISHED:
            return
        every = health.EVERY[self._sources[name].every if name in self._sources else "week"]
        for sign in (
            health.zero(history),
            health.collapse(history[-1], floor),
            health.failing(history),
            health.late(health.last_good(history), every, self._ended),
            health.silence(self._news.get(name, []), every, self._ended),
            *health.thinner(self._coverage_before(name, history), coverage),
        ):
            if sign:
                yield sign

    def _coverage_before(self, name: str, history: Sequence[SourceRun]) -> Coverage | None:
        """What the last report that says something of a source's documents said of them."""
        for run in history[-2 : -2 - MOST_EARLIER : -1]:
            report = self._reports.read(run.run)
            for row in report.sources if report else ():
                if row.id == name and row.documents is not None:
                    return Coverage(row.documents, row.undated or 0, row.without_text or 0)
        return None

    def _overdue(self, asked: set[str]) -> Iterable[Overdue]:
        for name, entry in sorted(self._sources.items()):
            if name in asked or not entry.harvestable or name not in self._histories:
                continue
            good = health.last_good(self._histories[name])
            if health.late(good, health.EVERY[entry.every], self._ended):
                yield Overdue(id=name, name=entry.name, last_good=good, every=entry.every)

    # lists

    def _new(self, fresh: Sequence[sqlite3.Row]) -> list[New]:
        """What the run brought: documents where the library has them, pages and files where it does not."""
        rows = [row for row in fresh if row["outcome"] == Outcome.NEW]
        came = {row[name] for row in rows for name in ("address", "final_address")}
        left_out = self._library.left_out() if self._library else []
        reasons = {(source, address): reason for address, source, reason in left_out}
        of_one: dict[tuple[str, str], list[sqlite3.Row]] = defaultdict(list)
        for row in rows:
            document = self._document(row["source"], row["sha256"])
            of_one[row["source"], document.id if document else row["address"]].append(row)
        entries = []
        for members in of_one.values():
            first = members[0]
            document = self._document(first["source"], first["sha256"])
            addresses = tuple(row["address"] for row in members)
            reason = reasons.get((first["source"], first["address"]), "")
            told = self._of_document(document, came) if document else {"what": ADDRESS, "reason": reason}
            entries.append(New(**(self._of_address(first["source"], first["address"]) | told), addresses=addresses))
        sectors = {name: place for place, name in enumerate(self._labels.sectors)}
        return sorted(entries, key=lambda entry: _place(entry, sectors))

    def _of_address(self, source: str, address: str) -> dict[str, Any]:
        said = self._archive.said_of(source, address)
        publisher = self._sources[source].publisher if source in self._sources else ""
        return {
            "document": "",
            "title": _title(said, address),
            "address": address,
            "landing": said["landing"] if said else "",
            "publisher": (said["publisher"] if said else "") or publisher,
            "date": parse_date(said["date"]) if said else "",
            "source": source,
            "sectors": (),
        }

    def _of_document(self, document: Document, came: set[str]) -> dict[str, Any]:
        known = {
            "document": document.id,
            "title": document.title.value,
            "address": document.address,
            "landing": document.landing,
            "publisher": document.publisher.value,
        }
        sectors = tuple(
            Sector(id=tag.sector, heading=self._labels.sectors.get(tag.sector, tag.sector)) for tag in document.sectors
        )
        what = DOCUMENT if _all_came(document, came) else ADDITION
        told = {"what": what, "date": document.date.value, "sectors": sectors, "reason": ""}
        return told | {name: value for name, value in known.items() if value}

    def _vanished(self, vanished: Sequence[sqlite3.Row], state: str) -> tuple[Vanished, ...]:
        return tuple(
            Vanished(
                **self._named(row["source"], row["address"], row["sha256"] or ""),
                # For the others it is the time of this run; the archive forgets it once they are found again.
                since=(row["missing_since"] or "") if state == "gone" else "",
            )
            for row in vanished
            if row["state"] == state
        )

    def _named(self, source: str, address: str, sha256: str) -> dict[str, str]:
        document = self._document(source, sha256)
        title = document.title.value if document else ""
        return {
            "source": source,
            "address": address,
            "title": title or _title(self._archive.said_of(source, address), address),
            "document": document.id if document else "",
        }

    def _document(self, source: str, sha256: str) -> Document | None:
        """The document that holds this original, the source's own before another's."""
        if self._library is None or not sha256:
            return None
        if sha256 not in self._held:
            self._held[sha256] = self._library.documents_holding(sha256)
        held = self._held[sha256]
        return next((document for document in held if source in document.sources), held[0] if held else None)


def _counted(tallies: Iterable[sqlite3.Row]) -> dict[str, Any]:
    """A source's columns out of the tallies of its fetches: pages and files count as content, listings do not."""
    counts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for tally in tallies:
        outcome, role = Outcome(tally["outcome"]), Role(tally["role"])
        counts["requests"] += tally["requests"]
        counts["bytes"] += tally["bytes"]
        if role in PAPERS and outcome.good:
            counts[outcome] += tally["n"]
        elif role in (*PAPERS, Role.LISTING) and outcome in _OWN_COLUMN:
            counts[_OWN_COLUMN[outcome]] += tally["n"]
        elif role in (*PAPERS, Role.LISTING) and not outcome.good:
            errors[outcome] += tally["n"]
    return {str(name): count for name, count in counts.items()} | {"errors": dict(sorted(errors.items()))}


def _open_host(row: sqlite3.Row) -> bool:
    """Whether this is only a robots.txt that is not there, which opens its host."""
    return row["role"] == Role.ROBOTS and row["outcome"] in (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND)


def _badness(row: SourceReport) -> tuple[bool, int, int, int, str]:
    """Sort key: broken sources first, then by state, then those with most trouble."""
    trouble = sum(row.errors.values()) + row.blocked
    return not row.broken, _WORST_FIRST.index(row.state), -trouble, -row.gone - row.missing, row.id


def _place(entry: New, sectors: Mapping[str, int]) -> tuple[int, int, str, str, str]:
    """Sort key: documents first; then by sector as on the librarians' page, and by title."""
    kind = (DOCUMENT, ADDITION, ADDRESS).index(entry.what)
    sector = sectors.get(entry.sectors[0].id, len(sectors)) if entry.sectors else len(sectors)
    return kind, sector, entry.title.casefold(), entry.address, entry.source


def _all_came(document: Document, came: set[str]) -> bool:
    """Whether nothing of a document was there before."""
    files = {file.address for file in document.files if file.sha256}
    return (files | {location.address for location in document.locations}) <= came


def _title(said: sqlite3.Row | None, address: str) -> str:
    """What a source calls an address, else the name of its file, else the address."""
    named = (said["title"] or said["link_text"]) if said else ""
    return named.strip() or PurePosixPath(unquote(urlsplit(address).path)).name or address


def _seconds(started: str, ended: str) -> int:
    return max(0, round((health.moment(ended) - health.moment(started)).total_seconds()))
