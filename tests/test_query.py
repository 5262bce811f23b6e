"""The query language: what each form is read as, and where each slip is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_cli.query.errors import QueryError
from search_cli.query.parse import FIELDS, join, parse
from search_cli.query.tree import (
    RESERVED,
    And,
    Field,
    Limit,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Undated,
    Wildcard,
    Word,
    Years,
)  # fmt: skip
from search_cli.query.values import Vocabulary, resolve

EYE, CARE = Word("eye"), Word("care")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("eye", EYE),
        ("Eye and CARE", And((EYE, CARE))),
        ("eye care", And((EYE, CARE))),
        ("eye & care", And((EYE, CARE))),
        ("eye or care", Or((EYE, CARE))),
        ("a or b c", Or((Word("a"), And((Word("b"), Word("c")))))),
        ("(a or b) and c", And((Or((Word("a"), Word("b"))), Word("c")))),
        ("a not b", Not(Word("a"), Word("b"))),
        ("a AND NOT b", Not(Word("a"), Word("b"))),
        ("a and b not c and d", And((Not(And((Word("a"), Word("b"))), Word("c")), Word("d")))),
        ('"eye care"', Phrase(("eye", "care"))),
        ("\u201ceye care\u201d", Phrase(("eye", "care"))),
        ('"cause and effect"', Phrase(("cause", "and", "effect"))),
        ('"wards"', Word("wards", exact=True)),
        ('"virtual ward*"', Phrase(("virtual", "ward*"))),
        ("King\u2019s", Word("king")),
        ("A&E", Word("a&e")),
        ("out-of-hospital", Phrase(("out", "of", "hospital"), exact=False)),
        ("2025/26", Phrase(("2025", "26"), exact=False)),
        ("s.117", Phrase(("s", "117"), exact=False)),
        ("commission*", Wildcard("commission*")),
        ("commission$", Wildcard("commission*")),
        ("ward$1", Wildcard("ward*1")),
        ("p?ediatric", Wildcard("p?ediatric")),
        ("wom#n", Wildcard("wom#n")),
        ("eye adj care", Near(EYE, CARE, 1, True)),
        ("eye adj3 care", Near(EYE, CARE, 3, False)),
        ("eye NEAR/2 care", Near(EYE, CARE, 3, False)),
        ("eye N3 care", Near(EYE, CARE, 4, False)),
        ("eye w/2 care", Near(EYE, CARE, 3, True)),
        ("eye PRE/0 care", Near(EYE, CARE, 1, True)),
        ("eye NEXT care", Near(EYE, CARE, 1, True)),
        ("next steps", And((Word("next"), Word("steps")))),
        ("eye adj3 (care or b)", Near(EYE, Or((CARE, Word("b"))), 3, False)),
        ("title:eye", Field("title", EYE)),
        ("TI: eye", Field("title", EYE)),
        ("title:(eye or care)", Field("title", Or((EYE, CARE)))),
        ("pb:nhs", Field("publisher", Word("nhs"))),
        ("sector:mental-health", Limit("sector", "mental-health")),
        ('sector:"Mental Health"', Limit("sector", "mental health")),
        ("sector:(older people or mental-health)",
         Or((Limit("sector", "older people"), Limit("sector", "mental-health")))),
        ("type:board-paper", Limit("type", "board-paper")),
        ("site:*.nhs.uk", Limit("site", "nhs.uk")),
        ("site:https://www.oldtown-ccg.example/", Limit("site", "www.oldtown-ccg.example")),
        ('site:"http://www.oldtown-ccg.example/"', Limit("site", "www.oldtown-ccg.example")),
        ("site:(https://nhs.uk)", Limit("site", "nhs.uk")),
        ("source:nhs-england", Limit("source", "nhs-england")),
        ("year:2021", Years(2021, 2021)),
        ("yr:2019..2022", Years(2019, 2022)),
        ("year:2019-2022", Years(2019, 2022)),
        ("year:2021..", Years(2021, None)),
        ("year:2021-Current", Years(2021, None)),
        ("year:..2019", Years(None, 2019)),
        ("year:nd", Undated()),
        ("year:(2019 or nd)", Or((Years(2019, 2019), Undated()))),
    ],
)  # fmt: skip
def test_each_form_is_read_as_what_it_means(text: str, tree: Node) -> None:
    assert parse(text).tree == tree


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("eye, care", ","),
        ("eye; care!", "; !"),
        ("eye – care", "–"),
        ("eye - care", "-"),
        ("eye care…", "…"),
        ("eye • care", "•"),
    ],
)
def test_the_punctuation_of_pasted_prose_is_passed_over_and_said(text: str, signs: str) -> None:
    query = parse(text)
    assert query.tree == And((EYE, CARE))
    assert f"Punctuation was passed over: {signs}" in query.notes


@pytest.mark.parametrize(
    ("text", "marked", "says"),
    [
        ("", 0, "nothing to search"),
        ("...", 0, "no letter"),
        ("(eye", 0, "not closed"),
        ("eye)", 3, "closes nothing"),
        ('eye "care', 4, "not closed"),
        ("eye ()", 4, "nothing between"),
        ('eye ""', 4, "no word"),
        ("and", 0, "before and"),
        ("or eye", 0, "before or"),
        ("eye and", 4, "follow and"),
        ("eye and or care", 4, "follow and"),
        ("(eye or) care", 5, "follow or"),
        ("not eye", 0, "take away"),
        ("eye or (not care)", 8, "take away"),
        ("adj3 eye", 0, "before adj3"),
        ("title:", 0, "follow title:"),
        ("eye: care title:(tilte: a)", 17, "no field"),
        ("care:plan", 0, "no field"),
        ("eye, tilte: falls", 5, "no field"),
        ("eye && care", 4, "&& has no meaning"),
        ("eye || care", 4, "|| has no meaning"),
        ("eye £ care", 4, "character £"),
        ("sectr:eye", 0, "no field"),
        ("https://nhs.uk", 0, "no field"),
        ("eye : care", 4, "colon"),
        ("a,b", 1, "character ,"),
        ("'eye care'", 0, "double quotes"),
        ("eye + care", 4, "character +"),
        ("-eye care", 0, "excluded by NOT"),
        ("e*", 0, "At least 2"),
        ("*eye", 0, "wildcard needs"),
        ("?eye", 0, "wildcard needs"),
        ("organi*ation", 6, "ends a word"),
        ("ward*99", 5, "from 1 to"),
        ('"#1 priority"', 1, "wildcard needs"),
        ("eye NEAR care", 4, "needs a number"),
        ("eye adj0 care", 4, "no meaning"),
        ("eye adj3 care plan", 4, "not clear"),
        ("eye adj3 (care and plan)", 4, "not AND"),
        ("eye adj3 title:care", 4, "not a field"),
        ("title:(sector:x)", 7, "cannot stand inside"),
        ("sector:(a adj3 b)", 10, "cannot stand in"),
        ("sector:ment*", 7, "no wildcards"),
        ("site:nhs.uk/page", 5, "takes a host"),
        ("year:soon", 5, "not a year"),
        ("year:2021/22", 5, "not a year"),
        ("year:2022..2019", 5, "backwards"),
        ("year:9999", 5, "not a year"),
        ("year:(2019 2020)", 11, "joined by OR"),
        ("eye.ti.", 3, "not understood yet"),
        ("TI eye", 0, "EBSCO"),
        ("1 and 2", 0, "Sets"),
        ("24 7", 0, "Sets"),
        ("or/1-5", 0, "Sets"),
        ("exp eyes/", 4, "thesaurus"),
        ('"eye care"~3', 10, "character ~"),
        ("eye[ti]", 3, "character ["),
        ("(" * 60 + "a" + ")" * 60, 40, "deep"),
    ],
)
def test_each_slip_is_refused_at_its_place(text: str, marked: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert says in caught.value.message
    assert caught.value.position == marked


def test_the_caret_stands_under_the_place_and_a_correction_follows() -> None:
    with pytest.raises(QueryError) as caught:
        parse("Eye, 50% care; “a plan: for sectr:all”, tilte: x")
    lines = str(caught.value).splitlines()
    assert lines[1:3] == ["  Eye, 50% care; “a plan: for sectr:all”, tilte: x", " " * 42 + "^^^^^^"]
    assert "Did you mean title:" in lines[3]


@pytest.mark.parametrize(("text", "write"), [("a && b", "Write AND"), ("a || b", "Write OR"), ("a|b", "Write OR")])
def test_symbols_of_programmers_are_refused_with_the_word_for_them(text: str, write: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.suggestion == write


def test_the_colon_of_a_pasted_title_is_passed_over_and_said() -> None:
    query = parse("Falls prevention: what works, and what is commissioned instead")
    assert '"prevention:" is no field and was read as a word.' in query.notes
    assert str(query.tree).startswith("falls AND prevention AND what AND works AND what")
    assert parse("Eye care:").tree == And((EYE, CARE))
    assert not parse("title: eye").notes
    assert not parse('"eye: care"').notes


def test_a_long_query_is_cut_around_the_caret() -> None:
    with pytest.raises(QueryError) as caught:
        parse("word " * 100 + "£ " + "word " * 100)
    shown, marks = caught.value.caret().splitlines()
    assert shown[marks.index("^")] == "£"
    assert len(shown) < 82


def test_the_sign_of_pounds_is_passed_over_before_a_number() -> None:
    query = parse("eye and £20")
    assert query.tree == And((EYE, Word("20")))
    assert query.notes == ("Punctuation was passed over: £",)


def test_words_side_by_side_leave_a_note() -> None:
    assert "read as AND" in parse("eye care").notes[0]
    assert "next word only" in parse("title:eye care").notes[0]
    assert not parse('eye and "eye care" and year:2020').notes


VOCABULARY = Vocabulary(
    {"mental-health": "Mental health", "older-people": "Older people"}, {"board-paper": "Board paper"}, {}
)


def test_labels_are_known_by_id_and_by_name() -> None:
    query = resolve(parse('(sector:"Mental Health" or sector:older-people) not type:"board paper"'), VOCABULARY)
    assert str(query.tree) == "(sector:mental-health OR sector:older-people) NOT type:board-paper"


@pytest.mark.parametrize(
    ("text", "marked", "suggests"),
    [("eye and sector:mental", 15, "mental-health"), ("type:bord-paper", 5, "board-paper"), ("source:x", 7, "No doc")],
)
def test_an_unknown_label_is_refused_with_the_nearest(text: str, marked: int, suggests: str) -> None:
    with pytest.raises(QueryError) as caught:
        resolve(parse(text), VOCABULARY)
    assert caught.value.position == marked
    assert suggests in caught.value.suggestion


forms = (
    st.text("abcdenrw123&é", min_size=1, max_size=6).map(lambda text: text.strip("&").replace("é", "e")).filter(bool)
)
plain = forms.filter(lambda form: not form.isdigit() and "&&" not in form)
wild = st.builds(lambda form, end: f"x{form}{end}", plain.filter(str.isalpha), st.sampled_from(["*", "*3", "?", "#n"]))
text_leaves = st.one_of(
    st.builds(lambda form: Word(form, bool(RESERVED.fullmatch(form))), plain),
    st.builds(lambda form: Word(form, True), plain),
    st.builds(Wildcard, wild),
    st.builds(lambda parts: Phrase(tuple(parts)), st.lists(st.one_of(plain, wild), min_size=2, max_size=3)),
    st.builds(lambda parts: Phrase(tuple(parts), exact=False), st.lists(plain, min_size=2, max_size=3)),
)


def _branches(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda parts: join(And, parts)),
        several.map(lambda parts: join(Or, parts)),
        st.builds(Not, inner, inner),
    )


positional: st.SearchStrategy[Node] = st.recursive(
    text_leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: join(Or, parts)),
        st.builds(Near, inner, inner, st.integers(1, 9), st.booleans()),
    ),
    max_leaves=4,
)
years = st.tuples(st.integers(1950, 2030), st.integers(0, 20)).map(lambda pair: Years(pair[0], pair[0] + pair[1]))
limits = st.builds(
    Limit, st.sampled_from(["sector", "type", "source"]), st.sampled_from(["mental-health", "older people"])
)
trees: st.SearchStrategy[Node] = st.recursive(
    st.one_of(
        positional,
        st.builds(Field, st.sampled_from(["title", "publisher"]), st.recursive(positional, _branches, max_leaves=3)),
        limits,
        st.builds(Limit, st.just("site"), st.sampled_from(["nhs.uk", "www.england.nhs.uk"])),
        years,
        st.builds(Years, st.integers(1950, 2030), st.none()),
        st.just(Undated()),
    ),
    _branches,
    max_leaves=6,
)


@given(trees)
def test_a_tree_printed_and_read_again_is_the_same_tree(tree: Node) -> None:
    assert parse(str(tree)).tree == tree


pieces = st.sampled_from([
    "and", "OR", "not", "(", ")", '"', " ", "adj3", "NEAR/2", "n3", "*", "$", "?", "#", "eye", "care:", "title:",
    "year:", "2021..", "sector:", "&", "-", "/", "\u201c", "½", "ŉ", "\u0301", "~", ":", "1", "king's",
    "falls:", "and:", "£", "£20", "site:", "https://", "&&", "||", ",",
])  # fmt: skip


@given(st.one_of(st.text(max_size=30), st.lists(pieces, max_size=12).map(" ".join), st.lists(pieces).map("".join)))
def test_any_text_is_read_or_refused_within_it_and_what_is_read_prints_back(text: str) -> None:
    refused = None
    try:
        tree = parse(text).tree
    except QueryError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.position <= len(text)
        assert refused.caret()
    else:
        assert parse(str(tree)).tree == tree


def test_every_field_is_known_by_its_short_name_too() -> None:
    assert {"ti", "pb", "sc", "ty", "yr"} <= set(FIELDS)
