"""Kinds of paper, told from the words of the title, else of the first page."""

from __future__ import annotations

from collections.abc import Sequence

from config.model import DocumentType
from indexer.document import Value
from indexer.words import stem, words

TITLE_SURE = 0.8
TEXT_SURE = 0.4


def choose_type(types: Sequence[DocumentType], title: str, first_page: str) -> Value:
    """The id of the type whose words stand in `title`, else in `first_page`; empty where none do.

    Words match by their stems. The longest match wins, of equally long ones the type that stands first in `types`.
    """
    in_title = _longest([(kind.id, phrase) for kind in types for phrase in kind.title], title)
    if in_title:
        return Value(in_title[0], f"title: {in_title[1]}", TITLE_SURE)
    in_text = _longest([(kind.id, phrase) for kind in types for phrase in kind.text], first_page)
    if in_text:
        return Value(in_text[0], f"first page: {in_text[1]}", TEXT_SURE)
    return Value()


def _longest(phrases: Sequence[tuple[str, str]], text: str) -> tuple[str, str] | None:
    """The phrase of most words that stands in `text`, with its type; None where none does."""
    # Stems parted and enclosed by spaces: a phrase stands in the text where its own string does.
    stems = _stems(text)
    found = [(kind, phrase) for kind, phrase in phrases if _stems(phrase) in stems]
    return max(found, key=lambda pair: len(_stems(pair[1]).split()), default=None)


def _stems(text: str) -> str:
    return f" {' '.join(stem(word.form) for word in words(text))} "
