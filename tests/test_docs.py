"""The documentation names what there is: every mechanism, option, key, setting and command."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from config.model import Settings, Source
from crawler.mechanisms import option_models
from search_cli.main import cli

ROOT = Path(__file__).parents[1]
SOURCES, SETTINGS = (ROOT / "docs" / name for name in ("sources.md", "settings.md"))
README = ROOT / "README.md"


def test_every_key_of_a_source_is_documented() -> None:
    text = SOURCES.read_text(encoding="utf-8")
    assert [key for key in Source.model_fields if f"| `{key}` |" not in text] == []


@pytest.mark.parametrize("mechanism", sorted(option_models()))
def test_every_mechanism_and_its_options_are_documented(mechanism: str) -> None:
    row = next(
        line for line in SOURCES.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{mechanism}` |")
    )
    assert [option for option in option_models()[mechanism].model_fields if f"`{option}`" not in row] == []


def keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += keys(inner, f"{prefix}{name}.")
        else:
            found.append(prefix + name)
    return found


def test_every_setting_is_documented() -> None:
    text = SETTINGS.read_text(encoding="utf-8")
    assert [key for key in keys(Settings) if f"| `{key}` |" not in text] == []


def commands() -> list[click.Command]:
    context = click.Context(cli)
    return [command for name in cli.list_commands(context) if (command := cli.get_command(context, name))]


def test_every_command_is_in_the_readme_and_its_help_has_an_example() -> None:
    readme = README.read_text(encoding="utf-8")
    for name, command in zip(cli.list_commands(click.Context(cli)), commands(), strict=True):
        assert f"commdex {name}" in readme, name
        assert command.help, name
        assert "Example" in (command.epilog or ""), name


def test_every_exit_code_is_in_the_readme() -> None:
    from search_cli.exit_codes import ExitCode

    line = " ".join(README.read_text(encoding="utf-8").split())
    told = line[line.index("Exit codes:") :]
    assert [int(code) for code in ExitCode if f"{int(code)} " not in told] == []
