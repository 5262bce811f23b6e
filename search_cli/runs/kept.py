"""The reports as files of a home: one JSON and one HTML file a run."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from config.home import Home
from search_cli.runs.model import SCHEMA_VERSION, Report
from search_cli.session import write_whole

_NAME = re.compile(r"run-(\d{6,})\.json")


class Reports:
    """The reports of one home."""

    def __init__(self, home: Home):
        self._folder = home.reports_folder
        self.read = lru_cache(maxsize=8)(self._read)

    def path(self, run: int, suffix: str) -> Path:
        """Where the report of a run lies; `suffix` is json or html."""
        return self._folder / f"run-{run:06}.{suffix}"

    def numbers(self) -> list[int]:
        """The runs that have a report, latest first."""
        try:
            names = [path.name for path in self._folder.iterdir()]
        except OSError:
            return []
        return sorted((int(found[1]) for name in names if (found := _NAME.fullmatch(name))), reverse=True)

    def _read(self, run: int) -> Report | None:
        """The report of a run, None where there is none, or it is damaged or of another version."""
        try:
            report = Report.model_validate_json(self.path(run, "json").read_bytes())
        except (OSError, ValidationError):
            return None
        return report if report.schema_version == SCHEMA_VERSION and report.run == run else None

    def before(self, run: int) -> Report | None:
        """The latest sound report of an earlier run."""
        earlier = (self.read(number) for number in self.numbers() if number < run)
        return next((report for report in earlier if report), None)

    def write(self, report: Report) -> Path:
        """Keep a report, over what was kept of its run, and return where its page lies. Raises OSError."""
        from search_cli.runs.html import page

        self.read.cache_clear()
        write_open(self.path(report.run, "json"), report.model_dump_json(indent=2) + "\n")
        target = self.path(report.run, "html")
        write_open(target, page(report))
        return target


def write_open(path: Path, text: str) -> None:
    """Write a file whole or not at all, as open as any other new file: reports are handed round. Raises OSError."""
    write_whole(path, text)
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
