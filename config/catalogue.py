"""The catalogue: sources, sectors, document types and settings as they stand in YAML, checked.

Shipped YAML lies beside this module; a home's own lies in `<home>/sources/*.yml` and `<home>/settings.yml`. A home's
entry with the id of a shipped one replaces it, so a library can correct an address without editing the program.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel

from config.errors import ConfigError
from config.home import Home
from config.model import HARVESTABLE, Disabled, DocumentType, Sector, Settings, Source
from config.yaml_files import YamlFile, checked, read_yaml

SHIPPED = Path(__file__).parent
CONTACT_VARIABLE = "COMMDEX_CONTACT"


def load_settings(home: Home) -> Settings:
    """The home's settings; defaults where it has no file. COMMDEX_CONTACT overrides the contact.

    Raises ConfigError.
    """
    value: dict[str, object] = {}
    if home.settings_file.exists():
        yaml_file = read_yaml(home.settings_file)
        if yaml_file.content is not None and not isinstance(yaml_file.content, dict):
            raise yaml_file.error("settings are written as `key: value` lines.")
        value = yaml_file.content or {}
        checked(Settings, yaml_file, value)
    if os.environ.get(CONTACT_VARIABLE):
        value = {**value, "contact": os.environ[CONTACT_VARIABLE]}
    return checked(Settings, YamlFile(Path(f"environment variable {CONTACT_VARIABLE}"), value, None), value)


def load_sectors(path: Path = SHIPPED / "sectors.yml") -> tuple[Sector, ...]:
    """The sectors in their order on the librarians' page. Raises ConfigError."""
    yaml_file = read_yaml(path)
    sectors = [checked(Sector, yaml_file, entry, keys, name) for keys, name, entry in _entries(yaml_file, "sectors")]
    _refuse_double_ids(yaml_file, [sector.id for sector in sectors], "sectors")
    known = {sector.id for sector in sectors}
    for number, sector in enumerate(sectors):
        if sector.within is not None and sector.within not in known:
            raise yaml_file.error(f"no sector is called {sector.within!r}.", ["sectors", number, "within"], sector.id)
    return tuple(sectors)


def load_document_types(path: Path = SHIPPED / "document_types.yml") -> tuple[DocumentType, ...]:
    """The document types, most telling first. Raises ConfigError."""
    yaml_file = read_yaml(path)
    found = _entries(yaml_file, "document_types")
    types = [checked(DocumentType, yaml_file, entry, keys, name) for keys, name, entry in found]
    _refuse_double_ids(yaml_file, [kind.id for kind in types], "document_types")
    return tuple(types)


def load_sources(home: Home, options: Mapping[str, type[BaseModel]], *, shipped: bool = True) -> dict[str, Source]:
    """Every source by id: the shipped ones (unless `shipped` is false), then the home's own over them.

    `options` maps each mechanism's name to the model of its options; the crawler knows them
    (`crawler.mechanisms.option_models`). Raises ConfigError for all that is wrong in the first bad file.
    """
    sectors = {sector.id for sector in load_sectors()}
    found: dict[str, Source] = {}
    for folder in ([SHIPPED / "sources"] if shipped else []) + [home.sources_folder]:
        in_folder: dict[str, Path] = {}
        for path in sorted(folder.glob("*.y*ml")):
            for source in _sources_of(path, sectors, options):
                if source.id in in_folder:
                    raise ConfigError(f"{path}: entry {source.id!r} stands in {in_folder[source.id]} too; keep one.")
                in_folder[source.id] = path
                found[source.id] = source
    for disabled in load_disabled(home):
        if disabled.id in found:
            found[disabled.id] = found[disabled.id].model_copy(update={"enabled": False})
    return found


def load_disabled(home: Home) -> tuple[Disabled, ...]:
    """The sources that a person has switched off. Raises ConfigError."""
    if not home.disabled_file.exists():
        return ()
    yaml_file = read_yaml(home.disabled_file)
    found = _entries(yaml_file, "disabled")
    return tuple(checked(Disabled, yaml_file, entry, keys, name) for keys, name, entry in found)


def _sources_of(path: Path, sectors: set[str], options: Mapping[str, type[BaseModel]]) -> Iterable[Source]:
    yaml_file = read_yaml(path)
    for keys, name, entry in _entries(yaml_file, "sources"):
        source = checked(Source, yaml_file, entry, keys, name)
        for number, sector in enumerate(source.sectors):
            if sector not in sectors:
                known = ", ".join(sorted(sectors))
                place = [*keys, "sectors", number]
                raise yaml_file.error(f"no sector is called {sector!r}; the sectors are {known}.", place, name)
        for key in ("mechanism", "start"):
            if source.status in HARVESTABLE and not getattr(source, key):
                told = f"`{key}` is missing; only `status: manual` and `status: subscription` can do without."
                raise yaml_file.error(told, [*keys, key], name)
        if not source.mechanism:  # a record only
            yield source
            continue
        if source.mechanism not in options:
            known = ", ".join(sorted(options))
            place = [*keys, "mechanism"]
            raise yaml_file.error(f"no mechanism is called {source.mechanism!r}; choose from {known}.", place, name)
        checked(options[source.mechanism], yaml_file, source.options, [*keys, "options"], name)
        yield source


def _entries(yaml_file: YamlFile, key: str) -> list[tuple[list[str | int], str, object]]:
    """The entries of a file's one list, each with its place and its id (or number) for error messages."""
    content = yaml_file.content
    if not isinstance(content, dict) or set(content) != {key} or not isinstance(content[key], list):
        raise yaml_file.error(f"the file must hold one list called `{key}:`.")
    entries: list[tuple[list[str | int], str, object]] = []
    for number, entry in enumerate(content[key]):
        if not isinstance(entry, dict):
            raise yaml_file.error("an entry is written as `- id: …` with its keys below.", [key, number])
        entries.append(([key, number], str(entry.get("id", f"number {number + 1}")), entry))
    return entries


def _refuse_double_ids(yaml_file: YamlFile, ids: list[str], key: str) -> None:
    for number, name in enumerate(ids):
        if name in ids[:number]:
            raise yaml_file.error("this id is given twice; keep one.", [key, number, "id"], name)
