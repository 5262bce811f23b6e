"""From a typed query to an answer: what `search` and `export` do alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from config.home import Home
from crawler.archive import now
from indexer.library import Library
from search_cli.engine import Engine, Found, Sort
from search_cli.labels import Labels, load_labels
from search_cli.query.errors import QueryError
from search_cli.query.parse import parse
from search_cli.query.tree import Node, Query, has_words
from search_cli.query.values import Vocabulary, limits, resolve
from search_cli.results import Record, record
from search_cli.session import LastSearch
from search_cli.snippets import locate

ORDERS: dict[Sort, str] = {
    "relevance": "most relevant first",
    "newest": "newest first",
    "oldest": "oldest first",
    "title": "by title",
    "publisher": "by publisher",
}
FILTERS_ALONE = "A query of filters alone finds nothing more relevant than the rest: newest first."


@dataclass(frozen=True)
class Answer:
    """A query as it was read, and what it found at `when` (UTC, ISO 8601)."""

    query: Query
    found: Found
    sort: Sort
    when: str

    def to_keep(self) -> LastSearch:
        """What the session keeps of it."""
        found = self.found
        return LastSearch(self.query.text, self.sort, tuple(found.ids), self.when, found.documents, tuple(found.notes))


def ask(home: Home, text: str, sort: Sort) -> Answer:
    """Answer a typed query from the home's index. Raises what `explained` explains."""
    engine = Engine(home.index_folder)
    query = _resolved(parse(text), engine, home)
    if sort == "relevance" and not has_words(query.tree):
        sort = "newest"
        query = replace(query, notes=(*query.notes, FILTERS_ALONE))
    return Answer(query, engine.search(query, sort=sort), sort, now())


def _resolved(query: Query, engine: Engine, home: Home) -> Query:
    """Names are looked up only where the query has any: reading them takes longer than most searches."""
    named = {limit.name for limit in limits(query.tree)} - {"site"}
    if not named:
        return query
    labels = load_labels(home)
    sources = engine.labels("source") if "source" in named else []
    return resolve(query, Vocabulary(labels.sectors, labels.types, {source: source for source in sources}))


def lacking(answer: Answer, library: Library) -> Answer:
    """The answer without hits that the library does not have: it was made anew, or brought back from another day."""
    known = set(library.ids())
    ids = [name for name in answer.found.ids if name in known]
    missing = len(answer.found.ids) - len(ids)
    if not missing:
        return answer
    hits = "1 hit" if missing == 1 else f"{missing:,} hits"
    told = f"{hits} of the index not in the library, and left out here. Bring the two together with: commdex index"
    return replace(answer, found=replace(answer.found, ids=ids, notes=[*answer.found.notes, told]))


def read_tree(text: str) -> Node | None:
    """The tree of a query that was answered before, None when it is not understood any more."""
    try:
        return parse(text).tree
    except QueryError:
        return None


def records(
    library: Library, labels: Labels, ids: Iterable[tuple[int, str]], tree: Node | None, accessed: str
) -> Iterator[Record]:
    """A record of each (number, id) that the library still has, one at a time."""
    for number, name in ids:
        document = library.document(name)
        if document is not None:
            passage = locate(tree, document, library.pages(document))
            yield record(document, passage, labels, number=number, accessed=accessed[:10])
