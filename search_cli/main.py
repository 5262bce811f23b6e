"""The `commdex` command. Commands are loaded when they are asked for, so that a search starts at once."""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from config.errors import ConfigError
from config.home import ENVIRONMENT_VARIABLE, Home, find_home
from search_cli import commands
from search_cli.exit_codes import ExitCode, Failure
from search_cli.homes import in_this_home


class Commands(click.Group):
    """The commands that stand in `search_cli/commands/`, one module each; `sources_add` is one of `sources`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if "_" not in module.name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"search_cli.commands.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever goes wrong in it becomes a Failure that names the home where it suggests a command.

        Here and not in `main`, as click would end with 1 where the reader of the output goes away.
        """
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except Failure as error:
            raise Failure(in_this_home(error.message), error.code) from error
        except ConfigError as error:
            raise Failure(in_this_home(str(error)), ExitCode.HOME) from error
        except sqlite3.Error as error:
            from search_cli.trouble import store_failure

            failure = store_failure(ctx.obj, error)
            raise Failure(in_this_home(failure.message), failure.code) from error
        except BrokenPipeError as error:
            # The reader of our output went away (`| head`): that is its right, and not an error of ours.
            _leave_output()
            raise click.exceptions.Exit(ExitCode.DONE) from error
        except OSError as error:
            raise _os_failure(error, ctx.invoked_subcommand) from error


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
Examples:
  commdex init --contact library@example.nhs.uk     say who is asking, once
  commdex update                                    harvest, read and index
  commdex search '"virtual ward*" AND year:2021..'  search
  commdex export --to ris -o results.ris            take the last result list with you
""",
)
@click.option(
    "--home",
    "home_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Folder where this library keeps everything (else {ENVIRONMENT_VARIABLE}, else the platform's own).",
)
@click.version_option(package_name="commdex", message="commdex %(version)s")
@click.pass_context
def cli(ctx: click.Context, home_folder: Path | None) -> None:
    """Harvest what NHS and care commissioning bodies publish, and search it."""
    ctx.obj = find_home(home_folder)
    assert isinstance(ctx.obj, Home)


def main() -> None:
    """Run the command line and leave with one of `ExitCode`."""
    try:
        # Without standalone mode click hands back the code of an Exit instead of leaving.
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else ExitCode.DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("commdex: interrupted", err=True)
        sys.exit(ExitCode.INTERRUPTED)


def _os_failure(error: OSError, command: str | None) -> Failure:
    """A file, a folder or the output that could not be used. Only writers of a home have nameless files beside it."""
    _leave_output()
    if error.filename is not None:
        return Failure(f"{os.fsdecode(error.filename)}: {error.strerror}.", ExitCode.HOME)
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        return Failure(f"{error.strerror or error}.", ExitCode.HOME)
    what = "a file of this home" if command in ("add", "crawl", "index", "update") else "the output"
    return Failure(f"{what} cannot be written ({error.strerror or error}).", ExitCode.HOME)


def _leave_output() -> None:
    """Let what is still to be written go nowhere, so that Python does not try it again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


if __name__ == "__main__":
    main()
