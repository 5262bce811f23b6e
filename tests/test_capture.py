"""The whole path over real documents, where the captures of `../shared/replay` stand beside the project.

Floors under what was measured when this was written; the project's own tests (test_whole_path) pass without them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.home import Home
from indexer.library import Library
from indexer.words import words
from search_cli.engine import Engine
from search_cli.query.parse import parse
from tests.homes import commdex, make_home, search

REPLAY = Path(__file__).parents[2] / "shared" / "replay"
CAPTURE = REPLAY / "captures" / "open"
# Hosts whose documents are for other purposes: scans, saved pages, malformed files.
NOT_ORDINARY = ("scans.example", "pages.example", "hostile.example")

pytestmark = pytest.mark.skipif(not CAPTURE.is_dir(), reason=f"no captured web at {CAPTURE}")


def source(name: str, mechanism: str, start: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "mechanism": mechanism, "start": [start], **more}


SOURCES = [
    source("nhs-england", "wordpress", "https://www.england.nhs.uk/"),
    source("west-sussex-jsna", "wordpress", "https://jsna.westsussex.gov.uk/"),
    source("gov-uk", "govuk", "https://www.gov.uk/", hosts=["assets.publishing.service.gov.uk"]),
    source("nhs-digital", "sitemap", "https://digital.nhs.uk/"),
    source("resus", "sitemap", "https://www.resus.org.uk/"),
    source("rcem", "feed", "https://rcem.ac.uk/"),
    source("phw", "feed", "https://phw.nhs.wales/"),
    source("cpics", "listing", "https://www.cpics.org.uk/publications"),
    source("uhsussex", "listing", "https://www.uhsussex.nhs.uk/publications"),
    source("kent", "moderngov", "https://democracy.kent.gov.uk/"),
    source("swindon-ccg", "webarchive", "http://www.swindonccg.nhs.uk/"),
]


@dataclass
class Harvested:
    home: Home
    proxy: str
    log: Path
    truth: list[dict[str, Any]]

    def requests(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def harvested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harvested]:
    folder = tmp_path_factory.mktemp("capture")
    log = folder / "requests.jsonl"
    replay = subprocess.Popen(
        [sys.executable, str(REPLAY / "replay.py"), str(CAPTURE), "--port", "0", "--log", str(log)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert replay.stdout is not None
        proxy = replay.stdout.readline().split("replay on ")[1].split(": ")[0]
        home = make_home(folder / "home", SOURCES, crawl={"allow_private_hosts": False, "timeout": 20.0})
        commdex(home, "update", proxy=proxy)
        rows = [json.loads(line) for line in (CAPTURE / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
        ordinary = [row for row in rows if urlsplit(row["host"]).netloc not in NOT_ORDINARY]
        yield Harvested(home, proxy, log, ordinary)
    finally:
        replay.terminate()
        replay.wait()


def test_the_documents_of_every_ordinary_host_come_and_are_found_by_their_titles(harvested: Harvested) -> None:
    with Library(harvested.home.library_file) as library:
        held = {file.sha256: doc for doc in library.documents(library.ids()) for file in doc.files}
    engine = Engine(harvested.home.index_folder)
    got, wanted, found = Counter[str](), Counter[str](), 0
    titles = dates = 0
    for row in harvested.truth:
        wanted[row["host"]] += 1
        document = held.get(row["sha256"])
        if document is None:
            continue
        got[row["host"]] += 1
        forms = [word.form for word in words(row["title"])]
        found += document.id in engine.search(parse(" ".join(f'"{form}"' for form in forms))).ids
        titles += forms == [word.form for word in words(document.title.value)]
        dates += bool(document.date.value) and (row["date"] or "").startswith(document.date.value)
    assert {host: got[host] / count for host, count in wanted.items() if got[host] / count < 0.98} == {}
    dated = sum(bool(row["date"]) for row in harvested.truth)
    assert found == sum(got.values())
    assert titles / len(harvested.truth) >= 0.95
    assert dates / dated >= 0.95


def test_robots_txt_is_first_on_every_host_and_nothing_private_is_asked(harvested: Harvested) -> None:
    first: dict[str, str] = {}
    for request in harvested.requests():
        parts = urlsplit(request["url"])
        first.setdefault(parts.netloc, parts.path)
        assert "/private/" not in parts.path
    assert set(first.values()) == {"/robots.txt"}


def test_a_search_reads_well_and_leads_to_the_page(harvested: Harvested) -> None:
    answer = search(harvested.home, '"eye care" AND year:2021..')
    assert answer["total"] >= 1
    for hit in answer["hits"]:
        assert int(hit["year"]) >= 2021
        assert f"#page={hit['page']}" in hit["link"]
        assert "eye care" in hit["snippet"].lower()


def test_a_second_update_fetches_no_unchanged_body(harvested: Harvested) -> None:
    before = len(harvested.requests())
    # All but the one host whose Crawl-delay of two seconds would be waited out once more.
    names = [entry["id"] for entry in SOURCES if entry["id"] != "nhs-digital"]
    done = commdex(harvested.home, "update", *names, proxy=harvested.proxy)
    assert "0 new, 0 changed, 0 dropped, 0 indexed" in done.stderr
    whole = [request["url"] for request in harvested.requests()[before:] if request["status"] == 200]
    assert [url for url in whole if not any(part in url for part in ("/wp-json/", "/api/", "/cdx?"))] == []
