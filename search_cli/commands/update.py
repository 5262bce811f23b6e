"""`commdex update`: the one command for a timer: crawl, then index."""

from __future__ import annotations

import click

from config.home import Home
from search_cli.commands.crawl import exit_code


@click.command(epilog="\b\nExamples:\n  commdex update\n  commdex update nhs-england")
@click.argument("sources", nargs=-1)
@click.pass_obj
def command(home: Home, sources: tuple[str, ...]) -> None:
    """Harvest SOURCES (all of them, when none is named), then read and index what is new.

    What was fetched is indexed even when some sources failed (exit code 4). A report of the run is kept: see it again
    with `commdex runs show`.
    """
    from search_cli import running, screen
    from search_cli.homes import existing
    from search_cli.lock import held

    existing(home)
    settings, catalogue, wanted = running.chosen_sources(home, sources)
    console = screen.err()
    with held(home, "update"):
        crawled = running.run_crawl(home, settings, wanted, console)
        report = running.keep_report(home, crawled.run, catalogue, console, command="update")
        try:
            if not crawled.interrupted:
                running.run_index(home, settings, catalogue, console)
        finally:
            running.say_report(home, report, console)
    raise click.exceptions.Exit(exit_code(interrupted=crawled.interrupted, failed=crawled.failed))
