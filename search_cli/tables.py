"""Tables of plain values: drawn on a terminal, tab-separated lines (with a heading line) in a pipe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import click
from rich import box
from rich.cells import cell_len
from rich.table import Table

from search_cli import screen

# Words by which a row's state is coloured on a terminal.
STYLES = {"failed": "red", "interrupted": "red", "partly": "yellow", "ok": "green"}


# Columns whose values are never folded; all others share the room that these leave.
ON_ONE_LINE = ("id", "source", "document", "key", "state", "mechanism", "documents", "announced", "outcome")
LEAST_WIDTH = 12
BETWEEN = 2
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\dZ")


def show(columns: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[str] = ()) -> None:
    """Print `rows` under `columns`. What stands in them may come from a web page and is made safe first.

    On a terminal addresses are cut where there is no room for them, times are put as people write them, and `spare`
    columns go, the first first, rather than that an id or a state is cut.
    """
    out = screen.out()
    if not out.is_terminal:
        for row in (columns, *rows):
            click.echo("\t".join(screen.safe(value) for value in row))
        return
    shown = [[_for_people(screen.safe_lines(value)) for value in row] for row in rows]
    columns, shown, left_out = _fitting(columns, shown, spare, out.width)
    widths = _widths(columns, shown, out.width)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column.capitalize(), overflow="fold", width=width, no_wrap=column in (*ON_ONE_LINE, "address"))
    for row in shown:
        style = next((STYLES[value] for value in row if value in STYLES), "")
        cells = zip(columns, row, widths, strict=True)
        table.add_row(*(cut(value, width) if name == "address" else value for name, value, width in cells), style=style)
    out.print(table)
    if left_out:
        screen.hint(f"Left out for want of room: {', '.join(left_out)}. A wider window shows all, and so does a pipe.")


def cut(address: str, room: int) -> str:
    """An address with its middle left out where it has more than `room` letters: host and file name tell most."""
    if len(address) <= room:
        return address
    end = (room - 1) // 2
    return f"{address[: room - 1 - end]}…{address[len(address) - end :]}"


def _for_people(value: str) -> str:
    found = _TIME.fullmatch(value)
    return f"{datetime.fromisoformat(found[1]):%d %b %Y %H:%M}".removeprefix("0") if found else value


def _fitting(
    columns: Sequence[str], rows: list[list[str]], spare: Sequence[str], width: int
) -> tuple[Sequence[str], list[list[str]], list[str]]:
    """Columns and rows without as many of the `spare` columns as it takes to fit `width`, and those left out."""
    left_out: list[str] = []
    for name in spare:
        if sum(_widths(columns, rows, 0)) + BETWEEN * (len(columns) - 1) <= width:
            break
        at = list(columns).index(name)
        columns = [*columns[:at], *columns[at + 1 :]]
        rows = [[*row[:at], *row[at + 1 :]] for row in rows]
        left_out.append(name)
    return columns, rows, left_out


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Letters for each column: what it needs, or its share of what is left where there is not enough for all."""
    values = [[column, *(line for row in rows for line in row[at].splitlines())] for at, column in enumerate(columns)]
    widths = [max(map(cell_len, lines)) for lines in values]
    shared = [at for at, column in enumerate(columns) if column not in ON_ONE_LINE]
    room = width - BETWEEN * (len(columns) - 1) - sum(needed for at, needed in enumerate(widths) if at not in shared)
    # Who needs least takes its part first, and leaves the rest of it to the others.
    for left, at in zip(range(len(shared), 0, -1), sorted(shared, key=lambda at: widths[at]), strict=True):
        widths[at] = min(widths[at], max(LEAST_WIDTH, room // left))
        room -= widths[at]
    return widths
