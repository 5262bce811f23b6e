"""Tables of plain values: drawn on a terminal, tab-separated lines (with a heading line) in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich import box
from rich.table import Table

from search_cli import screen

# Words by which a row's state is coloured on a terminal.
STYLES = {"failed": "red", "interrupted": "red", "partly": "yellow", "ok": "green"}


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print `rows` under `columns`. What stands in them may come from a web page and is made safe first."""
    out = screen.out()
    if not out.is_terminal:
        for row in (columns, *rows):
            click.echo("\t".join(screen.safe(value) for value in row))
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        # Addresses and reasons are cut between words or folded; everything else stands on one line.
        table.add_column(column.capitalize(), overflow="fold", no_wrap=column in ("id", "source", "state", "mechanism"))
    for row in rows:
        style = next((STYLES[value] for value in row if value in STYLES), "")
        table.add_row(*(screen.safe_lines(value) for value in row), style=style)
    out.print(table)
