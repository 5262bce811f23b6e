"""A home that lists the sample web's sources, for tests and for the demonstration."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from config.home import Home

SOURCES = Path(__file__).with_name("sources.yml")
ARCHIVES = ["http://webarchive.nationalarchives.example/ukgwa/"]


def sample_home(folder: Path, contact: str = "library@commdex.example", delay: float = 0.0) -> Home:
    """A home at `folder` with the sources of the sample web alone, which looks for what is gone in its archive."""
    home = Home(folder)
    home.sources_folder.mkdir(parents=True)
    settings: dict[str, Any] = {
        "contact": contact,
        "shipped_sources": False,
        "crawl": {"delay": delay, "archive_delay": delay, "timeout": 20.0, "archives": ARCHIVES},
    }
    home.settings_file.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    shutil.copyfile(SOURCES, home.sources_folder / "sample-web.yml")
    return home
