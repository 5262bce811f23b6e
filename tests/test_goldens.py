"""Golden files: what each mechanism brings from the sample web, and how every address that it asked for ended.

    tests/golden/mechanisms/<mechanism>.json

A file that is missing is written, and its test fails asking that a person reads it before it is committed. To change
one, delete it and run its test.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.home import Home
from crawler import mechanisms
from crawler.archive import Outcome, Role
from tests.homes import commdex
from tests.sample_web import SampleWeb
from tests.sample_web.homes import SOURCES, sample_home

GOLDEN = Path(__file__).parent / "golden" / "mechanisms"
SAID = (
    "role", "address", "found_on", "landing", "title", "date", "link_text", "heading", "sectors", "original",
    "captured", "via", "position",
)  # fmt: skip
GOOD = [outcome.value for outcome in Outcome if outcome.good]
Golden = dict[str, dict[str, list[dict[str, Any]]]]


def crawled(folder: Path) -> Home:
    """A home that has harvested the whole sample web once."""
    home = sample_home(folder / "home")
    with SampleWeb() as web:
        commdex(home, "crawl", proxy=web.proxy, expect=None)
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return crawled(tmp_path_factory.mktemp("goldens"))


def sources_of(mechanism: str) -> list[str]:
    listed = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]
    return [source["id"] for source in listed if source["mechanism"] == mechanism]


def golden_of(home: Home, mechanism: str) -> Golden:
    """What the archive of `home` says of every source of a mechanism, in one order and without what differs by run."""
    with closing(sqlite3.connect(f"file:{home.archive_folder / 'archive.db'}?mode=ro", uri=True)) as archive:
        archive.row_factory = sqlite3.Row
        return {
            source: {"announcements": announcements(archive, source), "outcomes": outcomes(archive, source)}
            for source in sources_of(mechanism)
        }


def announcements(archive: sqlite3.Connection, source: str) -> list[dict[str, Any]]:
    """Every announcement of a source: what was said of which address. Where nothing was said, nothing stands here."""
    rows = archive.execute(f"SELECT {', '.join(SAID)} FROM announcements WHERE source = ?", (source,))
    return in_order({name: plain(row[name]) for name in SAID if row[name]} for row in rows)


def outcomes(archive: sqlite3.Connection, source: str) -> list[dict[str, Any]]:
    """How every address ended. Sources share hosts and run side by side, so that whoever comes second is told that
    nothing has changed (304): what came is "came", whichever of them got it first. For the same reason the probe of an
    address that cannot exist is left out: a host is asked once a run, by whoever is first.
    """
    rows = archive.execute(
        "SELECT role, address, outcome, status, reason FROM fetches WHERE source = ? AND role != ?",
        (source, Role.PROBE),
    ).fetchall()
    ended = []
    for row in rows:
        fetch = {name: plain(row[name]) for name in row.keys() if row[name] not in ("", None)}  # noqa: SIM118 (a Row)
        if row["outcome"] in GOOD:
            fetch |= {"outcome": "came", "status": 200}
        if fetch not in ended:
            ended.append(fetch)
    return in_order(ended)


def in_order(rows: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps([row["role"], row["address"], row], sort_keys=True))


def plain(value: Any) -> Any:
    """A value without the port of this run's servers and the time of day."""
    if not isinstance(value, str):
        return value
    value = re.sub(r"(127\.0\.0\.1|localhost):\d+", r"\1:PORT", value)
    return re.sub(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", value)


def written(golden: Golden) -> str:
    """JSON with one line for each row, so that a change shows as the lines that changed."""
    sources = []
    for source, parts in golden.items():
        lists = []
        for part, rows in parts.items():
            lines = ",\n".join("   " + json.dumps(row, ensure_ascii=False) for row in rows)
            lists.append(f"  {json.dumps(part)}: [\n{lines}\n  ]")
        sources.append(f" {json.dumps(source)}: {{\n" + ",\n".join(lists) + "\n }")
    return "{\n" + ",\n".join(sources) + "\n}\n"


@pytest.mark.parametrize("mechanism", mechanisms.names())
def test_a_mechanism_brings_what_its_golden_file_says(mechanism: str, home: Home) -> None:
    assert sources_of(mechanism), "no source of the sample web uses this mechanism: add one, so that it is proved"
    found, path = golden_of(home, mechanism), GOLDEN / f"{mechanism}.json"
    assert json.loads(written(found)) == found
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(found), encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been written from this crawl: please review it and commit")
    assert found == json.loads(path.read_text(encoding="utf-8"))


def test_each_golden_file_is_a_mechanism_s() -> None:
    assert {path.stem for path in GOLDEN.glob("*")} <= set(mechanisms.names())


def test_two_crawls_of_the_same_web_say_the_same(home: Home) -> None:
    with tempfile.TemporaryDirectory() as folder:
        other = crawled(Path(folder))
        for mechanism in mechanisms.names():
            assert golden_of(other, mechanism) == golden_of(home, mechanism), mechanism
