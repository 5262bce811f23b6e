"""The archive: every body ever fetched, kept by its sha256, and `archive.db`, which says what was fetched when.

    <home>/archive/archive.db
    <home>/archive/originals/ab/cd/abcd…          the bytes, named by their sha256, never overwritten

Nothing here is ever dropped by a crawl. Rows are committed one fetch at a time and bodies reach the disk before the
row that names them, so a kill at any moment leaves a true archive: at worst a body that no row names yet.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from statistics import median

from crawler.store import Store, StoreError

SCHEMA_VERSION = 2

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, user_agent TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS source_runs (
    run INTEGER NOT NULL REFERENCES runs, source TEXT NOT NULL, started TEXT NOT NULL, finished TEXT,
    state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', announced INTEGER NOT NULL DEFAULT 0,
    increment INTEGER NOT NULL DEFAULT 0, collapsed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fetches (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs, source TEXT NOT NULL, address TEXT NOT NULL,
    final_address TEXT NOT NULL, role TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT NOT NULL, status INTEGER,
    sha256 TEXT, bytes INTEGER NOT NULL DEFAULT 0, seconds REAL, reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS fetches_by_run ON fetches (run, source);
CREATE INDEX IF NOT EXISTS fetches_by_address ON fetches (address, run);
CREATE TABLE IF NOT EXISTS resources (
    address TEXT PRIMARY KEY, final_address TEXT NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL,
    content_type TEXT NOT NULL, filename TEXT NOT NULL, kind TEXT NOT NULL, sha256 TEXT, bytes INTEGER NOT NULL,
    first_seen TEXT NOT NULL, last_seen TEXT, last_changed TEXT, gone_since TEXT, outcome TEXT NOT NULL,
    reason TEXT NOT NULL, missing_since TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resources_by_final_address ON resources (final_address);
CREATE TABLE IF NOT EXISTS announcements (
    source TEXT NOT NULL, address TEXT NOT NULL, found_on TEXT NOT NULL, role TEXT NOT NULL, landing TEXT NOT NULL,
    title TEXT NOT NULL, date TEXT NOT NULL, publisher TEXT NOT NULL, summary TEXT NOT NULL, link_text TEXT NOT NULL,
    position INTEGER NOT NULL, original TEXT NOT NULL, captured TEXT NOT NULL, via TEXT NOT NULL,
    last_run INTEGER NOT NULL, heading TEXT NOT NULL DEFAULT '', sectors TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (source, address, found_on)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vanishings (
    run INTEGER NOT NULL REFERENCES runs, source TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (run, source, address)
) WITHOUT ROWID;
"""
MIGRATIONS = {
    2: """
ALTER TABLE source_runs ADD COLUMN increment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source_runs ADD COLUMN collapsed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE resources ADD COLUMN missing_since TEXT;
ALTER TABLE announcements ADD COLUMN heading TEXT NOT NULL DEFAULT '';
ALTER TABLE announcements ADD COLUMN sectors TEXT NOT NULL DEFAULT '';
""",
}


# An unfinished harvest is taken up where it stopped for this long; later, everything is asked for again.
LONGEST_RESUMED = timedelta(days=1)
# What is not announced any more is looked at again this often, so many of the longest unseen at a time.
LOOKED_AT_AGAIN = timedelta(days=28)
STOPPED_AT_LIMIT = "stopped at its limit of"  # begins the reason of a run that a source's limits cut short
MOST_LOOKED_AT = 100
# A harvest below this share of the median of so many last ones has collapsed: its source is broken, not quiet.
FLOOR_SHARE, FLOOR_RUNS = 0.8, 5
BY_HAND = "by hand"  # `Announcement.via` of what a person supplied: no harvest announces it, none can miss it
TIME = "%Y-%m-%dT%H:%M:%SZ"


class ArchiveError(StoreError):
    """The archive cannot be used."""


class Role(StrEnum):
    """What a resource is to us. Only pages and files become documents."""

    PAGE = "page"  # a landing page, or a web page that is itself the publication
    FILE = "file"  # a file that a page links to
    LISTING = "listing"  # an index of some kind: listing, sitemap, feed, interface answer
    ROBOTS = "robots"
    PROBE = "probe"  # a look at how the site answers for what it does not have


HARVESTED = tuple(role for role in Role if role is not Role.PROBE)


class Outcome(StrEnum):
    """How a fetch ended."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NOT_FOUND = "not found"
    SOFT_NOT_FOUND = "soft 404"
    BLOCKED = "blocked"
    ROBOTS = "refused by robots.txt"
    NOINDEX = "refused by noindex"
    NOFOLLOW = "refused by nofollow"
    HOST = "refused host"
    TOO_LARGE = "too large"
    SERVER_ERROR = "server error"
    LATER = "asked to come later"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    REDIRECTS = "redirect loop"
    ERROR = "error"

    @property
    def good(self) -> bool:
        """Whether the resource's content is known and current."""
        return self in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)


@dataclass(frozen=True)
class Fetch:
    """One request and how it ended. `seconds` is the time the answer took, None where none was asked for."""

    run: int
    source: str
    address: str
    final_address: str
    role: Role
    outcome: Outcome
    status: int | None = None
    sha256: str | None = None
    bytes: int = 0
    seconds: float | None = None
    reason: str = ""
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""
    filename: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Resource:
    """One address and what is known of it. Times are UTC, ISO 8601; `sha256` names the last good content."""

    address: str
    final_address: str
    etag: str
    last_modified: str
    content_type: str
    filename: str
    kind: str
    sha256: str | None
    bytes: int
    first_seen: str
    last_seen: str | None
    last_changed: str | None
    gone_since: str | None
    outcome: str
    reason: str
    missing_since: str | None = None


@dataclass(frozen=True)
class Announcement:
    """What a page, feed or interface said of a resource when it linked to it.

    `landing` is the address of the page that a file belongs with; a page is its own landing. `date` is as given,
    ISO 8601 where the mechanism gives it so. For a copy in a web archive `address` is the archive's address,
    `original` the address it had on the web and `captured` the ISO date of the capture. `heading` is the heading of a
    reading list that it stands under, `sectors` the ids, parted by spaces, of the sectors which that heading means;
    under several headings each has a line of its own in both.
    """

    source: str
    address: str
    found_on: str
    role: str
    landing: str
    via: str
    title: str = ""
    date: str = ""
    publisher: str = ""
    summary: str = ""
    link_text: str = ""
    position: int = 0
    original: str = ""
    captured: str = ""
    last_run: int = 0  # the run that said it last; given by the archive
    heading: str = ""
    sectors: str = ""


@dataclass(frozen=True)
class SourceRun:
    """One source's part of one run. `state` is running, ok, partly, failed or interrupted.

    `increment` says that only what is new was asked for, `collapsed` that it announced far less than it used to.
    """

    run: int
    source: str
    started: str
    finished: str | None
    state: str
    reason: str
    announced: int
    increment: int = 0
    collapsed: int = 0


def now() -> str:
    """The time as it is written in every store: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime(TIME)


class Archive(Store):
    """The archive of one home, open for one writer (`read_only=False`) or for any number of readers."""

    schema, version, error, migrations = SCHEMA, SCHEMA_VERSION, ArchiveError, MIGRATIONS
    noun, make = "archive", "commdex crawl"
    mend = "Bring it back from a backup; to begin anew, remove the folder that it lies in and run: commdex crawl"

    def __init__(self, folder: Path, *, read_only: bool = True):
        """Open the archive below `folder`. Raises ArchiveError when there is none to read, or it is damaged."""
        self._originals = folder / "originals"
        super().__init__(folder / "archive.db", read_only=read_only)
        if not read_only:
            self._originals.mkdir(exist_ok=True)

    def may_be_made_anew(self) -> bool:
        return not any(self._originals.glob("??"))

    # originals

    def original(self, sha256: str) -> Path:
        """Where the bytes with this sha256 lie."""
        return self._originals / sha256[:2] / sha256[2:4] / sha256

    def keep(self, body: bytes) -> str:
        """Put `body` on disk, whole or not at all, and return its sha256."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self.original(sha256)
        # What is there already may be half-written, by a power cut, or damaged since.
        if self.size(sha256) == len(body) and path.read_bytes() == body:
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(unfinished).unlink()
            raise
        return sha256

    def size(self, sha256: str) -> int | None:
        """How many bytes are kept under this sha256, None when there are none."""
        try:
            return self.original(sha256).stat().st_size
        except OSError:
            return None

    def intact(self, sha256: str) -> bool:
        """Whether the bytes under this sha256 are there and still those."""
        try:
            with self.original(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def read(self, sha256: str) -> bytes:
        """The bytes with this sha256. Raises ArchiveError when they are missing or not those any more."""
        try:
            body = self.original(sha256).read_bytes()
        except OSError as error:
            raise ArchiveError(f"{self.original(sha256)}: an original is missing ({error.strerror}).") from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise ArchiveError(f"{self.original(sha256)}: an original is damaged: its bytes do not match its name.")
        return body

    # runs

    def start_run(self, user_agent: str) -> int:
        """Begin a run and return its number; runs that never finished are marked interrupted."""
        with self.transaction():
            self._db.execute(
                "UPDATE source_runs SET state = 'interrupted', finished = ? WHERE state = 'running'", (now(),)
            )
            cursor = self._db.execute("INSERT INTO runs (started, user_agent) VALUES (?, ?)", (now(), user_agent))
            return int(cursor.lastrowid or 0)

    def finish_run(self, run: int) -> None:
        self._db.execute("UPDATE runs SET finished = ? WHERE id = ?", (now(), run))

    def start_source(self, run: int, source: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO source_runs (run, source, started, state) VALUES (?, ?, ?, 'running')",
            (run, source, now()),
        )

    def finish_source(
        self, run: int, source: str, state: str, reason: str, *, increment: bool = False, collapsed: bool = False
    ) -> None:
        """End one source's part of a run; `announced` is counted from what it announced in this run.

        Only a run that was good throughout can tell what has vanished.
        """
        with self.transaction():
            if state == "ok":
                self._settle_vanished(run, source)
            self._db.execute(
                "UPDATE source_runs SET finished = ?, state = ?, reason = ?, announced = ?, increment = ?, "
                "collapsed = ? WHERE run = ? AND source = ?",
                (now(), state, reason, self.announced(run, source), increment, collapsed, run, source),
            )

    def _settle_vanished(self, run: int, source: str) -> None:
        """Mark what this run did not find: missing the first time, gone when a second run agrees."""
        gone = (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND)
        rows = self._db.execute(
            "SELECT DISTINCT address, missing_since FROM fetches JOIN resources USING (address) "
            "WHERE run = ? AND source = ? AND role IN ('page', 'file') AND fetches.outcome IN (?, ?) "
            "AND resources.outcome IN (?, ?) AND resources.sha256 IS NOT NULL AND gone_since IS NULL "
            "AND address NOT IN (SELECT address FROM vanishings WHERE run = ?)",
            (run, source, *gone, *gone, run),
        ).fetchall()
        for row in rows:
            state = "gone" if row["missing_since"] else "missing"
            if state == "gone":
                change = "UPDATE resources SET gone_since = missing_since WHERE address = ?"
                self._db.execute(change, (row["address"],))
            else:
                change = "UPDATE resources SET missing_since = ? WHERE address = ?"
                self._db.execute(change, (now(), row["address"]))
            self._db.execute("INSERT INTO vanishings VALUES (?, ?, ?, ?)", (run, source, row["address"], state))

    def announced(self, run: int, source: str) -> int:
        """How many pages and files this source announced in this run."""
        query = "SELECT COUNT(DISTINCT address) FROM announcements WHERE source = ? AND last_run = ?"
        return int(self._db.execute(query, (source, run)).fetchone()[0])

    def floor(self, run: int, source: str) -> int:
        """How many pages and files this source should announce at least in `run`, going by its last harvests.

        0 where there is none to go by. Collapsed harvests count too: when most of the last ones agree, that is how the
        source is now.
        """
        rows = self._db.execute(
            "SELECT announced FROM source_runs WHERE source = ? AND run < ? AND increment = 0 AND announced > 0 "
            "AND (state IN ('ok', 'partly') OR collapsed) ORDER BY run DESC LIMIT ?",
            (source, run, FLOOR_RUNS),
        )
        counts = [row["announced"] for row in rows]
        return int(FLOOR_SHARE * median(counts)) if counts else 0

    def run_before(self, run: int, source: str) -> SourceRun | None:
        """The source's last harvest before `run` that came to an end, None before the first."""
        row = self._db.execute(
            "SELECT * FROM source_runs WHERE source = ? AND run < ? AND finished IS NOT NULL ORDER BY run DESC LIMIT 1",
            (source, run),
        ).fetchone()
        return SourceRun(**dict(row)) if row else None

    def last_full_run(self, source: str) -> str:
        """When the last harvest began that was good and asked for everything, "" before the first."""
        row = self._db.execute(
            "SELECT MAX(started) AS at FROM source_runs WHERE source = ? AND state = 'ok' AND increment = 0", (source,)
        ).fetchone()
        return str(row["at"] or "")

    def harvested_live(self, source: str) -> bool:
        """Whether anything of this source was ever fetched from the web itself, not out of a web archive."""
        query = (
            "SELECT 1 FROM announcements JOIN resources USING (address) "
            "WHERE source = ? AND captured = '' AND via != ? AND sha256 IS NOT NULL LIMIT 1"
        )
        return self._db.execute(query, (source, BY_HAND)).fetchone() is not None

    def unannounced(self, run: int, source: str, *, increment: bool) -> list[tuple[str, Role]]:
        """Addresses, and what they are, that this source announced before and not in `run`, and that should be asked.

        First those that were announced last time (unless the run is an increment, which says nothing of them) and
        those that were missing then; after these, some that nobody has looked at for long.
        """
        rows = self._db.execute(
            "SELECT address, MIN(role) AS role, MAX(last_run) AS said, missing_since, last_seen "
            "FROM announcements JOIN resources USING (address) "
            "WHERE source = ? AND captured = '' AND via != ? AND sha256 IS NOT NULL AND gone_since IS NULL "
            "AND address NOT IN (SELECT address FROM fetches WHERE run = ?) "
            "GROUP BY address HAVING said < ? ORDER BY last_seen",
            (source, BY_HAND, run, run),
        ).fetchall()
        before = self._db.execute(
            "SELECT MAX(run) AS run FROM source_runs WHERE source = ? AND run < ? AND increment = 0 "
            "AND state IN ('ok', 'partly')",
            (source, run),
        ).fetchone()["run"]
        long_ago = (datetime.now(UTC) - LOOKED_AT_AGAIN).strftime(TIME)
        at_once, in_turn = [], []
        for row in rows:
            dropped = before is not None and row["said"] >= before and not increment
            if dropped or row["missing_since"]:
                at_once.append((str(row["address"]), Role(row["role"])))
            elif (row["last_seen"] or "") < long_ago:
                in_turn.append((str(row["address"]), Role(row["role"])))
        return at_once + in_turn[:MOST_LOOKED_AT]

    def last_source_runs(self) -> dict[str, SourceRun]:
        """Each source's latest run, by source."""
        rows = self._db.execute("SELECT * FROM source_runs ORDER BY run")
        return {row["source"]: SourceRun(**dict(row)) for row in rows}

    def resumes_from(self, run: int, source: str) -> str:
        """When the source's unfinished harvest began: what it fetched since then need not be asked for again in `run`.

        "" where the last harvest ended, or began more than a day ago.
        """
        begun = ""
        rows = self._db.execute(
            "SELECT started, state FROM source_runs WHERE source = ? AND run < ? ORDER BY run DESC", (source, run)
        )
        for row in rows:
            if row["state"] not in ("interrupted", "running"):
                break
            begun = row["started"]
        limit = (datetime.now(UTC) - LONGEST_RESUMED).strftime(TIME)
        return begun if begun >= limit else ""

    def outcomes(self, run: int, source: str | None = None, roles: Collection[Role] = HARVESTED) -> dict[str, int]:
        """How many fetches of a run (of one source, of resources in these roles) ended in each outcome."""
        marks = ", ".join("?" * len(roles))
        rows = self._db.execute(
            f"SELECT outcome, COUNT(*) AS n FROM fetches WHERE run = ? AND (? IS NULL OR source = ?) "
            f"AND role IN ({marks}) GROUP BY outcome",
            (run, source, source, *roles),
        )
        return {row["outcome"]: row["n"] for row in rows}

    def last_run(self) -> int | None:
        """The number of the latest run, None before the first."""
        row = self._db.execute("SELECT MAX(id) AS id FROM runs").fetchone()
        return int(row["id"]) if row["id"] is not None else None

    def troubles(self, run: int, source: str | None = None) -> list[sqlite3.Row]:
        """Fetches of a run that brought nothing good: rows with source, address, outcome, status and reason."""
        good = [outcome.value for outcome in Outcome if outcome.good]
        marks = ", ".join("?" * len(good))
        return self._db.execute(
            f"SELECT source, address, role, outcome, status, reason FROM fetches WHERE run = ? "
            f"AND (? IS NULL OR source = ?) AND outcome NOT IN ({marks}) AND role != 'probe' ORDER BY source, id",
            (run, source, source, *good),
        ).fetchall()

    def failed_as(self, run: int, source: str, address: str) -> Outcome | None:
        """How an address itself failed in a run, None where it did not, or was not asked for."""
        good = [outcome.value for outcome in Outcome if outcome.good]
        row = self._db.execute(
            f"SELECT outcome FROM fetches WHERE address = ? AND run = ? AND source = ? "
            f"AND outcome NOT IN ({', '.join('?' * len(good))}) AND role != 'probe' ORDER BY id DESC LIMIT 1",
            (address, run, source, *good),
        ).fetchone()
        return Outcome(row["outcome"]) if row else None

    # resources

    def resource(self, address: str) -> Resource | None:
        """What is known of `address`, asked for under this address or arrived at by a redirect."""
        row = self._db.execute("SELECT * FROM resources WHERE address = ?", (address,)).fetchone()
        if row is None or (row["sha256"] and row["final_address"] != address):
            moved = "SELECT * FROM resources WHERE final_address = ? AND sha256 IS NOT NULL ORDER BY address LIMIT 1"
            row = self._db.execute(moved, (address,)).fetchone() or row
        return Resource(**dict(row)) if row else None

    def resources(self) -> Iterator[Resource]:
        """Every resource, in order of address."""
        for row in self._db.execute("SELECT * FROM resources ORDER BY address"):
            yield Resource(**dict(row))

    def record(self, fetch: Fetch) -> None:
        """Write down how a fetch ended, and what it says of its resource. A failure keeps the last good content."""
        at = now()
        with self.transaction():
            if fetch.outcome.good:
                self._welcome_back(fetch)
            self._db.execute(
                "INSERT INTO fetches (run, source, address, final_address, role, at, outcome, status, sha256, bytes, "
                "seconds, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (fetch.run, fetch.source, fetch.address, fetch.final_address, fetch.role, at, fetch.outcome,
                 fetch.status, fetch.sha256, fetch.bytes, fetch.seconds, fetch.reason),
            )  # fmt: skip
            if fetch.role is Role.PROBE:
                pass  # of no resource: nobody ever said that there was one
            elif fetch.outcome.good:
                self._record_content(fetch, at)
            else:
                self._record_failure(fetch, at)

    def _welcome_back(self, fetch: Fetch) -> None:
        query = "SELECT 1 FROM resources WHERE address = ? AND missing_since IS NOT NULL"
        if self._db.execute(query, (fetch.address,)).fetchone():
            row = (fetch.run, fetch.source, fetch.address, "returned")
            self._db.execute("INSERT OR REPLACE INTO vanishings VALUES (?, ?, ?, ?)", row)

    def _record_content(self, fetch: Fetch, at: str) -> None:
        changed = at if fetch.outcome is not Outcome.UNCHANGED else None
        self._db.execute(
            "INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, '', NULL) "
            "ON CONFLICT (address) DO UPDATE SET final_address = excluded.final_address, etag = excluded.etag, "
            "last_modified = excluded.last_modified, content_type = excluded.content_type, "
            "filename = excluded.filename, kind = excluded.kind, sha256 = excluded.sha256, bytes = excluded.bytes, "
            "last_seen = excluded.last_seen, last_changed = COALESCE(?, last_changed), gone_since = NULL, "
            "missing_since = NULL, "
            "outcome = excluded.outcome, reason = ''",
            (fetch.address, fetch.final_address, fetch.etag, fetch.last_modified, fetch.content_type, fetch.filename,
             fetch.kind, fetch.sha256, fetch.bytes, at, at, at, fetch.outcome, changed),
        )  # fmt: skip

    @staticmethod
    def is_fresh(resource: Resource) -> bool:
        """Whether the content of a resource is held and was seen not long ago."""
        long_ago = (datetime.now(UTC) - LOOKED_AT_AGAIN).strftime(TIME)
        return bool(resource.sha256) and (resource.last_seen or "") >= long_ago

    def _record_failure(self, fetch: Fetch, at: str) -> None:
        # Where there never was good content, the validators are those of the bad answer, so that it need not be sent
        # again only to be judged the same. What was only spoken of (a trouble: no final address) says nothing of what
        # came of asking.
        # What its publisher does not want indexed any more leaves the library: its original stays, unnamed here.
        unkept = f"sha256 IS NULL OR excluded.outcome = '{Outcome.NOINDEX}'"
        told = (
            "DO NOTHING"
            if not fetch.final_address
            else (
                "DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, "
                f"etag = CASE WHEN {unkept} THEN excluded.etag ELSE etag END, "
                f"last_modified = CASE WHEN {unkept} THEN excluded.last_modified ELSE last_modified END, "
                f"sha256 = CASE WHEN {unkept} THEN NULL ELSE sha256 END"
            )
        )
        self._db.execute(
            "INSERT INTO resources VALUES (?, ?, ?, ?, '', '', '', NULL, 0, ?, NULL, NULL, NULL, ?, ?, NULL) "
            f"ON CONFLICT (address) {told}",
            (fetch.address, fetch.final_address, fetch.etag, fetch.last_modified, at, fetch.outcome, fetch.reason),
        )

    # announcements

    def announce(self, announcement: Announcement, run: int) -> None:
        """Write down what a page, feed or interface said of a resource, over what it said before."""
        names = [field.name for field in fields(Announcement)]
        marks = ", ".join("?" * len(names))
        self._db.execute(
            f"INSERT OR REPLACE INTO announcements ({', '.join(names)}) VALUES ({marks})",
            astuple(replace(announcement, last_run=run)),
        )

    def announcements(self) -> Iterator[Announcement]:
        """Every announcement, by landing page, then source, place on the page and address."""
        names = ", ".join(field.name for field in fields(Announcement))
        order = "landing, source, position, address, found_on"
        for row in self._db.execute(f"SELECT {names} FROM announcements ORDER BY {order}"):
            yield Announcement(**dict(row))

    # reports

    def runs(self, most: int | None = None) -> list[sqlite3.Row]:
        """The latest runs over sources, newest first: rows with id, started and finished (None where it never ended).

        What is added by hand is kept under a run of its own, which is none of these.
        """
        query = (
            "SELECT id, started, finished FROM runs WHERE id IN (SELECT run FROM source_runs) ORDER BY id DESC LIMIT ?"
        )
        return self._db.execute(query, (-1 if most is None else most,)).fetchall()

    def source_runs(self, upto: int) -> list[SourceRun]:
        """Each source's part of each run up to this one, oldest first."""
        rows = self._db.execute("SELECT * FROM source_runs WHERE run <= ? ORDER BY run, source", (upto,))
        return [SourceRun(**dict(row)) for row in rows]

    def last_fetches(self, run: int) -> dict[str, str]:
        """When each source of a run fetched something last, by source."""
        rows = self._db.execute("SELECT source, MAX(at) AS at FROM fetches WHERE run = ? GROUP BY source", (run,))
        return {row["source"]: row["at"] for row in rows}

    def tallies(self, run: int) -> list[sqlite3.Row]:
        """What the fetches of a run came to: rows with source, role, outcome, n, bytes and requests.

        `bytes` came over the wire (the row of a 304 has the size of what is kept); `requests` were sent: what the
        crawler refused by itself, or took up from a run that was cut off, was not.
        """
        return self._db.execute(
            "SELECT source, role, outcome, COUNT(*) AS n, SUM(CASE WHEN status = 200 THEN bytes ELSE 0 END) AS bytes, "
            "SUM(CASE WHEN status IS NULL THEN outcome NOT IN (?, ?) ELSE NOT (status = 304 AND seconds IS NULL) END) "
            "AS requests FROM fetches WHERE run = ? GROUP BY source, role, outcome",
            (Outcome.ROBOTS, Outcome.HOST, run),
        ).fetchall()

    def fresh(self, run: int) -> list[sqlite3.Row]:
        """New and changed pages and files: rows with source, address, final_address, role, outcome and sha256."""
        return self._db.execute(
            "SELECT source, address, final_address, role, outcome, sha256 FROM fetches WHERE run = ? "
            "AND outcome IN (?, ?) AND role IN (?, ?) ORDER BY source, id",
            (run, Outcome.NEW, Outcome.CHANGED, Role.PAGE, Role.FILE),
        ).fetchall()

    def vanished(self, run: int) -> list[sqlite3.Row]:
        """What a run missed, found gone or found again: rows with source, address, state, sha256 and missing_since."""
        return self._db.execute(
            "SELECT source, address, state, sha256, missing_since FROM vanishings LEFT JOIN resources USING (address) "
            "WHERE run = ? ORDER BY source, address",
            (run,),
        ).fetchall()

    def news(self, upto: int) -> dict[str, list[str]]:
        """When the runs up to this one that brought a source something new did so, oldest first, by source."""
        rows = self._db.execute(
            "SELECT source, MIN(at) AS at FROM fetches JOIN source_runs USING (run, source) "
            "WHERE run <= ? AND outcome = ? AND role IN (?, ?) GROUP BY source, run ORDER BY run",
            (upto, Outcome.NEW, Role.PAGE, Role.FILE),
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["source"], []).append(row["at"])
        return found

    def said_of(self, source: str, address: str) -> sqlite3.Row | None:
        """What a source said of an address last: title, link_text, date, publisher and landing."""
        row: sqlite3.Row | None = self._db.execute(
            "SELECT title, link_text, date, publisher, landing FROM announcements WHERE source = ? AND address = ? "
            "ORDER BY title = '', last_run DESC LIMIT 1",
            (source, address),
        ).fetchone()
        return row
