"""The `commdex` command. Commands are loaded when they are asked for, so that a search starts at once."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import click

from config.errors import ConfigError
from config.home import ENVIRONMENT_VARIABLE, Home, find_home
from search_cli import commands
from search_cli.exit_codes import ExitCode, Failure


class Commands(click.Group):
    """The commands that stand in `search_cli/commands/`, one module each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"search_cli.commands.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command


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
    except ConfigError as error:
        Failure(str(error), ExitCode.HOME).show()
        sys.exit(ExitCode.HOME)
    except (click.Abort, KeyboardInterrupt):
        click.echo("commdex: interrupted", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): that is its right, and not an error of ours.
        sys.stderr.close()
        sys.exit(ExitCode.DONE)


if __name__ == "__main__":
    main()
