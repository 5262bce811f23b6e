"""Hits as they are shown: on a terminal, as plain lines, as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from indexer.analyser import UNDATED
from indexer.library import Counts
from search_cli.answer import ORDERS, Answer
from search_cli.labels import Labels
from search_cli.results import NO_DATE, SCHEMA_VERSION, Record
from search_cli.screen import WIDEST, linked, print_whole, safe, web_address
from search_cli.snippets import Passage

MOST_FACET_VALUES = 6
BETWEEN = 3  # columns between two facets
FACET_TITLES = {
    "sector": "Sector", "type": "Type", "publisher": "Publisher", "year": "Year", "source": "Source",
}  # fmt: skip


def plain_line(record: Record) -> str:
    """A hit on one line, tab-separated: number, id, date, publisher, title, page, link."""
    values = (
        str(record["number"]), record["id"], record["date"] or NO_DATE, record["publisher"], record["title"],
        str(record["page"] or ""), web_address(record["link"]),
    )  # fmt: skip
    return "\t".join(safe(value) for value in values)


def as_json(answer: Answer, records: Sequence[Record], counts: Counts) -> str:
    """The whole answer, with the first hits, for programs."""
    found = answer.found
    values: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "query": answer.query.text,
        "read_as": str(answer.query.tree),
        "sort": answer.sort,
        "searched_at": answer.when,
        "total": len(found.ids),
        "documents": counts.documents,
        "files": counts.files,
        "pages": counts.pages,
        "not_indexed": counts.not_indexed,
        "notes": found.notes,
        "undated_left_out": found.undated_left_out,
        "facets": {name: dict(_ranked(name, counter)) for name, counter in found.facets.items()},
        "hits": list(records),
    }
    return json.dumps(values, ensure_ascii=False, indent=2)


def show_hits(console: Console, records: Sequence[Record], total: int) -> None:
    """The numbered hits, for reading."""
    width = min(console.width, WIDEST)
    margin = len(str(records[-1]["number"])) + 2 if records else 0
    for record in records:
        number = Text(f"{record['number']}".rjust(margin - 2), style="cyan")
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=margin - 2, no_wrap=True)
        grid.add_column(width=width - margin, overflow="fold")
        grid.add_row(number, linked(record["title"], record["link"], "bold"))
        grid.add_row("", _about(record))
        if record["snippet"]:
            grid.add_row("", snippet(record))
        console.print(grid, soft_wrap=False)
        address = linked(web_address(record["link"]) or safe(record["link"]), record["link"], "blue")
        print_whole(console, Text(" " * margin) + address)
        if record["gone_since"]:
            gone = Text(f"no longer at its source since {record['gone_since'][:10]}", style="yellow")
            console.print(Padding(gone, (0, 0, 0, margin)))
        console.print()
    if len(records) < total:
        console.print(Text(f"… and {total - len(records):,} more: --limit N or --all shows them.", style="dim"))
        console.print()


def _about(record: Record) -> Text:
    values = [record["publisher"], record["date_shown"], record["type_label"]]
    values += [sector["heading"] for sector in record["sectors"][:3]]
    more = len(record["sectors"]) - 3
    if more > 0:
        values.append(f"and {more} more sector{'s' if more > 1 else ''}")
    return Text(" · ".join(safe(value) for value in values if value), style="dim")


def snippet(record: Record) -> Text:
    """The passage with its page number, what matched in bold."""
    shown = Text(overflow="fold")
    if record["page"]:
        shown.append(f"p. {record['page']}: ", style="green")
    marks = tuple((start, end) for start, end in record["snippet_marks"])
    for text, marked in Passage(0, 0, record["snippet"], marks).pieces():
        # Page text was made safe when it was read; only the ends of pieces may be spaces, which `safe` would eat.
        kept = (
            text[: len(text) - len(text.lstrip())] + safe(text) + (text[len(text.rstrip()) :] if text.strip() else "")
        )
        shown.append(kept, style="bold" if marked else "")
    others = len(record["pages"]) - 1
    if others > 0:
        shown.append(f"  (also on {others} other page{'s' if others > 1 else ''})", style="dim")
    return shown


def show_facets(console: Console, facets: dict[str, Counter[str]], labels: Labels) -> None:
    """How many hits have each sector, type, publisher and year, side by side as far as there is room."""
    columns = [_facet(name, facets[name], labels) for name in FACET_TITLES if facets[name]]
    for group in _rows_that_fit(columns, console.width):
        grid = Table.grid(padding=(0, BETWEEN, 0, 0))
        for _ in group:
            # Only a label wider than the whole terminal is ever cut.
            grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_row(*group)
        console.print(Padding(grid, (0, 0, 1, 0)))


def _rows_that_fit(columns: Sequence[Text], width: int) -> list[list[Text]]:
    rows: list[list[Text]] = []
    room = 0
    for column in columns:
        needed = max(cell_len(line) for line in column.plain.splitlines()) + BETWEEN
        if not rows or needed > room:
            rows.append([])
            room = width
        rows[-1].append(column)
        room -= needed
    return rows


def _facet(name: str, counter: Counter[str], labels: Labels) -> Text:
    lines = Text(FACET_TITLES[name], style="bold", no_wrap=True, overflow="ellipsis")
    ranked = _ranked(name, counter)
    digits = max(len(f"{count:,}") for _, count in ranked)
    for value, count in ranked[:MOST_FACET_VALUES]:
        label = safe(_label(name, value, labels))
        lines.append(f"\n{count:>{digits},} ", style="not bold cyan").append(label, style="not bold")
    if len(ranked) > MOST_FACET_VALUES:
        lines.append(f"\n{'':>{digits}} and {len(ranked) - MOST_FACET_VALUES} more", style="not bold dim")
    return lines


def _ranked(name: str, counter: Counter[str]) -> list[tuple[str, int]]:
    """Most frequent first; years newest first, undated last."""
    if name == "year":
        return sorted(counter.items(), key=lambda item: (item[0] != UNDATED, item[0]), reverse=True)
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def _label(name: str, value: str, labels: Labels) -> str:
    if name == "year" and value == UNDATED:
        return NO_DATE
    return {"sector": labels.sectors, "type": labels.types}.get(name, {}).get(value, value)


def state_lines(answer: Answer, counts: Counts) -> list[str]:
    """What was asked, of what, and what that leaves out."""
    found = answer.found
    things = "1 document" if len(found.ids) == 1 else f"{len(found.ids):,} documents"
    among = f"{found.documents:,}"
    told = (
        f"{things} found among {among}, {ORDERS[answer.sort]}." if found.ids
        else f"Nothing found among {among} document{'' if found.documents == 1 else 's'}."
    )  # fmt: skip
    lines = [f"{told} Read as: {answer.query.tree}"]
    if found.undated_left_out:
        are = "document is" if found.undated_left_out == 1 else "documents are"
        lines.append(
            f"{found.undated_left_out:,} undated {are} left out by the years; to see them too write year:(… or nd)"
        )
    if counts.not_indexed:
        are = "document is" if counts.not_indexed == 1 else "documents are"
        lines.append(f"{counts.not_indexed:,} {are} not in the index yet: commdex index")
    return lines
