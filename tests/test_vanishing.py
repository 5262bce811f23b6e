"""What changed and what vanished, told exactly; and a collapse that is not taken for either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from crawler.archive import Archive, Outcome
from indexer.library import Library
from tests.homes import commdex, make_home
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
HTML = {"Content-Type": "text/html; charset=utf-8"}


def paper(number: int, edition: str = "first") -> Answer:
    return Answer(b"%%PDF-1.4\nPaper %d, %s edition\n%%%%EOF" % (number, edition.encode()))


class Shelf:
    """A site with one listing of papers, and the home that harvests it."""

    def __init__(self, web: Loopback, folder: Path, papers: int, **more: Any):
        self.web = web
        self.listed = list(range(papers))
        for number in self.listed:
            web.set(f"/{number}.pdf", paper(number))
        self.hang_out()
        source = {"id": "shelf", "mechanism": "listing", "start": [web.url("/papers")], **more}
        self.home: Home = make_home(folder / "home", [source])

    def hang_out(self) -> None:
        links = "".join(f'<li><a href="/{number}.pdf">Paper {number} (PDF)</a></li>' for number in self.listed)
        body = f"<!doctype html><title>Papers</title><main><h1>Papers</h1><ul>{links}</ul></main>"
        self.web.set("/papers", Answer(body.encode(), headers=HTML))

    def crawl(self, expect: int = 0) -> int:
        """Crawl and return the run's number."""
        commdex(self.home, "crawl", expect=expect)
        with Archive(self.home.archive_folder) as archive:
            return archive.last_run() or 0

    def vanished(self, run: int) -> dict[str, list[str]]:
        with Archive(self.home.archive_folder) as archive:
            rows = archive.vanished(run)
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["state"], []).append(row["address"].rsplit("/", 1)[1])
        return {state: sorted(names) for state, names in found.items()}

    def state(self) -> tuple[str, str]:
        with Archive(self.home.archive_folder) as archive:
            run = archive.last_source_runs()["shelf"]
        return run.state, run.reason

    def fetched(self, run: int, outcome: Outcome) -> list[str]:
        with Archive(self.home.archive_folder) as archive:
            rows = archive.fresh(run)
        return sorted(row["address"].rsplit("/", 1)[1] for row in rows if row["outcome"] == outcome)


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


def test_what_changed_and_what_went_is_told_exactly(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 40)
    first = shelf.crawl()
    assert len(shelf.fetched(first, Outcome.NEW)) == 40
    for number in (3, 13, 23, 33):
        web.set(f"/{number}.pdf", paper(number, "second"))
    web.set("/7.pdf", Answer(b"no", 404))  # still listed
    shelf.listed.remove(8)  # not listed any more, and gone
    shelf.hang_out()
    web.set("/8.pdf", Answer(b"no", 410))
    second = shelf.crawl()
    assert shelf.fetched(second, Outcome.CHANGED) == ["13.pdf", "23.pdf", "3.pdf", "33.pdf"]
    assert shelf.vanished(second) == {"missing": ["7.pdf", "8.pdf"]}
    third = shelf.crawl()
    assert shelf.fetched(third, Outcome.CHANGED) == []
    assert shelf.vanished(third) == {"gone": ["7.pdf", "8.pdf"]}
    web.set("/7.pdf", paper(7))
    fourth = shelf.crawl()
    assert shelf.vanished(fourth) == {"returned": ["7.pdf"]}
    commdex(shelf.home, "index")
    with Library(shelf.home.library_file) as library:
        gone = {one.address.rsplit("/", 1)[1] for one in library.documents(library.ids()) if one.gone_since}
        assert (len(library.ids()), gone) == (40, {"8.pdf"})


def test_a_paper_that_is_only_not_listed_any_more_is_looked_at_and_stays(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 10)
    shelf.crawl()
    shelf.listed.remove(4)
    shelf.hang_out()
    web.clear()
    second = shelf.crawl()
    assert [request.status for request in web.requests if request.path == "/4.pdf"] == [304]
    assert shelf.vanished(second) == {}
    web.clear()
    shelf.crawl()
    assert [request.path for request in web.requests if request.path == "/4.pdf"] == []  # not each time from now on


def test_a_failed_or_partial_run_marks_nothing_as_gone(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 10)
    shelf.crawl()
    web.set("/5.pdf", Answer(b"no", 404))
    web.set("/6.pdf", Answer(b"oops", 500))
    for _ in range(3):
        run = shelf.crawl()
        assert shelf.state() == ("partly", "1 server error")
        assert shelf.vanished(run) == {}
    web.set("/6.pdf", paper(6))
    assert shelf.vanished(shelf.crawl()) == {"missing": ["5.pdf"]}


def test_a_collapse_is_a_broken_source_and_marks_nothing(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 10)
    shelf.crawl()
    shelf.crawl()
    for number in range(5, 10):
        web.set(f"/{number}.pdf", Answer(b"no", 404))
    shelf.listed = shelf.listed[:5]
    shelf.hang_out()
    web.clear()
    third = shelf.crawl(expect=4)
    told = "5 pages and files announced, at least 8 expected after its last harvests"
    assert shelf.state()[0] == "failed"
    assert shelf.state()[1].startswith(told)
    assert shelf.vanished(third) == {}
    assert [request.path for request in web.requests if request.path == "/9.pdf"] == []
    # The shape of the site has changed: nothing at all is found.
    shelf.listed = []
    shelf.hang_out()
    shelf.crawl(expect=4)
    assert shelf.state()[1].startswith("no pages and files announced, at least 8 expected")


def test_what_most_of_the_last_runs_agree_on_is_how_the_source_is_now(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 10)
    shelf.crawl()
    shelf.listed = shelf.listed[:5]
    shelf.hang_out()
    shelf.crawl(expect=4)
    shelf.crawl(expect=4)
    shelf.crawl()  # the median of 10, 5 and 5
    assert shelf.state()[0] == "ok"


def test_a_limit_is_caught_up_with_over_the_runs(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 12, limit=6)  # the start is asked for beside it
    first = shelf.crawl()
    assert len(shelf.fetched(first, Outcome.NEW)) == 6
    assert shelf.state() == ("partly", "stopped at its limit of 6 requests")
    second = shelf.crawl()
    assert len(shelf.fetched(second, Outcome.NEW)) == 6
    assert shelf.state() == ("ok", "")


def test_a_run_that_holds_all_but_a_broken_link_has_not_failed(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 6, limit=6)
    shelf.listed.append(99)  # which was never there
    shelf.hang_out()
    shelf.crawl()
    assert shelf.state() == ("partly", "stopped at its limit of 6 requests")
    shelf.crawl()
    assert shelf.state() == ("ok", "")


def test_a_paper_that_only_moved_is_not_gone(web: Loopback, tmp_path: Path) -> None:
    shelf = Shelf(web, tmp_path, 8)
    commdex(shelf.home, "update")
    web.set("/3.pdf", Answer(b"no", 404))
    web.set("/99.pdf", paper(3))
    shelf.listed = [number for number in shelf.listed if number != 3] + [99]
    shelf.hang_out()
    for _ in range(2):
        commdex(shelf.home, "update")
    with Library(shelf.home.library_file) as library:
        documents = library.documents(library.ids())
        assert [one.gone_since for one in documents if any("99.pdf" in at.address for at in one.locations)] == [""]
        assert len(documents) == 8
