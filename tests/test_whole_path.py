"""The whole path over the bundled sample web: every mechanism, twice, changed, and killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from indexer.engine import index_state
from indexer.library import Library
from indexer.words import words
from tests.homes import commdex, search
from tests.sample_web import SampleWeb, Truth, build
from tests.sample_web.build import built
from tests.sample_web.homes import sample_home
from tests.sample_web.shapes.committees import CALENDAR
from tests.sample_web.shapes.common import NEVER

ROOT = Path(__file__).parents[1]
KILLS = 6


@pytest.fixture(scope="module")
def web() -> Iterator[SampleWeb]:
    with SampleWeb() as server:
        yield server


@pytest.fixture(scope="module")
def home(web: SampleWeb, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that was updated once; the request log of that is the web's first part."""
    made = sample_home(tmp_path_factory.mktemp("whole") / "home")
    commdex(made, "update", proxy=web.proxy)
    return made


def content(home: Home) -> dict[str, Any]:
    """What a library says, without the times at which it was made."""
    with Library(home.library_file) as library:
        documents = library.documents(library.ids())
        return {
            document.id: (
                document.title, document.date, document.publisher, document.type, document.sources, document.landing,
                document.address, document.summary, document.sectors, document.files, document.locations,
                library.pages(document),
            )
            for document in documents
        }  # fmt: skip


def sha256s(home: Home) -> set[str]:
    with Library(home.library_file) as library:
        return {file.sha256 for document in library.documents(library.ids()) for file in document.files}


def test_every_document_of_every_mechanism_reaches_the_library(web: SampleWeb, home: Home) -> None:
    held = sha256s(home)
    missing = [(truth.source, truth.address) for truth in web.truth() if truth.sha256 not in held]
    assert missing == []


def test_what_is_no_document_ends_as_a_person_would_expect(web: SampleWeb, home: Home) -> None:
    with closing(sqlite3.connect(f"file:{home.archive_folder / 'archive.db'}?mode=ro", uri=True)) as archive:
        fetches = set(archive.execute("SELECT source, address, outcome FROM fetches"))
    asked = {request.url for request in web.requests}
    ended = [one for one in web.expected() if one.outcome != NEVER]
    assert [one for one in ended if (one.source, one.address, one.outcome) not in fetches] == []
    assert [one for one in web.expected() if one.outcome == NEVER and one.address in asked] == []


def test_no_month_of_an_endless_calendar_is_asked_for(web: SampleWeb, home: Home) -> None:
    assert [request.url for request in web.requests if CALENDAR in request.path] == []


def test_a_busy_host_is_asked_again_when_it_said(web: SampleWeb, home: Home) -> None:
    (busy,) = built().first
    refused, well = (request for request in web.requests if request.url == busy)
    assert (refused.status, well.status) == (503, 200)
    assert well.at - refused.at >= 1  # its Retry-After


def test_robots_txt_comes_first_on_every_host_and_nothing_private_is_asked(web: SampleWeb, home: Home) -> None:
    first: dict[str, str] = {}
    for request in web.requests:
        first.setdefault(request.host, request.path)
    assert set(first.values()) == {"/robots.txt"}
    assert [request.url for request in web.requests if "/private/" in request.path] == []
    assert all(request.agent.startswith("Commdex/") for request in web.requests)


def test_a_host_s_crawl_delay_is_kept(web: SampleWeb, home: Home) -> None:
    """Arrivals jitter by a few hundredths on a busy machine, so that the whole span is judged, not the smallest gap."""
    times = [request.at for request in web.requests if request.host == "www.thistledown-institute.example"]
    times = times[1:]  # it is known once robots.txt has come
    assert times[-1] - times[0] >= 0.2 * (len(times) - 1) - 0.1  # asked for in its robots.txt: 0.2 s
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.1


def test_a_host_s_crawl_delay_is_kept_by_all_sources_that_ask_it(web: SampleWeb, home: Home) -> None:
    """The partnership's own source and the reading list, which leads to one of its papers. Half is left to jitter."""
    times = [request.at for request in web.requests if request.host == "www.stonebridge-partnership.example"]
    assert min(later - earlier for earlier, later in pairwise(times[1:])) >= 0.2  # asked for: 0.4 s


def findable(home: Home, truth: Truth) -> bool:
    found = search(home, " ".join(f'"{word.form}"' for word in words(truth.title)), "--all")
    return any(file["sha256"] == truth.sha256 for hit in found["hits"] for file in hit["files"])


def test_documents_are_found_by_the_words_of_their_titles(web: SampleWeb, home: Home) -> None:
    chosen = random.Random(0).sample(web.truth(), 12)
    assert [truth.title for truth in chosen if not findable(home, truth)] == []


def test_titles_and_dates_are_those_that_the_sites_give(web: SampleWeb, home: Home) -> None:
    with Library(home.library_file) as library:
        documents = library.documents(library.ids())
    by_sha256 = {file.sha256: document for document in documents for file in document.files}
    titles = dates = dated = 0
    for truth in web.truth():
        document = by_sha256[truth.sha256]
        said = {" ".join(words_of(document.title.value)), *(" ".join(words_of(at.title)) for at in document.locations)}
        titles += " ".join(words_of(truth.title)) in said
        dated += bool(truth.date)
        dates += bool(truth.date) and document.date.value == truth.date
    # Floors: what was measured when this was written, less one document's worth.
    assert titles / len(web.truth()) >= 0.9
    assert dates / dated >= 0.85


def words_of(text: str) -> list[str]:
    return [word.form for word in words(text)]


def test_a_phrase_is_found_on_its_page(home: Home) -> None:
    (hit,) = search(home, '"step-down recovery bungalows"')["hits"]
    assert hit["page"] == 9
    assert hit["link"].endswith("#page=9")


def test_an_archived_copy_is_found_by_the_host_that_it_had(home: Home) -> None:
    found = search(home, "site:ccg.example")
    assert found["total"] > 0
    for hit in found["hits"]:
        assert hit["host"].endswith("ccg.example")
        assert "webarchive" in hit["link"]


def test_a_second_update_fetches_no_unchanged_body_and_writes_nothing(web: SampleWeb, home: Home) -> None:
    before, segments = content(home), listing(home.index_folder)
    web.clear()
    commdex(home, "update", proxy=web.proxy)
    whole = [request for request in web.requests if request.status == 200]
    # Interfaces and log-in forms carry no validators, on the real sites too, and a noindex page is not kept.
    apis = ("/wp-json/", "/api/", "/cdx?", "/feeds/posts/", "/login?", "/papers/staff-rota-note")
    assert [request.url for request in whole if not any(part in request.url for part in apis)] == []
    assert sum(request.status == 304 for request in web.requests) > len(web.truth())
    assert content(home) == before
    assert listing(home.index_folder) == segments


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*"))}


def test_a_new_edition_is_a_new_version_of_the_same_document(tmp_path: Path) -> None:
    with SampleWeb() as web:
        home = sample_home(tmp_path / "home")
        commdex(home, "update", proxy=web.proxy)
        before = content(home)
        truth = next(truth for truth in web.truth() if truth.mechanism == "wordpress" and truth.kind == "pdf")
        other = next(t for t in web.truth() if t.kind == "pdf" and t.readable and t.sha256 != truth.sha256)
        web.change(truth.address, build().body(other.address))
        web.remove(other.address)
        commdex(home, "update", proxy=web.proxy, expect=None)
        after = content(home)
    assert set(after) <= set(before)
    assert len(before) - len(after) <= 1  # the same bytes at two addresses are one document
    with Library(home.library_file) as library:
        assert library.counts().not_indexed == 0


def test_killed_at_any_moment_it_ends_in_the_same_library(web: SampleWeb, home: Home, tmp_path: Path) -> None:
    expected = content(home)
    victim = sample_home(tmp_path / "home")
    chance = random.Random(20)
    environment = {**os.environ, "http_proxy": web.proxy, "https_proxy": web.proxy}
    command = [sys.executable, "-m", "search_cli.main", "--home", str(victim.folder), "update"]
    for _ in range(KILLS):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        time.sleep(chance.uniform(0.5, 8.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    commdex(victim, "update", proxy=web.proxy)
    assert content(victim) == expected
    assert index_state(victim.index_folder).documents == len(expected)
    answers = [search(one, "commissioning", "--all") for one in (home, victim)]
    assert [hit["id"] for hit in answers[0]["hits"]] == [hit["id"] for hit in answers[1]["hits"]]


def test_status_and_sources_tell_what_happened(home: Home) -> None:
    status = json.loads(commdex(home, "status", "--json").stdout)
    assert status["schema_version"] == 1
    assert status["library"]["documents"] == len(content(home))
    assert {row["state"] for row in status["sources"]} <= {"ok", "partly"}
    assert any(row["outcome"] == "not found" for row in status["requests_without_result"])
    assert any(row["state"] == "unreadable" for row in status["files_without_text"])
    listed = json.loads(commdex(home, "sources", "list", "--json").stdout)["sources"]
    assert len(listed) == len(status["sources"])
    assert all(row["documents"] > 0 for row in listed)
    one = listed[0]["id"]
    assert json.loads(commdex(home, "sources", "show", one, "--json").stdout)["source"]["id"] == one
