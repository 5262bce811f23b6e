"""Web archives: addresses of copies, indexes and timemaps; harvesting out of archives that serve, lack and refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.home import Home
from crawler.archive import Announcement, Archive, Outcome, SourceRun
from crawler.captures import (
    KNOWN,
    Capture,
    archive_named,
    below,
    is_index,
    key,
    latest,
    nearest,
    parse_cdx,
    parse_timemap,
    split_archived,
)
from tests.homes import commdex, make_home
from tests.loopback import Answer, Asked, LocalServer
from tests.sample_web.captures import WebArchive

UKGWA, IA = KNOWN["ukgwa"].base, KNOWN["internet-archive"].base
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            ["http://", "https:/", "http%3A%2F%2F", "[", "a.org", "/", "20130401", "20130401120000", "id_", "+", "*",
             "webarchive.nationalarchives.gov.uk", "web.archive.org", "/web/", "/ukgwa/", "<", ">;", "?", "{",
             'rel="memento"', 'datetime="x"', '"mementos": {"list": [', '"url": "http://[x"', "}", " ", ":", "9" * 30]
        ),
        max_size=14,
    ).map("".join),
)  # fmt: skip


# the addresses of copies


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (f"{UKGWA}20130401120000/http://www.dh.gov.uk/a?b=c", (UKGWA, "20130401120000", "http://www.dh.gov.uk/a?b=c")),
        (f"{UKGWA}20130401120000id_/http://a.org/", (UKGWA, "20130401120000", "http://a.org/")),
        (f"{UKGWA}20130401120000mp_/https:/a.org/x", (UKGWA, "20130401120000", "https://a.org/x")),
        (f"{UKGWA}nobanner/20130401120000/http://a.org/x", (UKGWA, "20130401120000", "http://a.org/x")),
        (f"{UKGWA}*/http://a.org/x", (UKGWA, "", "http://a.org/x")),
        (f"{UKGWA}http://a.org/x", (UKGWA, "", "http://a.org/x")),
        ("http://webarchive.nationalarchives.gov.uk/20130107105354/http:/www.dh.gov.uk/en/a",
         (UKGWA, "20130107105354", "http://www.dh.gov.uk/en/a")),
        ("http://webarchive.nationalarchives.gov.uk/+/http://a.org/x", (UKGWA, "", "http://a.org/x")),
        ("http://webarchive.nationalarchives.gov.uk/+/www.dh.gov.uk/en/a", (UKGWA, "", "http://www.dh.gov.uk/en/a")),
        ("http://webarchive.nationalarchives.gov.uk/2013/http://a.org/x", (UKGWA, "2013", "http://a.org/x")),
        ("https://web.archive.org/web/20130401120000id_/https://a.org/x", (IA, "20130401120000", "https://a.org/x")),
        ("http://web.archive.org/web/2013*/http://a.org/x", (IA, "2013", "http://a.org/x")),
        ("https://web.archive.org/web/*/http://a.org/x*", (IA, "", "http://a.org/x*")),
        ("https://web.archive.org/web/20130401120000/http%3A%2F%2Fa.org%2Fx%3Fy", (IA, "20130401120000", "http://a.org/x?y")),
        ("https://www.webarchive.org.uk/wayback/archive/20130401120000mp_/http://a.org/x",
         ("https://www.webarchive.org.uk/wayback/archive/", "20130401120000", "http://a.org/x")),
        (f"{UKGWA}cdx?url=http://a.org/x", None),
        (f"{UKGWA}timemap/json/http://a.org/x", None),
        ("https://webarchive.nationalarchives.gov.uk/ukgwa/", None),
        ("https://webarchive.nationalarchives.gov.uk/about.html", None),
        ("https://web.archive.org/about/20130401120000/x", None),
        ("https://a.org/2013/04/01/http://b.org/", None),
        ("https://a.org/share?u=/20130401120000/http://b.org/", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_address_of_a_copy_is_told_apart(address: str, parts: tuple[str, str, str] | None) -> None:
    assert split_archived(address) == parts


def test_another_archive_that_is_told_of_is_known_without_a_whole_timestamp() -> None:
    assert split_archived("https://ark.example/all/+/http://a.org/x") is None
    told = split_archived("https://ark.example/all/+/http://a.org/x", ["https://ark.example/all/"])
    assert told == ("https://ark.example/all/", "", "http://a.org/x")


PATHS = st.text(st.sampled_from("abcXYZ019-._~/%?=&:+*"), max_size=40).filter(
    lambda path: "%" not in path and not path.endswith("?")
)
ORIGINALS = st.builds(
    "{}://{}{}".format, st.sampled_from(["http", "https"]), st.sampled_from(["a.org", "www.x-y.nhs.uk", "a.org:8080"]),
    PATHS.map(lambda path: f"/{path}"),
)  # fmt: skip


@given(
    st.sampled_from(["ukgwa", "internet-archive", "https://ark.example/all", "http://127.0.0.1:8080/x/"]),
    st.from_regex(r"[0-9]{14}", fullmatch=True),
    ORIGINALS,
)
def test_a_raw_address_can_be_told_apart_again(name: str, timestamp: str, original: str) -> None:
    archive = archive_named(name)
    assert split_archived(archive.raw(timestamp, original)) == (archive.base, timestamp, original)


@given(TEXTS)
def test_no_address_crashes(address: str) -> None:
    for beginning in ("", UKGWA, IA, "http://webarchive.nationalarchives.gov.uk/"):
        parts = split_archived(beginning + address)
        if parts:
            assert parts[0].startswith("http")
            assert parts[2].startswith(("http://", "https://"))
            assert re.fullmatch(r"[0-9]{0,14}", parts[1])
    key(address)
    below(address, "http://a.org/")


def test_what_is_below_an_address_is_told_from_what_only_resembles_it() -> None:
    site = "http://www.a.org/papers/"
    assert below("https://a.org/Papers/x.pdf", site)
    assert below("http://a.org:80/papers/", site)
    assert not below("http://a.org/papers-2/x.pdf", site)
    assert not below("http://b.org/papers/x.pdf", site)


def test_an_archive_that_is_neither_known_nor_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="ukgwa, internet-archive"):
        archive_named("wayback")


# indexes and timemaps

ROWS = [
    ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"],
    ["org,a)/x", "20130401120000", "http://a.org/x", "text/html", "200", "D1", "1"],
    ["org,a)/x", "20150401120000", "http://www.a.org:80/x", "text/html", "200", "D2", "1"],
    ["org,a)/x", "20190401120000", "http://a.org/x", "text/html", "404", "D3", "1"],
    ["org,a)/y.pdf", "20140401120000", "http:/a.org/y.pdf", "application/pdf", "200", "D4", "1"],
]
OF_X = Capture("20150401120000", "http://www.a.org:80/x", "text/html", "200")
OF_Y = Capture("20140401120000", "http://a.org/y.pdf", "application/pdf", "200")


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(ROWS),
        "\n".join(json.dumps(dict(zip(ROWS[0], row, strict=True))) for row in ROWS[1:]),
        "\n".join(" ".join(row) for row in ROWS[1:]),
        "\n".join(
            f"{row[0]} {row[1]} " + json.dumps({"url": row[2], "mime": row[3], "status": row[4], "digest": row[5]})
            for row in ROWS[1:]
        ),
    ],
)
def test_every_form_of_cdx_answer_gives_the_latest_good_capture_of_each_address(body: str) -> None:
    assert is_index(body.encode())
    assert latest(parse_cdx(body.encode())) == [OF_X, OF_Y]


@pytest.mark.parametrize(
    ("timestamp", "found"),
    [
        ("20130402", "20130401120000"),
        ("20140401120000", "20150401120000"),  # as far from both: the later one
        ("2016", "20150401120000"),
        ("20190401120000", "20150401120000"),  # the one of that moment was a 404
        ("99", "20150401120000"),
    ],
)
def test_the_capture_next_to_a_moment(timestamp: str, found: str) -> None:
    captures = parse_cdx(json.dumps(ROWS[:4]).encode())
    assert [capture.timestamp for capture in nearest(captures, timestamp)] == [found]


def test_a_revisit_counts_where_nothing_else_is_listed_of_its_address() -> None:
    revisit = Capture("20160101000000", "http://a.org/x", "warc/revisit", "-")
    assert latest([revisit]) == [revisit]
    assert latest([revisit, OF_X]) == [OF_X]
    assert latest([revisit, Capture("20150101000000", "http://a.org/x", "text/html", "404")]) == []


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (b"[]", True),
        (b'{"message": "No Captures found for: http://a.org/"}', True),
        (b'{"error": "no such interface"}', False),
        (b"<!doctype html><title>Find a page</title>", False),
        (b"Access is limited to the reading rooms", False),
        (b"[" * 100_000, False),
    ],
)
def test_an_index_is_told_from_what_answers_in_its_place(body: bytes, known: bool) -> None:
    assert is_index(body) is known
    assert parse_cdx(body) == []


LINKS = """<http://a.org/x>; rel="original",
<https://web.archive.org/web/timemap/link/http://a.org/x>; rel="self"; type="application/link-format",
<https://web.archive.org/web/http://a.org/x>; rel="timegate",
<http://web.archive.org/web/20130401120000/http://a.org/x>; rel="first memento";
 datetime="Mon, 01 Apr 2013 12:00:00 GMT",
<http://ark.example/memento/77>; rel="last memento"; datetime="Wed, 01 Apr 2015 12:00:00 GMT"; collection="all"
"""
MEMENTO_JSON = {
    "original_uri": "http://a.org/x",
    "mementos": {
        "first": {"datetime": "2013-04-01T12:00:00Z", "uri": "ignored: the list has it too"},
        "list": [
            {"datetime": "2013-04-01T12:00:00Z", "uri": ["http://web.archive.org/web/20130401120000/http://a.org/x"]},
            {"datetime": "2015-04-01T12:00:00Z", "uri": "http://ark.example/memento/77"},
            "nonsense",
        ],
    },
}


@pytest.mark.parametrize("body", [LINKS, json.dumps(MEMENTO_JSON)])
def test_timemaps_are_read(body: str) -> None:
    assert [(one.timestamp, one.original) for one in parse_timemap(body.encode())] == [
        ("20130401120000", "http://a.org/x"),
        ("20150401120000", "http://a.org/x"),
    ]


def test_a_timemap_of_pywb_s_is_cdx_again() -> None:
    body = "\n".join(json.dumps({"timestamp": row[1], "url": row[2], "status": row[4]}) for row in ROWS[1:])
    assert [capture.timestamp for capture in latest(parse_timemap(body.encode()))] == [
        "20150401120000",
        "20140401120000",
    ]


@given(st.one_of(st.binary(max_size=200), TEXTS.map(lambda text: text.encode("utf-8", "replace"))))
def test_no_answer_crashes_the_readers(body: bytes) -> None:
    for captures in (parse_cdx(body), parse_timemap(body)):
        for capture in [*latest(captures), *nearest(captures, "2013")]:
            assert capture.original.startswith("http")
            assert re.fullmatch(r"(\d{4}-\d\d-\d\d)?", capture.date)
    is_index(body)


def test_each_index_is_asked_in_its_own_dialect() -> None:
    asked = parse_qs(urlsplit(KNOWN["internet-archive"].query("http://a.org/x", "exact", "2010", "2013")).query)
    assert asked["limit"] == ["-1000"]
    assert (asked["filter"], asked["from"], asked["to"]) == (["!statuscode:[345].."], ["2010"], ["2013"])
    asked = parse_qs(urlsplit(KNOWN["ukgwa"].query("http://a.org/x?y=1&z", "prefix")).query)
    assert asked == {"url": ["http://a.org/x?y=1&z*"], "output": ["json"], "limit": ["100000"]}


# harvesting

HTML = {"Content-Type": "text/html; charset=utf-8"}
PDF = {"Content-Type": "application/pdf"}
SITE = "http://www.closed-ccg.example"
PAGE = f"{SITE}/papers/falls"
PLAN, ANNEX = f"{SITE}/papers/plan.pdf", f"{SITE}/uploads/annex.pdf"
FILES = "files.closed-ccg.example"
ELSEWHERE = f"http://{FILES}/map.pdf"
REFERENCE = "http://www.department.example/white-paper.pdf"
WALL = Answer(b"<!doctype html><title>Human Verification</title><script src=awswaf></script>", 405, HTML)


def page(title: str, *hrefs: str) -> Answer:
    matter = "".join(f'<p><a href="{href}">{href} (PDF)</a></p>' for href in hrefs)
    return Answer(f"<!doctype html><title>{title}</title><main><h1>{title}</h1>{matter}</main>".encode(), headers=HTML)


def paper(words: str) -> Answer:
    return Answer(b"%PDF-1.4 " + words.encode(), headers=PDF)


class Arks(LocalServer):
    """Two web archives with pywb's layout, /ark/ and /ibis/. `scripted` answers what begins with a path instead."""

    def __init__(self, index: str = "array") -> None:
        super().__init__()
        self.ark, self.ibis = (WebArchive(self.base(name), index) for name in ("ark", "ibis"))
        self.scripted: dict[str, Answer] = {"/robots.txt": Answer(b"User-agent: *\nDisallow: /private/\n")}

    def base(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}/"

    def respond(self, asked: Asked) -> Answer:
        for beginning, answer in self.scripted.items():
            if asked.url.startswith(beginning):
                return answer
        _, name, rest = asked.url.split("/", 2)
        archive: WebArchive = getattr(self, name)
        if rest.startswith("cdx?"):
            return archive.look_up(parse_qs(rest[4:]))
        answered = archive.replay(unquote(rest))
        return answered or Answer(b"no such capture\n", 404, {"Content-Type": "text/plain"})

    def asked(self) -> list[str]:
        """What was asked for, in order: "ark cdx http://…" for the index, "ark 2013…id_/http://…" for a copy."""
        found = []
        for request in self.requests:
            _, name, rest = request.url.split("/", 2) if request.url.count("/") > 1 else ("", "", "")
            if rest.startswith("cdx?"):
                rest = "cdx " + parse_qs(rest)["cdx?url"][0]
            if name:
                found.append(f"{name} {rest}")
        return found


@pytest.fixture
def arks() -> Iterator[Arks]:
    with Arks() as server:
        yield server


def home_of(tmp_path: Path, arks: Arks, *starts: str, **options: Any) -> Home:
    """A home with a source for each start, site-1 …, out of both archives."""
    options = {"archives": [arks.base("ark"), arks.base("ibis")], **options}
    sources = [
        {"id": f"site-{number}", "mechanism": "webarchive", "start": [start], "hosts": [FILES], "options": options}
        for number, start in enumerate(starts, start=1)
    ]
    return make_home(tmp_path / "home", sources)


def said(home: Home, source: str = "site-1") -> dict[str, Announcement]:
    """What was announced last of each original address."""
    with Archive(home.archive_folder) as archive:
        found = [one for one in archive.announcements() if one.source == source]
    return {one.original: one for one in found if one.landing} | {
        one.original: one for one in found if one.original not in {other.original for other in found if other.landing}
    }


def state(home: Home, source: str = "site-1") -> SourceRun:
    with Archive(home.archive_folder) as archive:
        return archive.last_source_runs()[source]


def troubles(home: Home, source: str = "site-1") -> list[tuple[str, str, str]]:
    with Archive(home.archive_folder) as archive:
        run = archive.last_run()
        assert run is not None
        return [(row["address"], row["outcome"], row["reason"]) for row in archive.troubles(run, source)]


def keep_papers(archive: WebArchive, stamp: str = "20130401120000") -> None:
    archive.keep(PAGE, stamp, page("Falls plan", "plan.pdf", "/uploads/annex.pdf"))
    archive.keep(PLAN, stamp, paper("plan"))
    archive.keep(ANNEX, stamp, paper("annex"))


def captured(home: Home, source: str = "site-1") -> dict[str, str]:
    return {original: one.captured for original, one in said(home, source).items()}


def test_a_page_and_the_files_that_it_links_to_are_looked_up_each(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.ark.keep(PLAN, "20130501120000", paper("plan"))
    arks.ark.keep(PLAN, "20190401120000", paper("another plan"))
    home = home_of(tmp_path, arks, PAGE.replace("http:", "https:"), match="exact")
    commdex(home, "crawl")
    assert arks.asked() == [
        f"ark cdx {PAGE.replace('http:', 'https:')}", f"ark 20130401120000id_/{PAGE}", f"ark cdx {PLAN}",
        f"ark 20130401120000id_/{PLAN}", f"ark cdx {ANNEX}", f"ark 20130401120000id_/{ANNEX}",
    ]  # fmt: skip
    found = said(home)
    assert captured(home) == dict.fromkeys([PAGE, PLAN, ANNEX], "2013-04-01")
    assert {one.landing for one in found.values()} == {f"{arks.base('ark')}20130401120000id_/{PAGE}"}
    assert (found[PLAN].role, found[PLAN].link_text, found[PLAN].via) == ("file", "plan.pdf (PDF)", "webarchive")
    assert state(home).state == "ok"


def test_a_second_run_finds_the_copies_unchanged(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    home = home_of(tmp_path, arks, PAGE, match="exact")
    commdex(home, "crawl")
    arks.clear()
    commdex(home, "crawl")
    copies = [request for request in arks.requests if "id_/" in request.url]
    assert [(request.conditional, request.status) for request in copies] == [(True, 304)] * 3
    assert state(home).state == "ok"
    assert captured(home) == dict.fromkeys([PAGE, PLAN, ANNEX], "2013-04-01")


def test_everything_below_an_address_is_listed_by_one_query(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.ark.keep(
        f"{SITE}/", "20130401120000", page("Home", "papers/plan.pdf", "papers/lost.pdf", ELSEWHERE, REFERENCE)
    )
    arks.ark.keep(f"{SITE}/logo.gif", "20130401120000", Answer(b"GIF8", headers={"Content-Type": "image/gif"}))
    arks.ark.keep(ELSEWHERE, "20140401120000", paper("map"))
    home = home_of(tmp_path, arks, f"{SITE}/")
    commdex(home, "crawl")
    assert [asked for asked in arks.asked() if "cdx" in asked] == [f"ark cdx {SITE}/*", f"ark cdx {ELSEWHERE}"]
    dates = {**dict.fromkeys([PAGE, PLAN, ANNEX], "2013-04-01"), ELSEWHERE: "2014-04-01"}
    assert captured(home) == dates, "the front page is no publication, the picture neither"
    assert troubles(home) == [
        (f"{SITE}/papers/lost.pdf", Outcome.NOT_FOUND, f"linked on {SITE}/, not captured"),
        (REFERENCE, Outcome.HOST, f"a file of another site than {SITE}/"),
    ]


def test_a_file_beside_what_was_listed_is_looked_up(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    home = home_of(tmp_path, arks, f"{SITE}/papers/")
    commdex(home, "crawl")
    assert set(said(home)) == {PAGE, PLAN, ANNEX}
    assert arks.asked().count(f"ark cdx {ANNEX}") == 1


@pytest.mark.parametrize(
    ("form", "looked_up", "date"),
    [
        ("20130401120000/{}", False, "2013-04-01"),
        ("20130401120000if_/{}", False, "2013-04-01"),
        ("20140901120000/{}", False, "2015-04-01"),  # the archive leads to the copy next to it
        ("+/{}", True, "2015-04-01"),
        ("*/{}", True, "2015-04-01"),
        ("2012/{}", True, "2013-04-01"),
    ],
)
def test_an_address_of_the_archive_s_own_names_its_copy(
    arks: Arks, tmp_path: Path, form: str, looked_up: bool, date: str
) -> None:
    for stamp in ("20130401120000", "20150401120000"):
        arks.ark.keep(PLAN, stamp, paper(stamp))
    home = home_of(tmp_path, arks, arks.base("ark") + form.format(PLAN), match="exact")
    commdex(home, "crawl")
    assert any("cdx" in asked for asked in arks.asked()) is looked_up
    assert captured(home) == {PLAN: date}


def test_a_copy_s_own_address_stands_for_all_below_its_original(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ibis)
    home = home_of(tmp_path, arks, f"{arks.base('ibis')}20130401120000/{SITE}/")
    commdex(home, "crawl")
    assert arks.asked()[0] == f"ibis cdx {SITE}/*"
    assert set(captured(home)) == {PAGE, PLAN, ANNEX}


def test_a_copy_of_which_the_archive_lacks_the_moment_is_sought_in_its_index(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.scripted[f"/ark/20180401120000id_/{PLAN}"] = Answer(b"none at that moment", 404)
    home = home_of(tmp_path, arks, f"{arks.base('ark')}20180401120000/{PLAN}", match="exact")
    commdex(home, "crawl")
    assert arks.asked()[1:] == [f"ark cdx {PLAN}", f"ark 20130401120000id_/{PLAN}"]
    assert state(home).state == "ok"


def timemap(form: str, base: str, original: str) -> Answer:
    """A timemap with one copy, in RFC 7089's form or in pywb's."""
    text = json.dumps({"url": original, "timestamp": "20130401120000", "mime": "", "status": "200"})
    if form == "link":
        moment = 'datetime="Mon, 01 Apr 2013 12:00:00 GMT"'
        text = f'<{original}>; rel="original",\n<{base}20130401120000/{original}>; rel="memento"; {moment}\n'
    return Answer(text.encode(), headers={"Content-Type": "text/plain"})


@pytest.mark.parametrize("form", ["link", "json"])
@pytest.mark.parametrize(
    "instead",
    [Answer(b"gone", 404), page("Find an archived page"), Answer(b"", headers=HTML)],
    ids=["404", "page", "empty"],
)
def test_where_there_is_no_index_the_timemap_is_asked(arks: Arks, tmp_path: Path, form: str, instead: Answer) -> None:
    keep_papers(arks.ark)
    arks.scripted["/ark/cdx"] = instead
    for one in (PAGE, PLAN, ANNEX):
        arks.scripted[f"/ark/timemap/json/{one}"] = timemap(form, arks.base("ark"), one)
    home = home_of(tmp_path, arks, PAGE, match="exact", archives=[arks.base("ark")])
    commdex(home, "crawl")
    assert captured(home) == dict.fromkeys([PAGE, PLAN, ANNEX], "2013-04-01")
    assert sum("cdx" in asked for asked in arks.asked()) == 1, "it is not asked for its index again"
    assert state(home).state == "ok"


REFUSALS = {
    "wall": {"/ark/": WALL},
    "403": {"/ark/": Answer(b"no", 403)},
    "429": {"/ark/": Answer(b"too many", 429)},
    "wall that says 200": {"/ark/": Answer(WALL.body, 200, HTML)},
    "robots.txt": {"/robots.txt": Answer(b"User-agent: *\nDisallow: /ark/\n")},
    "hung up": {"/ark/": Answer(close=True)},
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_an_archive_that_refuses_is_not_asked_again_in_the_run(
    arks: Arks, tmp_path: Path, refusal: Mapping[str, Answer]
) -> None:
    keep_papers(arks.ark)
    keep_papers(arks.ibis)
    arks.scripted |= refusal
    home = home_of(tmp_path, arks, PAGE, PLAN, match="exact")
    commdex(home, "crawl")
    # The source that meets the refusal asks the second archive for the page and two files, the other one for its file.
    of_ark = {asked for asked in arks.asked() if asked.startswith("ark")}  # a GET that breaks off is sent once more
    assert len(of_ark) == (0 if "/robots.txt" in refusal else 1)
    assert captured(home) == dict.fromkeys([PAGE, PLAN, ANNEX], "2013-04-01")
    assert captured(home, "site-2") == {PLAN: "2013-04-01"}
    assert all(one.address.startswith(arks.base("ibis")) for one in said(home).values())
    assert (state(home).state, state(home, "site-2").state) == ("ok", "ok")
    (row,) = troubles(home, "site-2")
    assert row[:2] == (arks.base("ark"), Outcome.BLOCKED)
    assert "was blocked in this run" in row[2]


def test_a_refusal_midway_sends_the_rest_to_the_next_archive_by_one_query(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.ark.keep(f"{SITE}/uploads/only-here.pdf", "20130401120000", paper("only here"))
    keep_papers(arks.ibis, "20140401120000")
    arks.scripted[f"/ark/20130401120000id_/{PLAN}"] = WALL
    home = home_of(tmp_path, arks, f"{SITE}/")
    commdex(home, "crawl", expect=None)
    assert arks.asked() == [
        f"ark cdx {SITE}/*", f"ark 20130401120000id_/{PAGE}", f"ark 20130401120000id_/{PLAN}",
        f"ibis cdx {SITE}/*", f"ibis 20140401120000id_/{PLAN}", f"ibis 20140401120000id_/{ANNEX}",
    ]  # fmt: skip
    dates = captured(home)
    assert (dates[PAGE], dates[ANNEX]) == ("2013-04-01", "2014-04-01")
    assert state(home).state == "partly"
    (lost,) = [row for row in troubles(home) if row[0] == f"{SITE}/"]
    assert lost[1] == Outcome.BLOCKED
    assert lost[2].startswith("1 addresses below it")


def test_what_a_refusing_archive_lists_and_no_other_has_is_told(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.scripted[f"/ark/20130401120000id_/{PLAN}"] = WALL
    home = home_of(tmp_path, arks, f"{SITE}/")
    commdex(home, "crawl")
    assert captured(home)[PAGE] == "2013-04-01"
    assert state(home).state == "partly"
    (lost,) = [row for row in troubles(home) if row[0] == f"{SITE}/"]
    assert lost[2].startswith("2 addresses below it")
    linked = {row[0]: row[1] for row in troubles(home) if row[0] in (PLAN, ANNEX)}
    assert linked == dict.fromkeys([PLAN, ANNEX], Outcome.BLOCKED)


def test_a_named_copy_is_had_where_no_index_knows_of_it(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.scripted["/ark/cdx"] = Answer(b"the index is being rebuilt", 500)
    home = home_of(tmp_path, arks, f"{arks.base('ark')}20130401120000/{PLAN}")
    commdex(home, "crawl", expect=None)
    assert captured(home) == {PLAN: "2013-04-01"}


def test_a_listed_address_that_is_gone_is_taken_from_the_archives(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.scripted["/gone/"] = Answer(b"gone", 404)
    gone = f"http://127.0.0.1:{arks.port}/gone/report.pdf"
    arks.ibis.keep(gone, "20160401120000", paper("report"))
    source = {"id": "site-1", "mechanism": "fixed", "start": [gone]}
    home = make_home(tmp_path / "home", [source], crawl={"archives": [arks.base("ark"), arks.base("ibis")]})
    commdex(home, "crawl")
    found = said(home)[gone]
    assert (found.captured, found.via) == ("2016-04-01", "webarchive")
    assert found.address.startswith(arks.base("ibis"))


def test_a_copy_of_a_log_in_page_says_nothing_of_the_archive(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    arks.ark.keep(f"{SITE}/login", "20130401120000", Answer(WALL.body, headers=HTML))
    home = home_of(tmp_path, arks, f"{SITE}/")
    commdex(home, "crawl")
    assert set(captured(home)) >= {PAGE, PLAN, ANNEX}
    assert all(one.address.startswith(arks.base("ark")) for one in said(home).values())


def test_a_copy_that_the_archive_lists_and_cannot_show_is_taken_from_the_next(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    keep_papers(arks.ibis, "20140401120000")
    arks.scripted[f"/ark/20130401120000id_/{ANNEX}"] = Answer(b"not found", 404)
    home = home_of(tmp_path, arks, f"{SITE}/")
    commdex(home, "crawl")
    with Archive(home.archive_folder) as archive:
        kept = archive.resource(f"{arks.base('ibis')}20140401120000id_/{ANNEX}")
    assert kept is not None
    assert kept.outcome == Outcome.NEW
    assert state(home).state == "ok"


@pytest.mark.parametrize(
    ("match", "index"), [("exact", "array"), ("prefix", "array"), ("exact", "lines"), ("prefix", "lines")]
)
def test_what_nobody_captured_is_a_failure_with_its_reason(tmp_path: Path, match: str, index: str) -> None:
    with Arks(index) as arks:
        home = home_of(tmp_path, arks, PAGE, match=match)
        commdex(home, "crawl", expect=4)
        assert state(home).state == "failed"
        row = troubles(home)[-1]
        assert row[:2] == (PAGE, Outcome.NOT_FOUND)
        assert row[2] == f"no web archive has a copy of it ({arks.base('ark')}: no copy; {arks.base('ibis')}: no copy)"


def test_where_every_archive_refuses_the_failure_says_so(arks: Arks, tmp_path: Path) -> None:
    arks.scripted |= {"/ark/": WALL, "/ibis/": WALL}
    home = home_of(tmp_path, arks, PAGE, PLAN, match="exact")
    commdex(home, "crawl", expect=4)
    assert len(set(arks.asked())) == 2
    told = f"({arks.base('ark')}: blocked; {arks.base('ibis')}: blocked)"
    assert troubles(home, "site-2")[-1] == (PLAN, Outcome.BLOCKED, f"no web archive has a copy of it {told}")


def test_a_linked_file_that_nobody_captured_has_its_row_once(arks: Arks, tmp_path: Path) -> None:
    arks.ark.keep(PAGE, "20130401120000", page("Falls plan", "lost.pdf", "/uploads/annex.pdf"))
    arks.ibis.keep(ANNEX, "20140401120000", paper("annex"))
    home = home_of(tmp_path, arks, PAGE, match="exact")
    commdex(home, "crawl")
    assert captured(home) == {PAGE: "2013-04-01", ANNEX: "2014-04-01"}
    ((address, outcome, reason),) = troubles(home)
    assert (address, outcome) == (f"{SITE}/papers/lost.pdf", Outcome.NOT_FOUND)
    assert reason.startswith(f"linked on {PAGE}, not captured")


def test_links_that_the_archive_rewrote_lead_to_their_originals(arks: Arks, tmp_path: Path) -> None:
    keep_papers(arks.ark)
    moved = page("Falls plan", f"/ark/20130401120000/{PLAN}", f"{arks.base('ark')}20130401120000/{ANNEX}")
    arks.ark.keep(PAGE, "20140401120000", moved)
    home = home_of(tmp_path, arks, PAGE, match="exact")
    commdex(home, "crawl")
    assert set(captured(home)) == {PAGE, PLAN, ANNEX}


def test_only_so_many_files_of_a_page_are_looked_up(arks: Arks, tmp_path: Path) -> None:
    names = [f"{number}.pdf" for number in range(55)]
    arks.ark.keep(PAGE, "20130401120000", page("Minutes", *names))
    for name in names:
        arks.ark.keep(f"{SITE}/papers/{name}", "20130401120000", paper(name))
    home = home_of(tmp_path, arks, PAGE, match="exact")
    commdex(home, "crawl")
    assert len(captured(home)) == 51
    assert (state(home).state, state(home).reason) == (
        "partly", f"{PAGE} links to more files than the 50 that were looked up",
    )  # fmt: skip


def test_a_page_that_stands_where_a_file_lay_is_no_copy_of_it() -> None:
    file = Capture("20140101000000", "http://a.org/report.pdf", "application/pdf", "200")
    page = Capture("20160101000000", "http://a.org/report.pdf", "text/html", "200")
    assert latest([file, page]) == [file]
    assert latest([page]) == [page]
