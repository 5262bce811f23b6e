"""The sample web: what other tests and the demonstration rest on."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pypdfium2
import pytest
import yaml

from config.catalogue import load_sectors, load_settings
from config.home import Home
from config.model import Source
from crawler import mechanisms
from crawler.archive import Outcome
from tests.loopback import Answer, Loopback
from tests.sample_web import SampleWeb, Truth, build, demo
from tests.sample_web.build import built
from tests.sample_web.homes import SOURCES
from tests.sample_web.pages import PRIVATE
from tests.sample_web.web import sha256

ROOT = Path(__file__).parents[1]
FENMARCH = "http://www.fenmarchicb.example"
POLICY = f"{FENMARCH}/wp-content/uploads/2022/11/ifr-policy.pdf"


class Got(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def get(port: int, url: str, method: str = "GET", **headers: str) -> Got:
    """Ask a proxy (or, with a bare path, a server) on loopback once, without following redirects."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Got(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


@pytest.fixture
def web() -> Iterator[SampleWeb]:
    with SampleWeb() as served:
        yield served


def asked_for_json(web: SampleWeb, url: str) -> Any:
    return json.loads(get(web.port, url).body)


def page_texts(body: bytes) -> list[str]:
    """The text of each page, white space made one blank."""
    document = pypdfium2.PdfDocument(body)
    try:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def sources() -> list[Source]:
    return [Source.model_validate(entry) for entry in yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]]


def test_the_same_content_gives_the_same_bytes_in_another_process_and_time_zone() -> None:
    digest = "import tests.test_sample_web as t; print(t.digest_of_build())"
    environment = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    other = subprocess.run(
        [sys.executable, "-c", digest], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == digest_of_build()


def digest_of_build() -> str:
    web = build()
    return sha256("\n".join(f"{url} {sha256(answer.body)}" for url, answer in sorted(web.pages.items())).encode())


def test_the_truth_is_what_the_server_answers(web: SampleWeb) -> None:
    for url, answers in built().first.items():
        assert [get(web.port, url).status for _ in answers] == [answer.status for answer in answers]
    for document in web.truth():
        got = get(web.port, document.address)
        assert (got.status, sha256(got.body)) == (200, document.sha256), document.address


def test_each_landing_page_names_its_document() -> None:
    web = built()
    for document in web.truth:
        if document.landing and document.url == document.address:  # else it lies in an archive
            page = web.body(document.landing).decode()
            assert escape(document.title) in page, document.landing


def test_the_web_holds_every_kind_of_paper() -> None:
    truth = built().truth
    assert len(truth) >= 35
    assert {document.kind for document in truth} == {"pdf", "docx", "html"}
    assert [document.url for document in truth if not document.readable] == [
        "http://www.quillshire-council.example/sites/default/files/2025-03/adult-social-care-local-account.pdf"
    ]
    urls = {document.url for document in truth}
    assert len(urls) - len({document.sha256 for document in truth}) == 1, "one paper stands at two addresses"
    assert len({(document.source, document.url) for document in truth}) == len(truth)
    listed = [document.url for document in truth if document.source == "saltgate-library"]
    assert len(truth) - len(urls) == 5, "a reading list leads to what others publish"
    assert len(listed) == 10


def test_every_pdf_but_the_damaged_one_has_text_on_each_page() -> None:
    web = built()
    for document in web.truth:
        if document.kind == "pdf" and document.readable:
            texts = page_texts(web.body(document.address))
            assert all(len(text) > 100 for text in texts), document.url
            copied = document.title.startswith("Appendix")  # its bytes are another paper's
            assert copied or document.title in texts[0], document.url


def test_the_damaged_pdf_cannot_be_opened() -> None:
    web = built()
    damaged = next(document for document in web.truth if not document.readable)
    body = web.body(damaged.address)
    assert body.startswith(b"%PDF-")
    assert b"%%EOF" not in body


def test_the_phrase_of_page_nine_stands_on_page_nine_only() -> None:
    web = built()
    study = next(document for document in web.truth if document.title.startswith("Commissioning for recovery"))
    texts = page_texts(web.body(study.address))
    assert len(texts) == 12
    assert [number for number, text in enumerate(texts, 1) if "step-down recovery bungalows" in text] == [9]
    elsewhere = [answer.body for url, answer in web.pages.items() if url != study.address]
    assert not any(b"recovery bungalows" in body for body in elsewhere)


def test_a_body_that_the_client_has_is_not_sent_again(web: SampleWeb) -> None:
    first = get(web.port, POLICY)
    by_tag = get(web.port, POLICY, If_None_Match=first.headers["ETag"])
    by_date = get(web.port, POLICY, If_Modified_Since=first.headers["Last-Modified"])
    other = get(web.port, POLICY, If_None_Match='"another"')
    assert [by_tag.status, by_date.status, other.status] == [304, 304, 200]
    assert by_tag.body == b""
    assert [request.conditional for request in web.requests] == [False, True, True, True]


def test_a_changed_body_is_sent_and_a_removed_one_is_not_found(web: SampleWeb) -> None:
    first = get(web.port, POLICY)
    web.change(POLICY, b"%PDF-1.4 another version")
    changed = get(
        web.port, POLICY, If_None_Match=first.headers["ETag"], If_Modified_Since=first.headers["Last-Modified"]
    )
    assert (changed.status, changed.body) == (200, b"%PDF-1.4 another version")
    assert get(web.port, POLICY, If_Modified_Since=first.headers["Last-Modified"]).status == 200
    web.remove(POLICY)
    assert get(web.port, POLICY).status == 404
    assert sha256(built().body(POLICY)) == sha256(first.body), "other servers are not touched"


def test_each_host_that_answers_forbids_its_private_folder_and_links_to_it(web: SampleWeb) -> None:
    for host in web.hosts:
        robots = get(web.port, f"http://{host}/robots.txt")
        assert robots.status == 200
        assert b"Disallow: /private/" in robots.body
    for source in sources():
        if source.mechanism != "webarchive":
            front = get(web.port, f"http://{source.start[0].split('/')[2]}/").body.decode()
            assert all(f'href="{path}"' in front for path in PRIVATE)
            assert len(PRIVATE) >= 5
            assert "http://www.elsewhere.example/" in front


def test_unknown_hosts_and_paths_are_told_apart(web: SampleWeb) -> None:
    assert get(web.port, "http://www.elsewhere.example/partners-report.pdf").status == 502
    assert get(web.port, "http://www.oldtown-ccg.example/").status == 502
    assert get(web.port, f"{FENMARCH}/nothing-here").status == 404
    assert get(web.port, "/").status == 400
    assert get(web.port, "http://www.fenmarchicb.example/", method="POST").status == 405
    head = get(web.port, POLICY, method="HEAD")
    assert (head.status, head.body) == (200, b"")


def test_the_request_log_tells_who_asked_for_what(web: SampleWeb) -> None:
    get(web.port, f"{FENMARCH}/robots.txt", User_Agent="Commdex/0.1")
    (request,) = web.requests
    assert (request.method, request.host, request.path) == ("GET", "www.fenmarchicb.example", "/robots.txt")
    assert (request.status, request.agent, request.bytes > 0) == (200, "Commdex/0.1", True)


def test_faults_happen_as_often_as_asked_for(web: SampleWeb) -> None:
    web.fault(r"ifr-policy\.pdf$", status=503, times=2)
    answers = [get(web.port, POLICY) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "1"
    web.fault(r"ifr-policy\.pdf$", redirect=f"{FENMARCH}/")
    assert get(web.port, POLICY).headers["Location"] == f"{FENMARCH}/"
    web.mend()
    assert get(web.port, POLICY).status == 200


def test_a_truncated_answer_promises_more_than_it_sends(web: SampleWeb) -> None:
    web.fault(r"ifr-policy\.pdf$", truncate=0.5)
    with pytest.raises(http.client.IncompleteRead) as error:
        get(web.port, POLICY)
    assert len(error.value.partial) == web.requests[-1].bytes > 0


def test_a_closed_connection_answers_nothing(web: SampleWeb) -> None:
    web.fault(r"ifr-policy\.pdf$", close=True)
    with pytest.raises(http.client.RemoteDisconnected):
        get(web.port, POLICY)
    assert web.requests[-1].status == 0


def test_a_hanging_answer_ends_with_the_server() -> None:
    with SampleWeb() as web:
        web.fault(r"ifr-policy\.pdf$", hang=600)
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=0.1)
        connection.request("GET", POLICY)
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()


def test_a_fault_is_of_one_kind(web: SampleWeb) -> None:
    with pytest.raises(ValueError, match="one of"):
        web.fault("x", status=500, close=True)


def test_wordpress_gives_its_items_by_pages_and_refuses_beyond(web: SampleWeb) -> None:
    posts = f"{FENMARCH}/wp-json/wp/v2/posts"
    first = get(web.port, f"{posts}?per_page=100&page=1&_fields=id,title,link")
    assert (first.headers["X-WP-Total"], first.headers["X-WP-TotalPages"]) == ("8", "2")
    assert "ETag" not in first.headers
    assert set(json.loads(first.body)[0]) == {"id", "title", "link"}
    beyond = get(web.port, f"{posts}?per_page=100&page=3")
    assert (beyond.status, json.loads(beyond.body)["code"]) == (400, "rest_post_invalid_page_number")
    media = asked_for_json(web, f"{FENMARCH}/wp-json/wp/v2/media?per_page=2")
    assert get(web.port, media[0]["source_url"]).status == 200
    closed = get(web.port, "http://www.brackenhillhospitals.example/wp-json/wp/v2/posts")
    assert closed.status == 403


def test_the_gzipped_sitemap_lists_the_landing_pages(web: SampleWeb) -> None:
    root = "http://www.thistledown-institute.example"
    robots = get(web.port, f"{root}/robots.txt").body.decode()
    assert f"Sitemap: {root}/sitemap_index.xml" in robots
    assert "Crawl-delay: 0.2" in robots
    listed = gzip.decompress(get(web.port, f"{root}/sitemaps/publications.xml.gz").body).decode()
    truth = [document for document in web.truth() if document.source == "thistledown-institute"]
    assert all(f"<loc>{document.landing}</loc>" in listed for document in truth)
    types = {get(web.port, document.url).headers["Content-Type"] for document in truth}
    assert "application/octet-stream" in types
    assert all("attachment" in get(web.port, document.url).headers["Content-Disposition"] for document in truth)


def test_govuk_search_filters_and_pages(web: SampleWeb) -> None:
    search = "http://www.gov-sample.example/api/search.json"
    everything = asked_for_json(web, f"{search}?count=100")
    ours = asked_for_json(web, f"{search}?filter_organisations=department-for-care&start=2&count=2&fields=title,link")
    assert (everything["total"], ours["total"], len(ours["results"])) == (6, 5, 2)
    assert set(ours["results"][0]) == {"_id", "title", "link"}
    content = asked_for_json(web, f"http://www.gov-sample.example/api/content{ours['results'][0]['link']}")
    assert content["details"]["attachments"][0]["url"].startswith("http://assets.gov-sample.example/media/")


def test_capture_indexes_answer_in_the_form_of_their_archive(web: SampleWeb) -> None:
    array = "http://webarchive.nationalarchives.example/ukgwa/"
    rows = asked_for_json(web, f"{array}cdx?url={quote('http://www.oldtown-ccg.example/*')}&output=json")
    assert rows[0][:3] == ["urlkey", "timestamp", "original"]
    assert len(rows) == 1 + 4 + 6, "four captures beside those of the papers, of which one was captured twice"
    exact = asked_for_json(web, f"{array}cdx?url={quote('http://www.oldtown-ccg.example/publications/')}&output=json")
    assert [row[4] for row in exact[1:]] == ["301", "200"], "an index does not tell a closing slash apart"
    prefix = quote("http://www.weldmere-pct.example/panels/")
    below = asked_for_json(web, f"{array}cdx?url={prefix}&matchType=prefix&output=json")
    assert sorted(row[3] for row in below[1:]) == ["application/pdf", "text/html"]
    assert asked_for_json(web, f"{array}cdx?url=nobody.example&output=json") == []
    lines = "http://archive.samplelibrary.example/all/"
    answer = get(web.port, f"{lines}cdx?url=www.moorside-pct.example&matchType=host&output=json&filter=~mime:pdf")
    captures = [json.loads(line) for line in answer.body.decode().splitlines()]
    assert {capture["mime"] for capture in captures} == {"application/pdf"}
    raw = get(web.port, f"{lines}{captures[0]['timestamp']}id_/{captures[0]['url']}")
    assert raw.headers["Memento-Datetime"].endswith("GMT")
    other_time = get(web.port, f"{lines}2012id_/{captures[0]['url']}")
    assert (other_time.status, other_time.headers["Location"]) == (
        302,
        f"{lines}{captures[0]['timestamp']}id_/{captures[0]['url']}",
    )


def test_an_archive_replays_pages_for_readers_and_leads_on_from_its_older_addresses(web: SampleWeb) -> None:
    archive, original = "http://webarchive.nationalarchives.example/", "http://www.weldmere-pct.example/"
    older = get(web.port, f"{archive}20121004094500/{original}pbc/toolkit.pdf")
    assert (older.status, older.headers["Location"]) == (
        301,
        f"{archive}ukgwa/20121004094500/{original}pbc/toolkit.pdf",
    )
    assert get(web.port, older.headers["Location"]).body.startswith(b"%PDF-")
    shown = get(web.port, f"{archive}ukgwa/20121004093000/{original}panels/exceptional-cases.html").body.decode()
    raw = get(web.port, f"{archive}ukgwa/20121004093000id_/{original}panels/exceptional-cases.html").body.decode()
    file = f"{original}panels/files/exceptional-cases-review.pdf"
    assert f'href="{archive}ukgwa/20121004093000/{file}"' in shown
    assert f'href="{file}"' in raw
    assert ("archived web page" in shown, "archived web page" in raw) == (True, False)


def test_every_source_is_valid_and_expects_what_the_truth_holds() -> None:
    sectors = {sector.id for sector in load_sectors()}
    truth = built().truth
    for source in sources():
        of_source = [document for document in truth if document.source == source.id]
        assert source.expect == len(of_source), source.id
        assert {document.mechanism for document in of_source} == {source.mechanism}
        assert set(source.sectors) <= sectors
        if source.mechanism != "readinglist":  # which leads to any host
            assert {host_asked(document) for document in of_source} <= source.allowed_hosts
    assert {document.source for document in truth} == {source.id for source in sources()}
    assert {source.mechanism for source in sources()} >= set(mechanisms.names()), "each mechanism is proved here"


def test_what_is_expected_of_addresses_names_sources_and_outcomes() -> None:
    known = {"", *(outcome.value for outcome in Outcome)}
    ids = {source.id for source in sources()}
    expected = built().expected
    assert {one.outcome for one in expected} <= known
    assert {one.source for one in expected} <= ids
    assert {"refused by noindex", "blocked", "soft 404", "not found", ""} == {one.outcome for one in expected}
    documents = {(document.source, document.address) for document in built().truth}
    assert [one for one in expected if (one.source, one.address) in documents] == []


def host_asked(document: Truth) -> str:
    return document.address.split("/")[2]


def test_one_fixed_address_has_moved_and_one_leads_nowhere(web: SampleWeb) -> None:
    source = next(source for source in sources() if source.id == "harrowfen-alliance")
    assert [get(web.port, address).status for address in source.start] == [200, 200, 301, 200, 404]


def test_a_busy_address_answers_once_that_it_is_busy(web: SampleWeb) -> None:
    (busy,) = built().first
    first, second = get(web.port, busy), get(web.port, busy)
    assert (first.status, first.headers["Retry-After"], second.status) == (503, "1", 200)
    with SampleWeb() as other:
        assert get(other.port, busy).status == 503, "each server begins anew"


def test_a_download_leads_to_where_the_file_is_kept(web: SampleWeb) -> None:
    answer = get(web.port, "http://www.marlbeckicb.example/download_file/1201/88")
    assert answer.status == 302
    assert get(web.port, answer.headers["Location"]).body.startswith(b"%PDF-")


def test_one_host_gives_every_address_the_same_answer(web: SampleWeb) -> None:
    root = "http://www.cranfold-partnership.example"
    answers = [get(web.port, f"{root}/{path}") for path in ("", "resources/shared-lives-review.pdf", "0c5f1a")]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert b"not found" not in answers[0].body.lower()


def test_a_blogger_feed_goes_on_by_start_index(web: SampleWeb) -> None:
    feed = "http://evidence-notes.sampleblogs.example/feeds/posts/default"
    first = get(web.port, f"{feed}?max-results=150").body.decode()
    assert (first.count("<entry>"), "start-index=3&amp;max-results=2" in first) == (2, True)
    last = get(web.port, f"{feed}?start-index=5").body.decode()
    assert (last.count("<entry>"), "rel='next'" in last) == (1, False)
    assert get(web.port, f"{feed}?alt=rss").body.decode().count("<item>") == 2


def test_a_wordpress_site_names_its_types_and_keeps_some_to_itself(web: SampleWeb) -> None:
    base = "http://www.ashcombeicb.example/wp-json/wp/v2"
    types = asked_for_json(web, f"{base}/types")
    assert types["document"]["rest_base"] == "documents"
    assert get(web.port, f"{base}/documents").headers["X-WP-Total"] == "5"
    assert get(web.port, f"{base}/{types['wp_block']['rest_base']}").status == 401


def test_meetings_name_their_papers_and_a_cancelled_one_has_none(web: SampleWeb) -> None:
    root = "http://democracy.quillshire-council.example"
    meetings = get(web.port, f"{root}/ieListMeetings.aspx?CId=712&Year=0").body.decode()
    assert "11 Apr 2024 10.00 am - CANCELLED" in meetings
    agendas = {document.landing for document in web.truth() if document.source == "quillshire-committees"}
    texts = [get(web.port, agenda).body.decode() for agenda in agendas]
    assert sum(text.count("/Public%20reports%20pack") for text in texts) == 1
    assert all("mgCalendarMonthView" in text for text in texts)


def test_pagers_of_numbers_and_load_more_say_no_rel_next(web: SampleWeb) -> None:
    root = "http://www.wyreside-partnership.example"
    numbers, more = (get(web.port, f"{root}/{place}").body.decode() for place in ("resources", "case-studies"))
    assert 'href="/resources?page=2">2<' in numbers
    assert 'href="/case-studies?page=2">Load more<' in more
    assert not any(word in numbers + more for word in ('rel="next"', ">Next<"))


def test_the_listing_leads_on_by_rel_next_and_to_a_page_that_is_not_there(web: SampleWeb) -> None:
    listing = "http://www.quillshire-council.example/publications"
    assert 'href="?page=1" rel="next"' in get(web.port, listing).body.decode()
    assert 'rel="next"' not in get(web.port, f"{listing}?page=2").body.decode()
    missing = get(web.port, f"{listing}/sustainable-travel")
    assert (missing.status, b"<h1>Page not found</h1>" in missing.body) == (200, True)
    assert "/publications/sustainable-travel" in get(web.port, listing).body.decode()


def test_a_loopback_answers_as_scripted() -> None:
    answers: dict[str, Answer | list[Answer]] = {
        "/a": Answer(b"words", headers={"Content-Type": "text/plain"}),
        "/twice": [Answer(status=503), Answer(b"late")],
        "/list?page=2": Answer(b"second"),
        "/bare": Answer(b"no tag", validators=False),
    }
    with Loopback(answers) as server:
        first = get(server.port, "/a")
        assert get(server.port, "/a", If_None_Match=first.headers["ETag"]).status == 304
        assert [get(server.port, "/twice").status for _ in range(3)] == [503, 200, 200]
        assert get(server.port, "/list?page=2").body == b"second"
        assert get(server.port, "/list?page=3").status == 404
        assert "ETag" not in get(server.port, "/bare").headers
        server.set("/a", Answer(b"other"))
        assert get(server.port, "/a").body == b"other"
        assert server.url("/a") == f"http://127.0.0.1:{server.port}/a"
        assert [request.path for request in server.requests][:2] == ["/a", "/a"]


def test_the_demonstration_makes_its_home_anew_and_only_where_it_made_one(tmp_path: Path) -> None:
    out = tmp_path / "demo-output"
    home = demo.fresh_home(out)
    assert load_settings(Home(home)).contact == "demo@commdex.example"
    assert not load_settings(Home(home)).shipped_sources
    assert (home / "sources" / "sample-web.yml").read_bytes() == SOURCES.read_bytes()
    (home / "leftover").touch()
    (out / "notes.txt").write_text("mine")
    assert not (demo.fresh_home(out) / "leftover").exists()
    assert (out / "notes.txt").read_text() == "mine"


def test_the_demonstration_refuses_a_folder_that_it_did_not_make(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.docx").write_text("years of work")
    assert demo.main(["--out", str(tmp_path)]) == 2
    assert "was not made by the demonstration" in capsys.readouterr().err
    assert (tmp_path / "home" / "thesis.docx").exists()


STAND_IN = """
import pathlib, sys
arguments = sys.argv[1:]
if arguments[2] == FAILS:
    sys.exit(4)
if "-o" in arguments:
    pathlib.Path(arguments[arguments.index("-o") + 1]).write_text(arguments[arguments.index("--to") + 1])
"""


@pytest.mark.parametrize(("fails", "code"), [("", 0), ("update", 1), ("search", 1), ("export", 1)])
def test_the_demonstration_fails_with_the_first_step_that_fails(
    fails: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "COMMAND", (sys.executable, "-S", "-c", f"FAILS = {fails!r}{STAND_IN}"))
    assert demo.main(["--out", str(tmp_path / "out")]) == code
    told = capsys.readouterr()
    assert "$ commdex update" in told.out
    if fails:
        assert f"`commdex {fails}` ended with exit code 4" in told.err
    else:
        assert told.out.count("$ commdex search") == 3
        assert {file.name for file in (tmp_path / "out").glob("results.*")} == set(demo.EXPORTS.values())
        assert "results.csv" in told.out
