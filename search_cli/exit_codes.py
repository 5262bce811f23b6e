"""How commands end, for people and for timers."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Any

import click


class ExitCode(IntEnum):
    """Exit codes of every command; README lists them."""

    DONE = 0  # hits or none
    USAGE = 2  # a command line or a query that cannot be understood
    HOME = 3  # home, index or configuration cannot be used
    SOME_FAILED = 4  # finished, with some sources failed
    LOCKED = 5  # another run holds the lock
    INTERRUPTED = 130


class Failure(click.ClickException):
    """An error that ends the command with one of our codes. The message says what is wrong and what would mend it."""

    def __init__(self, message: str, code: ExitCode):
        super().__init__(message)
        self.code = code

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # click has it as a class variable
        return int(self.code)

    def show(self, file: IO[Any] | None = None) -> None:
        from search_cli.screen import in_place  # only when something failed

        click.echo(f"commdex: {in_place(self.format_message())}", err=True, file=file)
