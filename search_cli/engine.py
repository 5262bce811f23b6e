"""The read door of the search engine: answers a query tree from the index (Whoosh), and nothing else does.

Every hit is wanted (for counts, facets and exports), so Boolean logic is done on sets of document numbers, segment by
segment, and only what is left is scored. Scores are BM25 sums, as `_SegmentAnswer.score` says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from whoosh import index
from whoosh.scoring import BM25F

from indexer.analyser import LONGEST, SEPARATOR, UNDATED
from indexer.engine import IndexUnusable, is_damage, stamp_trouble
from indexer.words import stem
from search_cli.positions import leaves, pattern_of, prefix_of, spans
from search_cli.query.errors import QueryError
from search_cli.query.tree import (
    And,
    Field,
    Limit,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Undated,
    Wildcard,
    Word,
    Years,
    is_wild,
)

Sort = Literal["relevance", "newest", "oldest", "title", "publisher"]
SORTS: tuple[Sort, ...] = ("relevance", "newest", "oldest", "title", "publisher")
FACETS = {"sector": "sector", "type": "type", "publisher": "publisher_name", "year": "year", "source": "source"}

# A word in the title counts this much beside the same word in the text (of which the title is a part); its exact form
# counts a little over its stem. 0.3 was the best single title weight on three standard test collections.
TITLE_WEIGHT = 0.3
EXACT_WEIGHT = 0.1

MOST_EXPANSIONS = 2000


@dataclass(frozen=True)
class Found:
    """The answer to a query: the ids of all hits in order, and what should be said about them.

    `facets` counts the hits by value of each of FACETS ("nd" in year: undated). `undated_left_out` is how many
    documents match all but the years asked for, because nobody knows their year. `documents` is how many the index has.
    """

    ids: list[str]
    facets: dict[str, Counter[str]]
    notes: list[str]
    undated_left_out: int
    documents: int


class Engine:
    """Answers queries from the index in a folder; each search sees the index as it stands at that moment."""

    def __init__(self, folder: Path):
        """Raises IndexUnusable when there is no index of this version, or it is damaged."""
        trouble = stamp_trouble(folder)
        if trouble is not None:
            raise IndexUnusable(f"{trouble.reason}. Make it with: commdex index")
        self.folder = folder

    @contextmanager
    def _searcher(self) -> Iterator[Any]:
        try:
            with index.open_dir(str(self.folder), readonly=True).searcher(weighting=BM25F()) as searcher:
                yield searcher
        except Exception as error:
            if not is_damage(error):
                raise
            kind = type(error).__name__
            raise IndexUnusable(
                f"{self.folder}: the index is damaged ({kind}: {error}). Make it again with: commdex index"
            ) from error

    def labels(self, name: str) -> list[str]:
        """The values that documents in the index have of `sector`, `type`, `source`, `host` or `year`, in order."""
        with self._searcher() as searcher:
            return [value.decode() for value in searcher.reader().lexicon(name)]

    def search(self, query: Query, *, sort: Sort = "relevance") -> Found:
        """Answer a query whose labels are resolved. Raises QueryError (a wildcard too wide) and IndexUnusable."""
        with self._searcher() as searcher:
            terms = _Terms(searcher.reader(), query)
            hits: list[_Hit] = []
            undated = 0
            facets: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
            for leaf, _ in searcher.leaf_searchers():
                segment = _SegmentAnswer(leaf, terms)
                docs = segment.docs(query.tree, "text")
                undated += len(_undated_left_out(segment, query.tree, docs))
                if docs:
                    scores = segment.scores(query.tree, docs) if sort == "relevance" else {}
                    hits.extend(_hits(leaf.reader(), docs, scores, sort))
                    _count(leaf.reader(), docs, facets)
            ids = [hit.id for hit in _in_order(hits, sort)]
            return Found(ids, facets, [*query.notes, *terms.notes], undated, int(searcher.doc_count()))


@dataclass(frozen=True)
class _Hit:
    id: str
    score: float
    date: str
    key: str


def _hits(reader: Any, docs: set[int], scores: dict[int, float], sort: Sort) -> list[_Hit]:
    ids, dates = _column(reader, "id"), _column(reader, "date")
    keys = _column(reader, "publisher_name" if sort == "publisher" else "title_key")
    needs_key = sort in ("title", "publisher")
    return [
        _Hit(ids[doc].decode(), round(scores.get(doc, 0.0), 6), dates[doc].decode(),
             keys[doc].decode().casefold() if needs_key else "")
        for doc in docs
    ]  # fmt: skip


def _in_order(hits: list[_Hit], sort: Sort) -> list[_Hit]:
    """The hits in the order asked for. Undated ones and those without a key come last; ties are broken by id."""
    hits.sort(key=lambda hit: hit.id)
    if sort in ("title", "publisher"):
        if sort == "publisher":
            hits.sort(key=lambda hit: hit.date, reverse=True)
        hits.sort(key=lambda hit: (not hit.key, hit.key))
    elif sort == "oldest":
        hits.sort(key=lambda hit: (not hit.date, hit.date))
    else:
        hits.sort(key=lambda hit: hit.date, reverse=True)
        if sort == "relevance":
            hits.sort(key=lambda hit: hit.score, reverse=True)
    return hits


def _column(reader: Any, name: str) -> Any:
    return reader.column_reader(name, translate=False)


def _count(reader: Any, docs: Iterable[int], facets: dict[str, Counter[str]]) -> None:
    for facet, name in FACETS.items():
        column = _column(reader, name)
        for value, times in Counter(column[doc] for doc in docs).items():
            for label in value.decode().split(SEPARATOR):
                if label:
                    facets[facet][label] += times


def _undated_left_out(segment: _SegmentAnswer, tree: Node, docs: set[int]) -> set[int]:
    """Undated documents that match everything but the years."""
    opened = _without_years(tree)
    if opened == tree:
        return set()
    return (segment.docs(opened, "text") & segment.docs(Undated(), "text")) - docs


_ANY_YEAR = Or((Years(None, None), Undated()))


def _without_years(node: Node) -> Node:
    """The tree with every range of years replaced by any year or none."""
    if isinstance(node, Years):
        return _ANY_YEAR
    if isinstance(node, And | Or):
        return type(node)(tuple(_without_years(item) for item in node.items))
    if isinstance(node, Not):
        return Not(_without_years(node.keep), node.drop)
    return node


@dataclass
class _Terms:
    """Which terms of the whole index the leaves of a query stand for; notes on those that stand for none."""

    reader: Any
    query: Query
    notes: list[str] = field(default_factory=list)
    _known: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def of(self, name: str, part: str, exact: bool, place: tuple[int, int]) -> tuple[str, list[bytes]]:
        """(index field, terms) of a word or pattern that is looked for in the text field `name`."""
        name = f"{name}_exact" if exact else name
        key = (name, part)
        if key not in self._known:
            self._known[key] = self._expanded(name, part, place) if is_wild(part) else self._word(name, part, exact)
        return name, self._known[key]

    def _word(self, name: str, form: str, exact: bool) -> list[bytes]:
        clipped = form[:LONGEST]
        term = (clipped if exact else stem(clipped)).encode()
        if (name, term) in self.reader:
            return [term]
        self._note(f"No {_place_of(name)} in the index holds the word {form!r}.", name)
        return []

    def _expanded(self, name: str, wildcard: str, place: tuple[int, int]) -> list[bytes]:
        fits = pattern_of(wildcard).fullmatch
        terms = [term for term in self.reader.expand_prefix(name, prefix_of(wildcard)) if fits(term.decode())]
        if len(terms) > MOST_EXPANSIONS:
            start, end = place
            raise QueryError(
                f"{wildcard} stands for {len(terms):,} words; {MOST_EXPANSIONS:,} are the most that can be looked for.",
                self.query.text, start, end - start, "Write more of the word.",
            )  # fmt: skip
        if not terms:
            how = "begins with" if wildcard == prefix_of(wildcard) + "*" else "is like"
            shown = prefix_of(wildcard) if how == "begins with" else wildcard
            self._note(f"No word of a {_place_of(name)} in the index {how} {shown!r}.", name)
        return terms

    def _note(self, note: str, name: str) -> None:
        # The title is looked in for the score of every word; only a query for titles cares that it is not there.
        if note not in self.notes and (not name.startswith("title") or _asks_for_titles(self.query.tree)):
            self.notes.append(note)

    def labels(self, name: str, limit: Limit | Years | Undated) -> list[bytes]:
        """The index's values of a label field that a limit lets through."""
        values = list(self.reader.lexicon(name))
        found = [value for value in values if _lets_through(limit, value.decode())]
        if not found and not isinstance(limit, Undated) and values:
            note = f"No document in the index has {limit}"
            if isinstance(limit, Limit) and limit.name == "site":
                note = f"No document in the index comes from a host that ends in {limit.value!r}"
            if f"{note}." not in self.notes:
                self.notes.append(f"{note}.")
        return found


def _place_of(name: str) -> str:
    return {"text": "document", "title": "title", "publisher": "publisher"}[name.removesuffix("_exact")]


def _asks_for_titles(node: Node) -> bool:
    if isinstance(node, Field):
        return node.name == "title"
    if isinstance(node, And | Or):
        return any(_asks_for_titles(item) for item in node.items)
    return isinstance(node, Not) and (_asks_for_titles(node.keep) or _asks_for_titles(node.drop))


def _lets_through(limit: Limit | Years | Undated, value: str) -> bool:
    if isinstance(limit, Limit):
        return value.endswith(limit.value) if limit.name == "site" else value == limit.value
    if isinstance(limit, Undated) or value == UNDATED:
        return isinstance(limit, Undated) and value == UNDATED
    return (limit.first or 0) <= int(value) <= (limit.last or 9999)


class _SegmentAnswer:
    """Answers a query from one segment of the index. Document numbers are the segment's own."""

    def __init__(self, leaf: Any, terms: _Terms):
        self._leaf = leaf
        self._terms = terms
        self._known: dict[tuple[str, Node], set[int]] = {}

    def docs(self, node: Node, name: str) -> set[int]:
        """The documents that match `node`, its words looked for in the text field `name`."""
        key = (name, node)
        if key not in self._known:
            self._known[key] = self._matching(node, name)
        return self._known[key]

    def _matching(self, node: Node, name: str) -> set[int]:
        if isinstance(node, And):
            found = self.docs(node.items[0], name)
            for item in node.items[1:]:
                found = found & self.docs(item, name)
            return found
        if isinstance(node, Or):
            return set().union(*(self.docs(item, name) for item in node.items))
        if isinstance(node, Not):
            return self.docs(node.keep, name) - self.docs(node.drop, name)
        if isinstance(node, Field):
            return self.docs(node.inside, node.name)
        if isinstance(node, Limit | Years | Undated):
            label = "year" if isinstance(node, Years | Undated) else "host" if node.name == "site" else node.name
            return self._with_any(label, self._terms.labels(label, node))
        if isinstance(node, Phrase | Near):
            return self._positional(node, name)
        return self._with_leaf(node, name, *leaves(node)[0])

    def _with_leaf(self, node: Node, name: str, part: str, exact: bool) -> set[int]:
        return self._with_any(*self._terms.of(name, part, exact, _place(node)))

    def _with_any(self, name: str, terms: Iterable[bytes]) -> set[int]:
        """The documents that have any of these terms."""
        found: set[int] = set()
        for term in terms:
            if (name, term) in self._leaf.reader():
                found.update(self._leaf.postings(name, term).all_ids())
        return found

    def _positional(self, node: Phrase | Near, name: str) -> set[int]:
        """The documents in which the parts of `node` stand as it says."""
        candidates = sorted(self._candidates(node, name))
        if not candidates:
            return set()
        parts = list(dict.fromkeys(leaves(node)))
        positions = {part: self._positions(name, *part, _place(node), candidates) for part in parts}

        def stands(doc: int) -> bool:
            return bool(spans(node, lambda part, exact: positions[part, exact].get(doc, ())))

        return {doc for doc in candidates if stands(doc)}

    def _candidates(self, node: Node, name: str) -> set[int]:
        """The documents that have the words of a positional query anywhere."""
        if isinstance(node, Or):
            return set().union(*(self._candidates(item, name) for item in node.items))
        if isinstance(node, Near):
            return self._candidates(node.left, name) & self._candidates(node.right, name)
        groups = [self._with_leaf(node, name, part, exact) for part, exact in dict.fromkeys(leaves(node))]
        return groups[0].intersection(*groups[1:])

    def _positions(
        self, name: str, part: str, exact: bool, place: tuple[int, int], candidates: list[int]
    ) -> dict[int, list[int]]:
        """Of each candidate that has it, the positions of a word or pattern."""
        name, terms = self._terms.of(name, part, exact, place)
        found: defaultdict[int, list[int]] = defaultdict(list)
        for posting, doc in self._walk(name, terms, candidates):
            found[doc].extend(posting.value_as("positions"))
        if len(terms) > 1:
            for positions in found.values():
                positions.sort()
        return found

    def _walk(self, name: str, terms: Iterable[bytes], docs: list[int]) -> Iterator[tuple[Any, int]]:
        """(posting, document) of each of these terms in each of these documents, given in order."""
        for term in terms:
            if (name, term) not in self._leaf.reader():
                continue
            posting = self._leaf.postings(name, term)
            for doc in docs:
                if not posting.is_active():
                    break
                if posting.id() < doc:
                    posting.skip_to(doc)
                    if not posting.is_active():
                        break
                if posting.id() == doc:
                    yield posting, doc

    def scores(self, node: Node, docs: set[int]) -> dict[int, float]:
        """The score of each of these documents, all of which match `node`."""
        into: dict[int, float] = defaultdict(float)
        self._score(node, "text", docs, 1.0, into)
        return into

    def _score(self, node: Node, name: str, docs: set[int], weight: float, into: dict[int, float]) -> None:
        """Add what the parts of `node` that a document matches are worth: for each word BM25 of its stem in the text,
        TITLE_WEIGHT of that in the title, EXACT_WEIGHT of that of its exact form. Limits are worth nothing."""
        docs = docs & self.docs(node, name)
        if not docs or isinstance(node, Limit | Years | Undated):
            return
        if isinstance(node, And | Or):
            for item in node.items:
                self._score(item, name, docs, weight, into)
        elif isinstance(node, Not):
            self._score(node.keep, name, docs, weight, into)
        elif isinstance(node, Field):
            self._score(node.inside, node.name, docs, weight, into)
        else:
            for part, exact in dict.fromkeys(leaves(node)):
                self._score_leaf(name, part, exact, _place(node), docs, weight, into)
            if name == "text":
                in_title = docs & self.docs(node, "title")
                for part, exact in dict.fromkeys(leaves(node)):
                    self._score_leaf("title", part, exact, _place(node), in_title, weight * TITLE_WEIGHT, into)

    def _score_leaf(
        self, name: str, part: str, exact: bool, place: tuple[int, int], docs: set[int], weight: float,
        into: dict[int, float],
    ) -> None:  # fmt: skip
        in_order = sorted(docs)
        fields = [(*self._terms.of(name, part, exact, place), weight)]
        if not exact:
            fields.append((f"{name}_exact", [part[:LONGEST].encode()], weight * EXACT_WEIGHT))
        for field_name, terms, times in fields:
            for posting, doc in self._walk(field_name, terms, in_order):
                into[doc] += times * posting.score()


def _place(node: Node) -> tuple[int, int]:
    return node.place if isinstance(node, Word | Wildcard | Phrase) else (0, 0)
