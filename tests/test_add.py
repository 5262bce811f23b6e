"""`commdex add`: what a librarian supplies by hand is a document like any other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from reportlab.pdfgen.canvas import Canvas

from config.home import Home
from crawler.archive import BY_HAND, Archive
from tests.homes import commdex, make_home, search
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
HTML = {"Content-Type": "text/html; charset=utf-8"}
RECORD = {"id": "fenland-icb", "publisher": "NHS Fenland ICB", "status": "manual", "sectors": ["mental-health"]}
PUBLISHED = "https://www.fenland.icb.nhs.uk/papers/strategy.pdf"


def pdf(*lines: str) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    for place, line in enumerate(lines):
        canvas.drawString(72, 760 - 24 * place, line)
    canvas.save()
    return out.getvalue()


STRATEGY = pdf("A strategy for frailty in the Fens", "It says much of virtual wards and of frailty.")


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home", [RECORD])


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "strategy final v2.pdf"
    file.write_bytes(STRATEGY)
    return file


def add(home: Home, what: Path | str, *more: str, expect: int = 0) -> str:
    """Add and return what was said of it."""
    done = commdex(home, "add", str(what), "--source", "fenland-icb", *more, expect=expect)
    return done.stdout + done.stderr


def only(home: Home, query: str = "frailty") -> dict[str, Any]:
    """The one document that answers."""
    hits = search(home, query)["hits"]
    assert len(hits) == 1, hits
    hit: dict[str, Any] = hits[0]
    return hit


def shown(home: Home, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(commdex(home, "show", name, "--json").stdout)
    return values


# files


def test_a_file_is_a_document_like_any_other(home: Home, paper: Path) -> None:
    assert "Added to fenland-icb: 1 new." in add(home, paper, "--title", "Our strategy", "--date", "14 May 2024")
    hit = only(home, "frailty AND source:fenland-icb AND sector:mental-health AND year:2024")
    assert (hit["title"], hit["date"], hit["publisher"]) == ("Our strategy", "2024-05-14", "NHS Fenland ICB")
    assert hit["pages"] == [{"file": 0, "page": 1}]
    with Archive(home.archive_folder) as archive:
        assert archive.read(hit["files"][0]["sha256"]) == STRATEGY
        assert {one.via for one in archive.announcements()} == {BY_HAND}
        assert archive.last_source_runs() == {}  # no harvest: nothing to be counted against the source


def test_without_an_address_nothing_passes_for_a_link(home: Home, paper: Path) -> None:
    add(home, paper)
    hit = only(home)
    assert hit["link"] == ""
    assert hit["host"] == ""
    assert "no web address" in commdex(home, "show", "1").stdout
    assert "urn:" not in commdex(home, "search", "frailty").stdout
    opened = commdex(home, "open", "1", "--print")
    assert Path(opened.stdout.strip()).read_bytes() == STRATEGY
    assert "no address on the web" in opened.stderr
    for form in ("csv", "html", "ris"):
        assert "urn:" not in commdex(home, "export", "--to", form, "-o", "-").stdout
    assert "UR  -" not in commdex(home, "export", "--to", "ris", "-o", "-").stdout


def test_with_the_address_where_it_was_published_it_is_found_by_its_site(home: Home, paper: Path) -> None:
    add(home, paper, "--address", PUBLISHED)
    hit = only(home, "frailty AND site:icb.nhs.uk")
    assert (hit["address"], hit["host"]) == (PUBLISHED, "www.fenland.icb.nhs.uk")
    assert commdex(home, "open", "1", "--print").stdout.strip() == f"{PUBLISHED}#page=1"


def test_the_same_file_again_is_unchanged_and_keeps_what_was_said(home: Home, paper: Path) -> None:
    add(home, paper, "--title", "Our strategy", "--date", "2024-05")
    assert "1 unchanged" in add(home, paper, "--publisher", "Us")
    hit = only(home)
    assert (hit["title"], hit["date"], hit["publisher"]) == ("Our strategy", "2024-05", "Us")
    assert "1 unchanged" in add(home, paper, "--title", "The Fenland strategy")
    assert only(home)["title"] == "The Fenland strategy"


def test_another_file_under_the_same_address_is_a_new_version(home: Home, paper: Path) -> None:
    add(home, paper, "--address", PUBLISHED)
    first = only(home)
    paper.write_bytes(pdf("A strategy for frailty in the Fens", "Second edition: hospital at home."))
    assert "1 changed" in add(home, paper, "--address", PUBLISHED)
    second = only(home, "hospital AND frailty")
    assert second["id"] == first["id"]
    assert search(home, '"virtual wards"')["total"] == 0
    with Archive(home.archive_folder) as archive:
        assert archive.intact(first["files"][0]["sha256"])  # nothing is ever overwritten


def test_what_is_given_by_hand_wins_over_all_else(home: Home, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><html><head><title>Another title | A site</title>"
        '<meta property="article:published_time" content="2019-01-02">'
        '<meta property="og:title" content="Another title">'
        "</head><body><main><h1>Another title</h1><p>Published 3 March 2020. " + "It is about frailty. " * 40
        + "</p></main></body></html>",
        encoding="utf-8",
    )  # fmt: skip
    add(home, page, "--title", "Frailty, as we call it", "--date", "2021", "--publisher", "Fenland Partnership")
    hit = only(home)
    assert (hit["title"], hit["date"]) == ("Frailty, as we call it", "2021")
    assert hit["publisher"] == "Fenland Partnership"
    origins = shown(home, hit["id"])["origins"]
    assert {origins[name]["origin"] for name in ("title", "date", "publisher")} == {"given by hand"}
    assert {origins[name]["sure"] for name in ("title", "date", "publisher")} == {1.0}


def test_it_can_be_read_later(home: Home, paper: Path) -> None:
    add(home, paper, "--no-index")
    assert not home.library_file.exists()
    commdex(home, "index")
    assert only(home)["sources"] == ["fenland-icb"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"<!doctype html><title>Just a moment...</title><p>Checking</p>", "a bot wall"),
        (b"<!doctype html><title>Page not found</title><h1>Page not found</h1>", "Page not found"),
        (b"\x89PNG\r\n\x1a\n....", "is a picture"),
        (b"\x00\x01\x02\x03" * 50, "not known here"),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(home: Home, tmp_path: Path, body: bytes, why: str) -> None:
    file = tmp_path / "a file.pdf"
    file.write_bytes(body)
    told = add(home, file, expect=2)
    assert "a file.pdf" in told
    assert why in told
    assert not home.library_file.exists()


def test_a_file_that_is_too_large_a_folder_and_no_file_are_refused(tmp_path: Path, paper: Path) -> None:
    home = make_home(tmp_path / "home", [RECORD], crawl={"largest_file": 100})
    assert "largest_file" in add(home, paper, expect=2)
    assert "is a folder" in add(home, tmp_path, expect=2)
    assert "cannot be read" in add(home, tmp_path / "none.pdf", expect=2)
    assert not home.archive_folder.exists()


def test_slips_of_the_command_line_are_refused_before_anything_is_kept(home: Home, paper: Path) -> None:
    unknown = commdex(home, "add", str(paper), "--source", "fenland-icp", expect=2)
    assert "Did you mean fenland-icb?" in unknown.stderr
    assert "no date" in add(home, paper, "--date", "some day", expect=2)
    assert "still to come" in add(home, paper, "--date", f"{datetime.now(UTC).year + 1}", expect=2)
    assert "http" in add(home, paper, "--address", "www.fenland.icb.nhs.uk", expect=2)
    with FileLock(home.lock_file):
        assert "holds the lock" in add(home, paper, expect=5)
    assert not home.archive_folder.exists()


def test_a_harvest_never_touches_what_was_added(web: Loopback, tmp_path: Path, paper: Path) -> None:
    web.set("/a", Answer(pdf("A paper of its own on delirium"), headers={"Content-Type": "application/pdf"}))
    source = {"id": "fenland-icb", "mechanism": "fixed", "start": [web.url("/a")]}
    home = make_home(tmp_path / "home", [source])
    add(home, paper, "--address", web.url("/withdrawn.pdf"))
    web.clear()
    for _ in range(3):
        commdex(home, "update")
    assert "/withdrawn.pdf" not in [request.path for request in web.requests]
    assert only(home)["gone_since"] == ""
    assert only(home, "delirium")["sources"] == ["fenland-icb"]


def test_a_blocked_paper_is_supplied_by_hand(web: Loopback, tmp_path: Path, paper: Path) -> None:
    web.set("/strategy.pdf", Answer(b"<!doctype html><title>Just a moment...</title>", 403, HTML))
    home = make_home(
        tmp_path / "home", [{"id": "fenland-icb", "mechanism": "fixed", "start": [web.url("/strategy.pdf")]}]
    )
    commdex(home, "update", expect=4)
    assert search(home, "frailty")["total"] == 0
    add(home, paper, "--address", web.url("/strategy.pdf"), "--title", "Our strategy")
    assert only(home)["title"] == "Our strategy"
    commdex(home, "update", expect=None)  # the wall is still there, and what was supplied stays
    assert only(home)["title"] == "Our strategy"


# addresses


def test_an_address_is_asked_for_with_all_manners(web: Loopback, home: Home) -> None:
    web.set("/private/a.pdf", Answer(STRATEGY))
    told = add(home, web.url("/private/a.pdf"), expect=4)
    assert "refused by robots.txt" in told
    assert "commdex --home" in told
    assert [request.path for request in web.requests] == ["/robots.txt"]
    web.set("/a.pdf", Answer(STRATEGY))
    assert "1 new" in add(home, web.url("/a.pdf"), "--title", "Our strategy")
    hit = only(home)
    assert (hit["title"], hit["address"]) == ("Our strategy", web.url("/a.pdf"))
    with Archive(home.archive_folder) as archive:
        assert {(one.source, one.via, one.found_on) for one in archive.announcements()} == {
            ("fenland-icb", BY_HAND, BY_HAND)
        }
        assert archive.last_source_runs() == {}


def test_a_page_comes_with_its_files_and_the_title_is_the_pages(web: Loopback, home: Home) -> None:
    body = (
        b"<!doctype html><title>Strategy</title><main><h1>Strategy</h1><a href='/a.pdf'>The strategy (PDF)</a></main>"
    )
    web.set("/strategy", Answer(body, headers=HTML))
    web.set("/a.pdf", Answer(STRATEGY))
    assert "2 new" in add(home, web.url("/strategy"), "--title", "Our strategy", "--date", "2024")
    hit = only(home)
    assert (hit["title"], hit["date"], hit["landing"]) == ("Our strategy", "2024", web.url("/strategy"))
    assert "2 unchanged" in add(home, web.url("/strategy"))


def test_what_is_gone_comes_out_of_the_archives(web: Loopback, tmp_path: Path) -> None:
    gone = web.url("/gone.pdf")
    rows = [["urlkey", "timestamp", "original", "mimetype", "statuscode"],
            ["x", "20190304050607", gone, "application/pdf", "200"]]  # fmt: skip
    web.set("/archive/cdx", Answer(json.dumps(rows).encode(), headers={"Content-Type": "application/json"}))
    web.set(f"/archive/20190304050607id_/{gone}", Answer(STRATEGY))
    home = make_home(tmp_path / "home", [RECORD], crawl={"archives": [web.url("/archive/")]})
    assert "1 new" in add(home, gone, "--title", "Our strategy")
    hit = only(home)
    assert (hit["title"], hit["original_address"], hit["captured"]) == ("Our strategy", gone, "2019-03-04")


def test_an_address_that_brings_nothing_says_what_to_do(web: Loopback, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [RECORD], crawl={"archives": []})
    web.set("/wall", Answer(b"<!doctype html><title>Just a moment...</title>", 403, HTML))
    told = add(home, web.url("/wall"), expect=4)
    assert "blocked" in told
    assert f"add FILE --source fenland-icb --address {web.url('/wall')}" in told
    assert "cannot have another" in add(home, web.url("/wall"), "--address", PUBLISHED, expect=2)
    without = make_home(tmp_path / "without", [RECORD], contact="")
    assert "init --contact" in add(without, web.url("/wall"), expect=3)
