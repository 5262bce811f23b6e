"""The names that people see for sectors and document types, kept beside the session so that a search starts at once.

Reading and checking the YAML takes longer than most searches do.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import config
from config.home import Home
from search_cli.session import write_whole

_FILES = ("sectors.yml", "document_types.yml")


@dataclass(frozen=True)
class Labels:
    """By id: headings of sectors, labels of document types, and the RIS type that each of these is cited as."""

    sectors: dict[str, str]
    types: dict[str, str]
    references: dict[str, str]


def load_labels(home: Home) -> Labels:
    """The labels as configured. Raises ConfigError."""
    stamp = _stamp()
    kept = home.session_folder / "labels.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        values = json.loads(kept.read_text(encoding="utf-8"))
        if values["stamp"] == stamp:
            return Labels(**values["labels"])
    from config.catalogue import load_document_types, load_sectors

    types = load_document_types()
    labels = Labels(
        {sector.id: sector.heading for sector in load_sectors()},
        {kind.id: kind.label for kind in types},
        {kind.id: kind.reference for kind in types},
    )
    with suppress(OSError):  # a home that cannot be written to can still be searched
        write_whole(kept, json.dumps({"stamp": stamp, "labels": asdict(labels)}, ensure_ascii=False))
    return labels


def _stamp() -> list[list[str | int]]:
    """What tells whether the YAML is still that from which the labels were taken."""
    folder = Path(config.__file__).parent
    stats = [(name, (folder / name).stat()) for name in _FILES]
    return [[str(folder), name, stat.st_mtime_ns, stat.st_size] for name, stat in stats]
