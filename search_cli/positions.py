"""Where a positional query stands in one text: the one rule for the index and for snippets.

Places are (first position, last position), counted in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from search_cli.query.tree import Near, Node, Or, Phrase, Wildcard, Word

Span = tuple[int, int]
# Positions, ascending, of a part of a query: (word or pattern, exact).
Lookup = Callable[[str, bool], Sequence[int]]


def leaves(node: Node) -> list[tuple[str, bool]]:
    """The words and patterns of a positional query, each with whether it is exact."""
    if isinstance(node, Word):
        return [(node.form, node.exact)]
    if isinstance(node, Wildcard):
        return [(node.pattern, True)]
    if isinstance(node, Phrase):
        return [(part, node.exact) for part in node.parts]
    if isinstance(node, Or):
        return [leaf for item in node.items for leaf in leaves(item)]
    assert isinstance(node, Near)
    return [*leaves(node.left), *leaves(node.right)]


def spans(node: Node, positions: Lookup) -> list[Span]:
    """Every place where a positional query stands, in order."""
    if isinstance(node, Phrase):
        return _phrase([positions(part, node.exact) for part in node.parts])
    if isinstance(node, Or):
        return sorted({span for item in node.items for span in spans(item, positions)})
    if isinstance(node, Near):
        return _near(spans(node.left, positions), spans(node.right, positions), node.distance, node.ordered)
    assert isinstance(node, Word | Wildcard)
    part, exact = leaves(node)[0]
    return [(position, position) for position in positions(part, exact)]


def _phrase(parts: list[Sequence[int]]) -> list[Span]:
    starts = set(parts[0])
    for offset, positions in enumerate(parts[1:], start=1):
        starts &= {position - offset for position in positions}
        if not starts:
            return []
    return [(start, start + len(parts) - 1) for start in sorted(starts)]


def _near(left: list[Span], right: list[Span], distance: int, ordered: bool) -> list[Span]:
    """Pairs that do not overlap and stand at most `distance` apart; the span covers both."""
    found = set()
    for start, end in left:
        for other_start, other_end in right:
            if other_start > end + distance:
                break
            if end < other_start <= end + distance or (not ordered and other_end < start <= other_end + distance):
                found.add((min(start, other_start), max(end, other_end)))
    return sorted(found)


@lru_cache(maxsize=1000)
def pattern_of(wildcard: str) -> re.Pattern[str]:
    """The wildcard as a regular expression for whole forms."""
    expression = ""
    for piece in re.findall(r"[?#]|\*\d*|[^?#*]+", wildcard):
        if piece == "?":
            expression += ".?"
        elif piece == "#":
            expression += "."
        elif piece.startswith("*"):
            expression += f".{{0,{piece[1:]}}}" if piece[1:] else ".*"
        else:
            expression += re.escape(piece)
    return re.compile(expression, re.DOTALL)


def prefix_of(wildcard: str) -> str:
    """The letters before the first wildcard."""
    return re.split(r"[?#*]", wildcard, maxsplit=1)[0]
