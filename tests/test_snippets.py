"""Passages: the page that answers, the words that are marked, and never nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.document import Document, Page
from search_cli.query.parse import parse
from search_cli.snippets import LENGTH, Passage, locate
from tests.papers import paper

FILLER = "Nothing of note stands here. " * 30


def passage(query: str, *pages: str, summary: str = "") -> Passage:
    document, texts = paper("A title", *pages, summary=summary)
    return locate(parse(query).tree, document, texts)


def marked(found: Passage) -> list[str]:
    return [text for text, is_marked in found.pieces() if is_marked]


def test_the_page_with_most_of_the_query_is_the_one_shown() -> None:
    found = passage("eye and glaucoma", "Eye eye eye eye.", FILLER, FILLER + "The eye and glaucoma. " + FILLER)
    assert (found.page, found.pages) == (3, ((0, 3),))
    assert marked(found) == ["eye", "glaucoma"]


def test_every_page_that_matches_as_well_is_listed() -> None:
    assert passage('"eye care"', "eye care", "care of the eye", "Eye care.").pages == ((0, 1), (0, 3))


@pytest.mark.parametrize(
    ("query", "marks"),
    [
        ("wards", ["Wards", "ward"]),
        ('"wards"', ["Wards"]),
        ('"virtual ward*"', ["Virtual\nWards", "virtual ward"]),
        ("virt* not ward", ["Virtual", "virtual"]),
        ("ward adj4 home", ["ward", "home"]),
        ("title:virtual or publisher:home", ["Virtual", "virtual"]),
        ("h#me", ["home"]),
    ],
)
def test_what_matched_is_marked_and_nothing_else(query: str, marks: list[str]) -> None:
    found = passage(query, "Virtual\nWards are new. A virtual ward is at home.")
    assert marked(found) == [" ".join(mark.split()) for mark in marks]


def test_a_passage_begins_with_its_sentence() -> None:
    found = passage("glaucoma", FILLER + "Most people with glaucoma are seen in hospital. " + FILLER)
    assert found.text.startswith("Most people with glaucoma")
    assert len(found.text) < LENGTH * 1.5


def test_white_space_is_collapsed_and_cuts_are_shown() -> None:
    found = passage("glaucoma", "word " * 100 + "people\n   with\tglaucoma " + "word " * 100)
    assert found.text.startswith("… word")
    assert found.text.endswith(" …")
    assert "people with glaucoma word" in found.text


def test_a_query_that_the_text_does_not_show_gives_the_summary_or_the_beginning() -> None:
    assert passage("year:2021", "First words.", summary="What it is about.") == Passage(0, 0, "What it is about.")
    assert passage("year:2021", "   ", "First words.") == Passage(0, 2, "First words.")
    assert passage("publisher:nhs", "First words.").text == "First words."
    assert passage("eye") == Passage(0, 0, "")


@pytest.mark.parametrize("query", ['"eye care"', "eye adj care", "eye adj3 care"])
def test_what_runs_over_two_pages_is_shown_at_the_page_where_it_begins(query: str) -> None:
    found = passage(query, "Care comes first. " + FILLER, FILLER + "This ends with eye", "care begins here")
    assert (found.page, found.pages) == (2, ((0, 2),))
    assert "ends with eye care begins here" in found.text
    assert " ".join(marked(found)) == "eye care"


def with_landing_page(landing: str, *pages: str) -> tuple[Document, list[Page]]:
    document, texts = paper("A title", *pages)
    page = replace(document.files[0], kind="html", address=document.landing, original=document.landing, pages=1)
    return replace(document, files=(*document.files, page)), [*texts, Page(1, 1, landing)]


def test_a_landing_page_answers_only_where_no_file_does() -> None:
    document, texts = with_landing_page("Eye care. Glaucoma.", "Eye care.")
    found = locate(parse('"eye care"').tree, document, texts)
    assert (found.file, found.page, found.pages) == (0, 1, ((0, 1),))
    found = locate(parse("glaucoma").tree, document, texts)
    assert (found.file, found.page, found.pages) == (1, 1, ((1, 1),))


words = st.lists(st.sampled_from(["eye", "Eyes", "care", "A&E", "é", ".", "\n\n", "  ", "King's", "x" * 300]))


@given(words.map(" ".join), st.sampled_from(["eye", '"eye care"', "eye adj3 care", "ca* or A&E", "year:2021"]))
def test_marks_lie_in_order_within_a_passage_that_is_never_empty(text: str, query: str) -> None:
    found = passage(query, text)
    assert bool(found.text) == bool(text.strip())
    assert "".join(piece for piece, _ in found.pieces()) == found.text
    ends = [place for mark in found.marks for place in mark]
    assert ends == sorted(ends)
    assert all(start < end <= len(found.text) for start, end in found.marks)
