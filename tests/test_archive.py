"""The archive: what was kept stays kept, and what was said of it is written down."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.archive import Announcement, Archive, ArchiveError, Fetch, Outcome, Role

ADDRESS = "https://a.example.org/report.pdf"


def fetch(run: int, outcome: Outcome, sha256: str | None = None, address: str = ADDRESS, **more: object) -> Fetch:
    values = {"final_address": address, "role": Role.FILE, **more}
    return Fetch(run, "a-body", address, outcome=outcome, sha256=sha256, **values)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path, read_only=False)


@settings(max_examples=30)
@given(body=st.binary(max_size=2000))
def test_bytes_come_back_as_they_went_in(body: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    archive = Archive(tmp_path_factory.getbasetemp() / "kept", read_only=False)
    sha256 = archive.keep(body)
    assert sha256 == hashlib.sha256(body).hexdigest()
    assert archive.keep(body) == sha256
    assert archive.read(sha256) == body
    archive.close()


def test_a_half_written_or_damaged_original_is_told_and_mended_by_keeping_it_again(archive: Archive) -> None:
    sha256 = archive.keep(b"the whole report")
    archive.original(sha256).write_bytes(b"the who")
    with pytest.raises(ArchiveError, match="damaged"):
        archive.read(sha256)
    archive.keep(b"the whole report")
    assert archive.read(sha256) == b"the whole report"
    archive.original(sha256).unlink()
    with pytest.raises(ArchiveError, match="missing"):
        archive.read(sha256)


def test_no_unfinished_file_is_left_behind(archive: Archive) -> None:
    sha256 = archive.keep(b"x")
    assert [path.name for path in archive.original(sha256).parent.iterdir()] == [sha256]


def test_a_resource_s_history(archive: Archive) -> None:
    run = archive.start_run("Commdex")
    first, second = archive.keep(b"first"), archive.keep(b"second")
    archive.record(fetch(run, Outcome.NEW, first, etag='"1"'))
    archive.record(fetch(run, Outcome.TIMEOUT, reason="slow"))
    known = archive.resource(ADDRESS)
    assert known is not None
    assert (known.sha256, known.outcome, known.gone_since) == (first, Outcome.TIMEOUT, None)
    archive.record(fetch(run, Outcome.NOT_FOUND))
    gone = archive.resource(ADDRESS)
    assert gone is not None
    assert (gone.missing_since, gone.gone_since, gone.sha256) == (None, None, first)  # only a good run's end can tell
    archive.record(fetch(run, Outcome.CHANGED, second, etag='"2"'))
    back = archive.resource(ADDRESS)
    assert back is not None
    assert (back.sha256, back.etag, back.gone_since) == (second, '"2"', None)
    assert archive.outcomes(run) == {"new": 1, "timeout": 1, "not found": 1, "changed": 1}


def test_a_redirect_s_end_is_known_by_its_own_address_too(archive: Archive) -> None:
    run = archive.start_run("Commdex")
    sha256 = archive.keep(b"x")
    archive.record(fetch(run, Outcome.NEW, sha256, "https://old.org/r", final_address="https://new.org/r"))
    known = archive.resource("https://new.org/r")
    assert known is not None
    assert known.final_address == "https://new.org/r"
    asked = archive.resource("https://old.org/r")
    assert asked is not None
    assert asked.final_address != asked.address


def test_a_run_that_never_ended_is_marked_interrupted_by_the_next(archive: Archive) -> None:
    run = archive.start_run("Commdex")
    archive.start_source(run, "a-body")
    archive.start_run("Commdex")
    assert archive.last_source_runs()["a-body"].state == "interrupted"


def test_saying_it_again_replaces_what_was_said(archive: Archive) -> None:
    run = archive.start_run("Commdex")
    for title in ("Draft", "Final"):
        archive.announce(Announcement("s", ADDRESS, "https://a.example.org/", "file", "", "listing", title=title), run)
    assert [announcement.title for announcement in archive.announcements()] == ["Final"]
    assert archive.announced(run, "s") == 1


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="there is no archive yet"):
        Archive(tmp_path / "none")
    (tmp_path / "archive.db").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(ArchiveError, match="cannot be opened"):
        Archive(tmp_path)


def test_an_archive_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Archive(tmp_path, read_only=False).close()
    with sqlite3.connect(tmp_path / "archive.db") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ArchiveError, match="newer Commdex"):
        Archive(tmp_path)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    Archive(tmp_path, read_only=False).close()
    with Archive(tmp_path) as reader, pytest.raises(sqlite3.OperationalError):
        reader.start_run("Commdex")


SCHEMA_1 = """
CREATE TABLE runs (id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, user_agent TEXT NOT NULL);
CREATE TABLE source_runs (
    run INTEGER NOT NULL REFERENCES runs, source TEXT NOT NULL, started TEXT NOT NULL, finished TEXT,
    state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', announced INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, source)
) WITHOUT ROWID;
CREATE TABLE resources (
    address TEXT PRIMARY KEY, final_address TEXT NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL,
    content_type TEXT NOT NULL, filename TEXT NOT NULL, kind TEXT NOT NULL, sha256 TEXT, bytes INTEGER NOT NULL,
    first_seen TEXT NOT NULL, last_seen TEXT, last_changed TEXT, gone_since TEXT, outcome TEXT NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE announcements (
    source TEXT NOT NULL, address TEXT NOT NULL, found_on TEXT NOT NULL, role TEXT NOT NULL, landing TEXT NOT NULL,
    title TEXT NOT NULL, date TEXT NOT NULL, publisher TEXT NOT NULL, summary TEXT NOT NULL, link_text TEXT NOT NULL,
    position INTEGER NOT NULL, original TEXT NOT NULL, captured TEXT NOT NULL, via TEXT NOT NULL,
    last_run INTEGER NOT NULL, PRIMARY KEY (source, address, found_on)
) WITHOUT ROWID;
INSERT INTO runs VALUES (1, '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', 'Commdex');
INSERT INTO source_runs VALUES (1, 'a-body', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', 'ok', '', 10);
PRAGMA user_version = 1;
"""


@pytest.mark.parametrize("read_only", [True, False])
def test_an_archive_of_the_first_schema_is_brought_up_to_date_by_whoever_opens_it(
    tmp_path: Path, read_only: bool
) -> None:
    for place in range(5):  # several processes at once: each of them finds the old one
        folder = tmp_path / str(place)
        folder.mkdir()
        db = sqlite3.connect(folder / "archive.db")
        db.execute("PRAGMA journal_mode = WAL")  # as every archive has it that Commdex has made
        db.executescript(SCHEMA_1)
        db.close()
        together = Barrier(8)

        def floor(folder: Path = folder, together: Barrier = together) -> int:
            together.wait()
            with Archive(folder, read_only=read_only) as archive:
                return archive.floor(2, "a-body")

        with ThreadPoolExecutor(8) as pool:
            assert {done.result() for done in [pool.submit(floor) for _ in range(8)]} == {8}
    with Archive(folder, read_only=False) as archive:
        archive.record(fetch(1, Outcome.NEW, archive.keep(b"words")))
        assert [one.missing_since for one in archive.resources()] == [None]
        assert archive.vanished(1) == []


def test_how_an_address_failed_is_told_of_its_own_run_and_source_alone(archive: Archive) -> None:
    run = archive.start_run("Commdex")
    archive.record(fetch(run, Outcome.NOT_FOUND, status=404))
    assert archive.failed_as(run, "a-body", ADDRESS) is Outcome.NOT_FOUND
    assert archive.failed_as(run, "another", ADDRESS) is None
    assert archive.failed_as(run + 1, "a-body", ADDRESS) is None
    assert archive.failed_as(run, "a-body", ADDRESS + "x") is None
