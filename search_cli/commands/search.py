"""`commdex search`: a query, its hits, and how many there are of each kind."""

from __future__ import annotations

import click

from config.home import Home
from search_cli.engine import SORTS, Sort

DEFAULT_LIMIT = 10
LEAST_FOR_FACETS = 3


@click.command(
    epilog="""\b
Examples:
  commdex search virtual wards
  commdex search '"virtual ward*" AND year:2021..'
  commdex search 'commission* adj3 (intention* or plan*)' --sort newest
  commdex search 'sector:"mental health" AND title:(strategy or plan)'
  commdex search 'type:board-paper AND site:icb.nhs.uk AND dementia' --all
  commdex search '"eye care"' --json | jq .total

\b
The language:
  AND OR NOT ( )       in any case; AND binds before OR
  "eye care"           a phrase, in exact words; bare words are searched by their stems
  commission* ward$1   any ending; an ending of at most one letter
  p?ediatric wom#n     none or one letter; exactly one letter
  a adj3 b, a NEAR/2 b at most two words between, in any order
  a adj b, a PRE/2 b   side by side; at most two words between, in this order
  title: publisher: sector: type: year: site: source:
  year:2021  year:2019..2022  year:2021..  year:nd (undated)

\b
In a pipe each hit is one line: number, id, date, publisher, title, page, link, parted by tabs.
"""
)
@click.argument("query", nargs=-1, required=True)
@click.option("--sort", type=click.Choice(SORTS), default="relevance", show_default=True, help="Order of the hits.")
@click.option("--limit", type=click.IntRange(min=0), default=DEFAULT_LIMIT, show_default=True, help="Show so many.")
@click.option("--all", "everything", is_flag=True, help="Show every hit.")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON, with a schema version.")
@click.option("--plain", is_flag=True, help="One line a hit, tab-separated; the default in a pipe.")
@click.option(
    "--facets/--no-facets",
    default=None,
    help=f"Counts by sector, type, publisher, year and source; else from {LEAST_FOR_FACETS} hits on.",
)
@click.option("--exit-code", is_flag=True, help="End with 1 when nothing is found.")
@click.pass_context
def command(
    ctx: click.Context, query: tuple[str, ...], sort: Sort, limit: int, everything: bool, json_wanted: bool,
    plain: bool, facets: bool | None, exit_code: bool,
) -> None:  # fmt: skip
    """Search the library. Hits are numbered: `commdex show 3`, `commdex open 3` and `commdex export` follow on."""
    from indexer.library import Library
    from search_cli import listing, screen
    from search_cli.answer import ask, lacking, records
    from search_cli.freshness import stale_line
    from search_cli.homes import existing
    from search_cli.labels import load_labels
    from search_cli.session import keep_last
    from search_cli.trouble import explained

    home: Home = ctx.obj
    existing(home)
    with explained(home):
        answer = ask(home, " ".join(query), sort)
        with Library(home.library_file) as library:
            counts = library.counts()
            labels = load_labels(home)
            answer = lacking(answer, library)
            ids = answer.found.ids
            wanted = list(enumerate(ids if everything else ids[:limit], start=1))
            found = list(records(library, labels, wanted, answer.query.tree, answer.when))
    try:
        keep_last(home.session_folder, answer.to_keep())
    except OSError as error:
        screen.note(f"the result list could not be kept for `show` and `open` ({error.strerror}).")

    if json_wanted:
        click.echo(listing.as_json(answer, found, counts))
    elif plain or not screen.out().is_terminal:
        for record in found:
            click.echo(listing.plain_line(record))
    else:
        screen.out().print()
        listing.show_hits(screen.out(), found, len(ids))
        if facets or (facets is None and len(ids) >= LEAST_FOR_FACETS):
            listing.show_facets(screen.out(), answer.found.facets, labels)
    if not json_wanted:
        for note in answer.found.notes:
            screen.note(note)
        for line in filter(None, [*listing.state_lines(answer, counts), stale_line(home)]):
            screen.hint(line)
    if exit_code and not ids:
        ctx.exit(1)
