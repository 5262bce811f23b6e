"""The export formats, one module each.

A format is a module here with NAME, SUFFIX, ENCODING and `write(records, about, stream)`: records come in order, one at
a time, as `search_cli.results.record` makes them; the stream takes text and translates no line ends.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TextIO

from search_cli.results import Record


@dataclass(frozen=True)
class About:
    """What an export says of itself: the query as typed and as read, when it was answered, and of how many documents.

    `count` is how many records follow; `order` says in which order; `notes` say what the reader should know.
    """

    query: str
    read_as: str
    when: str
    order: str
    count: int
    total: int
    documents: int
    notes: tuple[str, ...] = ()


class Format(Protocol):
    """What a module of this package offers."""

    NAME: str
    SUFFIX: str
    ENCODING: str

    def write(self, records: Iterable[Record], about: About, stream: TextIO) -> None:
        """Write the records to `stream`, taking them one at a time."""


def format_names() -> dict[str, str]:
    """Each format's module by the format's name, in order."""
    return dict(sorted((_load(module.name).NAME, module.name) for module in pkgutil.iter_modules(__path__)))


def load_format(name: str) -> Format:
    """The format of this name. Raises KeyError."""
    return _load(format_names()[name])


def format_of_suffix(suffix: str) -> str | None:
    """The name of the format that files of this suffix (".csv") have."""
    for name, module in format_names().items():
        if suffix.lower() == _load(module).SUFFIX:
            return name
    return None


def _load(module: str) -> Format:
    loaded: Format = importlib.import_module(f"{__name__}.{module}")
    return loaded
