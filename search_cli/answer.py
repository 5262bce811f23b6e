"""From a typed query to an answer: what `search` and `export` do alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config.errors import ConfigError
from config.home import Home
from crawler.archive import ArchiveError, now
from indexer.engine import IndexUnusable
from indexer.library import Library, LibraryError
from search_cli.engine import Engine, Found, Sort
from search_cli.exit_codes import ExitCode, Failure
from search_cli.labels import Labels, load_labels
from search_cli.query.errors import QueryError
from search_cli.query.parse import parse
from search_cli.query.tree import Node, Query
from search_cli.query.values import Vocabulary, limits, resolve
from search_cli.results import Record, record
from search_cli.session import LastSearch, SessionError
from search_cli.snippets import locate

ORDERS: dict[Sort, str] = {
    "relevance": "most relevant first",
    "newest": "newest first",
    "oldest": "oldest first",
    "title": "by title",
    "publisher": "by publisher",
}


@contextmanager
def explained() -> Iterator[None]:
    """Whatever is wrong with query, home, index or library ends the command with its exit code and its message."""
    try:
        yield
    except QueryError as error:
        raise Failure(str(error), ExitCode.USAGE) from error
    except SessionError as error:
        raise Failure(str(error), ExitCode.USAGE) from error
    except (IndexUnusable, LibraryError, ArchiveError, ConfigError) as error:
        raise Failure(str(error), ExitCode.HOME) from error


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
    return Answer(query, engine.search(query, sort=sort), sort, now())


def _resolved(query: Query, engine: Engine, home: Home) -> Query:
    """Names are looked up only where the query has any: reading them takes longer than most searches."""
    named = {limit.name for limit in limits(query.tree)} - {"site"}
    if not named:
        return query
    labels = load_labels(home)
    sources = engine.labels("source") if "source" in named else []
    return resolve(query, Vocabulary(labels.sectors, labels.types, {source: source for source in sources}))


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
