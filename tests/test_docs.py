"""The documentation names what there is: every mechanism, option, key, setting and command."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from config.catalogue import load_document_types, load_sectors
from config.model import Settings, Source
from crawler.mechanisms import option_models
from search_cli.labels import Labels
from search_cli.main import cli
from search_cli.query.parse import FIELDS, parse
from search_cli.results import record
from search_cli.snippets import locate
from tests.papers import paper
from tests.sample_web import demo

ROOT = Path(__file__).parents[1]
SOURCES, SETTINGS, SEARCHING = (ROOT / "docs" / name for name in ("sources.md", "settings.md", "searching.md"))
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


def test_every_sector_and_document_type_is_documented_with_its_name() -> None:
    text = SEARCHING.read_text(encoding="utf-8")
    named = [(sector.id, sector.heading) for sector in load_sectors()]
    named += [(kind.id, kind.label) for kind in load_document_types()]
    assert [row for row in named if f"| `{row[0]}` | {row[1]} |" not in text] == []


def test_every_field_and_its_short_name_is_documented() -> None:
    text = SEARCHING.read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"`{name}:`" not in text] == []


def test_every_name_of_the_json_of_a_search_is_documented() -> None:
    document, pages = paper("A title", "Text.")
    passage = locate(None, document, pages)
    names = set(record(document, passage, Labels({}, {}, {}), number=1, accessed="2026-11-22"))
    names |= {"schema_version", "query", "read_as", "sort", "searched_at", "total", "documents", "files", "pages",
              "not_indexed", "notes", "undated_left_out", "facets", "hits"}  # fmt: skip
    text = SEARCHING.read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


QUERY = re.compile(r"^\| (`.*?`) \|", re.MULTILINE)


def test_every_example_of_the_language_is_understood() -> None:
    text = SEARCHING.read_text(encoding="utf-8")
    section = text[text.index("## The language by example") : text.index("## Fields")]
    examples = [query for row in QUERY.findall(section) for query in re.findall(r"`(.+?)`", row)]
    assert len(examples) > 20
    for example in examples:
        assert parse(example).tree


@pytest.mark.parametrize("page", ["README.md", *sorted(path.name for path in (ROOT / "docs").glob("*.md"))])
def test_every_relative_link_leads_to_a_file(page: str) -> None:
    path = ROOT / page if page == "README.md" else ROOT / "docs" / page
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    targets = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [target for target in targets if not (path.parent / target).is_file()] == []


def test_the_command_that_the_demonstration_ends_with_can_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / ".venv" / "bin"
    scripts.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(scripts / "python"))
    assert demo.installed_command() == [".venv/bin/python", "-m", "search_cli.main"]
    (scripts / "commdex").touch()
    assert demo.installed_command() == [".venv/bin/commdex"]
