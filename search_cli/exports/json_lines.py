"""JSON lines: one record a line, each with the version of the schema, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TextIO

from search_cli.exports import About
from search_cli.results import SCHEMA_VERSION, Record

NAME = "jsonl"
SUFFIX = ".jsonl"
ENCODING = "utf-8"


def write(records: Iterable[Record], about: About, stream: TextIO) -> None:
    """One JSON object a line; each carries the query, so that a line can stand alone."""
    for record in records:
        line = {"schema_version": SCHEMA_VERSION, "query": about.query, **record}
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
