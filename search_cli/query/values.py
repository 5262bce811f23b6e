"""Reads the values of fields that hold labels, hosts and years, and finds what they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from indexer.words import words
from search_cli.query.errors import QueryError
from search_cli.query.tree import And, Limit, Node, Not, Or, Query, Undated, Years

EARLIEST, LATEST = 1000, 2999
_RANGE = re.compile(r"(\d{4})?\s*(?:\.\.+|…|[-–])\s*(\d{4}|current)?", re.IGNORECASE)
_FINANCIAL = re.compile(r"(\d{2})(\d{2})/(\d{2})")


def read_year(text: str, value: str, position: int) -> Years | Undated:
    """A year, a range of years or `nd` at `position` of the query. Raises QueryError."""
    place = (position, position + len(value))
    plain = value.strip().lower()
    if plain in ("nd", "n.d.", "n.d"):
        return Undated(place)
    if re.fullmatch(r"\d{4}", plain):
        return Years(_year(text, plain, place), _year(text, plain, place), place)
    found = _RANGE.fullmatch(plain)
    if found and (found[1] or found[2]):
        first = _year(text, found[1], place) if found[1] else None
        last = _year(text, found[2], place) if found[2] and found[2] != "current" else None
        if first and last and first > last:
            swapped = f"Write the earlier year first: year:{last}..{first}"
            raise QueryError("This range runs backwards.", text, position, len(value), swapped)
        if first or last:
            return Years(first, last, place)
    hint = "Write year:2021, year:2019..2022, year:2021.., year:..2019 or year:nd (undated)."
    financial = _FINANCIAL.fullmatch(plain)
    if financial:
        hint = f"For a financial year write year:{financial[1]}{financial[2]}..{financial[1]}{financial[3]}"
    raise QueryError("This is not a year or a range of years.", text, position, max(1, len(value)), hint)


def _year(text: str, digits: str, place: tuple[int, int]) -> int:
    year = int(digits)
    if not digits.isascii() or not EARLIEST <= year <= LATEST:
        raise QueryError(f"{digits} is not a year.", text, place[0], place[1] - place[0])
    return year


def read_limit(text: str, field: str, value: str, position: int) -> Limit:
    """A label or host at `position` of the query, in lower case. Raises QueryError."""
    place = (position, position + len(value))
    plain = " ".join(value.lower().split())
    if field == "site":
        plain = re.sub(r"^https?://", "", plain).removeprefix("*.").rstrip("/")
        if not re.fullmatch(r"[a-z0-9._-]*[a-z0-9][a-z0-9._-]*", plain):
            hint = "Write a host or its end: site:england.nhs.uk, site:nhs.uk"
            raise QueryError("site: takes a host.", text, position, max(1, len(value)), hint)
        return Limit(field, plain, place)
    wild = re.search(r"[*$?#]", plain)
    if wild or not any(letter.isalnum() for letter in plain):
        what = "takes no wildcards" if wild else "needs a value"
        raise QueryError(f"{field}: {what}.", text, position, max(1, len(value)), "Write its name in full.")
    return Limit(field, plain, place)


@dataclass(frozen=True)
class Vocabulary:
    """What each label field may hold: its ids, each with the name that people see."""

    sectors: Mapping[str, str]
    types: Mapping[str, str]
    sources: Mapping[str, str]

    def of(self, field: str) -> Mapping[str, str]:
        """The ids and names of `sector`, `type` or `source`."""
        return {"sector": self.sectors, "type": self.types, "source": self.sources}[field]


def limits(node: Node) -> list[Limit]:
    """Every limit in a tree."""
    if isinstance(node, Limit):
        return [node]
    if isinstance(node, And | Or):
        return [limit for item in node.items for limit in limits(item)]
    if isinstance(node, Not):
        return [*limits(node.keep), *limits(node.drop)]
    return []


def resolve(query: Query, vocabulary: Vocabulary) -> Query:
    """The query with every label as its id. Raises QueryError for a label that nothing is called."""
    return replace(query, tree=_resolved(query.tree, query.text, vocabulary))


def _resolved(node: Node, text: str, vocabulary: Vocabulary) -> Node:
    if isinstance(node, And | Or):
        return replace(node, items=tuple(_resolved(item, text, vocabulary) for item in node.items))
    if isinstance(node, Not):
        return Not(_resolved(node.keep, text, vocabulary), _resolved(node.drop, text, vocabulary))
    if isinstance(node, Limit) and node.name != "site":
        return replace(node, value=_id_of(node, text, vocabulary.of(node.name)))
    return node


def _plain(label: str) -> str:
    return " ".join(word.form for word in words(label))


def _id_of(limit: Limit, text: str, known: Mapping[str, str]) -> str:
    if limit.value in known:
        return limit.value
    by_name = {_plain(name): label for label, name in known.items()} | {_plain(label): label for label in known}
    wanted = _plain(limit.value)
    if wanted in by_name:
        return by_name[wanted]
    close = list(dict.fromkeys(by_name[name] for name in get_close_matches(wanted, by_name, 3, 0.5)))
    close += [label for name, label in by_name.items() if wanted and wanted in name and label not in close]
    if close:
        hint = "Did you mean " + " or ".join(f"{limit.name}:{label}" for label in close[:3]) + "?"
    elif known:
        hint = f"Choose from: {', '.join(sorted(known))}."
    else:
        hint = f"No document in the index has a {limit.name}."
    start, end = limit.place
    # A source may well be listed and have brought nothing yet.
    told = "No document is of a source" if limit.name == "source" else f"There is no {limit.name}"
    raise QueryError(f"{told} called {limit.value!r}.", text, start, end - start, hint)
