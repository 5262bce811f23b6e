"""Exports: golden files for each format, and nothing that a page wrote becomes a formula, a tag or markup.

A missing golden file is written and the test fails, so that somebody reviews it.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import rispy

from search_cli.exports import About, format_names, format_of_suffix, load_format
from search_cli.exports.csv_file import cell
from search_cli.exports.ris import corporate, ris_date
from search_cli.labels import Labels
from search_cli.query.parse import parse
from search_cli.results import Record, date_shown, record
from search_cli.snippets import locate
from tests.papers import Paper, paper

GOLDEN = Path(__file__).parent / "golden"
LABELS = Labels({"mental-health": "Mental health"}, {"report": "Report", "board-paper": "Board paper"}, {})
ABOUT = About('"eye care"', '"eye care"', "2026-11-22T09:00:00Z", "most relevant first", 3, 5, 174, ("A note.",))

PAPERS: list[Paper] = [
    paper("Eye care in the community", "Contents", "How eye care can be\ncommissioned; and why.", "Eye care again."),
    paper('=HYPERLINK("http://x.example")', "<script>alert(1)</script> eye care\x1b[31m & more", date="2019",
          publisher="Department of Health, Northern Ireland", kind="board-paper",
          address="https://webarchive.example/2014/x.pdf", original="http://www.swindonccg.nhs.uk/x.pdf"),
    paper("TY  - JOUR\nER  - ", "Eye care is a web page.", date="", file_kind="html", address="javascript:alert(1)"),
]  # fmt: skip


def records() -> list[Record]:
    tree = parse('"eye care"').tree
    return [
        record(document, locate(tree, document, pages), LABELS, number=number, accessed="2026-11-22")
        for number, (document, pages) in enumerate(PAPERS, start=1)
    ]


def exported(name: str) -> str:
    stream = io.StringIO(newline="")
    load_format(name).write(iter(records()), ABOUT, stream)
    return stream.getvalue()


@pytest.mark.parametrize("name", sorted(format_names()))
def test_each_format_is_what_was_reviewed(name: str) -> None:
    form = load_format(name)
    golden = GOLDEN / f"results{form.SUFFIX}"
    body = exported(name).encode(form.ENCODING)
    if not golden.exists():
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(body)
        pytest.fail(f"{golden} was missing and has been written: please review it")
    assert body == golden.read_bytes()


def test_each_format_is_known_by_its_suffix() -> None:
    assert {format_of_suffix(suffix) for suffix in (".csv", ".RIS", ".jsonl", ".html")} == set(format_names())
    assert format_of_suffix(".xyz") is None


def test_csv_cells_never_run_as_formulas() -> None:
    rows = list(csv.DictReader(io.StringIO(exported("csv"))))
    assert rows[1]["Title"].startswith("'=")
    assert [row["Number"] for row in rows] == ["1", "2", "3"]
    for value in ("=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\u200b=1"):
        assert cell(value).startswith("'")
    assert cell("Plan - 2021") == "Plan - 2021"
    assert rows[1]["Address"] == "http://www.swindonccg.nhs.uk/x.pdf"
    assert rows[1]["Link"].startswith(rows[1]["Archived address"])
    assert load_format("csv").ENCODING == "utf-8-sig"


def test_ris_reads_back_as_reports_by_organisations() -> None:
    read = rispy.loads(exported("ris"))
    assert [each["type_of_reference"] for each in read] == ["RPRT", "RPRT", "ELEC"]
    assert read[0]["authors"] == ["NHS England,"]
    assert read[1]["authors"] == ["Department of Health (Northern Ireland),"]
    assert read[0]["date"] == "2021/03/19/"
    assert read[2]["title"] == "TY - JOUR ER -"
    assert "urls" not in read[2]
    assert "L1" not in exported("ris")
    assert not exported("ris").startswith("1.")
    assert corporate("A, B, C") == "A (B C),"
    assert (ris_date("2021-03"), ris_date("")) == ("2021/03//", "")


def test_json_lines_carry_the_schema_and_the_query() -> None:
    lines = [json.loads(line) for line in exported("jsonl").splitlines()]
    assert [(line["schema_version"], line["query"], line["number"]) for line in lines] == [
        (1, '"eye care"', number) for number in (1, 2, 3)
    ]
    assert lines[0]["link"].endswith(".pdf#page=2")
    assert lines[0]["pages"] == [{"file": 0, "page": 2}, {"file": 0, "page": 3}]


def test_html_holds_no_markup_of_the_documents_and_asks_for_nothing() -> None:
    page = exported("html")
    assert "<script" not in page
    assert "javascript:" not in page
    assert "\x1b" not in page
    assert "<mark>eye care</mark>" in page
    assert "src=" not in page


@pytest.mark.parametrize(
    ("date", "shown"),
    [("2025-03-02", "2 March 2025"), ("2025-03", "March 2025"), ("2025", "2025"), ("", "n.d.")],
)
def test_dates_are_shown_as_precisely_as_they_are_known(date: str, shown: str) -> None:
    assert date_shown(date) == shown
