"""The crawler through its command, against a real server on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from config.home import Home
from config.model import Source
from crawler.archive import Archive, Outcome
from crawler.run import by_host
from tests.homes import CONTACT, commdex, make_home, put_sources
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
PDF = Answer(b"%PDF-1.4\nwords\n%%EOF", headers={"Content-Type": "application/pdf"})
HTML = {"Content-Type": "text/html; charset=utf-8"}


def page(body: str, title: str = "A page") -> Answer:
    return Answer(f"<!doctype html><title>{title}</title><main><h1>{title}</h1>{body}</main>".encode(), headers=HTML)


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


def fixed(web: Loopback, *paths: str, **more: Any) -> dict[str, Any]:
    return {"id": "fixed", "mechanism": "fixed", "start": [web.url(path) for path in paths], **more}


def outcomes(home: Home) -> dict[str, str]:
    """The outcome of each address's latest fetch, by path."""
    with Archive(home.archive_folder) as archive:
        return {resource.address.split("/", 3)[3]: resource.outcome for resource in archive.resources()}


def paths(web: Loopback) -> list[str]:
    return [request.path for request in web.requests if not request.path.startswith("/commdex-")]  # the soft-404 probe


def harvest(
    folder: Path, source: Mapping[str, Any], *, expect: int = 0, crawl: Mapping[str, Any] | None = None
) -> Home:
    home = make_home(folder / "home", [source], crawl=crawl)
    commdex(home, "crawl", expect=expect)
    return home


def test_disallowed_addresses_that_wait_together_for_robots_txt_are_never_fetched(
    web: Loopback, tmp_path: Path
) -> None:
    # Scrapy 2.14 to 2.19 lets the third and later of these through; the slow robots.txt makes them all wait.
    web.set("/robots.txt", Answer(OPEN.body, headers=OPEN.headers, delay=0.5))
    for number in range(8):
        web.set(f"/private/{number}.pdf", PDF)
    web.set("/open.pdf", PDF)
    starts = [f"/private/{number}.pdf" for number in range(8)] + ["/open.pdf"]
    home = harvest(tmp_path, fixed(web, *starts))
    assert paths(web) == ["/robots.txt", "/open.pdf"]
    assert [outcomes(home)[f"private/{number}.pdf"] for number in range(8)] == [Outcome.ROBOTS] * 8


@pytest.mark.parametrize("status", [500, 503])
def test_a_robots_txt_that_fails_closes_its_host(web: Loopback, tmp_path: Path, status: int) -> None:
    web.set("/robots.txt", Answer(b"oops", status))
    home = harvest(tmp_path, fixed(web, "/a.pdf", "/b.pdf"), expect=4)
    assert set(paths(web)) == {"/robots.txt"}
    assert outcomes(home)["a.pdf"] == Outcome.UNREACHABLE


def test_a_missing_robots_txt_opens_its_host_whatever_its_error_page_says(web: Loopback, tmp_path: Path) -> None:
    web.set("/robots.txt", Answer(b"User-agent: *\nDisallow: /", 404))
    web.set("/a.pdf", PDF)
    assert outcomes(harvest(tmp_path, fixed(web, "/a.pdf")))["a.pdf"] == Outcome.NEW


def test_nothing_is_crawled_without_a_contact(web: Loopback, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [fixed(web, "/a.pdf")], contact="")
    done = commdex(home, "crawl", expect=3)
    assert "init --contact" in done.stderr
    assert web.requests == []


def test_every_request_says_who_asks(web: Loopback, tmp_path: Path) -> None:
    web.set("/a.pdf", PDF)
    harvest(tmp_path, fixed(web, "/a.pdf"))
    assert {request.agent for request in web.requests} == {web.requests[0].agent}
    assert web.requests[0].agent.startswith("Commdex/")
    assert CONTACT in web.requests[0].agent


def test_a_second_crawl_asks_only_for_what_changed(web: Loopback, tmp_path: Path) -> None:
    web.set("/landing", page('<p><a href="/a.pdf">The report (PDF)</a> <a href="/b.pdf">Annex (PDF)</a></p>'))
    web.set("/a.pdf", PDF)
    web.set("/b.pdf", Answer(b"%PDF-1.4\nannex"))
    home = harvest(tmp_path, fixed(web, "/landing"))
    web.clear()
    web.set("/b.pdf", Answer(b"%PDF-1.4\nannex, second edition"))
    commdex(home, "crawl")
    assert {request.path: (request.status, request.conditional) for request in web.requests} == {
        "/robots.txt": (304, True),
        "/landing": (304, True),
        "/a.pdf": (304, True),
        "/b.pdf": (200, True),
    }
    assert outcomes(home) == {
        "robots.txt": Outcome.UNCHANGED,
        "landing": Outcome.UNCHANGED,
        "a.pdf": Outcome.UNCHANGED,
        "b.pdf": Outcome.CHANGED,
    }


def test_an_archived_listing_says_the_same_as_a_fresh_one(web: Loopback, tmp_path: Path) -> None:
    listing = '<meta charset="utf-8"><main><a href="/a.pdf">Strategy – the King’s plan (PDF)</a></main>'
    web.set("/list", Answer(listing.encode(), headers={"Content-Type": "text/html"}))
    web.set("/a.pdf", PDF)
    home = harvest(tmp_path, {"id": "list", "mechanism": "listing", "start": [web.url("/list")]})
    said = announced(home)
    commdex(home, "crawl")
    assert announced(home) == said == ["Strategy – the King’s plan (PDF)"]


def announced(home: Home) -> list[str]:
    with Archive(home.archive_folder) as archive:
        return [announcement.link_text for announcement in archive.announcements()]


def test_an_original_that_is_lost_is_fetched_again_whole(web: Loopback, tmp_path: Path) -> None:
    web.set("/a.pdf", PDF)
    home = harvest(tmp_path, fixed(web, "/a.pdf"))
    with Archive(home.archive_folder) as archive:
        known = archive.resource(web.url("/a.pdf"))
        assert known is not None
        assert known.sha256
        original = archive.original(known.sha256)
    original.unlink()
    commdex(home, "crawl")
    assert original.read_bytes() == PDF.body


def test_a_failed_fetch_keeps_the_last_good_content(web: Loopback, tmp_path: Path) -> None:
    web.set("/a.pdf", PDF)
    web.set("/b.pdf", PDF)
    home = harvest(tmp_path, fixed(web, "/a.pdf", "/b.pdf"))
    web.set("/a.pdf", Answer(b"gone", 410))
    web.set("/b.pdf", Answer(b"", 500))
    commdex(home, "crawl", expect=4)
    with Archive(home.archive_folder) as archive:
        gone, failed = archive.resource(web.url("/a.pdf")), archive.resource(web.url("/b.pdf"))
    assert gone is not None
    assert failed is not None
    assert (gone.outcome, gone.missing_since, bool(gone.sha256)) == (Outcome.NOT_FOUND, None, True)  # a failed run
    assert (failed.outcome, failed.gone_since, bool(failed.sha256)) == (Outcome.SERVER_ERROR, None, True)


def test_each_trouble_ends_in_its_own_outcome_and_the_rest_is_untouched(web: Loopback, tmp_path: Path) -> None:
    wall = "<title>Just a moment...</title><div id=cf-browser-verification></div>"
    troubles: dict[str, tuple[Answer, Outcome]] = {
        "missing": (Answer(b"no", 404), Outcome.NOT_FOUND),
        "soft": (page("<p>Sorry</p>", "Page not found | A council"), Outcome.SOFT_NOT_FOUND),
        "wall": (Answer(wall.encode(), headers=HTML), Outcome.BLOCKED),
        "forbidden": (Answer(b"no", 403), Outcome.BLOCKED),
        "broken": (Answer(b"no", 503), Outcome.SERVER_ERROR),
        "slow.pdf": (Answer(PDF.body, delay=3.0), Outcome.TIMEOUT),
        "closed.pdf": (Answer(close=True), Outcome.UNREACHABLE),
        "short.pdf": (Answer(PDF.body * 50, truncate=100), Outcome.ERROR),
        "large.pdf": (Answer(PDF.body * 5000), Outcome.TOO_LARGE),
        "empty.pdf": (Answer(b""), Outcome.ERROR),
        "loop": (Answer(status=302, headers={"Location": "/loop"}), Outcome.REDIRECTS),
        "good.pdf": (PDF, Outcome.NEW),
    }
    for path, (answer, _) in troubles.items():
        web.set(f"/{path}", answer)
    home = harvest(
        tmp_path, fixed(web, *(f"/{path}" for path in troubles)), crawl={"timeout": 1.0, "largest_file": 50_000}
    )
    found = outcomes(home)
    assert {path: found[path] for path in troubles} == {path: outcome for path, (_, outcome) in troubles.items()}
    with Archive(home.archive_folder) as archive:
        run = archive.last_source_runs()["fixed"]
    assert (run.state, run.announced) == ("partly", len(troubles))


def test_what_a_thing_is_is_decided_by_its_bytes(web: Loopback, tmp_path: Path) -> None:
    web.set("/download/17", Answer(PDF.body, headers={"Content-Type": "text/html"}))
    web.set("/report.pdf", page('<p><a href="/real.pdf">Download the report</a></p>', "The report"))
    web.set("/real.pdf", Answer(b"%PDF-1.7 real"))
    home = harvest(tmp_path, fixed(web, "/download/17", "/report.pdf"))
    with Archive(home.archive_folder) as archive:
        kinds = {resource.address.split("/", 3)[3]: resource.kind for resource in archive.resources()}
    assert kinds == {"robots.txt": "text", "download/17": "pdf", "report.pdf": "html", "real.pdf": "pdf"}


def test_private_and_foreign_places_are_refused(web: Loopback, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [fixed(web, "/a.pdf")], crawl={"allow_private_hosts": False})
    commdex(home, "crawl", expect=4)
    assert web.requests == []
    web.set(
        "/a",
        page(
            '<a href="file:///etc/passwd">x (PDF)</a> <a href="http://169.254.169.254/meta.pdf">y</a>'
            '<a href="/fine.pdf">z</a> <a href="javascript:alert(1)">w (PDF)</a> <a href="http://2130706433/z.pdf">v</a>'
        ),
    )
    web.set("/fine.pdf", PDF)
    other = make_home(tmp_path / "other", [fixed(web, "/a")])
    commdex(other, "crawl")
    assert paths(web) == ["/robots.txt", "/a", "/fine.pdf"]
    with Archive(other.archive_folder) as archive:
        refused = [resource.address for resource in archive.resources() if resource.outcome == Outcome.HOST]
    assert refused == ["http://169.254.169.254/meta.pdf", "http://2130706433/z.pdf"]


def test_a_source_that_brings_nothing_is_a_failure_that_says_why(web: Loopback, tmp_path: Path) -> None:
    web.set("/list", page("<p>Nothing here any more</p>"))
    home = make_home(tmp_path / "home", [{"id": "empty", "mechanism": "listing", "start": [web.url("/list")]}])
    done = commdex(home, "crawl", expect=4)
    assert "no document found" in done.stderr
    assert "Stopping" not in done.stderr


def test_a_run_stops_at_the_source_s_limit_and_says_so(web: Loopback, tmp_path: Path) -> None:
    web.set("/list", page("".join(f'<p><a href="/paper/{n}">Paper {n}</a></p>' for n in range(20))))
    for number in range(20):
        web.set(f"/paper/{number}", page(f"<p>Words of {number}</p>", f"Paper {number}"))
    source = {"id": "long", "mechanism": "listing", "start": [web.url("/list")], "limit": 5}
    home = harvest(tmp_path, source)
    assert sum(path.startswith("/paper/") for path in paths(web)) == 5
    with Archive(home.archive_folder) as archive:
        run = archive.last_source_runs()["long"]
    assert run.state == "partly"
    assert "limit of 5" in run.reason


def test_a_listing_is_followed_to_its_last_page_and_its_clutter_is_not(web: Loopback, tmp_path: Path) -> None:
    front = (
        '<!doctype html><body><nav><a href="/about">About us</a></nav><main>'
        '<a href="/p/1">One</a> <a href="/p/2">Two</a><a href="?page=1">2</a><a rel="next" href="?page=1">Next</a>'
        '</main><footer><a href="/cookies">Cookies</a></footer>'
    )
    web.set("/list", Answer(front.encode(), headers=HTML))
    web.set("/list?page=1", page('<a href="/p/2">Two</a> <a href="/p/3">Three</a> <a href="/list">Previous</a>'))
    for number in (1, 2, 3):
        web.set(f"/p/{number}", page("<p>words</p>", f"Paper {number}"))
    harvest(tmp_path, {"id": "list", "mechanism": "listing", "start": [web.url("/list")]})
    assert sorted(paths(web)) == ["/list", "/list", "/p/1", "/p/2", "/p/3", "/robots.txt"]


def test_a_second_run_at_once_is_told_who_holds_the_lock(web: Loopback, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [fixed(web, "/a.pdf")])
    with FileLock(home.lock_file):
        for command in ("crawl", "index", "update"):
            assert "lock" in commdex(home, command, expect=5).stderr
    assert web.requests == []


def test_scrapy_itself_knows_every_source(web: Loopback, tmp_path: Path) -> None:
    web.set("/a.pdf", PDF)
    sources = [fixed(web, "/a.pdf"), {**fixed(web, "/b.pdf"), "id": "asleep", "enabled": False}]
    home = make_home(tmp_path / "home", sources)

    def scrapy(*arguments: str) -> subprocess.CompletedProcess[str]:
        import os

        return subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            env={**os.environ, "COMMDEX_HOME": str(home.folder)},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert scrapy("list").stdout.split() == ["fixed"]
    done = scrapy("crawl", "fixed")
    assert done.returncode == 0, done.stderr
    assert outcomes(home)["a.pdf"] == Outcome.NEW


def test_an_unknown_or_idle_source_is_refused(web: Loopback, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [{**fixed(web, "/b.pdf"), "status": "subscription"}])
    assert "no source is called 'nowhere'" in commdex(home, "crawl", "nowhere", expect=2).stderr
    assert "subscription" in commdex(home, "crawl", "fixed", expect=2).stderr
    put_sources(home, [])
    assert "no source to harvest" in commdex(home, "crawl", expect=3).stderr


def chains(*hosts: Sequence[str]) -> list[list[str]]:
    sources = [
        Source(
            id=f"s{number}",
            name="s",
            publisher="p",
            mechanism="fixed",
            start=(f"http://{names[0]}/",),
            hosts=tuple(names[1:]),
        )
        for number, names in enumerate(hosts)
    ]
    return [[source.id for source in chain] for chain in by_host(sources)]


def test_sources_that_share_a_host_are_harvested_one_after_the_other() -> None:
    assert chains(["a.org"], ["b.org"], ["www.a.org"]) == [["s1"], ["s0", "s2"]]
    assert chains(["a.org"], ["b.org"], ["c.org", "a.org", "b.org"]) == [["s0", "s1", "s2"]]
