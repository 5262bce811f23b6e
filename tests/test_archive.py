"""The archive: what was kept stays kept, and what was said of it is written down."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

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
