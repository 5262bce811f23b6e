"""`commdex export`: a result list to take away, whole and in order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.home import Home
from search_cli.engine import SORTS, Sort

if TYPE_CHECKING:
    from search_cli.exports import About, Format
    from search_cli.results import Record


@click.command(
    epilog="""\b
Examples:
  commdex export -o results.csv                       the whole last result list, as it was sorted
  commdex export --to ris -o results.ris --only 1-10,14
  commdex export '"eye care" AND year:2021..' -o eye-care.html
  commdex export --to jsonl -o - | jq .title
"""
)
@click.argument("query", nargs=-1)
@click.option("--to", "format_name", metavar="FORMAT", help="csv, html, jsonl or ris; else the file's suffix says.")
@click.option("-o", "--output", required=True, metavar="FILE|-", help="Where to write; - is standard output.")
@click.option("--only", metavar="NUMBERS", help="Only these hits, as 1-10,14.")
@click.option("--sort", type=click.Choice(SORTS), default="relevance", show_default=True, help="Order of QUERY's hits.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.pass_obj
def command(
    home: Home, query: tuple[str, ...], format_name: str | None, output: str, only: str | None, sort: Sort, force: bool
) -> None:
    """Export all hits of the last search, or of QUERY. The file is written whole or not at all."""
    from indexer.library import Library
    from search_cli import screen
    from search_cli.answer import ORDERS, ask, read_tree, records
    from search_cli.exit_codes import ExitCode, Failure
    from search_cli.exports import About
    from search_cli.homes import existing
    from search_cli.labels import load_labels
    from search_cli.session import last_search, numbers
    from search_cli.trouble import explained

    existing(home)
    form = _format(format_name, output)
    if output != "-" and Path(output).exists() and not force:
        raise Failure(f"{output} is there already; --force writes over it.", ExitCode.USAGE)
    with explained(home):
        last = ask(home, " ".join(query), sort).to_keep() if query else last_search(home.session_folder)
        if last is None:
            raise Failure("there is no result list yet: search first, or give a query.", ExitCode.USAGE)
        wanted = numbers(only, len(last.ids)) if only else range(1, len(last.ids) + 1)
        tree = read_tree(last.query)
        with Library(home.library_file) as library:
            still = [(number, last.ids[number - 1]) for number in wanted]
            known = set(library.ids())
            kept = [pair for pair in still if pair[1] in known]
            about = About(
                last.query, str(tree) if tree is not None else last.query, last.when, ORDERS[_sort(last.sort)],
                len(kept), len(last.ids), last.documents, last.notes,
            )  # fmt: skip
            found = records(library, load_labels(home), kept, tree, last.when)
            _write(form, found, about, output)
    if len(kept) < len(still):
        screen.note(
            f"{_hits(len(still) - len(kept))} of the list not in the library any more and left out. "
            "Bring index and library together with: commdex index"
        )
    if output != "-":
        screen.hint(f"{len(kept):,} of {len(last.ids):,} hits, {about.order}, written to {output}")


def _hits(number: int) -> str:
    return f"{number:,} hit is" if number == 1 else f"{number:,} hits are"


def _sort(name: str) -> Sort:
    return next((sort for sort in SORTS if sort == name), "relevance")


def _format(name: str | None, output: str) -> Format:
    """The format asked for, or the one that the file's suffix names. Raises Failure."""
    from search_cli.exit_codes import ExitCode, Failure
    from search_cli.exports import format_names, format_of_suffix, load_format

    known = ", ".join(format_names())
    suffix = Path(output).suffix if output != "-" else ""
    chosen = name or format_of_suffix(suffix) or suffix.removeprefix(".")
    if not chosen:
        raise Failure(f"say which format to export to, with --to: {known}.", ExitCode.USAGE)
    if chosen not in format_names():
        raise Failure(f"no export format is called {chosen}; there are {known}", ExitCode.USAGE)
    return load_format(chosen)


def _write(form: Format, records: Iterable[Record], about: About, output: str) -> None:
    """Write to standard output, or to a file beside the target that takes its place when it is whole."""
    import codecs
    import os
    import sys
    import tempfile
    from contextlib import suppress
    from typing import TextIO, cast

    from search_cli.exit_codes import ExitCode, Failure

    if output == "-":
        # Not a TextIOWrapper: that would close standard output with itself where writing fails.
        form.write(records, about, cast(TextIO, codecs.getwriter(form.ENCODING)(sys.stdout.buffer)))
        sys.stdout.buffer.flush()
        return
    target = Path(output)
    try:
        handle, unfinished = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        raise Failure(f"{output} cannot be written ({error.strerror}).", ExitCode.USAGE) from error
    try:
        with os.fdopen(handle, "w", encoding=form.ENCODING, newline="") as stream:
            form.write(records, about, stream)
        # A temporary file is for its owner alone; an export is as open as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        Path(unfinished).chmod(0o666 & ~mask)
        Path(unfinished).replace(target)
    except BaseException as error:
        with suppress(OSError):
            Path(unfinished).unlink()
        if isinstance(error, OSError):
            raise Failure(f"{output} cannot be written ({error.strerror}).", ExitCode.USAGE) from error
        raise
