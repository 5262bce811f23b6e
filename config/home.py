"""The home directory: where a library keeps everything that it harvests, reads and searches.

Each room owns one folder below it, so that a room's store can be removed or moved without touching the others.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from config.errors import ConfigError

ENVIRONMENT_VARIABLE = "COMMDEX_HOME"


@dataclass(frozen=True)
class Home:
    """Paths below one home directory; making a `Home` touches nothing on disk."""

    folder: Path

    @property
    def settings_file(self) -> Path:
        return self.folder / "settings.yml"

    @property
    def sources_folder(self) -> Path:
        """A library's own source entries, read beside (and over) those that come with Commdex."""
        return self.folder / "sources"

    @property
    def archive_folder(self) -> Path:
        return self.folder / "archive"

    @property
    def library_file(self) -> Path:
        return self.folder / "library" / "library.db"

    @property
    def index_folder(self) -> Path:
        return self.folder / "index"

    @property
    def session_folder(self) -> Path:
        return self.folder / "session"

    @property
    def log_folder(self) -> Path:
        return self.folder / "log"

    @property
    def reports_folder(self) -> Path:
        """A report of each run of the crawler."""
        return self.folder / "reports"

    @property
    def disabled_file(self) -> Path:
        """The sources that a person has switched off."""
        return self.folder / "disabled.yml"

    @property
    def lock_file(self) -> Path:
        return self.folder / "commdex.lock"

    def make(self) -> None:
        """Make the home directory. Raises ConfigError when that is not allowed or something else stands there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"{self.folder}: the home directory cannot be made ({error.strerror}).\n"
                f"Name another with --home DIR or {ENVIRONMENT_VARIABLE}."
            ) from error


def find_home(given: str | Path | None = None) -> Home:
    """The home directory: `given` (from --home), else COMMDEX_HOME, else the platform's data directory."""
    chosen = given or os.environ.get(ENVIRONMENT_VARIABLE)
    if not chosen:
        import platformdirs  # only when it is needed: a search should start at once

        chosen = platformdirs.user_data_dir("commdex", appauthor=False)
    return Home(Path(chosen).expanduser().resolve())
