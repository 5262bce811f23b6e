"""One HTML file that stands alone, prints well and can be attached to an e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from search_cli.exports import About
from search_cli.results import Record, date_shown, pages_shown
from search_cli.screen import safe, web_address
from search_cli.snippets import Passage

NAME = "html"
SUFFIX = ".html"
ENCODING = "utf-8"


def write(records: Iterable[Record], about: About, stream: TextIO) -> None:
    """A numbered list with the query, date and counts above it. Everything from documents is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"safe_text": safe, "web": web_address, "pieces": _pieces, "pages": pages_shown}
    template = environment.get_template("results.html")
    for part in template.generate(records=records, about=about, on=date_shown(about.when[:10])):
        stream.write(part)


def _pieces(record: Record) -> Iterator[tuple[str, bool]]:
    return Passage(0, 0, record["snippet"], tuple((start, end) for start, end in record["snippet_marks"])).pieces()
