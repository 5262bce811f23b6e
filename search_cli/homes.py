"""The home that a command works in: that it is there, that its folders are folders, and how to name it in advice."""

from __future__ import annotations

import os
import re
import shlex

import click

from config.home import ENVIRONMENT_VARIABLE, Home
from search_cli.exit_codes import ExitCode, Failure

# A command that a message suggests: after a colon, or in backticks.
_SUGGESTED = re.compile(
    r"(?:(?<=: )|(?<=`))commdex (?=(?:add|crawl|export|index|init|open|runs|search|show|sources|status|update)\b)"
)


def given_home() -> str:
    """The value of --home as it was typed, "" where it was not given."""
    context = click.get_current_context(silent=True)
    return str(context.find_root().params.get("home_folder") or "") if context else ""


def in_this_home(text: str) -> str:
    """`text` with the --home that was given put into every command that it suggests."""
    home = given_home()
    return _SUGGESTED.sub(lambda _: f"commdex --home {shlex.quote(home)} ", text) if home else text


def existing(home: Home) -> None:
    """Raises Failure, having made nothing, when there is no such home or a file stands where a folder of it should."""
    if not home.folder.is_dir():
        by_variable = os.environ.get(ENVIRONMENT_VARIABLE)
        named = "--home" if given_home() else ENVIRONMENT_VARIABLE if by_variable else ""
        doubt = f" (is {named} right?)" if named else ""
        raise Failure(
            f"There is no Commdex home at {home.folder}{doubt}. Make one with: commdex init --contact you@your.library",
            ExitCode.HOME,
        )
    laid_out(home)


def laid_out(home: Home) -> None:
    """Raises Failure when a file stands where a folder of the home should stand, or a folder where its lock should."""
    folders = (home.archive_folder, home.library_file.parent, home.index_folder, home.log_folder, home.session_folder)
    for folder in folders:
        if folder.exists() and not folder.is_dir():
            raise Failure(f"{folder}: a file stands where Commdex keeps a folder. Move it away.", ExitCode.HOME)
    for file in (home.lock_file, home.library_file, home.archive_folder / "archive.db", home.settings_file):
        if file.is_dir():
            raise Failure(f"{file}: a folder stands where Commdex keeps a file. Move it away.", ExitCode.HOME)
