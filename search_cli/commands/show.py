"""`commdex show`: all that is known of one document, and where each value came from."""

from __future__ import annotations

import json
from typing import Any

import click

from config.home import Home


@click.command(
    epilog="""\b
Examples:
  commdex show 3              hit 3 of the last search
  commdex show 4f2a91         the document whose id begins so
  commdex show 3 --page 12    the text of page 12
  commdex show 3 --text | less
  commdex show 3 --json | jq .files
"""
)
@click.argument("which", metavar="N|ID")
@click.option("--page", type=click.IntRange(min=1), help="The text of this page of its first file with text.")
@click.option("--file", "file_number", type=click.IntRange(min=1), help="With --page: of this file instead.")
@click.option("--text", "whole_text", is_flag=True, help="All of its text.")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON, with a schema version.")
@click.pass_obj
def command(
    home: Home, which: str, page: int | None, file_number: int | None, whole_text: bool, json_wanted: bool
) -> None:
    """Show one document in full: N is its number in the last result list."""
    from crawler.archive import now
    from indexer.library import Library
    from search_cli import screen, showing
    from search_cli.choosing import chosen, passage_of
    from search_cli.homes import existing
    from search_cli.labels import load_labels
    from search_cli.results import SCHEMA_VERSION, record
    from search_cli.trouble import explained

    existing(home)
    with explained(home), Library(home.library_file) as library:
        document, last = chosen(home, library, which)
        pages = library.pages(document)
        if page is not None or whole_text:
            wanted = showing.pages_wanted(document, pages, page, file_number)
            click.echo("\n".join(showing.page_text(document, each) for each in wanted))
            return
        labels = load_labels(home)
        number = last.ids.index(document.id) + 1 if last is not None and document.id in last.ids else 0
        passage = passage_of(document, pages, last)
        values: dict[str, Any] = record(document, passage, labels, number=number, accessed=now()[:10])
        values |= showing.origins(document)
    if json_wanted:
        click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **values}, ensure_ascii=False, indent=2))
    else:
        showing.show(screen.out(), values)
