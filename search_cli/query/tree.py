"""What a query says, as a tree. `str()` of a tree is a query that parses to the same tree.

`place` is where a node stands in the typed text (start, end); it plays no part in comparing trees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Place = tuple[int, int]

# Words that are operators when they stand bare, so the word itself must stand in quotes.
RESERVED = re.compile(r"and|or|not|&|adj\d*|near\d+|n\d+|w\d+|pre\d+")
_WILD = re.compile(r"[*?#]")


def is_wild(part: str) -> bool:
    """Whether a part of a phrase holds a wildcard."""
    return bool(_WILD.search(part))


@dataclass(frozen=True)
class Word:
    """One word in normal form; not `exact`, it stands for all words of its stem."""

    form: str
    exact: bool = False
    place: Place = field(default=(0, 0), compare=False, repr=False)

    def __str__(self) -> str:
        return f'"{self.form}"' if self.exact else self.form


@dataclass(frozen=True)
class Wildcard:
    """A word with `?` (none or one letter), `#` (one letter), or at its end `*` or `*n` (up to n letters)."""

    pattern: str
    place: Place = field(default=(0, 0), compare=False, repr=False)

    def __str__(self) -> str:
        return self.pattern


@dataclass(frozen=True)
class Phrase:
    """Words that follow one another; a part may hold wildcards, and then the phrase is exact."""

    parts: tuple[str, ...]
    exact: bool = True
    place: Place = field(default=(0, 0), compare=False, repr=False)

    def __str__(self) -> str:
        return '"' + " ".join(self.parts) + '"' if self.exact else "-".join(self.parts)


@dataclass(frozen=True)
class Near:
    """Two things at most `distance` positions apart (1: side by side), in this order or in any."""

    left: Node
    right: Node
    distance: int
    ordered: bool

    def __str__(self) -> str:
        if not self.ordered:
            operator = f"adj{self.distance}"
        else:
            operator = "adj" if self.distance == 1 else f"pre/{self.distance - 1}"
        return f"{_inside(self.left)} {operator} {_inside(self.right)}"


@dataclass(frozen=True)
class And:
    """All of these."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return " AND ".join(_inside(item) for item in self.items)


@dataclass(frozen=True)
class Or:
    """Any of these."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(_inside(item) for item in self.items)


@dataclass(frozen=True)
class Not:
    """The first without the second."""

    keep: Node
    drop: Node

    def __str__(self) -> str:
        return f"{_inside(self.keep)} NOT {_inside(self.drop)}"


@dataclass(frozen=True)
class Field:
    """Words looked for in one field of text: `title` or `publisher`."""

    name: str
    inside: Node

    def __str__(self) -> str:
        return f"{self.name}:{_inside(self.inside)}"


@dataclass(frozen=True)
class Limit:
    """Documents with a value: of `sector`, `type` or `source`, or on a `site` whose host ends so."""

    name: str
    value: str
    place: Place = field(default=(0, 0), compare=False, repr=False)

    def __str__(self) -> str:
        bare = re.fullmatch(r"[\w.-]+", self.value)
        return f"{self.name}:{self.value}" if bare else f'{self.name}:"{self.value}"'


@dataclass(frozen=True)
class Years:
    """Documents published from `first` to `last`, both included; None leaves an end open."""

    first: int | None
    last: int | None
    place: Place = field(default=(0, 0), compare=False, repr=False)

    def __str__(self) -> str:
        if self.first == self.last:
            return f"year:{self.first}"
        return f"year:{self.first or ''}..{self.last or ''}"


@dataclass(frozen=True)
class Undated:
    """Documents whose year of publication nobody knows."""

    place: Place = field(default=(0, 0), compare=False, repr=False)

    def __str__(self) -> str:
        return "year:nd"


Node = Word | Wildcard | Phrase | Near | And | Or | Not | Field | Limit | Years | Undated


def has_words(node: Node) -> bool:
    """Whether a query asks for words, by which hits can be more or less relevant, and not by filters alone."""
    if isinstance(node, And | Or):
        return any(has_words(item) for item in node.items)
    if isinstance(node, Not):
        return has_words(node.keep)
    return not isinstance(node, Limit | Years | Undated)


def _inside(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or | Not | Near) else str(node)


@dataclass(frozen=True)
class Query:
    """A query as typed, what it was read as, and what the reader of it should know."""

    text: str
    tree: Node
    notes: tuple[str, ...] = ()
