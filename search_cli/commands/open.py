"""`commdex open`: a document in the browser, at the page that answers the last search."""

from __future__ import annotations

import click

from config.home import Home


@click.command(
    epilog="""\b
Examples:
  commdex open 3              hit 3 of the last search, at the page that answers it
  commdex open 3 --page 12    at page 12
  commdex open 3 --local      the copy that was kept, where the web's is gone
  commdex open 3 --print      only print the address
"""
)
@click.argument("which", metavar="N|ID")
@click.option("--page", type=click.IntRange(min=1), help="Open at this page (of PDFs).")
@click.option("--local", is_flag=True, help="Open the original as it was kept.")
@click.option("--print", "only_print", is_flag=True, help="Print what would be opened.")
@click.pass_obj
def command(home: Home, which: str, page: int | None, local: bool, only_print: bool) -> None:
    """Open one document: N is its number in the last result list."""
    from indexer.library import Library
    from search_cli.choosing import chosen, passage_of
    from search_cli.exit_codes import ExitCode, Failure
    from search_cli.homes import existing
    from search_cli.results import link_to
    from search_cli.screen import note, say_opening, web_address
    from search_cli.trouble import explained

    existing(home)
    with explained(home), Library(home.library_file) as library:
        document, last = chosen(home, library, which)
        passage = passage_of(document, library.pages(document), last)
    file = document.files[passage.file] if passage.file < len(document.files) else None
    if local:
        target = _kept(home, file.sha256 if file else "", file.kind if file else "")
    else:
        target = web_address(link_to(file, page or passage.page) if file else document.address)
        if not target and file and file.address.startswith("urn:"):  # added by hand (crawler.by_hand)
            note("this document has no address on the web; the original that was kept is opened.")
            target = _kept(home, file.sha256, file.kind)
        if not target:
            raise Failure("this document has no web address that can be opened; try --local.", ExitCode.USAGE)
    if only_print:
        click.echo(target)
        return
    say_opening(target)
    if click.launch(target) != 0:
        raise Failure(f"nothing here can open it. The address is {target}", ExitCode.HOME)


def _kept(home: Home, sha256: str, kind: str) -> str:
    """A copy of the kept original under a name whose suffix tells programs what it is."""
    import shutil

    from crawler.archive import Archive
    from search_cli.exit_codes import ExitCode, Failure
    from search_cli.trouble import explained

    if not sha256:
        raise Failure("no original of this document was kept.", ExitCode.USAGE)
    with explained(home), Archive(home.archive_folder) as archive:
        original = archive.original(sha256)
    copy = home.session_folder / "opened" / f"{sha256[:16]}.{kind if kind.isalnum() else 'bin'}"
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        # The original itself is never handed out: a program that saves would change it.
        shutil.copyfile(original, copy)
    except OSError as error:
        raise Failure(f"the kept original cannot be opened ({error}).", ExitCode.HOME) from error
    return str(copy)
