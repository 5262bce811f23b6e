"""Kinds of paper are told from title and first page."""

from __future__ import annotations

from config.model import DocumentType
from indexer.document_types import choose_type

TYPES = (
    DocumentType(id="board-paper", label="Board paper", title=("agenda",), text=("meeting in public",)),
    DocumentType(id="annual-report", label="Annual report", title=("annual report",)),
    DocumentType(id="strategy", label="Strategy", title=("strategy",)),
    DocumentType(id="policy", label="Policy", title=("policy",)),
    DocumentType(id="report", label="Report", title=("report",), text=("executive summary",)),
)


def test_the_title_says_the_type_and_the_origin_says_how() -> None:
    chosen = choose_type(TYPES, "Hertfordshire dementia strategies 2021", "")
    assert (chosen.value, chosen.origin) == ("strategy", "title: strategy")


def test_the_longest_match_wins() -> None:
    assert choose_type(TYPES, "Report: Annual Reports and accounts", "").value == "annual-report"


def test_of_equally_long_matches_the_type_that_stands_first_wins() -> None:
    assert choose_type(TYPES, "Policy and strategy", "").value == "strategy"


def test_a_match_in_the_title_beats_one_in_the_text() -> None:
    assert choose_type(TYPES, "Policy on beds", "Executive summary").value == "policy"


def test_the_first_page_counts_where_the_title_says_nothing() -> None:
    chosen = choose_type(TYPES, "Papers for May", "Governing body\nmeeting in\npublic")
    assert (chosen.value, chosen.origin) == ("board-paper", "first page: meeting in public")


def test_parts_of_words_do_not_match() -> None:
    assert choose_type(TYPES, "Airports and policymakers", "").value == ""
