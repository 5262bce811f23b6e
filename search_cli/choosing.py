"""Which document a command means: a number of the last result list, or the beginning of an id."""

from __future__ import annotations

from config.home import Home
from indexer.document import Document, Page
from indexer.library import Library
from search_cli.answer import read_tree
from search_cli.query.tree import Node
from search_cli.session import LastSearch, SessionError, document_id, last_search
from search_cli.snippets import Passage, locate


def chosen(home: Home, library: Library, text: str) -> tuple[Document, LastSearch | None]:
    """The document that `text` means, and the last search. Raises SessionError."""
    last = last_search(home.session_folder)
    name = document_id(text, last, library.ids_beginning(text.lower()))
    document = library.document(name)
    if document is None:
        raise SessionError(f"Document {name} is not in the library any more. Search again.")
    return document, last


def last_tree(last: LastSearch | None) -> Node | None:
    """What the last search looked for, None before the first."""
    return read_tree(last.query) if last is not None else None


def passage_of(document: Document, pages: list[Page], last: LastSearch | None) -> Passage:
    """Where the document answers the last search, if it was among its hits."""
    tree = last_tree(last) if last is not None and document.id in last.ids else None
    return locate(tree, document, pages)
