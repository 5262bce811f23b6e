"""The read door: what a query finds, in which order, with which counts and notes."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.engine import IndexUnusable, IndexWriter
from search_cli import engine as door
from search_cli.engine import Engine, Found, Sort
from search_cli.query.errors import QueryError
from search_cli.query.parse import join, parse
from search_cli.query.tree import And, Field, Limit, Near, Node, Not, Or, Phrase, Query, Undated, Wildcard, Word, Years
from tests.papers import Paper, paper, put_index

PAPERS = [
    paper("Eye care in the community", "Commissioning intentions for eyes.", "Glaucoma at home", name="aaaaaaaaaa01",
          date="2021-03-19", sectors=["eyes", "community"], publisher="NHS England"),
    paper("Virtual wards", "The hospital at home. Eye care is provided by virtual\nwards.", name="aaaaaaaaaa02",
          date="", publisher="The King's Fund", host="www.kingsfund.org.uk", source="kings-fund"),
    paper("Board paper", "The state of care: commissioners commissioned A&E and out-of-hospital services in 2025/26.",
          name="aaaaaaaaaa03", date="2019", kind="board-paper", host="www.swindonccg.nhs.uk", source="swindon"),
    paper("Paediatric strategy", "Pediatric and paediatric services for women and a woman.", name="aaaaaaaaaa04",
          date="2022-05", kind="strategy", sectors=[]),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("index") / "index"
    put_index(folder, PAPERS[:2])
    for _ in IndexWriter(folder).write(PAPERS[2:], []):
        pass
    return Engine(folder)


def ask(engine: Engine, text: str, sort: Sort = "relevance") -> Found:
    return engine.search(parse(text), sort=sort)


def numbers(found: Found) -> list[int]:
    return sorted(int(name[-2:]) for name in found.ids)


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("eye", [1, 2]),
        ('"eyes"', [1]),
        ('"eye care"', [1, 2]),
        ('"care eye"', []),
        ('"hospital at home"', [2]),
        ('"state of care"', [3]),
        ('"virtual wards"', [2]),
        ('"community commissioning"', []),  # the title ends where the text begins
        ("A&E", [3]),
        ("out-of-hospital", [3]),
        ("2025/26", [3]),
        ("commission*", [1, 3]),
        ("commission*3", [1, 3]),
        ("commission*2", [3]),
        ("commission adj3 eye", [1]),
        ('"commission* int*"', [1]),
        ("p?ediatric", [4]),
        ("wom#n", [4]),
        ('"wom#n and a wom#n"', [4]),
        ("provided adj2 care", [2]),
        ("provided adj1 care", []),
        ("care adj2 provided", [2]),
        ("care PRE/1 provided", [2]),
        ("provided PRE/1 care", []),
        ('"eye care" adj5 "virtual wards"', [2]),
        ("title:eye", [1]),
        ("title:(eye or virtual)", [1, 2]),
        ("publisher:king", [2]),
        ("publisher:king*", [2]),
        ('publisher:"king\'s fund"', [2]),
        ("sector:eyes", [1]),
        ("type:board-paper", [3]),
        ("source:kings-fund", [2]),
        ("site:ccg.nhs.uk", [3]),
        ("site:nhs.uk", [1, 3, 4]),
        ("year:2021", [1]),
        ("year:2019..2021", [1, 3]),
        ("year:2021..", [1, 4]),
        ("year:..2020", [3]),
        ("year:nd", [2]),
        ("year:(nd or 2019)", [2, 3]),
        ("care not eye", [3]),
        ("(eye or paediatric) and year:2021..", [1, 4]),
    ],
)
def test_each_form_finds_what_it_says(engine: Engine, text: str, finds: list[int]) -> None:
    assert numbers(ask(engine, text)) == finds


def test_undated_documents_that_a_year_leaves_out_are_counted(engine: Engine) -> None:
    assert ask(engine, "eye and year:2020..").undated_left_out == 1
    assert ask(engine, "eye").undated_left_out == 0
    assert ask(engine, "eye and (year:2020.. or year:nd)").undated_left_out == 0
    assert ask(engine, "eye not year:2020..").undated_left_out == 0


def test_hits_come_in_the_order_asked_for(engine: Engine) -> None:
    everything = "year:1900.. or year:nd"
    order = {sort: [int(name[-2:]) for name in ask(engine, everything, sort).ids] for sort in door.SORTS}
    assert order["newest"] == [4, 1, 3, 2]
    assert order["oldest"] == [3, 1, 4, 2]
    assert order["title"] == [3, 1, 4, 2]
    assert order["publisher"] == [4, 1, 3, 2]


def test_a_title_hit_comes_before_a_hit_in_the_text(engine: Engine) -> None:
    assert ask(engine, '"eye care"').ids[0] == "aaaaaaaaaa01"


def test_equal_scores_are_ordered_by_date_then_id(tmp_path: Path) -> None:
    same = [paper("Same", "words", name=f"{digit:012x}", date="2020") for digit in (3, 1, 2)]
    put_index(tmp_path / "index", same)
    assert ask(Engine(tmp_path / "index"), "words").ids == [f"{digit:012x}" for digit in (1, 2, 3)]


def test_facets_count_all_hits(engine: Engine) -> None:
    facets = ask(engine, "eye or paediatric").facets
    assert facets["sector"] == {"eyes": 1, "community": 1, "mental-health": 1}
    assert facets["year"] == {"2021": 1, "nd": 1, "2022": 1}
    assert facets["publisher"] == {"NHS England": 2, "The King's Fund": 1}
    assert facets["type"] == {"report": 2, "strategy": 1}
    assert facets["source"] == {"nhs-england": 2, "kings-fund": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("zebra*", "begins with 'zebra'"),
        ("zebr#", "is like 'zebr#'"),
        ("zebra", "holds the word 'zebra'"),
        ("title:glaucoma", "No title"),
        ("site:gov.wales", "ends in 'gov.wales'"),
        ("year:1990", "year:1990"),
        ("sector:nothing", "sector:nothing"),
    ],
)
def test_what_the_index_does_not_hold_is_said(engine: Engine, text: str, says: str) -> None:
    found = ask(engine, text)
    assert found.ids == []
    assert [note for note in found.notes if says in note]


def test_words_that_are_in_the_text_but_not_in_titles_leave_no_note(engine: Engine) -> None:
    assert ask(engine, 'glaucoma and "glaucoma at home"').notes == []


def test_a_truncation_too_wide_is_refused_with_its_count(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_EXPANSIONS", 2)
    with pytest.raises(QueryError) as caught:
        ask(engine, "eye and commission*")
    assert "3 words" in caught.value.message
    assert (caught.value.position, caught.value.length) == (8, 11)


def test_a_missing_index_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="commdex index"):
        Engine(tmp_path / "nowhere")


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    put_index(tmp_path / "index", [])
    found = ask(Engine(tmp_path / "index"), "eye* and year:2020.. and site:nhs.uk")
    assert (found.ids, found.documents) == ([], 0)


# Boolean answers against a brute-force evaluator. The corpus's words have themselves for stems.

LETTERS = ["ba", "bi", "bo", "bab", "bib"]
texts = st.lists(st.sampled_from(LETTERS), min_size=0, max_size=8)
corpora = st.lists(st.tuples(texts, texts, st.sampled_from(["", "2019", "2020", "2021"])), min_size=1, max_size=6)

words = st.builds(Word, st.sampled_from(LETTERS), st.booleans())
wildcards = st.builds(Wildcard, st.sampled_from(["ba*", "bi*1", "b#", "b?b", "bo*"]))
phrases = st.builds(
    lambda parts: Phrase(tuple(parts)), st.lists(st.sampled_from([*LETTERS, "ba*", "b#"]), min_size=2, max_size=3)
)


def _or(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.lists(inner, min_size=2, max_size=3).map(lambda parts: join(Or, parts))


positional: st.SearchStrategy[Node] = st.recursive(
    st.one_of(words, wildcards, phrases),
    lambda inner: st.one_of(_or(inner), st.builds(Near, inner, inner, st.integers(1, 4), st.booleans())),
    max_leaves=4,
)
trees: st.SearchStrategy[Node] = st.recursive(
    st.one_of(
        positional,
        st.builds(Field, st.just("title"), positional),
        st.builds(Years, st.sampled_from([2019, 2020]), st.sampled_from([2020, 2021, None])),
        st.just(Undated()),
        st.just(Limit("type", "report")),
    ),
    lambda inner: st.one_of(
        _or(inner), st.lists(inner, min_size=2, max_size=3).map(lambda parts: join(And, parts)),
        st.builds(Not, inner, inner),
    ),
    max_leaves=6,
)  # fmt: skip


def matches(node: Node, title: Sequence[str], text: Sequence[str], year: str) -> bool:
    """Whether a document answers a query, by trying every place."""
    match node:
        case And(items):
            return all(matches(item, title, text, year) for item in items)
        case Or(items):
            return any(matches(item, title, text, year) for item in items)
        case Not(keep, drop):
            return matches(keep, title, text, year) and not matches(drop, title, text, year)
        case Field(_, inside):
            return matches(inside, title, [], year)
        case Years(first, last):
            return bool(year) and (first or 0) <= int(year) <= (last or 9999)
        case Undated():
            return not year
        case Limit():
            return True
        case _:
            return bool(places(node, title) or places(node, text))


def places(node: Node, text: Sequence[str]) -> set[tuple[int, int]]:
    every = [(a, b) for a in range(len(text)) for b in range(a, len(text))]
    match node:
        case Word(form):
            return {(a, a) for a, word in enumerate(text) if word == form}
        case Wildcard(pattern):
            return {(a, a) for a, word in enumerate(text) if fits(pattern, word)}
        case Phrase(parts):
            return {(a, b) for a, b in every if b - a + 1 == len(parts) and all(map(fits, parts, text[a : b + 1]))}
        case Or(items):
            return set().union(*(places(item, text) for item in items))
        case Near(left, right, distance, ordered):
            found = set()
            for (a, b), (c, d) in itertools.product(places(left, text), places(right, text)):
                if 1 <= c - b <= distance or (not ordered and 1 <= a - d <= distance):
                    found.add((min(a, c), max(b, d)))
            return found
    raise AssertionError(node)


def fits(pattern: str, word: str) -> bool:
    endings = {"ba*": "ba.*", "bi*1": "bi.?", "b#": "b.", "b?b": "b.?b", "bo*": "bo.*"}
    return re.fullmatch(endings.get(pattern, pattern), word) is not None


@settings(max_examples=60, deadline=None)
@given(corpora, st.lists(trees, min_size=1, max_size=12))
def test_answers_equal_those_of_a_brute_force_evaluator(
    corpus: list[tuple[list[str], list[str], str]], asked: list[Node]
) -> None:
    papers: list[Paper] = [
        paper(" ".join(title), " ".join(text), name=f"{number:012x}", date=year)
        for number, (title, text, year) in enumerate(corpus)
    ]
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        # Two segments, and the first document in both, so that its former state is a deletion.
        put_index(index, [paper("bab ba", "bo bib", name=papers[0][0].id), *papers[1:3]])
        for _ in IndexWriter(index).write([papers[0], *papers[3:]], []):
            pass
        for tree in asked:
            found = Engine(index).search(Query(str(tree), tree)).ids
            expected = [
                document.id
                for (document, _), (title, text, year) in zip(papers, corpus, strict=True)
                if matches(tree, title, text, year)
            ]
            assert sorted(found) == expected, str(tree)
            assert sorted(Engine(index).search(Query(str(tree), tree), sort="newest").ids) == expected
