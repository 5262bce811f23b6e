"""Every fault ends in the state that a person would expect, and the rest of the run is untouched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.archive import Archive, Outcome
from tests.homes import commdex, make_home
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAPERS = 6
WALL = b"<!doctype html><title>Just a moment...</title><div id='cf-browser-verification'></div>"


def paper(number: int) -> Answer:
    return Answer(b"%%PDF-1.4\nPaper %d\n%%%%EOF" % number)


def listing() -> Answer:
    links = "".join(f'<li><a href="/{number}.pdf">Paper {number} (PDF)</a></li>' for number in range(PAPERS))
    return Answer(f"<!doctype html><title>Papers</title><main><h1>Papers</h1>{links}</main>".encode(), headers=HTML)


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN, "/papers": listing()}) as server:
        for number in range(PAPERS):
            server.set(f"/{number}.pdf", paper(number))
        yield server


@pytest.fixture
def other() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN, "/papers": listing()}) as server:
        for number in range(PAPERS):
            server.set(f"/{number}.pdf", paper(100 + number))
        yield server


FAULTS: dict[str, tuple[Answer | Sequence[Answer], Outcome, str, str]] = {
    "503 twice, then well": ([Answer(b"busy", 503), Answer(b"busy", 503), paper(3)], Outcome.NEW, "ok", ""),
    "503 for ever": (Answer(b"busy", 503), Outcome.SERVER_ERROR, "partly", "1 server error"),
    "hangs": (Answer(b"late", delay=4.0), Outcome.TIMEOUT, "partly", "1 timeout"),
    "is cut short": (Answer(b"%PDF-1.4" + b"x" * 5000, truncate=2000), Outcome.ERROR, "partly", "1 error"),
    "hangs up": (Answer(close=True), Outcome.UNREACHABLE, "partly", "1 unreachable"),
    "goes in circles": (Answer(status=302, headers={"Location": "/3.pdf"}), Outcome.REDIRECTS, "ok", ""),
    "is a bot wall": (Answer(WALL, headers=HTML), Outcome.BLOCKED, "partly", "1 blocked"),
    "is forbidden": (Answer(b"no", 403), Outcome.BLOCKED, "partly", "1 blocked"),
    "is not there": (Answer(b"no", 404), Outcome.NOT_FOUND, "ok", ""),
    "is empty": (Answer(b""), Outcome.ERROR, "partly", "1 error"),
    "leads to a private place": (
        Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}), Outcome.HOST, "ok", "",
    ),
}  # fmt: skip


def sources(web: Loopback, other: Loopback) -> list[dict[str, Any]]:
    return [
        {"id": "faulty", "mechanism": "listing", "start": [web.url("/papers")]},
        {
            "id": "sound",
            "mechanism": "listing",
            "start": [other.url("/papers").replace("127.0.0.1", "localhost")],
        },
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_its_state(web: Loopback, other: Loopback, tmp_path: Path, fault: str) -> None:
    answer, outcome, state, reason = FAULTS[fault]
    web.set("/3.pdf", answer)
    home = make_home(tmp_path / "home", sources(web, other), crawl={"timeout": 1.5, "retries": 2})
    commdex(home, "crawl")
    with Archive(home.archive_folder) as archive:
        runs = archive.last_source_runs()
        by_path = {one.address.rsplit("/", 1)[1]: one for one in archive.resources() if "localhost" not in one.address}
        assert archive.outcomes(1, "sound")["new"] == PAPERS + 2
    assert by_path["3.pdf"].outcome == outcome
    assert {by_path[f"{number}.pdf"].outcome for number in range(PAPERS) if number != 3} == {Outcome.NEW}
    assert (runs["faulty"].state, runs["faulty"].reason) == (state, reason)
    assert (runs["sound"].state, runs["sound"].announced) == ("ok", PAPERS)
    kept = by_path["3.pdf"].sha256
    assert bool(kept) is (outcome is Outcome.NEW)  # a wall, an error page, half a file: none of it is a document


def test_a_host_that_turns_to_404_is_a_broken_source_and_nothing_of_it_is_lost(
    web: Loopback, other: Loopback, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", sources(web, other))
    commdex(home, "crawl")
    for path in ("/papers", *(f"/{number}.pdf" for number in range(PAPERS))):
        web.set(path, Answer(b"no", 404))
    for _ in range(3):
        commdex(home, "crawl", expect=4)
        with Archive(home.archive_folder) as archive:
            runs = archive.last_source_runs()
            assert archive.vanished(runs["faulty"].run) == []
            assert [one.address for one in archive.resources() if one.gone_since] == []
        assert runs["faulty"].state == "failed"
        assert runs["faulty"].reason.startswith("no pages and files announced, at least 4 expected")
        assert "not found" in runs["faulty"].reason
        assert runs["sound"].state == "ok"


def test_a_robots_txt_that_fails_closes_its_host_alone(web: Loopback, other: Loopback, tmp_path: Path) -> None:
    web.set("/robots.txt", Answer(b"oops", 500))
    home = make_home(tmp_path / "home", sources(web, other))
    commdex(home, "crawl", expect=4)
    assert {request.path for request in web.requests} == {"/robots.txt"}
    with Archive(home.archive_folder) as archive:
        runs = archive.last_source_runs()
    assert runs["faulty"].state == "failed"
    assert "robots.txt (answered 500" in runs["faulty"].reason
    assert runs["sound"].state == "ok"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_site_whose_gateway_fails_is_not_taken_for_gone(
    web: Loopback, other: Loopback, tmp_path: Path, status: int
) -> None:
    web.set("/robots.txt", Answer(b"oops", status))
    archives = [other.url("/web/").replace("127.0.0.1", "localhost")]
    home = make_home(tmp_path / "home", sources(web, other)[:1], crawl={"archives": archives})
    commdex(home, "crawl", expect=4)
    assert other.requests == []


def test_former_addresses_are_sought_in_the_archives_when_the_start_is_gone(
    web: Loopback, other: Loopback, tmp_path: Path
) -> None:
    former = "http://former.example.org/papers/"
    source = {"id": "moved", "mechanism": "listing", "start": [web.url("/papers")], "former": [former]}
    other.otherwise(Answer(b"[]", headers={"Content-Type": "application/json"}))
    archives = [other.url("/web/").replace("127.0.0.1", "localhost")]
    home = make_home(tmp_path / "home", [source], crawl={"archives": archives})
    web.set("/papers", Answer(b"busy", 503))  # there, with a fault: its past is nobody's business yet
    commdex(home, "crawl", expect=4)
    assert other.requests == []
    web.set("/papers", Answer(b"no", 404))
    commdex(home, "crawl", expect=4)
    sought = [parse_qs(urlsplit(one.url).query)["url"][0] for one in other.requests if one.path == "/web/cdx"]
    assert sought == [web.url("/papers*"), former + "*"]


def test_a_host_that_hangs_throughout_is_given_up(web: Loopback, other: Loopback, tmp_path: Path) -> None:
    for number in range(PAPERS):
        web.set(f"/{number}.pdf", Answer(b"late", delay=3.0))
    home = make_home(tmp_path / "home", sources(web, other), crawl={"timeout": 0.5, "retries": 0})
    commdex(home, "crawl", expect=4)
    with Archive(home.archive_folder) as archive:
        assert archive.outcomes(1, "faulty") == {"new": 2, "timeout": 5, "unreachable": 1}
        (last,) = [row for row in archive.troubles(1, "faulty") if row["outcome"] == "unreachable"]
    assert "5 addresses of 127.0.0.1 failed one after the other" in last["reason"]
