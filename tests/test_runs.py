"""The reports of runs: what came and went, which sources are broken, and what to do, through the commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result
from pydantic import BaseModel

from config.home import Home
from crawler.archive import TIME, SourceRun
from indexer.text import ESCAPES
from search_cli import freshness
from search_cli.commands.runs import SOURCE_COLUMNS
from search_cli.main import cli
from search_cli.runs import health, stale
from search_cli.runs.health import Coverage
from search_cli.runs.kept import Reports
from search_cli.runs.model import Report, SourceReport
from search_cli.runs.words import duration, size
from tests.homes import commdex, make_home, put_sources
from tests.loopback import Answer, Loopback

ROOT = Path(__file__).parents[1]
OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
HTML = {"Content-Type": "text/html; charset=utf-8"}
WALL = Answer(b"<title>Just a moment...</title><div id=cf-browser-verification></div>", headers=HTML)
PDF = Answer(b"%PDF-1.4\nwords\n%%EOF", headers={"Content-Type": "application/pdf"})
GONE = Answer(b"no such paper", 404)
EVIL = "Beds <script>alert(1)</script> & \x1b[31mred"


def page(body: str, title: str = "A page", **more: Any) -> Answer:
    text = f"<!doctype html><title>{title}</title><main><h1>{title}</h1>{body}</main>"
    return Answer(text.encode(), headers=HTML, **more)


def paper(title: str, words: str = "How mental health services are commissioned.") -> Answer:
    return page(f"<p>{words}</p>" * 5 + "<p>Published 3 March 2021</p>", title)


def listing(*paths: str) -> Answer:
    return page("".join(f'<p><a href="{path}">Paper {path.rpartition("/")[2]}</a></p>' for path in paths), "Papers")


def numbered(prefix: str, *numbers: int) -> Answer:
    return listing(*(f"/{prefix}/{number}" for number in numbers))


def kept(home: Home, run: int) -> dict[str, Any]:
    """The JSON of a report as it lies in the home."""
    values: dict[str, Any] = json.loads((home.folder / "reports" / f"run-{run:06}.json").read_text(encoding="utf-8"))
    return values


def run(home: Home, *arguments: str, expect: int = 0, **environment: str) -> Result:
    """A command that does not crawl, in this process."""
    result = CliRunner().invoke(cli, ["--home", str(home.folder), *arguments], env={"COLUMNS": "100", **environment})
    assert result.exit_code == expect, result.output
    return result


@dataclass(frozen=True)
class Story:
    """A home after three runs over four sources, what was said on standard error after each, and what was asked for."""

    home: Home
    web: Loopback
    said: tuple[str, ...]
    asked: tuple[tuple[int, int], ...]  # requests that reached the site in each run, and the bytes that it sent

    def url(self, path: str) -> str:
        return self.web.url(path)

    def source(self, run: int, name: str) -> dict[str, Any]:
        return next(row for row in kept(self.home, run)["sources"] if row["id"] == name)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """papers: changed and vanishing; walled: refused in each way; emptied: nothing left; shrunk: most of it gone."""
    with Loopback({"/robots.txt": OPEN}) as web:
        for prefix, count in (("p", 10), ("e", 3), ("s", 10)):
            for number in range(count):
                web.set(f"/{prefix}/{number}", paper(f"{prefix} {number}"))
        first = numbered("p", *range(10))
        web.set("/papers", Answer(first.body.replace(b"Paper 0", EVIL.replace("<", "&lt;").encode()), headers=HTML))
        web.set("/emptied", numbered("e", *range(3)))
        web.set("/shrunk", numbered("s", *range(10)))
        web.set("/walled", listing("/w/fine", "/w/wall", "/private/a", "/private/b", "/w/hidden"))
        web.set("/w/fine", page("<p>Words without any day</p>", "Fine"))
        web.set("/w/wall", WALL)
        hidden = '<!doctype html><title>H</title><meta name="robots" content="noindex"><main><h1>H</h1>Words</main>'
        web.set("/w/hidden", Answer(hidden.encode(), headers=HTML))
        sources = [
            {"id": name, "name": f"The {name} ones", "mechanism": "listing", "start": [web.url(f"/{name}")]}
            for name in ("papers", "walled", "emptied", "shrunk")
        ]
        home = make_home(tmp_path_factory.mktemp("story") / "home", sources)
        said, asked = [], []

        def harvest(command: str, expect: int) -> None:
            web.clear()
            said.append(commdex(home, command, expect=expect).stderr)
            asked.append((len(web.requests), sum(one.bytes for one in web.requests if one.status == 200)))

        harvest("update", 0)
        web.set("/p/1", paper("p 1", "Second edition, on mental health."))
        web.set("/p/2", GONE)
        web.set("/p/3", GONE)
        web.set("/p/10", paper("p 10"))
        web.set("/papers", numbered("p", *range(9), 10))  # 9 is not listed any more, and still there
        web.set("/emptied", page("<p>We have moved</p>"))
        web.set("/shrunk", numbered("s", 0, 1))
        harvest("update", 4)
        web.set("/p/3", paper("p 3"))
        harvest("crawl", 4)
        yield Story(home, web, tuple(said), tuple(asked))


def test_the_first_report_counts_each_source_s_pages_refusals_and_documents(story: Story) -> None:
    report = kept(story.home, 1)
    assert (report["run"], report["command"], report["state"], report["indexed"]) == (1, "update", "partly", True)
    assert report["sources_by_state"] == {"ok": 3, "partly": 1}
    assert report["new_documents"] == 24
    assert report["library"]["documents"] == 24
    assert report["archive"]["growth"] is None
    walled = story.source(1, "walled")
    counted = {name: walled[name] for name in ("new", "blocked", "refused_by_robots", "refused_by_noindex", "errors")}
    assert counted == {"new": 1, "blocked": 1, "refused_by_robots": 2, "refused_by_noindex": 1, "errors": {}}
    assert (walled["documents"], walled["undated"], walled["without_text"]) == (1, 1, 0)
    told = {advice["problem"]: advice for advice in walled["advice"]}
    assert set(told) == {"blocked", "refused_by_robots", "refused_by_noindex", "undated"}
    assert told["blocked"]["command"] == "commdex runs show 1 --list troubles --source walled"
    assert "A person must look" in told["blocked"]["told"]
    papers = story.source(1, "papers")
    assert (papers["state"], papers["new"], papers["announced"], papers["advice"]) == ("ok", 10, 10, [])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_requests_and_bytes_are_those_that_the_site_saw(story: Story, number: int) -> None:
    totals = kept(story.home, number)["totals"]
    assert (totals["requests"], totals["bytes"]) == story.asked[number - 1]


def test_the_second_report_says_exactly_what_came_changed_and_is_missing(story: Story) -> None:
    report = kept(story.home, 2)
    papers = story.source(2, "papers")
    expected = {
        "new": 1, "changed": 1, "unchanged": 7, "missing": 2, "gone": 0, "returned": 0, "blocked": 0,
        "refused_by_robots": 0, "refused_by_noindex": 0, "errors": {"not found": 2},
    }  # fmt: skip
    assert {name: papers[name] for name in expected} == expected
    [new] = report["new"]
    assert (new["what"], new["title"], new["address"], new["date"]) == (
        "document", "Paper 10", story.url("/p/10"), "2021-03-03",
    )  # fmt: skip
    assert new["addresses"] == [story.url("/p/10")]
    assert {"id": "mental-health", "heading": "Mental health"} in new["sectors"]
    [changed] = report["changed"]
    assert (changed["source"], changed["address"], changed["title"], changed["role"]) == (
        "papers", story.url("/p/1"), "Paper 1", "page",
    )  # fmt: skip
    assert changed["document"]
    assert [row["address"] for row in report["missing"]] == [story.url("/p/2"), story.url("/p/3")]
    assert all(row["document"] for row in report["missing"])
    assert report["gone"] == report["returned"] == []


def test_what_a_second_good_run_misses_is_gone_and_what_is_there_again_has_returned(story: Story) -> None:
    report = kept(story.home, 3)
    [gone] = report["gone"]
    assert gone["address"] == story.url("/p/2")
    second = kept(story.home, 2)
    assert second["started"] <= gone["since"] <= second["finished"]
    assert [row["address"] for row in report["returned"]] == [story.url("/p/3")]
    assert report["missing"] == []
    papers = story.source(3, "papers")
    assert (papers["missing"], papers["gone"], papers["returned"]) == (0, 1, 1)
    assert [advice["problem"] for advice in papers["advice"]] == ["gone"]


def test_broken_sources_stand_first_and_are_not_taken_for_quiet_ones(story: Story) -> None:
    report = kept(story.home, 2)
    assert [row["id"] for row in report["sources"]] == ["emptied", "shrunk", "walled", "papers"]
    assert report["broken"] == ["emptied", "shrunk"]
    emptied, shrunk = story.source(2, "emptied"), story.source(2, "shrunk")
    assert [sign["sign"] for sign in emptied["broken"]] == ["zero"]
    assert [sign["sign"] for sign in shrunk["broken"]] == ["collapse"]
    assert (shrunk["announced"], shrunk["floor"], shrunk["state"], shrunk["collapsed"]) == (2, 8, "failed", True)
    assert "2 pages and files" in shrunk["broken"][0]["told"]
    assert shrunk["broken"][0]["told"].endswith("is 8")
    assert shrunk["advice"][0]["command"] == "commdex sources check shrunk"
    assert (shrunk["missing"], shrunk["gone"]) == (0, 0)
    again = {row["id"]: [sign["sign"] for sign in row["broken"]] for row in kept(story.home, 3)["sources"]}
    assert "failing" in again["emptied"]
    said = story.said[1]
    assert said.index("Broken sources, not quiet ones:") < said.index("  emptied: failed: it announced nothing")
    assert said.index("  shrunk: failed") < said.index("Not ok:") < said.index("  walled: partly: 1 blocked")
    assert said.index("Not ok:") < said.index("New documents:\n") < said.index("Changed:") < said.index("Missing")


def test_what_is_said_after_a_run_suggests_commands_for_this_home(story: Story) -> None:
    named = f"commdex --home {story.home.folder}"
    assert f"{named} sources check emptied" in story.said[1]
    assert f"See it again with: {named} runs show 2" in story.said[1]
    assert f"The whole report: {story.home.folder / 'reports' / 'run-000002.html'}" in story.said[1]
    assert "alert(1)" in story.said[0]
    assert not any("\x1b" in text for text in story.said)


def test_a_crawl_alone_lists_addresses_until_its_documents_are_read(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN, "/a": paper("The paper"), "/list": listing("/a")}) as web:
        home = make_home(tmp_path / "home", [{"id": "one", "mechanism": "listing", "start": [web.url("/list")]}])
        said = commdex(home, "crawl").stderr
        report = kept(home, 1)
        assert (report["indexed"], report["library"], report["new_documents"]) == (False, None, None)
        assert report["sources"][0]["documents"] is None
        assert [(row["what"], row["title"], row["address"]) for row in report["new"]] == [
            ("address", "Paper a", web.url("/a"))
        ]
        assert "New pages and files:" in said
        commdex(home, "index")
        report = kept(home, 1)
        assert (report["indexed"], report["new_documents"], report["command"]) == (True, 1, "crawl")
        assert [(row["what"], row["title"]) for row in report["new"]] == [("document", "Paper a")]


def test_runs_are_listed_latest_first(story: Story) -> None:
    lines = [line.split("\t") for line in run(story.home, "runs").stdout.splitlines()]
    assert lines[0] == [
        "run", "started", "seconds", "state", "ok", "partly", "failed", "interrupted", "new", "changed", "missing",
        "gone",
    ]  # fmt: skip
    assert [line[0] for line in lines[1:]] == ["3", "2", "1"]
    assert lines[2][3:] == ["partly", "1", "1", "2", "0", "1", "1", "2", "0"]
    rows = json.loads(run(story.home, "runs", "list", "--json").stdout)["runs"]
    assert [(row["run"], row["reported"], row["sources_by_state"]) for row in rows][1:] == [
        (2, True, {"failed": 2, "ok": 1, "partly": 1}), (1, True, {"ok": 3, "partly": 1}),
    ]  # fmt: skip


def test_a_report_is_shown_again_whole_by_source_by_list_and_as_json(story: Story) -> None:
    lines = [line.split("\t") for line in run(story.home, "runs", "show", "2").stdout.splitlines()]
    assert lines[0] == list(SOURCE_COLUMNS)
    assert [line[:3] for line in lines[1:3]] == [["emptied", "failed", "zero"], ["shrunk", "failed", "collapse"]]
    assert json.loads(run(story.home, "runs", "show", "2", "--json").stdout) == kept(story.home, 2)
    assert json.loads(run(story.home, "runs", "show", "--json").stdout)["run"] == 3
    missing = run(story.home, "runs", "show", "2", "--list", "missing").stdout.splitlines()
    assert [line.split("\t")[-1] for line in missing] == ["address", story.url("/p/2"), story.url("/p/3")]
    part = json.loads(run(story.home, "runs", "show", "2", "--source", "walled", "--json").stdout)
    assert [row["id"] for row in part["sources"]] == ["walled"]
    assert (part["broken"], part["changed"], part["totals"]["blocked"]) == ([], [], 1)
    assert {row["outcome"] for row in part["troubles"]} == {
        "blocked", "refused by robots.txt", "refused by noindex",
    }  # fmt: skip


def test_a_report_on_a_terminal_has_no_colour_under_no_color_and_steers_nothing(story: Story) -> None:
    shown = run(story.home, "runs", "show", "1", FORCE_COLOR="1").stdout
    assert "\x1b[31mred" not in shown
    plain = run(story.home, "runs", "show", "1", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert not re.search(r"\x1b\[3\d", plain)
    assert "Run 1, " in ESCAPES.sub("", plain)
    assert "Not ok:" in plain


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "9"], "there is no run 9"),
        (["show", "--source", "nowhere"], "did not harvest 'nowhere'"),
        (["show", "--json", "--html", "x.html"], "choose one"),
        (["show", "--list", "all"], "is not one of"),
    ],
)
def test_a_report_that_there_is_not_is_refused(story: Story, arguments: list[str], says: str) -> None:
    assert says in run(story.home, "runs", *arguments, expect=2).stderr


def test_without_any_run_there_is_nothing_to_show(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    assert run(home, "runs").stdout.splitlines()[1:] == []
    assert "commdex update" in re.sub(r"--home \S+ ", "", run(home, "runs", "show", expect=2).stderr)


class Reader(HTMLParser):
    """What a browser would fetch or run of a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.fetched: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("src", "href", "srcset", "action", "data", "style") or name.startswith("on"):
                self.fetched.append((tag, name))


def test_the_page_stands_alone_and_believes_nothing(story: Story) -> None:
    text = (story.home.folder / "reports" / "run-000001.html").read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(text)
    assert reader.fetched == []
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(reader.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert "<script>" not in text
    assert "Beds &lt;script&gt;alert(1)&lt;/script&gt; &amp;" in text
    assert "Mental health" in text
    assert "\x1b" not in text
    assert story.url("/p/4") in reader.links
    assert all(link.startswith("http://127.0.0.1:") for link in reader.links)
    second = (story.home.folder / "reports" / "run-000002.html").read_text(encoding="utf-8")
    assert second.index("Broken sources, not quiet ones") < second.index("Sources, worst first")
    for piece in (story.url("/p/2"), "commdex sources check shrunk", "its floor"):
        assert piece in second


def test_the_page_is_written_where_it_is_wanted_and_never_over_a_file_unasked(story: Story, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    run(story.home, "runs", "show", "2", "--html", str(target))
    kept_page = (story.home.folder / "reports" / "run-000002.html").read_text(encoding="utf-8")
    assert target.read_text(encoding="utf-8") == kept_page
    assert "--force" in run(story.home, "runs", "show", "1", "--html", str(target), expect=2).stderr
    run(story.home, "runs", "show", "1", "--html", str(target), "--force")
    assert "run 1" in target.read_text(encoding="utf-8")
    assert run(story.home, "runs", "show", "2", "--html", "-").stdout == kept_page + "\n"
    nowhere = run(story.home, "runs", "show", "--html", str(target / "x.html"), expect=2)
    assert "cannot be written" in nowhere.stderr


def test_status_names_broken_sources_first_and_leads_to_the_report(story: Story) -> None:
    status = json.loads(run(story.home, "status", "--json").stdout)
    assert [row["source"] for row in status["sources"]] == ["emptied", "shrunk", "walled", "papers"]
    assert [sign["sign"] for sign in status["sources"][0]["broken"]] == ["zero", "failing"]
    shown = run(story.home, "status").stdout
    assert shown.index("Broken sources") < shown.index("  emptied: ") < shown.index("\nwalled\t")
    assert f"commdex --home {story.home.folder} runs show" in shown


def test_which_sources_are_stale_is_left_for_searches_to_say(story: Story) -> None:
    rows = freshness.standing(story.home)
    assert set(rows) == {"papers", "walled", "emptied", "shrunk"}
    assert {name for name, row in rows.items() if row["why"]} == {"emptied", "shrunk"}
    first = kept(story.home, 1)["sources"]
    assert rows["shrunk"]["since"] == next(row["started"] for row in first if row["id"] == "shrunk")
    assert rows["papers"]["name"] == "The papers ones"
    begun = datetime.strptime(rows["papers"]["since"], TIME)
    assert datetime.strptime(rows["papers"]["stale_from"], TIME) - begun == timedelta(days=14)
    assert freshness.stale_line(story.home).startswith("2 of 4 sources not up to date (emptied, shrunk).")


@pytest.mark.parametrize("damage", ["{", '{"schema_version": 1}', "[]", '{"schema_version": 1, "run": "\\ud800"}', ""])
def test_a_damaged_report_is_made_again_out_of_the_archive(story: Story, tmp_path: Path, damage: str) -> None:
    path = story.home.folder / "reports" / "run-000002.json"
    whole = path.read_text(encoding="utf-8")
    path.write_text(damage, encoding="utf-8")
    try:
        result = run(story.home, "runs", "show", "2", "--json")
    finally:
        path.write_text(whole, encoding="utf-8")
    made = json.loads(result.stdout)
    assert "made again out of the archive" in result.stderr
    assert made["remade"] is True
    for name in ("totals", "changed", "missing", "gone", "troubles", "broken", "state", "seconds", "started"):
        assert made[name] == json.loads(whole)[name], name


def one_page(folder: Path, web: Loopback, **more: Any) -> Home:
    web.set("/a", paper("The paper"))
    return make_home(folder / "home", [{"id": "one", "mechanism": "fixed", "start": [web.url("/a")], **more}])


def test_a_report_that_cannot_be_written_is_said_and_the_run_ends_as_it_ended(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        home = one_page(tmp_path, web)
        (home.folder / "reports").write_text("mine")
        for command in ("crawl", "update"):
            done = commdex(home, command)
            assert "The report of run" in done.stderr
            assert "could not be kept" in done.stderr
            assert "1 ok." in done.stderr
            assert "Traceback" not in done.stderr
        web.set("/a", Answer(b"", 500))
        assert "one: failed" in commdex(home, "crawl", expect=4).stderr
        assert (home.folder / "reports").read_text() == "mine"
        assert json.loads(run(home, "runs", "show", "2", "--json").stdout)["totals"]["unchanged"] == 1


def slow_home(folder: Path, web: Loopback) -> Home:
    web.set("/a.pdf", PDF)
    web.set("/slow.pdf", Answer(PDF.body, headers=PDF.headers, delay=60.0))
    starts = [web.url("/a.pdf"), web.url("/slow.pdf")]
    source = {"id": "slow", "mechanism": "fixed", "start": starts}
    return make_home(folder / "home", [source], crawl={"timeout": 100.0})


def fetched(home: Home) -> set[str]:
    if not (home.archive_folder / "archive.db").exists():
        return set()
    with closing(sqlite3.connect(home.archive_folder / "archive.db")) as db:
        try:
            return {row[0] for row in db.execute("SELECT address FROM fetches")}
        except sqlite3.OperationalError:  # its tables are being made
            return set()


def stopped_in_the_middle(home: Home, web: Loopback, *signals: signal.Signals) -> str:
    """Begin an update, wait until it is in the middle of the slow answer, and stop it; what it said."""
    command = [sys.executable, "-m", "search_cli.main", "--home", str(home.folder), "update"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while web.url("/a.pdf") not in fetched(home) or not any(asked.path == "/slow.pdf" for asked in web.requests):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.5)
    return process.communicate(timeout=60)[1]


def test_a_stopped_run_has_its_report_and_the_next_one_speaks_of_it(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        home = slow_home(tmp_path, web)
        said = stopped_in_the_middle(home, web, signal.SIGINT, signal.SIGINT)
        assert "interrupted" in said
        report = kept(home, 1)
        assert (report["state"], report["sources_by_state"], report["indexed"]) == (
            "interrupted", {"interrupted": 1}, False,
        )  # fmt: skip
        assert [row["address"] for row in report["new"]] == [web.url("/a.pdf")]
        assert report["sources"][0]["advice"][0]["command"] == "commdex update slow"
        web.set("/slow.pdf", Answer(PDF.body + b" another"))
        assert "run 1 of" in commdex(home, "update").stderr
        report = kept(home, 2)
        assert (report["state"], report["broken"]) == ("ok", [])
        [note] = report["notes"]
        assert "was stopped by hand before its end" in note
        assert note.endswith(": commdex runs show 1")
        # The document of the first run was read only now, and its report says so.
        assert [(row["what"], row["address"]) for row in kept(home, 1)["new"]] == [("document", web.url("/a.pdf"))]


def test_a_killed_run_can_be_shown_and_the_next_report_speaks_of_it(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        home = slow_home(tmp_path, web)
        stopped_in_the_middle(home, web, signal.SIGKILL)
        assert not (home.folder / "reports").exists()
        shown = json.loads(run(home, "runs", "show", "--json").stdout)
        assert (shown["run"], shown["state"], shown["remade"]) == (1, "unfinished", True)
        assert [row["address"] for row in shown["new"]] == [web.url("/a.pdf")]
        assert run(home, "runs").stdout.splitlines()[1].split("\t")[3] == "unfinished"
        web.set("/slow.pdf", Answer(PDF.body + b" another"))
        commdex(home, "crawl")
        [note] = kept(home, 2)["notes"]
        assert "was cut off, by a kill" in note
        assert kept(home, 2)["totals"]["new"] == 1
        shown = json.loads(run(home, "runs", "show", "1", "--json").stdout)
        assert shown["state"] == "interrupted"
        assert shown["seconds"] < 60


def moved_back(home: Home, days: dict[int, int]) -> None:
    """Let each run, by number, have been so many days ago."""
    with closing(sqlite3.connect(home.archive_folder / "archive.db")) as db:
        for number, ago in days.items():
            at = (datetime.now(UTC) - timedelta(days=ago)).strftime(TIME)
            db.execute("UPDATE runs SET started = ?, finished = ? WHERE id = ?", (at, at, number))
            db.execute("UPDATE source_runs SET started = ?, finished = ? WHERE run = ?", (at, at, number))
            db.execute("UPDATE fetches SET at = ? WHERE run = ?", (at, number))
        db.commit()


def test_silence_past_the_usual_interval_and_sources_left_alone_are_named(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        entry = {"id": "monthly", "mechanism": "listing", "start": [web.url("/list")]}
        other = {"id": "other", "mechanism": "listing", "start": [web.url("/list")]}
        home = make_home(tmp_path / "home", [entry, other])
        for number in range(5):
            web.set(f"/p/{number}", paper(f"Paper {number}"))
            web.set("/list", numbered("p", *range(number + 1)))
            commdex(home, "crawl", *(["monthly", "other"] if number == 0 else ["monthly"]))
        moved_back(home, {1: 100, 2: 90, 3: 80, 4: 70, 5: 60})
        commdex(home, "crawl", "monthly")
        report = kept(home, 6)
        [row] = report["sources"]
        assert row["state"] == "ok"
        assert [sign["sign"] for sign in row["broken"]] == ["silent"]
        assert "60 days; it usually has something every 10 days" in row["broken"][0]["told"]
        assert [(late["id"], late["every"]) for late in report["overdue"]] == [("other", "week")]
        web.set("/list", listing())
        commdex(home, "crawl", "monthly", expect=4)
        assert "late" not in {sign["sign"] for sign in kept(home, 7)["sources"][0]["broken"]}


def test_an_old_harvest_is_late_in_the_report_and_in_the_status(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        home = one_page(tmp_path, web, every="day")
        commdex(home, "crawl")
        moved_back(home, {1: 3})
        stale.write(home, {})
        from config.catalogue import load_settings
        from crawler.harvest import catalogue

        stale.write(home, catalogue(home, load_settings(home)))
        [row] = json.loads(run(home, "status", "--json").stdout)["sources"]
        assert [sign["sign"] for sign in row["broken"]] == ["late"]
        web.set("/a", Answer(b"", 500))
        commdex(home, "crawl", expect=4)
        [row] = kept(home, 2)["sources"]
        assert [sign["sign"] for sign in row["broken"]] == ["late"]
        assert "it is to be harvested every 24 hours" in row["broken"][0]["told"]
        told = [(advice["problem"], advice["command"]) for advice in row["advice"]]
        assert told[:2] == [("failed", "commdex sources check one"), ("late", "commdex update one")]


def test_documents_that_lose_their_dates_from_one_report_to_the_next_are_a_sign(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        paths = [f"/p/{number}" for number in range(6)]
        for path in paths:
            web.set(path, paper(f"Paper {path}"))
        entry = {"id": "one", "mechanism": "fixed", "start": [web.url(path) for path in paths]}
        home = make_home(tmp_path / "home", [entry])
        commdex(home, "update")
        assert kept(home, 1)["sources"][0]["undated"] == 0
        for path in paths[:2]:
            web.set(path, page("<p>A new shape, and no day to be seen.</p>", f"Paper {path}"))
        commdex(home, "update")
        [row] = kept(home, 2)["sources"]
        assert (row["state"], row["undated"]) == ("ok", 2)
        assert [(sign["sign"], sign["told"]) for sign in row["broken"]] == [
            ("dates", "67% of its documents have a date; at the run before 100% had")
        ]
        # Neither a damaged report nor one that is not there keeps the next from being made.
        (home.folder / "reports" / "run-000002.json").write_text('{"sources": 5}')
        commdex(home, "update")
        assert kept(home, 3)["sources"][0]["broken"][0]["sign"] == "dates"  # against run 1


def test_what_is_added_by_hand_is_no_run_of_the_crawler_and_no_news_of_its_source(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        home = one_page(tmp_path, web)
        commdex(home, "crawl")
        web.set("/b", paper("By hand"))
        commdex(home, "add", web.url("/b"), "--source", "one", "--no-index")
        assert [line.split("\t")[0] for line in run(home, "runs").stdout.splitlines()] == ["run", "1"]
        moved_back(home, {1: 5})
        commdex(home, "crawl")
        report = json.loads(run(home, "runs", "show", "--json").stdout)
        assert report["notes"] == []
        assert report["sources"][0]["last_news"] < report["started"][:10]


# sources


def test_a_source_that_is_switched_off_is_not_harvested_until_it_is_on_again(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        home = one_page(tmp_path, web)
        put_sources(home, [
            {"id": "one", "mechanism": "fixed", "start": [web.url("/a")]},
            {"id": "two", "mechanism": "fixed", "start": [web.url("/a")]},
        ])  # fmt: skip
        said = run(home, "sources", "disable", "one", "--reason", "they: asked # us").stderr
        assert f"commdex --home {home.folder} sources enable one" in said
        run(home, "sources", "disable", "two")
        today = f"{datetime.now(UTC):%d %B %Y}".removeprefix("0")
        assert [json.loads(run(home, "sources", "show", name, "--json").stdout)["source"]["switched_off"]["reason"]
                for name in ("one", "two")] == ["they: asked # us", ""]  # fmt: skip
        refused = commdex(home, "crawl", "one", expect=2).stderr
        assert f"source 'one' is switched off since {today} (they: asked # us)" in refused
        assert web.requests == []
        run(home, "sources", "enable", "two")
        commdex(home, "crawl")
        assert [row["id"] for row in kept(home, 1)["sources"]] == ["two"]
        status = {
            row["id"]: row["status"] for row in json.loads(run(home, "sources", "list", "--json").stdout)["sources"]
        }
        assert status == {"one": "disabled", "two": "live"}
        assert "was off already" in run(home, "sources", "disable", "one").stderr
        assert "they: asked # us" in (home.folder / "disabled.yml").read_text(encoding="utf-8")
        run(home, "sources", "enable", "one")
        assert "was on already" in run(home, "sources", "enable", "one").stderr
        commdex(home, "crawl", "one")


def test_switching_keeps_the_order_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [
        {"id": f"source-{name}", "mechanism": "fixed", "start": ["https://nhs.uk/a.pdf"]} for name in "abc"
    ])  # fmt: skip
    for name in "cab":
        run(home, "sources", "disable", f"source-{name}")
    run(home, "sources", "enable", "source-a")
    lines = (home.folder / "disabled.yml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "id:" in line] == ["- id: source-c", "- id: source-b"]
    assert "Did you mean source-a" in run(home, "sources", "disable", "source-aa", expect=2).stderr
    assert "Did you mean source-b" in run(home, "sources", "show", "sorce-b", expect=2).stderr
    assert "no source is called 'x'" in run(home, "sources", "enable", "x", expect=2).stderr
    put_sources(home, [{"id": "off", "mechanism": "fixed", "start": ["https://nhs.uk/a.pdf"], "enabled": False}])
    told = run(home, "sources", "enable", "off", expect=2).stderr
    assert f"{home.sources_folder / 'test.yml'}, line" in told
    run(home, "sources", "enable", "source-b")  # out of the catalogue, and out of the file too
    (home.folder / "disabled.yml").write_text("disabled: {")
    before = (home.folder / "disabled.yml").read_text()
    assert "disabled.yml" in run(home, "sources", "disable", "off", expect=3).stderr
    assert (home.folder / "disabled.yml").read_text() == before


def test_sources_are_listed_by_status_mechanism_and_sector(tmp_path: Path) -> None:
    start = ["https://nhs.uk/"]
    home = make_home(tmp_path / "home", [
        {"id": "a", "mechanism": "feed", "start": start, "sectors": ["mental-health"]},
        {"id": "b", "mechanism": "listing", "start": start, "status": "archived"},
        {"id": "c", "status": "manual"},
    ])  # fmt: skip

    def ids(*arguments: str) -> list[str]:
        listed = json.loads(run(home, "sources", "list", "--json", *arguments).stdout)["sources"]
        return [row["id"] for row in listed]

    assert ids() == ["a", "b", "c"]
    assert ids("--status", "manual") == ["c"]
    assert ids("--mechanism", "feed") == ids("--sector", "mental-health") == ["a"]
    assert ids("--mechanism", "feed", "--status", "archived") == []
    run(home, "sources", "disable", "a")
    assert ids("--status", "disabled") == ["a"]
    assert "choose from" in run(home, "sources", "list", "--mechanism", "magic", expect=2).stderr
    assert "choose from" in run(home, "sources", "list", "--sector", "magic", expect=2).stderr


def test_a_source_is_shown_with_its_place_and_its_last_runs(story: Story) -> None:
    values = json.loads(run(story.home, "sources", "show", "papers", "--json").stdout)["source"]
    place = values["stands_in"]
    assert Path(place["file"]) == story.home.sources_folder / "test.yml"
    assert "papers" in Path(place["file"]).read_text(encoding="utf-8").splitlines()[place["line"] - 1 :][0:2].__str__()
    assert [(row["run"], row["state"]) for row in values["last_runs"]] == [(3, "ok"), (2, "ok"), (1, "ok")]
    assert values["documents"] == 11
    assert "run 3, " in run(story.home, "sources", "show", "papers").stdout


# the signs, one by one


def source_run(number: int, state: str = "ok", announced: int = 10, **more: Any) -> SourceRun:
    started = f"2026-11-{number:02}T08:00:00Z"
    return SourceRun(number, "one", started, started, state, "", announced, **more)


def test_zero_is_a_sign_only_after_something() -> None:
    assert health.zero([source_run(1), source_run(2, "failed", 0)]) is not None
    assert health.zero([source_run(1), source_run(2, "failed", 0), source_run(3, "failed", 0)]) is not None
    for runs in (
        [source_run(1, "failed", 0)],
        [source_run(1), source_run(2)],
        [source_run(1), source_run(2, "interrupted", 0)],
        [source_run(1), source_run(2, announced=0, increment=1)],
        [source_run(1, "interrupted"), source_run(2, "failed", 0)],
    ):
        assert health.zero(runs) is None


def test_failures_count_in_a_row_whatever_was_stopped_between() -> None:
    failed = source_run(2, "failed")
    assert health.failing([source_run(1, "failed"), failed]) is not None
    assert health.failing([source_run(1, "failed"), source_run(1, "interrupted"), failed]) is not None
    assert health.failing([source_run(1, "failed"), source_run(1, "partly"), failed]) is None
    assert health.failing([failed]) is None
    assert health.failing([source_run(1, "failed"), source_run(2)]) is None
    assert health.failing([]) is None


NEWS = [f"2026-{month:02}-01T00:00:00Z" for month in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("news", "every", "when", "silent"),
    [
        (NEWS, 7, "2026-07-01T00:00:00Z", False),  # 91 days are not more than three times 31
        (NEWS, 7, "2026-07-04T00:00:00Z", True),
        (NEWS, 120, "2026-07-04T00:00:00Z", False),  # not looked at more often than this
        (NEWS[1:], 7, "2026-12-01T00:00:00Z", False),  # too few to know its interval
        ([], 7, "2026-12-01T00:00:00Z", False),
    ],
)
def test_silence_is_measured_by_what_is_usual(news: list[str], every: int, when: str, silent: bool) -> None:
    assert (health.silence(news, timedelta(days=every), when) is not None) is silent


def test_a_harvest_is_late_after_twice_its_interval() -> None:
    week = timedelta(days=7)
    assert health.late("2026-11-01T00:00:00Z", week, "2026-11-15T00:00:01Z") is not None
    assert health.late("2026-11-01T00:00:00Z", week, "2026-11-15T00:00:00Z") is None
    assert health.late("", week, "2026-11-15T00:00:00Z") is None
    assert health.last_good([source_run(1), source_run(2, "partly"), source_run(3, "failed")]).startswith("2026-11-02")


def test_a_fall_of_shares_is_a_sign_from_five_documents_on() -> None:
    def signs(before: Coverage | None, now: Coverage | None) -> list[str]:
        return [sign.sign for sign in health.thinner(before, now)]

    assert signs(Coverage(10, 0, 0), Coverage(10, 3, 3)) == ["dates", "text"]
    assert signs(Coverage(10, 0, 0), Coverage(10, 2, 2)) == []
    assert signs(Coverage(4, 0, 0), Coverage(10, 9, 9)) == []
    assert signs(Coverage(10, 5, 0), Coverage(10, 5, 3)) == ["text"]
    assert signs(None, Coverage(10, 5, 0)) == signs(Coverage(10, 0, 0), None) == []


def test_a_collapse_is_as_the_crawler_judged_it() -> None:
    assert health.collapse(source_run(1, "failed", 3, collapsed=1), 8) is not None
    assert health.collapse(source_run(1, "failed", 3), 8) is None
    assert health.collapse(source_run(1, "failed", 0, collapsed=1), 8) is None  # that is `zero`


def test_spans_and_sizes_are_said_as_people_say_them() -> None:
    assert [duration(seconds) for seconds in (0, 59, 61, 3600, 11_550)] == [
        "0 s", "59 s", "1 min 1 s", "1 h 0 min", "3 h 12 min",
    ]  # fmt: skip
    assert [size(count) for count in (0, 999, 1000, 12_300_000, 5_000_000_000_000)] == [
        "0 bytes", "999 bytes", "1.0 kB", "12.3 MB", "5.0 TB",
    ]  # fmt: skip
    assert [health.days(timedelta(hours=hours)) for hours in (1, 24, 48, 1000)] == [
        "1 hour", "24 hours", "2 days", "42 days",
    ]  # fmt: skip


# documentation


def names(model: type[BaseModel]) -> set[str]:
    found = set(model.model_fields)
    for field in model.model_fields.values():
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= names(inner)
    return found


def test_every_name_of_the_json_of_a_report_is_documented(story: Story) -> None:
    text = (ROOT / "docs" / "runs.md").read_text(encoding="utf-8")
    listed = json.loads(run(story.home, "runs", "list", "--json").stdout)
    wanted = names(Report) | names(SourceReport) | set(freshness.NAMES) | set(listed) | set(listed["runs"][0])
    assert [name for name in sorted(wanted) if f"`{name}`" not in text] == []
    signs = {"zero", "collapse", "failing", "late", "silent", "dates", "text"}
    assert [sign for sign in sorted(signs) if f"`{sign}`" not in text] == []


def test_a_home_without_reports_reads_none(tmp_path: Path) -> None:
    reports = Reports(Home(tmp_path))
    assert (reports.numbers(), reports.read(1), reports.before(5)) == ([], None, None)


def test_a_document_that_two_sources_announce_is_new_once(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN}) as web:
        for path in ("/one", "/two"):
            web.set(path, paper("One paper"))
        home = make_home(tmp_path / "home", [
            {"id": name, "mechanism": "fixed", "start": [web.url(f"/{name}")]} for name in ("one", "two")
        ])  # fmt: skip
        said = commdex(home, "update").stderr
        report = kept(home, 1)
        assert {entry["source"] for entry in report["new"]} == {"one", "two"}
        assert report["new_documents"] == report["library"]["documents"] == 1
        assert said.count("One paper (A publisher, 3 March 2021)") == 1


def test_a_web_archive_that_refuses_is_no_wall_of_the_source(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN, "/archive/robots.txt": OPEN}) as web:
        web.set("/archive/cdx", Answer(b"no", 403))
        sources = [{"id": "lost", "mechanism": "fixed", "start": [web.url("/lost")]}]
        archive = web.url("/archive/").replace("127.0.0.1", "localhost")
        home = make_home(tmp_path / "home", sources, crawl={"archives": [archive]})
        commdex(home, "crawl", expect=4)
        row = kept(home, 1)["sources"][0]
        assert row["blocked"] > 0
        told = {one["problem"]: one for one in row["advice"]}["blocked"]
        assert "A web archive refused" in told["told"]
        assert told["command"] == "commdex update lost"


def test_a_wall_before_all_of_a_source_names_its_address_and_publisher(tmp_path: Path) -> None:
    with Loopback({"/robots.txt": OPEN, "/wall": WALL}) as web:
        home = make_home(tmp_path / "home", [{"id": "walled", "mechanism": "fixed", "start": [web.url("/wall")]}])
        commdex(home, "crawl", expect=4)
        told = {one["problem"]: one for one in kept(home, 1)["sources"][0]["advice"]}["blocked"]
        assert f"open {web.url('/wall')} in a browser, and ask A publisher" in told["told"]
        assert told["command"] == "commdex sources disable walled --reason blocked"


def test_a_home_that_may_not_be_written_is_not_taken_for_a_damaged_one(story: Story, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(story.home.folder, home)
    # Root may write everywhere, but for these capabilities.
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if os.geteuid() == 0 else []
    if drop and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to be anybody but root")
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        for command in (["runs"], ["status"], ["search", "care"]):
            done = subprocess.run(
                [*drop, sys.executable, "-m", "search_cli.main", "--home", str(home), *command],
                cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            assert done.returncode == 3, done.stderr
            assert "leave to read and write" in done.stderr
            assert "delete" not in done.stderr
            assert "backup" not in done.stderr
    finally:
        for folder in folders:
            folder.chmod(0o755)
