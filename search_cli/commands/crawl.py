"""`commdex crawl`: harvest the listed sources into the archive."""

from __future__ import annotations

import click

from config.home import Home
from search_cli.exit_codes import ExitCode


@click.command(epilog="\b\nExamples:\n  commdex crawl\n  commdex crawl nhs-england kings-fund")
@click.argument("sources", nargs=-1)
@click.pass_obj
def command(home: Home, sources: tuple[str, ...]) -> None:
    """Harvest SOURCES (all of them, when none is named) into the archive.

    A report of the run is kept: see it again with `commdex runs show`.

    Exit code 4 when some sources failed, 5 when another run holds the lock.
    """
    from search_cli import running, screen
    from search_cli.homes import existing
    from search_cli.lock import held

    existing(home)
    settings, catalogue, wanted = running.chosen_sources(home, sources)
    console = screen.err()
    with held(home, "crawl"):
        result = running.run_crawl(home, settings, wanted, console)
        report = running.keep_report(home, result.run, catalogue, console, command="crawl")
    running.say_report(home, report, console)
    raise click.exceptions.Exit(exit_code(interrupted=result.interrupted, failed=result.failed))


def exit_code(*, interrupted: bool, failed: bool) -> ExitCode:
    """How a command ends after a crawl."""
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.SOME_FAILED if failed else ExitCode.DONE
