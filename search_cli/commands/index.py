"""`commdex index`: read what the archive holds and bring the search index up to date."""

from __future__ import annotations

import click

from config.home import Home


@click.command(epilog="\b\nExample:\n  commdex index")
@click.pass_obj
def command(home: Home) -> None:
    """Read new and changed originals, describe and tag them as documents, and index these.

    Running it twice changes nothing; a run that was interrupted is taken up where it stopped.
    """
    from config.catalogue import load_settings
    from crawler import harvest
    from search_cli import running, screen
    from search_cli.homes import existing
    from search_cli.lock import held

    existing(home)
    settings = load_settings(home)
    catalogue = harvest.catalogue(home, settings)
    with held(home, "index"):
        running.run_index(home, settings, catalogue, screen.err())
