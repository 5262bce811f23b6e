"""Configuration: what is shipped is whole, and every slip is named by file, line, entry and key."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.catalogue import SHIPPED, load_document_types, load_sectors, load_settings
from config.errors import ConfigError
from config.home import Home, find_home
from config.yaml_files import read_yaml
from crawler.harvest import catalogue
from crawler.mechanisms import names

GOOD = {
    "id": "a-body",
    "name": "A body",
    "publisher": "A body",
    "mechanism": "fixed",
    "start": ["https://a.example.org/"],
}


def home_with(folder: Path, text: str) -> Home:
    home = Home(folder)
    home.sources_folder.mkdir(parents=True)
    (home.sources_folder / "mine.yml").write_text(text, encoding="utf-8")
    home.settings_file.write_text("contact: library@example.nhs.uk\nshipped_sources: false\n", encoding="utf-8")
    return home


def refusal(folder: Path, text: str) -> str:
    home = home_with(folder, text)
    with pytest.raises(ConfigError) as refused:
        catalogue(home, load_settings(home))
    return str(refused.value).replace(str(folder), "HOME")


def test_the_shipped_catalogue_is_whole(tmp_path: Path) -> None:
    sources = catalogue(Home(tmp_path), load_settings(Home(tmp_path)))
    assert len(sources) >= 200
    assert {source.mechanism for source in sources.values() if source.harvestable} == set(names())


def test_sectors_are_the_headings_of_the_librarians_page_in_its_order() -> None:
    sectors = load_sectors()
    own = [sector.heading for sector in sectors if not sector.ours and sector.within is None]
    assert len(own) == 14
    assert own[0] == "Whole system improvement"
    assert own[3] == "Exceptional Treatment Panels / Individual Funding Requests (IFRs)"
    assert own[-1] == "Third sector"
    assert all(sector.terms or sector.added for sector in sectors)
    assert next(sector for sector in sectors if sector.id == "seven-day-services").within == "whole-system-improvement"


def test_document_types_have_words_and_a_reference_type() -> None:
    for kind in load_document_types():
        assert kind.title or kind.text, kind.id
        assert kind.reference in ("RPRT", "ELEC")


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        ({"mechnism": "fixed"}, 7, "key 'sources.mechnism': there is no such key; the keys are basis, body,"),
        ({"mechanism": "magic"}, 5, "no mechanism is called 'magic'; choose from boardpapers, feed, fixed,"),
        ({"start": ["ftp://a.example.org/"]}, 6, "'ftp://a.example.org/' is not a web address"),
        ({"start": []}, 6, "key 'sources.start'"),
        ({"sectors": ["acute", "magic"]}, 7, "no sector is called 'magic'; the sectors are acute,"),
        ({"options": {"depth": 3}}, 7, "key 'sources.options.depth': there is no such key"),
        ({"include": ["("]}, 7, "'(' is not a regular expression"),
        ({"expect": -1}, 7, "greater than or equal to 0"),
        ({"id": "Not An Id"}, 2, "should match pattern"),
    ],
)
def test_a_slip_in_a_source_is_named(tmp_path: Path, change: dict[str, object], line: int, told: str) -> None:
    entry = {**GOOD, **change}
    text = yaml.safe_dump({"sources": [entry]}, sort_keys=False, default_flow_style=None)
    # One key a line, so that the test can say which line is wrong.
    rows = [f"{key}: {yaml.safe_dump(value, default_flow_style=True).strip()}" for key, value in entry.items()]
    text = "sources:\n  - " + "\n    ".join(row.removesuffix("\n...") for row in rows) + "\n"
    message = refusal(tmp_path, text)
    assert f"HOME/sources/mine.yml, line {line}: entry '{entry['id']}'" in message
    assert told in message


def test_other_slips_are_named_too(tmp_path: Path) -> None:
    assert "line 2: key 'id' is given twice" in refusal(tmp_path / "1", "sources:\n  - {id: a, id: b}\n")
    assert "not valid YAML" in refusal(tmp_path / "2", "sources: [\n")
    assert "must hold one list called `sources:`" in refusal(tmp_path / "3", "- id: a\n")
    assert "key 'sources.publisher': this key is missing" in refusal(
        tmp_path / "4", "sources:\n  - {id: a, name: A, mechanism: fixed, start: ['https://a.org/']}\n"
    )
    twice = yaml.safe_dump({"sources": [GOOD, GOOD]})
    assert "'a-body' stands in" in refusal(tmp_path / "5", twice)


def test_a_home_s_entry_replaces_the_shipped_one(tmp_path: Path) -> None:
    home = home_with(tmp_path, yaml.safe_dump({"sources": [{**GOOD, "id": "nhs-england", "name": "Mine"}]}))
    home.settings_file.write_text("contact: a@b.example\n", encoding="utf-8")
    sources = catalogue(home, load_settings(home))
    assert sources["nhs-england"].name == "Mine"
    assert len(sources) > 1


def test_settings_are_checked_and_the_environment_may_give_the_contact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    assert load_settings(home).contact == ""
    home.settings_file.write_text("contact: nobody\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 1: key 'contact': 'nobody' is neither an e-mail"):
        load_settings(home)
    home.settings_file.write_text("crawl:\n  delay: 1\n  pause: 2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 3: key 'crawl.pause': there is no such key"):
        load_settings(home)
    home.settings_file.unlink()
    monkeypatch.setenv("COMMDEX_CONTACT", "library@example.nhs.uk")
    assert load_settings(home).contact == "library@example.nhs.uk"


def test_the_home_is_the_given_one_else_the_environment_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMDEX_HOME", str(tmp_path / "environment"))
    assert find_home(tmp_path / "given").folder == tmp_path / "given"
    assert find_home().folder == tmp_path / "environment"


@given(st.text(max_size=200))
def test_no_text_crashes_the_reader_of_yaml(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(ConfigError):
        read_yaml(path)


def test_the_shipped_files_are_part_of_the_package() -> None:
    assert (SHIPPED / "sectors.yml").is_file()
    assert list((SHIPPED / "sources").glob("*.yml"))
