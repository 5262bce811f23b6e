"""Answers that depend on the query: WordPress collections, GOV.UK's search, Blogger's feed, indexes of captures.

Like the real ones, none of them carries an ETag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.loopback import Answer
from tests.sample_web import pages

JSON = "application/json; charset=UTF-8"
Item = dict[str, Any]
Query = Mapping[str, list[str]]
Api = Callable[[Query], Answer]
CDX_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
PYWB_NAMES = {"original": "url", "mimetype": "mime", "statuscode": "status"}


def as_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(body, status, {"Content-Type": JSON, **(headers or {})}, validators=False)


def constant(value: object, status: int = 200) -> Api:
    """The same answer to every query."""

    def answer(query: Query) -> Answer:
        return as_json(value, status)

    return answer


def collection(items: Sequence[Item], most: int) -> Api:
    """A WordPress REST collection, newest first. The site gives no more than `most` items a page, whatever is asked."""

    def answer(query: Query) -> Answer:
        size, page = _number(query, "per_page", 10), _number(query, "page", 1)
        if not 1 <= size <= 100 or page < 1:
            return as_json(
                {"code": "rest_invalid_param", "message": "Invalid parameter(s)", "data": {"status": 400}}, 400
            )
        chosen = _since(items, query)
        chosen.sort(key=lambda item: str(item["date"]), reverse=_first(query, "order", "desc") == "desc")
        size = min(size, most)
        total = len(chosen)
        pages = -(-total // size)
        if page > max(pages, 1):
            message = "The page number requested is larger than the number of pages available."
            return as_json({"code": "rest_post_invalid_page_number", "message": message, "data": {"status": 400}}, 400)
        chosen = [_only(item, query) for item in chosen[(page - 1) * size : page * size]]
        return as_json(chosen, headers={"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)})

    return answer


def search(items: Sequence[Item]) -> Api:
    """GOV.UK's /api/search.json: filter_*, order, start, count, fields."""

    def answer(query: Query) -> Answer:
        start, count = _number(query, "start", 0), _number(query, "count", 10)
        if count > 1500:
            return as_json({"error": "Maximum result set size (as specified in 'count') is 1500"}, 422)
        chosen = [item for item in items if all(_passes(item, name, asked) for name, asked in query.items())]
        order = _first(query, "order", "-public_timestamp")
        chosen.sort(key=lambda item: str(item[order.lstrip("-")]), reverse=order.startswith("-"))
        fields = {name for value in [*query.get("fields", []), *query.get("fields[]", [])] for name in value.split(",")}
        results = [
            {key: value for key, value in item.items() if not fields or key in fields or key == "_id"}
            for item in chosen[start : start + count]
        ]
        return as_json({"results": results, "total": len(chosen), "start": start, "aggregates": {}})

    return answer


def blogger(name: str, root: str, posts: Sequence[pages.Post], most: int) -> Api:
    """Blogger's feed of posts: start-index, max-results (never more than `most`), alt=rss."""

    def answer(query: Query) -> Answer:
        start, size = max(1, _number(query, "start-index", 1)), min(most, _number(query, "max-results", most))
        if _first(query, "alt", "atom") == "rss":
            body, kind = pages.blogger_rss(name, root, posts[start - 1 : start - 1 + size]), "application/rss+xml"
        else:
            body, kind = pages.blogger_atom(name, root, posts, start, size), "application/atom+xml"
        return Answer(body.encode(), headers={"Content-Type": f"{kind}; charset=UTF-8"}, validators=False)

    return answer


def captures(rows: Sequence[Item], shape: str) -> Api:
    """A capture index (CDX). `shape` is array (lists under a heading row) or lines (one JSON object a line: pywb)."""

    def answer(query: Query) -> Answer:
        asked = _first(query, "url", "")
        match = _first(query, "matchType", "prefix" if asked.endswith("*") else "exact")
        found = [row for row in rows if _in_scope(row, asked.rstrip("*"), match) and _in_time(row, query)]
        found = [row for row in found if all(_filtered(row, wanted) for wanted in query.get("filter", []))]
        if collapse := _first(query, "collapse", ""):
            found = _collapsed(found, collapse)
        if limit := _number(query, "limit", 0):
            found = found[:limit] if limit > 0 else found[limit:]
        return _cdx_lines(found, asked, query) if shape == "lines" else _cdx_array(found, query)

    return answer


def sort_key(url: str) -> str:
    """The urlkey of a capture index: example,old-ccg)/path, without scheme or www."""
    host, _, path = re.sub(r"^https?://", "", url.lower()).partition("/")
    return ",".join(reversed(host.removeprefix("www.").split("."))) + ")/" + path


def _cdx_array(rows: Sequence[Item], query: Query) -> Answer:
    if _first(query, "output", "") != "json":
        return _cdx_text(rows)
    names = [name for name in _first(query, "fl", ",".join(CDX_FIELDS)).split(",") if name in CDX_FIELDS]
    table = [names, *([row[name] for name in names] for row in rows)]
    return as_json(table if rows else [])


def _cdx_lines(rows: Sequence[Item], asked: str, query: Query) -> Answer:
    if not rows:
        return as_json({"message": f"No Captures found for: {asked}"}, 404)
    if _first(query, "output", "") != "json":
        return _cdx_text(rows)
    lines = [json.dumps({PYWB_NAMES.get(name, name): row[name] for name in CDX_FIELDS}) for row in rows]
    return Answer("\n".join([*lines, ""]).encode(), headers={"Content-Type": "text/x-ndjson"}, validators=False)


def _cdx_text(rows: Sequence[Item]) -> Answer:
    lines = [" ".join(str(row[name]) for name in CDX_FIELDS) for row in rows]
    return Answer("\n".join([*lines, ""]).encode(), headers={"Content-Type": "text/plain"}, validators=False)


def _in_scope(row: Item, asked: str, match: str) -> bool:
    wanted, have = sort_key(asked).rstrip("/"), str(row["urlkey"]).rstrip("/")
    host = wanted.partition(")")[0]
    tests: dict[str, Callable[[], bool]] = {
        "exact": lambda: have == wanted,
        "prefix": lambda: have.startswith(wanted),
        "host": lambda: have.startswith(host + ")"),
        "domain": lambda: have.startswith((host + ")", host + ",")),
    }
    return tests.get(match, tests["exact"])()


def _in_time(row: Item, query: Query) -> bool:
    first, last = _first(query, "from", "0"), _first(query, "to", "9")
    return first <= str(row["timestamp"]) <= last.ljust(14, "9")


def _filtered(row: Item, wanted: str) -> bool:
    """`statuscode:200`, `!mimetype:text/html`, pywb's `=status:200` and `~mime:pdf`."""
    match = re.fullmatch(r"(!?)([=~]?)(\w+):(.*)", wanted)
    if not match:
        return True
    names = {pywb: name for name, pywb in PYWB_NAMES.items()}
    value = str(row.get(names.get(match[3], match[3]), ""))
    suits = value == match[4] if match[2] == "=" else bool(re.search(match[4], value))
    return suits != bool(match[1])


def _collapsed(rows: Sequence[Item], collapse: str) -> list[Item]:
    """Of neighbours that agree in a field (or its first N characters, `timestamp:4`) the first."""
    name, _, digits = collapse.partition(":")
    kept: list[Item] = []
    before = None
    for row in rows:
        value = str(row.get(name, ""))[: int(digits) if digits else None]
        if value != before:
            kept.append(row)
        before = value
    return kept


def _passes(item: Item, name: str, asked: list[str]) -> bool:
    if not name.startswith("filter_"):
        return True
    have = item.get(name.removeprefix("filter_").removesuffix("[]"), [])
    wanted = {part for value in asked for part in value.split(",")}
    return bool(wanted & {_slug(value) for value in (have if isinstance(have, list) else [have])})


def _slug(value: Any) -> str:
    return str(value["slug"] if isinstance(value, dict) else value)


def _since(items: Sequence[Item], query: Query) -> list[Item]:
    after, modified = _first(query, "after", ""), _first(query, "modified_after", "")
    return [item for item in items if str(item["date"]) > after and str(item["modified"]) > modified]


def _only(item: Item, query: Query) -> Item:
    wanted = {name.split(".")[0] for value in query.get("_fields", []) for name in value.split(",")}
    return {key: value for key, value in item.items() if not wanted or key in wanted}


def _first(query: Query, name: str, default: str) -> str:
    return query.get(name, [default])[0]


def _number(query: Query, name: str, default: int) -> int:
    value = _first(query, name, str(default))
    return int(value) if re.fullmatch(r"-?\d+", value) else default
