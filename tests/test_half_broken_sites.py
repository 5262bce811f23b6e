"""Half-broken sites, stopped runs, damaged stores: nothing is lost, and nothing passes in silence."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from crawler.archive import Archive, Outcome
from indexer.engine import index_state
from indexer.library import Library
from tests.homes import commdex, make_home, search
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


def page(title: str, body: str = "") -> Answer:
    return Answer(f"<!doctype html><title>{title}</title><main><h1>{title}</h1>{body}</main>".encode(), headers=HTML)


def source(web: Loopback, mechanism: str, path: str, **more: Any) -> dict[str, Any]:
    return {"id": "site", "mechanism": mechanism, "start": [web.url(path)], **more}


def crawled(home: Home) -> tuple[str, str]:
    """State and reason of the source's last run."""
    with Archive(home.archive_folder) as archive:
        run = archive.last_source_runs()["site"]
    return run.state, run.reason


def asked(web: Loopback) -> list[str]:
    own = ("/robots.txt", "/commdex-")  # asked for by the crawler on its own account
    return [request.path for request in web.requests if not request.path.startswith(own)]


def titles(home: Home) -> list[str]:
    with Library(home.library_file) as library:
        return sorted(document.title.value for document in library.documents(library.ids()))


def test_a_page_of_wordpress_that_fails_costs_that_page_and_is_told(web: Loopback, tmp_path: Path) -> None:
    def items(*numbers: int) -> Answer:
        rows = [
            {"id": n, "date": "2024-01-01", "link": web.url(f"/p/{n}"), "title": {"rendered": f"P {n}"}}
            for n in numbers
        ]
        return Answer(json.dumps(rows).encode(), headers={**JSON, "X-WP-TotalPages": "3"}, validators=False)

    def path(number: int) -> str:
        fields = "id%2Cdate%2Clink%2Ctitle%2Ccontent%2Cexcerpt%2Csource_url%2Cmime_type%2Cpost"
        return f"/wp-json/wp/v2/posts?per_page=100&page={number}&orderby=date&order=desc&_fields={fields}"

    web.set(path(1), items(1))
    web.set(path(2), Answer(b"oops", 500))
    web.set(path(3), items(3))
    for number in (1, 3):
        web.set(f"/p/{number}", page(f"P {number}", "<p>words</p>"))
    home = make_home(tmp_path / "home", [source(web, "wordpress", "/", options={"types": ["posts"]})])
    commdex(home, "crawl")
    assert {"/p/1", "/p/3"} <= set(asked(web))
    assert crawled(home) == ("partly", "1 server error")


def test_one_bad_entry_costs_itself_and_not_its_sitemap(web: Loopback, tmp_path: Path) -> None:
    addresses = ["http://[bad/x", "http://127.0.0.1:99999/x", "", web.url("/good")]
    locs = "".join(f"<url><loc>{address}</loc></url>" for address in addresses)
    web.set("/sitemap.xml", Answer(f"<?xml version='1.0'?><urlset xmlns='x'>{locs}</urlset>".encode()))
    web.set("/good", page("A good page", "<p>words</p>"))
    home = make_home(tmp_path / "home", [source(web, "sitemap", "/sitemap.xml")])
    commdex(home, "update")
    assert titles(home) == ["A good page"]
    state, reason = crawled(home)
    assert state == "partly"
    assert "error" in reason


CUT_SHORT = gzip.compress(b"<?xml version='1.0'?><urlset>" + os.urandom(5000).hex().encode())[:3000]


@pytest.mark.parametrize("body", [CUT_SHORT, b"<!doctype html><title>Not a sitemap</title>"], ids=["cut", "html"])
def test_a_sitemap_that_is_none_or_cut_short_is_told(web: Loopback, tmp_path: Path, body: bytes) -> None:
    web.set("/robots.txt", Answer(f"Sitemap: {web.url('/a.xml')}\nSitemap: {web.url('/b.xml')}".encode()))
    web.set("/a.xml", Answer(body))
    good = f"<?xml version='1.0'?><urlset xmlns='x'><url><loc>{web.url('/good')}</loc></url></urlset>"
    web.set("/b.xml", Answer(good.encode()))
    web.set("/good", page("A good page", "<p>words</p>"))
    home = make_home(tmp_path / "home", [source(web, "sitemap", "/")])
    commdex(home, "crawl")
    assert crawled(home) == ("partly", "1 error")


def test_feed_entries_with_relative_links_and_bare_enclosures_are_kept(web: Loopback, tmp_path: Path) -> None:
    feed = (
        "<?xml version='1.0'?><rss version='2.0'><channel><title>F</title>"
        "<item><title>Relative</title><link>/relative</link></item>"
        "<item><title>Enclosed only</title><enclosure url='/get?id=7' type='application/pdf' length='1'/></item>"
        "<item><title>Nowhere</title></item></channel></rss>"
    )
    web.set("/feed.xml", Answer(feed.encode(), headers={"Content-Type": "application/rss+xml"}))
    web.set("/relative", page("Relative", "<p>words</p>"))
    web.set("/get?id=7", Answer(b"%PDF-1.4 x"))
    home = make_home(tmp_path / "home", [source(web, "feed", "/feed.xml")])
    commdex(home, "update")
    assert titles(home) == ["Enclosed only", "Relative"]
    assert crawled(home)[0] == "partly"  # the third entry leads nowhere, and that is written down


def test_a_listing_that_goes_on_past_its_bound_says_so(web: Loopback, tmp_path: Path) -> None:
    for number in range(1, 5):
        following = f'<a rel="next" href="/list?page={number + 1}">Next</a>'
        web.set(f"/list?page={number}", page("List", f'<a href="/p/{number}">Paper {number}</a>{following}'))
        web.set(f"/p/{number}", page(f"Paper {number}", "<p>words</p>"))
    home = make_home(tmp_path / "home", [source(web, "listing", "/list?page=1", options={"pages": 3})])
    commdex(home, "crawl")
    assert crawled(home) == ("partly", "stopped at page 3 of a listing (option `pages`)")


def test_a_document_whose_address_is_sent_to_the_front_page_is_gone_and_kept(web: Loopback, tmp_path: Path) -> None:
    web.set("/plan", page("The plan", "<p>All about hydration</p>"))
    web.set("/", page("Home", "<p>Welcome</p>"))
    web.set("/other", page("The other", "<p>All about rehydration</p>"))
    starts = [web.url("/plan"), web.url("/other")]
    home = make_home(tmp_path / "home", [source(web, "fixed", "/plan") | {"start": starts}])
    commdex(home, "update")
    web.set("/plan", Answer(status=302, headers={"Location": "/"}))
    commdex(home, "update")
    (hit,) = search(home, "hydration")["hits"]
    assert not hit["gone_since"]  # one run alone may be wrong
    commdex(home, "update")
    assert titles(home) == ["The other", "The plan"]
    (hit,) = search(home, "hydration")["hits"]
    assert hit["gone_since"]


def test_what_an_archived_page_links_to_and_nobody_captured_has_a_row(web: Loopback, tmp_path: Path) -> None:
    old = "http://www.closed-ccg.example/papers"
    row = ["k", "20150401120000", old, "text/html", "200", "D", "1"]
    names = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
    web.set("/ark/cdx", Answer(json.dumps([names, row]).encode(), headers=JSON))
    web.set(f"/ark/20150401120000id_/{old}", page("Falls plan", '<p>words</p><a href="lost.pdf">Plan (PDF)</a>'))
    options = {"archives": [web.url("/ark/")]}
    closed = {"id": "site", "mechanism": "webarchive", "start": ["http://www.closed-ccg.example/"], "options": options}
    home = make_home(tmp_path / "home", [closed])
    commdex(home, "update")
    assert titles(home) == ["Falls plan"]
    with Archive(home.archive_folder) as archive:
        lost = archive.resource("http://www.closed-ccg.example/lost.pdf")
    assert lost is not None
    assert (lost.outcome, lost.reason) == (Outcome.NOT_FOUND, f"linked on {old}, not captured")


def test_a_robots_txt_that_says_too_many_requests_closes_its_host(web: Loopback, tmp_path: Path) -> None:
    web.set("/robots.txt", Answer(b"slow down", 429))
    home = make_home(tmp_path / "home", [source(web, "fixed", "/a")])
    commdex(home, "crawl", expect=4)
    assert asked(web) == []


def listing_of(web: Loopback, count: int, delay: float = 0.0) -> None:
    web.set("/list", page("List", "".join(f'<p><a href="/p/{n}">Paper {n}</a></p>' for n in range(count))))
    for number in range(count):
        answer = page(f"Paper {number}", "<p>words</p>")
        web.set(f"/p/{number}", Answer(answer.body, headers=HTML, delay=delay, validators=False))


def start(home: Home, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "search_cli.main", "--home", str(home.folder), *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip


def wait_for(condition: Any, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_a_stopped_run_ends_soon_and_goes_on_where_it_stopped(web: Loopback, tmp_path: Path) -> None:
    listing_of(web, 40)
    home = make_home(tmp_path / "home", [source(web, "listing", "/list")], crawl={"delay": 0.2})
    process = start(home, "update")
    wait_for(lambda: sum(path.startswith("/p/") for path in asked(web)) >= 5)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert "Stopping" in told
    assert "goes on from here" in told
    first = asked(web)
    assert sum(path.startswith("/p/") for path in first) < 12  # what waited for its turn was not sent
    assert crawled(home)[0] == "interrupted"
    web.clear()
    commdex(home, "update")
    assert set(asked(web)) & set(first) == set()
    assert len(titles(home)) == 40
    web.clear()
    commdex(home, "update")  # the next run, after one that ended, asks again
    assert len(asked(web)) == 41


def test_ctrl_c_is_heard_while_indexing_too(web: Loopback, tmp_path: Path) -> None:
    listing_of(web, 3)
    home = make_home(tmp_path / "home", [source(web, "listing", "/list")])
    process = start(home, "update")
    assert process.stderr is not None
    while not process.stderr.readline().startswith("Crawled"):
        pass
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    process.stderr.close()
    assert process.returncode in (130, 0)  # 0 where the three pages were indexed before the signal came
    commdex(home, "index")
    assert len(titles(home)) == 3


@pytest.fixture
def small(web: Loopback, tmp_path: Path) -> Home:
    """A home with three indexed pages."""
    listing_of(web, 3)
    home = make_home(tmp_path / "home", [source(web, "listing", "/list")])
    commdex(home, "update")
    return home


def test_an_emptied_archive_is_refused_and_not_taken_for_the_truth(small: Home) -> None:
    (small.archive_folder / "archive.db").write_bytes(b"")
    for leftover in small.archive_folder.glob("archive.db-*"):
        leftover.unlink()
    for command in ("index", "crawl"):
        assert "archive.db" in commdex(small, command, expect=3).stderr
    assert len(titles(small)) == 3


def test_an_emptied_library_is_refused_by_a_search_and_made_anew_by_index(small: Home) -> None:
    shutil.rmtree(small.library_file.parent)
    small.library_file.parent.mkdir()
    small.library_file.write_bytes(b"")
    assert "commdex" in commdex(small, "search", "words", expect=3).stderr
    commdex(small, "index")
    assert search(small, "words")["total"] == 3


def test_index_and_library_of_different_days_are_brought_together(small: Home, web: Loopback) -> None:
    older = small.folder / "older-index"
    shutil.copytree(small.index_folder, older)
    web.set("/list", page("List", '<a href="/p/0">Paper 0</a> <a href="/new">New</a>'))
    web.set("/new", page("New", "<p>words</p>"))
    commdex(small, "update")
    shutil.rmtree(small.index_folder)
    older.rename(small.index_folder)
    commdex(small, "index")
    assert search(small, "words")["total"] == 4
    assert index_state(small.index_folder).documents == 4


def test_a_damaged_original_is_not_read_as_the_document_and_is_fetched_again(small: Home, web: Loopback) -> None:
    with Archive(small.archive_folder) as archive:
        known = archive.resource(web.url("/p/1"))
        assert known is not None
        assert known.sha256
        original = archive.original(known.sha256)
    whole = original.read_bytes()
    original.write_bytes(b"x" * len(whole))
    shutil.rmtree(small.library_file.parent)
    shutil.rmtree(small.index_folder)
    assert "lost or damaged" in commdex(small, "index").stderr
    assert search(small, "words")["total"] == 2
    commdex(small, "update")
    assert original.read_bytes() == whole
    assert search(small, "words")["total"] == 3


def test_every_outcome_that_is_no_document_is_counted(small: Home) -> None:
    with Archive(small.archive_folder) as archive:
        run = archive.last_run()
        assert run is not None
        assert archive.outcomes(run) == {Outcome.NEW: 5}
