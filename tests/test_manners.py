"""Manners towards hosts: one request at a time whoever asks, the wait that they ask for, what publishers ask robots."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from config.home import Home
from crawler.archive import Archive, Outcome
from crawler.gate import MOST_ERRORS, MOST_SILENT, Gates, HostClosed, retry_after
from crawler.guard import Stopped
from crawler.judging import robots_tags
from crawler.sniff import barrier, says_not_found
from indexer.library import Library
from tests.homes import commdex, make_home
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
PDF = Answer(b"%PDF-1.4\nwords\n%%EOF", headers={"Content-Type": "application/pdf"})
HTML = {"Content-Type": "text/html; charset=utf-8"}


def page(title: str, body: str = "", head: str = "", **headers: str) -> Answer:
    whole = f"<!doctype html><head><title>{title}</title>{head}</head><main><h1>{title}</h1>{body}</main>"
    return Answer(whole.encode(), headers={**HTML, **headers})


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


def fixed(web: Loopback, *paths: str, **more: Any) -> dict[str, Any]:
    return {"id": "fixed", "mechanism": "fixed", "start": [web.url(path) for path in paths], **more}


def outcomes(home: Home) -> dict[str, tuple[str, str]]:
    """Outcome and reason of each address's latest fetch, by path."""
    with Archive(home.archive_folder) as archive:
        return {one.address.split("/", 3)[3]: (one.outcome, one.reason) for one in archive.resources()}


def asked(web: Loopback, path: str) -> int:
    return sum(request.path == path for request in web.requests)


# the gate


def test_a_gate_lets_one_through_at_a_time() -> None:
    inside: list[int] = []
    most: list[int] = []

    async def visit(gates: Gates, number: int) -> None:
        async with gates.of("www.a.org" if number % 2 else "a.org").turn(0.0):
            inside.append(number)
            most.append(len(inside))
            await asyncio.sleep(0)
            inside.remove(number)

    async def all_visit() -> None:
        gates = Gates()
        await asyncio.gather(*(visit(gates, number) for number in range(20)))

    asyncio.run(all_visit())
    assert most == [1] * 20


def test_a_gate_keeps_the_longest_of_delay_and_wait() -> None:
    async def times() -> list[float]:
        gate = Gates().of("a.org")
        passed = []
        for wait in (0.0, 0.2):
            gate.wait(wait)
            async with gate.turn(0.1):
                passed.append(time.monotonic())
        async with gate.turn(0.1):
            passed.append(time.monotonic())
        return passed

    first, second, third = asyncio.run(times())
    assert second - first >= 0.19
    assert third - second >= 0.09


@pytest.mark.parametrize(("status", "most"), [(None, MOST_SILENT), (500, MOST_ERRORS)])
def test_a_host_that_only_fails_is_given_up_and_one_answer_saves_it(status: int | None, most: int) -> None:
    async def ask(gates: Gates, host: str, spared: bool) -> None:
        gate = gates.of(host)
        for number in range(most):
            async with gate.turn(0.0):
                if status is None:
                    gate.failed(f"/{number}")
                else:
                    gate.answered(f"/{number}", status)
                if spared and number == 1:
                    gate.answered("/well", 200)
        async with gate.turn(0.0):
            pass

    async def both() -> None:
        gates = Gates()
        await ask(gates, "spared.org", True)
        with pytest.raises(HostClosed, match="one after the other"):
            await ask(gates, "failing.org", False)

    asyncio.run(both())


def test_the_same_address_failing_again_does_not_close_its_host() -> None:
    async def ask() -> None:
        gate = Gates().of("a.org")
        for _ in range(MOST_ERRORS + 1):
            async with gate.turn(0.0):
                gate.failed("/one")

    asyncio.run(ask())


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_is_always_too_busy_is_given_up(status: int) -> None:
    async def ask() -> None:
        gate = Gates().of("a.org")
        for number in range(MOST_ERRORS + 1):
            async with gate.turn(0.0):
                gate.answered(f"/{number}", status)

    with pytest.raises(HostClosed, match="one after the other"):
        asyncio.run(ask())


def test_a_delay_that_is_learnt_while_another_waits_is_kept_by_both() -> None:
    async def times() -> list[float]:
        gate = Gates().of("a.org")
        async with gate.turn(0.0):
            pass
        passed = [time.monotonic()]
        asyncio.get_running_loop().call_later(0.05, gate.at_least, 0.4)  # robots.txt was read meanwhile
        async with gate.turn(0.1):
            passed.append(time.monotonic())
        return passed

    first, second = asyncio.run(times())
    assert second - first >= 0.39


def test_who_waits_at_a_gate_is_let_go_when_the_run_stops() -> None:
    async def wait() -> None:
        gates = Gates()
        async with gates.of("a.org").turn(0.0):
            pass
        asyncio.get_running_loop().call_soon(gates.stop)
        async with gates.of("a.org").turn(60.0):
            pass

    with pytest.raises(Stopped):
        asyncio.run(wait())


# Retry-After


@given(st.text(max_size=40))
def test_no_retry_after_header_crashes(value: str) -> None:
    seconds = retry_after(Response("https://a.org/", headers={"Retry-After": value.encode("latin-1", "replace")}))
    assert seconds is None or seconds >= 0


def test_retry_after_is_a_number_or_a_date() -> None:
    def of(value: str) -> float | None:
        return retry_after(Response("https://a.org/", headers={"Retry-After": value}))

    assert of("120") == 120.0
    later = of(formatdate(time.time() + 300, usegmt=True))
    assert later is not None
    assert 290 < later <= 300
    assert of(formatdate(time.time() - 300, usegmt=True)) == 0.0
    assert of("soon") is None


def test_a_busy_host_is_asked_again_after_the_wait_that_it_asked_for(web: Loopback, tmp_path: Path) -> None:
    web.set("/a.pdf", [Answer(b"busy", 503, {"Retry-After": "1"}), PDF])
    web.set("/b.pdf", PDF)
    home = make_home(tmp_path / "home", [fixed(web, "/a.pdf", "/b.pdf")], crawl={"retries": 2})
    commdex(home, "crawl")
    assert {path: outcome for path, (outcome, _) in outcomes(home).items()} == {
        "robots.txt": Outcome.NEW, "a.pdf": Outcome.NEW, "b.pdf": Outcome.NEW,
    }  # fmt: skip
    times = {request.path: request.at for request in web.requests}  # of the last request of each
    busy = next(request.at for request in web.requests if request.path == "/a.pdf")
    assert min(times["/a.pdf"], times["/b.pdf"]) - busy >= 0.9 or times["/b.pdf"] < busy


def test_a_host_that_asks_to_wait_too_long_is_left_alone(web: Loopback, tmp_path: Path) -> None:
    web.set("/0.pdf", Answer(b"busy", 429, {"Retry-After": "3600"}))
    for number in range(1, 6):
        web.set(f"/{number}.pdf", PDF)
    home = make_home(tmp_path / "home", [fixed(web, *(f"/{number}.pdf" for number in range(6)))], crawl={"retries": 2})
    commdex(home, "crawl", expect=4)
    found = outcomes(home)
    assert found["0.pdf"] == (Outcome.LATER, "answered 429: come back in 3600 s")
    assert found["5.pdf"][0] == Outcome.LATER
    assert "asked to wait 3600 s" in found["5.pdf"][1]
    assert [asked(web, f"/{number}.pdf") for number in range(6)] == [1, 0, 0, 0, 0, 0]


# what publishers ask robots


@pytest.mark.parametrize(
    ("answer", "tags"),
    [
        (page("A", head='<meta name="robots" content="noindex, follow">'), {"noindex"}),
        (page("A", head='<meta name="ROBOTS" content="NONE">'), {"noindex", "nofollow"}),
        (page("A", head='<meta name="commdex" content="nofollow">'), {"nofollow"}),
        (page("A", head='<meta name="googlebot" content="noindex">'), set()),
        (page("A", head='<meta name="robots" content="index, max-snippet:-1">'), set()),
        (page("A", **{"X-Robots-Tag": "noindex"}), {"noindex"}),
        (page("A", **{"X-Robots-Tag": "googlebot: noindex"}), set()),
        (page("A", **{"X-Robots-Tag": "Commdex: noindex, nofollow"}), {"noindex", "nofollow"}),
        (page("A", **{"X-Robots-Tag": "unavailable_after: 25 Jun 2030 15:00:00 GMT"}), set()),
        (page("A", **{"X-Robots-Tag": "max-snippet: 10, noindex"}), {"noindex"}),
        (page("A", body='<p>Our page about "noindex".</p>'), set()),
    ],
)
def test_robots_tags(answer: Answer, tags: set[str]) -> None:
    assert robots_tags(Response("https://a.org/", headers=dict(answer.headers), body=answer.body)) == tags


def test_what_is_not_to_be_indexed_is_no_document_and_what_is_not_to_be_followed_is_not(
    web: Loopback, tmp_path: Path
) -> None:
    link = '<p><a href="/{0}.pdf">The report (PDF)</a></p>'
    web.set("/noindex", page("Kept out", link.format("n"), '<meta name="robots" content="noindex">'))
    web.set("/nofollow", page("Not followed", link.format("f"), '<meta name="robots" content="nofollow">'))
    web.set("/header.pdf", Answer(PDF.body, headers={**PDF.headers, "X-Robots-Tag": "noindex"}))
    web.set("/n.pdf", Answer(b"%PDF-1.4\nof the first page"))
    web.set("/f.pdf", Answer(b"%PDF-1.4\nof the second page"))
    home = make_home(tmp_path / "home", [fixed(web, "/noindex", "/nofollow", "/header.pdf")])
    for _ in range(2):  # the second run is answered 304
        commdex(home, "update")
        found = outcomes(home)
        told = "its publisher asks robots not to index it"
        assert found["noindex"] == found["header.pdf"] == (Outcome.NOINDEX, told)
        assert asked(web, "/f.pdf") == 0
        assert asked(web, "/n.pdf") >= 1
        with Library(home.library_file) as library:
            addresses = {file.address for one in library.documents(library.ids()) for file in one.files}
            assert {address.rsplit("/", 1)[1] for address in addresses} == {"nofollow", "n.pdf"}
            left_out = {address.rsplit("/", 1)[1] for address, _, _ in library.left_out()}
        assert {"header.pdf"} <= left_out
    with Archive(home.archive_folder) as archive:
        troubles = {row["outcome"] for row in archive.troubles(2)}
    assert Outcome.NOFOLLOW in troubles


def test_what_is_not_to_be_indexed_any_more_leaves_the_library(web: Loopback, tmp_path: Path) -> None:
    paths = ["page", "header.pdf", "unchanged.pdf", "kept.pdf"]
    web.set("/page", page("The plan", "<p>All about hydration</p>"))
    for number, path in enumerate(paths[1:]):
        web.set(f"/{path}", Answer(b"%%PDF-1.4\nwords %d\n%%%%EOF" % number))
    home = make_home(tmp_path / "home", [fixed(web, *(f"/{path}" for path in paths))])
    commdex(home, "update")
    assert in_library(home) == set(paths)
    web.set("/page", page("The plan", "<p>All about hydration</p>", '<meta name="robots" content="noindex">'))
    away = {"X-Robots-Tag": "noindex"}
    web.set("/header.pdf", Answer(b"%PDF-1.4\nother words\n%%EOF", headers=away))
    web.set("/unchanged.pdf", Answer(b"%PDF-1.4\nwords 1\n%%EOF", headers=away))  # answers 304
    for _ in range(2):
        commdex(home, "update")
        assert in_library(home) == {"kept.pdf"}
        assert {outcomes(home)[path][0] for path in paths[:3]} == {Outcome.NOINDEX}
    web.set("/page", page("The plan", "<p>All about hydration</p>"))
    commdex(home, "update")
    assert in_library(home) == {"kept.pdf", "page"}


def in_library(home: Home) -> set[str]:
    with Library(home.library_file) as library:
        files = [file for one in library.documents(library.ids()) for file in one.files]
    return {file.address.rsplit("/", 1)[1] for file in files if file.sha256}


# what answers 200 and is nothing


def test_a_site_that_answers_everything_with_a_page_answers_robots_txt_with_it_too(
    web: Loopback, tmp_path: Path
) -> None:
    web.otherwise(page("Fenmarch ICB", "<p>Let us help you find what you need.</p>"))
    web.set("/robots.txt", page("Fenmarch ICB", "<p>Let us help you find what you need.</p>"))
    web.set("/plan", page("Our plan", "<p>All about hydration</p>"))
    home = make_home(tmp_path / "home", [fixed(web, "/plan", "/gone-plan")])
    commdex(home, "crawl")
    assert (outcomes(home)["plan"][0], outcomes(home)["gone-plan"][0]) == (Outcome.NEW, Outcome.SOFT_NOT_FOUND)


def test_a_page_with_the_title_and_menu_of_its_whole_site_is_a_page(web: Loopback, tmp_path: Path) -> None:
    def of_site(words: str) -> Answer:
        menu = " ".join(f"<a href='/menu/{number}'>Item {number} of the menu</a>" for number in range(100))
        return Answer(f"<!doctype html><title>Fenmarch ICB</title>{menu}<main>{words}</main>".encode(), headers=HTML)

    web.otherwise(of_site("<p>Let us help you find what you need.</p>"))
    web.set("/robots.txt", OPEN)
    web.set("/linking", of_site("<p><a href='/winter.pdf'>Winter plan</a></p>"))
    web.set("/winter.pdf", PDF)
    web.set(
        "/notice",
        of_site(
            "<p>The urgent treatment centre in Market Street closes at six o'clock on Friday and opens on Monday</p>"
        ),
    )
    home = make_home(tmp_path / "home", [fixed(web, "/linking", "/notice", "/gone-plan")])
    commdex(home, "crawl")
    found = {path: outcome for path, (outcome, _) in outcomes(home).items()}
    assert [found[path] for path in ("linking", "winter.pdf", "notice")] == [Outcome.NEW] * 3
    assert found["gone-plan"] == Outcome.SOFT_NOT_FOUND


def test_the_page_that_impossible_addresses_lead_to_is_itself_a_page(web: Loopback, tmp_path: Path) -> None:
    web.otherwise(Answer(status=302, headers={"Location": "/publications"}))
    web.set("/robots.txt", OPEN)
    web.set("/publications", page("Publications", "<a href='/winter.pdf'>Winter plan (PDF)</a>"))
    web.set("/winter.pdf", PDF)
    home = make_home(
        tmp_path / "home",
        [fixed(web, "/gone-plan"), {"id": "shelf", "mechanism": "listing", "start": [web.url("/publications")]}],
    )
    commdex(home, "crawl", expect=None)
    found = {path: outcome for path, (outcome, _) in outcomes(home).items()}
    assert found["gone-plan"] == Outcome.SOFT_NOT_FOUND
    assert (found["publications"], found["winter.pdf"]) == (Outcome.NEW, Outcome.NEW)


@pytest.mark.parametrize(
    ("title", "missing"),
    [
        ("410 practices join the scheme", False),
        ("404-bed hospital opens its doors", False),
        ("404", True),
        ("410 Gone", True),
        ("404 | A council", True),
        ("Error 404", True),
        ("404: there is nothing here", True),
        ("404 Page not found", True),
    ],
)
def test_a_number_alone_does_not_say_that_there_is_nothing(title: str, missing: bool) -> None:
    assert says_not_found(title) is missing


SEARCH = '<form action="/search"><input name="q"><button type="submit">Search</button></form>'
BANNER = "<div>We use cookies <button>Accept all cookies</button></div>"
LET_THROUGH = "<script>a.src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'</script>"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("terms-of-use", page("Terms of use", SEARCH + BANNER)),
        ("paper-12", page("Cookie consent policy", SEARCH + BANNER)),
        ("paper-13", page("Terms of use", SEARCH)),
        ("your-privacy", page("Your privacy | Fenmarch ICB", BANNER)),
        ("sheets", page("Sign-in sheets for ward visitors", '<input type="password">')),
        ("restricted", page("Restricted access to medicines", '<input type="password">')),
        ("let-through", page("Our plan", LET_THROUGH)),
        (
            "imperva",
            page("Our plan", "<p>words of a plan</p>" * 30, '<script src="/_Incapsula_Resource?a=b"></script>'),
        ),
        ("denied", page("Access denied: barriers to dental care", "<p>A report</p>")),
        ("checks", page("Security checks in care homes", "<p>A report</p>")),
        ("ask", page("Tell us", "<p>What do you think of the plan?</p>" * 20 + "<p>Verify you are human</p>")),
    ],
)
def test_content_that_looks_a_little_like_a_barrier_is_content(path: str, content: Answer) -> None:
    assert barrier(content.body, f"https://a.org/{path}", f"https://a.org/{path}") == ""


@pytest.mark.parametrize(
    "content",
    [
        page("Just a moment...", "Enable JavaScript and cookies to continue"),
        page("Attention Required! | Cloudflare", "<p>Sorry, you have been blocked</p>"),
        page("Fenmarch ICB", "", "<script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>"),
        page("Fenmarch ICB", "<iframe src='/_Incapsula_Resource?x'>Request unsuccessful.</iframe>"),
        page("Fenmarch ICB", "<p>Please verify you are human</p>"),
    ],
)
def test_a_bot_wall_is_a_barrier(content: Answer) -> None:
    assert barrier(content.body, "https://a.org/plan", "https://a.org/plan") == "a bot wall"


def test_what_a_site_answers_for_an_impossible_address_is_nowhere_content(web: Loopback, tmp_path: Path) -> None:
    # Every unknown address gets the same friendly page, whose title says nothing.
    friendly = page("Fenmarch ICB", "<p>Let us help you find what you need. Try our search or the menu.</p>")
    web.otherwise(friendly)
    web.set("/robots.txt", OPEN)
    web.set("/plan", page("Our plan", "<p>All about hydration</p>"))
    home = make_home(tmp_path / "home", [fixed(web, "/plan", "/gone-plan", "/gone-policy")])
    commdex(home, "crawl")
    found = {path: outcome for path, (outcome, _) in outcomes(home).items()}
    assert found["plan"] == Outcome.NEW
    assert found["gone-plan"] == found["gone-policy"] == Outcome.SOFT_NOT_FOUND
    assert sum(request.path.startswith("/commdex-") for request in web.requests) == 1


def test_where_impossible_addresses_are_redirected_to_is_nowhere(web: Loopback, tmp_path: Path) -> None:
    web.otherwise(Answer(status=302, headers={"Location": "/help"}))
    web.set("/robots.txt", OPEN)
    web.set("/help", page("Help", "<p>How to find things</p>"))
    web.set("/plan", page("Our plan", "<p>All about hydration</p>"))
    home = make_home(tmp_path / "home", [fixed(web, "/plan", "/gone-plan")])
    commdex(home, "crawl")
    assert outcomes(home)["gone-plan"] == (
        Outcome.SOFT_NOT_FOUND,
        "the same answer as for an address that cannot exist",
    )
    assert outcomes(home)["plan"][0] == Outcome.NEW


LOG_IN = '<form action="/login"><label>Password <input type="password" name="p"></label><button>Go</button></form>'


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (page("Log in | Members", LOG_IN), "a log-in page answered 200 instead of the content"),
        (page("Please sign in", LOG_IN), "a log-in page answered 200 instead of the content"),
        (page("Before you continue", "<form><button>Accept</button></form>"), "a consent page answered 200 instead of"),
        (page("We value your privacy", "<button>Accept all</button>"), "a consent page answered 200 instead of"),
    ],
)
def test_a_log_in_or_consent_page_is_a_barrier(web: Loopback, tmp_path: Path, answer: Answer, told: str) -> None:
    web.set("/paper", answer)
    web.set("/plan", page("Our plan", "<p>All about hydration</p>" + LOG_IN))  # a form in a corner is none
    home = make_home(tmp_path / "home", [fixed(web, "/paper", "/plan")])
    commdex(home, "crawl")
    assert outcomes(home)["paper"][0] == Outcome.BLOCKED
    assert told in outcomes(home)["paper"][1]
    assert outcomes(home)["plan"][0] == Outcome.NEW


def test_a_source_s_bytes_are_capped(web: Loopback, tmp_path: Path) -> None:
    for number in range(6):
        web.set(f"/{number}.pdf", Answer(b"%PDF-1.4\n" + bytes([65 + number]) * 10_000))
    links = "".join(f'<a href="/{number}.pdf">Paper {number} (PDF)</a>' for number in range(6))
    web.set("/papers", page("Papers", links))
    home = make_home(tmp_path / "home", [fixed(web, "/papers", most_bytes=25_000)])
    commdex(home, "crawl")
    assert sum(request.path.endswith(".pdf") for request in web.requests) == 3
    with Archive(home.archive_folder) as archive:
        run = archive.last_source_runs()["fixed"]
    assert (run.state, run.reason) == ("partly", "stopped at its limit of 25,000 bytes")
