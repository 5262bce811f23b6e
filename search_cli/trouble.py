"""What goes wrong below a command, as a message that says what would mend it, and the exit code for it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from config.errors import ConfigError
from config.home import Home
from crawler.archive import SCHEMA as ARCHIVE_SCHEMA
from crawler.archive import ArchiveError
from indexer.engine import IndexUnusable
from indexer.library import SCHEMA as LIBRARY_SCHEMA
from indexer.library import LibraryError
from search_cli.exit_codes import ExitCode, Failure
from search_cli.query.errors import QueryError
from search_cli.session import SessionError

# What reading a damaged database raises, depending on which byte is wrong.
STORE_ERRORS = (sqlite3.Error, UnicodeDecodeError, json.JSONDecodeError)


@contextmanager
def explained(home: Home) -> Iterator[None]:
    """Whatever is wrong with query, home, index, archive or library ends the command with its code and its message."""
    try:
        yield
    except (QueryError, SessionError) as error:
        raise Failure(str(error), ExitCode.USAGE) from error
    except (LibraryError, ArchiveError) as error:
        if isinstance(error.__cause__, sqlite3.Error):
            raise store_failure(home, error) from error
        raise Failure(str(error), ExitCode.HOME) from error
    except (IndexUnusable, ConfigError) as error:
        raise Failure(str(error), ExitCode.HOME) from error
    except STORE_ERRORS as error:
        raise store_failure(home, error) from error


def store_failure(home: Home, error: Exception) -> Failure:
    """Which of a home's databases an error speaks of, and what would mend it. Reads both where it must."""
    library, archive = home.library_file, home.archive_folder / "archive.db"
    if _busy(error) or _busy(error.__cause__):
        return Failure(f"another program keeps a database of {home.folder} busy ({error}). Try again.", ExitCode.HOME)
    if _locked_away(error) or _locked_away(error.__cause__):
        return Failure(
            f"the databases of {home.folder} cannot be opened: even searching needs leave to read and write in this "
            "folder and all below it. Get it, or work in a copy of the whole folder. Nothing is known to be damaged.",
            ExitCode.HOME,
        )
    damaged = [path for path, schema in ((library, LIBRARY_SCHEMA), (archive, ARCHIVE_SCHEMA)) if _damage(path, schema)]
    told = []
    if library in damaged or (not damaged and isinstance(error, UnicodeDecodeError | json.JSONDecodeError)):
        told.append(
            f"{library}: the library is damaged ({error}). Nothing is lost with it: delete {library}, "
            "then make it again with: commdex index"
        )
    if archive in damaged:
        told.append(
            f"{archive}: the archive's database is damaged ({error}). Bring it back from a backup, "
            "or move it away and harvest again with: commdex crawl"
        )
    if not told:
        told.append(f"a database of {home.folder} cannot be used ({error}).")
    return Failure("\n".join(told), ExitCode.HOME)


def _busy(error: BaseException | None) -> bool:
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _locked_away(error: BaseException | None) -> bool:
    """Whether a database could not be opened for want of leave; the low byte of SQLite's code is its kind."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


def _damage(path: Path, schema: str) -> bool:
    """Whether a database is not what it should be: every page and every value of it is looked at."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=5)) as db:
            db.execute("PRAGMA query_only = ON")
            for table in re.findall(r"CREATE TABLE IF NOT EXISTS (\w+)", schema):
                for _ in db.execute(f"SELECT * FROM {table}"):  # names of our own schema
                    pass
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return not _busy(error)
