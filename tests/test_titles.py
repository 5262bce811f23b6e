"""Which of several titles a paper goes by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.reading import Candidate
from indexer.titles import choose_title, clean_link_text, clean_title, is_junk

LINKS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["Annual report", "PDF", "(PDF, 2.1MB)", "[Word]", "Download:", "285 KB", "-", "here", "12 pages"]
        ),
        max_size=6,
    ).map(" ".join),
)


@pytest.mark.parametrize(
    "title",
    [
        "Microsoft Word - x.doc", "Excel template", "Untitled", "Untitled document", "PowerPoint Presentation",
        "Page not found", "final_v2.docx", "037 (2).pdf", "Annual_Report_2020", "8b1a9953c4611296a827abf8c47804d7",
        "Slide 1", "Download", "PDF", "Read more", "click here", "Read the full report", "Document1",
        "2023", "12/05/2020", "Page 1 of 9", "https://www.example.org/report", "", "   ", "…",
    ],
)  # fmt: skip
def test_names_of_programs_files_and_links_are_no_titles(title: str) -> None:
    assert is_junk(title)


@pytest.mark.parametrize(
    "title",
    [
        "Annual report 2023", "A&E", "The state of care", "Word of mouth", "Open access", "Home care", "NG12",
        "View from the bridge", "Index of Multiple Deprivation 2019", "Master plan", "Guidance",
        "Fit for the future: 10 Year Health Plan",
    ],
)  # fmt: skip
def test_titles_that_share_words_with_junk_are_titles(title: str) -> None:
    assert not is_junk(title)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Capital Strategy PDF 285 KB", "Capital Strategy"),
        ("Annual report (PDF, 2.1MB)", "Annual report"),
        ("Annual report [PDF 2.1 MB, 48 pages]", "Annual report"),
        ("Download: Dementia strategy [Word]", "Dementia strategy"),
        ("Dementia strategy (opens in a new window)", "Dementia strategy"),
        ("PDF: Our plan", "Our plan"),
        ("Dementia strategy - PDF - 2 MB", "Dementia strategy"),
        ("Guide to Excel", "Guide to Excel"),
        ("Budget 2025-28 (2)", "Budget 2025-28 (2)"),
        ("Download the full report", ""),
        ("Read more", ""),
        ("PDF", ""),
    ],
)
def test_a_link_is_stripped_to_what_it_calls_the_paper(text: str, expected: str) -> None:
    assert clean_link_text(text) == expected


@given(LINKS)
def test_cleaning_link_text_never_raises_and_twice_changes_nothing(text: str) -> None:
    once = clean_link_text(text)
    assert clean_link_text(once) == once
    assert not once or not is_junk(once)


@given(st.text(max_size=400))
def test_a_title_is_one_line_of_bounded_length(text: str) -> None:
    title = clean_title(text)
    assert "\n" not in title
    assert len(title) <= 300


def test_quotes_round_a_title_are_taken_off() -> None:
    assert clean_title(' "Time to act" ') == "Time to act"
    assert clean_title("“Care” and “cure”") == "“Care” and “cure”"


def test_the_surest_title_that_is_no_junk_is_chosen_the_first_of_equals() -> None:
    candidates = [
        Candidate("Microsoft Word - plan.doc", "PDF title", 0.9),
        Candidate("Dementia strategy 2020", "heading of the page", 0.7),
        Candidate("Dementia Strategy", "og:title of the page", 0.7),
    ]
    chosen = choose_title(candidates)
    assert (chosen.value, chosen.origin, chosen.sure) == ("Dementia strategy 2020", "heading of the page", 0.7)


def test_where_all_are_junk_the_wordiest_file_name_is_opened_up() -> None:
    chosen = choose_title([Candidate("PDF", "link", 0.4), Candidate("dementia_strategy-2020.pdf", "file name", 0.1)])
    assert (chosen.value, chosen.origin, chosen.sure) == ("dementia strategy 2020", "file name", 0.1)


def test_without_candidates_there_is_no_title() -> None:
    assert choose_title([]).value == ""
