"""Homes for tests, and the real command run on them in a process of its own (Twisted's reactor runs once a process)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from config.home import Home

CONTACT = "library@commdex.example"
NO_WAITING = {"delay": 0.0, "archive_delay": 0.0}
NO_ARCHIVES: dict[str, Any] = {"archives": []}  # those of the settings' default are on the internet


def make_home(
    folder: Path,
    sources: Sequence[Mapping[str, Any]] = (),
    *,
    contact: str = CONTACT,
    crawl: Mapping[str, Any] | None = None,
    index: Mapping[str, Any] | None = None,
) -> Home:
    """A home with these sources alone, that may fetch from loopback and waits for nothing."""
    home = Home(folder)
    home.sources_folder.mkdir(parents=True)
    settings = {
        "contact": contact,
        "shipped_sources": False,
        "crawl": {
            **NO_WAITING,
            **NO_ARCHIVES,
            "retries": 0,
            "timeout": 5.0,
            "allow_private_hosts": True,
            **(crawl or {}),
        },
        "index": {"workers": 2, "seconds_per_file": 30.0, **(index or {})},
    }
    home.settings_file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    put_sources(home, sources)
    return home


def put_sources(home: Home, sources: Sequence[Mapping[str, Any]]) -> None:
    """Write these entries as the home's own sources, over what it had."""
    whole = [{"name": source["id"], "publisher": "A publisher", **source} for source in sources]
    (home.sources_folder / "test.yml").write_text(yaml.safe_dump({"sources": whole}), encoding="utf-8")


def commdex(
    home: Home, *arguments: str, proxy: str = "", expect: int | None = 0, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `commdex` and check its exit code (None: any)."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in ("http_proxy", "https_proxy", "no_proxy", "commdex_home", "commdex_contact")
    }
    environment |= {"http_proxy": proxy, "https_proxy": proxy} if proxy else {}
    done = subprocess.run(
        [sys.executable, "-m", "search_cli.main", "--home", str(home.folder), *arguments],
        env=environment | more,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    if expect is not None:
        assert done.returncode == expect, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def search(home: Home, *arguments: str) -> dict[str, Any]:
    """What `commdex search --json` answers."""
    answer: dict[str, Any] = json.loads(commdex(home, "search", "--json", *arguments).stdout)
    return answer
