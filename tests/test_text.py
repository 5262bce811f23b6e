"""What comes out of a document is made safe and plain."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.text import clean, join_lines, one_line, vocabulary

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x00\x02\x07\x1b[]m;0123\\\x9b\x9c\x9d\u202e\u200b\ufeff\ufffe\u00ad\ud800\r\n\t ﬁ\u0301\u2028-"
        ),
    ),
    max_size=60,
)


@given(NASTY)
def test_no_control_bidi_surrogate_or_zero_width_character_survives(text: str) -> None:
    for letter in clean(text):
        assert letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co")
        assert ord(letter) & 0xFFFE != 0xFFFE


@given(NASTY)
def test_cleaning_twice_changes_nothing_and_the_result_can_be_stored(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert once.encode("utf-8").decode("utf-8") == once
    assert unicodedata.is_normalized("NFC", once)


@given(NASTY, st.integers(5, 30))
def test_one_line_is_one_line_and_keeps_to_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert "\n" not in line
    assert "\t" not in line
    assert len(line) <= limit


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("e\u0301", "é"),
        ("ﬁnancial ﬂow oﬃce", "financial flow office"),
        ("inte\u00adgrated", "integrated"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://a.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\u202eb\u200bc\ufeff", "abc"),
        ("King\x92s", "King’s"),
        ("a\x00b", "a b"),
        ("a  \u00a0 b", "a b"),
        ("cell\tnext", "cell\tnext"),
        ("one\r\n\r\n\r\n\r\ntwo", "one\n\ntwo"),
        ("  lines \n  end ", "lines\nend"),
        ("\ud800lone", "lone"),
        ("", ""),
    ],
)
def test_text_is_made_plain(given: str, expected: str) -> None:
    assert clean(given) == expected


def test_a_word_that_a_line_end_parted_is_joined() -> None:
    assert clean("commis\ufffesioning plans") == "commissioning plans"
    assert clean("commis\x02\nsioning plans") == "commissioning plans"


def test_a_compound_that_a_line_end_parted_keeps_its_hyphen() -> None:
    assert clean("people self\ufffecare at home; self help, care") == "people self-care at home; self help, care"


def test_the_vocabulary_of_the_whole_document_decides_about_line_ends() -> None:
    pages = ["re\ufffesults were good", "the results of re"]
    assert join_lines(pages[0], vocabulary(pages)) == "results were good"


def test_one_line_cuts_at_a_word_and_says_so() -> None:
    assert one_line("Joint strategic\nneeds assessment", 20) == "Joint strategic…"
    assert one_line("Short", 20) == "Short"


@pytest.mark.parametrize(
    "piece", ["a", "\x1b]", "\x9d", "\x1b]a", "a\ufffe", "\ufffe ", " \t", "\n \n", "\u0301", "12/"]
)
def test_long_runs_of_anything_are_cleaned_in_one_pass(piece: str) -> None:
    assert (
        len(clean(piece * 100_000)) <= len(piece) * 100_000
    )  # a search that looked back at every letter would not end
