"""A room's SQLite file: opened the same way in every room, versioned, with one writer and any number of readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self


class StoreError(Exception):
    """A store cannot be used; the message names the file and what would mend it."""


class Store:
    """Base of the stores. WAL lets readers read while the writer writes; a kill loses at most an open transaction."""

    schema: ClassVar[str]  # statements that make version `version`, each of them harmless where it has been run
    version: ClassVar[int]
    migrations: ClassVar[dict[int, str]] = {}  # statements that make version N out of the one before it
    error: ClassVar[type[StoreError]]
    noun: ClassVar[str]
    make: ClassVar[str]  # the command that makes one
    mend: ClassVar[str]  # what to do about a damaged one

    def __init__(self, path: Path, *, read_only: bool):
        """Open the store at `path`. Raises `error` when there is none to read, or it is damaged."""
        self.path = path
        if read_only and not path.exists():
            raise self.error(f"{path}: there is no {self.noun} yet. Make one with: {self.make}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # A reader opens the file for writing too, as WAL readers may have to; a pragma keeps it from writing.
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            if self._db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                self._db.execute("PRAGMA journal_mode = WAL")  # waits for nobody: only where it is not so yet
            for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._prepare(read_only)
            if read_only:
                self._db.execute("PRAGMA query_only = ON")
        except sqlite3.DatabaseError as error:
            raise self.error(f"{path}: cannot be opened as {self.noun} ({error}). {self.mend}") from error

    def may_be_made_anew(self) -> bool:
        """Whether a writer may fill an empty file: not where it would pass for a store that has lost everything."""
        return True

    def _prepare(self, read_only: bool) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > self.version:
            raise self.error(f"{self.path}: made by a newer Commdex (schema {found}); upgrade this one to use it.")
        if found == 0 and (read_only or not self.may_be_made_anew()):
            raise self.error(f"{self.path}: is empty. {self.mend}")
        if found < self.version:
            with self.transaction():
                found = self._db.execute("PRAGMA user_version").fetchone()[0]  # another process may have been quicker
                steps = [self.migrations.get(number, "") for number in range(found + 1, self.version + 1) if found]
                for statement in ";".join([*steps, self.schema]).split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {self.version}")

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
