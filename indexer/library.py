"""The library: what the archive's originals say, and the documents made of them (`library.db`, SQLite).

Two layers, each rebuilt from the one before it with the same result:

* `originals` and `pages`: what a reader made of each original, by sha256. Read once, whatever refers to it.
* `documents` and all that hangs on them: assembled from the archive's announcements and the layer above.

`documents.indexed` remembers which state of a document the search index holds, so that a run that was killed between
the two is taken up where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crawler.store import Store, StoreError
from indexer.document import Document, File, Location, Page, SectorTag, Value
from indexer.reading import READER_VERSION, Reading, reading_from

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS originals (
    sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, reader_version INTEGER NOT NULL, options TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL, pages INTEGER NOT NULL, about TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pages (
    sha256 TEXT NOT NULL REFERENCES originals ON DELETE CASCADE, number INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (sha256, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, inputs TEXT NOT NULL, digest TEXT NOT NULL, indexed TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL, date TEXT NOT NULL, publisher TEXT NOT NULL, type TEXT NOT NULL, host TEXT NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, position INTEGER NOT NULL, sha256 TEXT NOT NULL,
    kind TEXT NOT NULL, pages INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, address TEXT NOT NULL,
    PRIMARY KEY (document, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_by_sha256 ON files (sha256);
CREATE TABLE IF NOT EXISTS sectors (
    document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, sector TEXT NOT NULL, score REAL NOT NULL,
    PRIMARY KEY (document, sector)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document_sources (
    document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE, source TEXT NOT NULL,
    PRIMARY KEY (document, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS to_remove (
    document TEXT PRIMARY KEY  -- dropped here, perhaps still in the index
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS left_out (
    address TEXT NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (address, source)
) WITHOUT ROWID;
"""


class LibraryError(StoreError):
    """The library cannot be used."""


@dataclass(frozen=True)
class Counts:
    """How much the library holds. Documents, files and pages are counted apart."""

    documents: int
    files: int
    pages: int
    undated: int
    unread: int  # documents none of whose files gave any text
    not_indexed: int


class Library(Store):
    """The library of one home, open for one writer (`read_only=False`) or for any number of readers."""

    schema, version, error = SCHEMA, SCHEMA_VERSION, LibraryError
    noun, make = "library", "commdex update"
    mend = "Remove it and make it anew with: commdex index"

    def __init__(self, path: Path, *, read_only: bool = True):
        """Open the library at `path`. Raises LibraryError when there is none to read, or it is damaged."""
        super().__init__(path, read_only=read_only)

    # originals

    def has_read(self, sha256: str, options: dict[str, Any]) -> bool:
        """Whether this original was read by the present readers with these options."""
        row = self._db.execute("SELECT reader_version, options FROM originals WHERE sha256 = ?", (sha256,)).fetchone()
        return row is not None and row["reader_version"] == READER_VERSION and row["options"] == _plain(options)

    def keep_reading(self, sha256: str, kind: str, options: dict[str, Any], reading: Reading) -> None:
        """Keep what a reader made of an original, over what was kept before."""
        with self.transaction():
            self._db.execute("DELETE FROM originals WHERE sha256 = ?", (sha256,))
            self._db.execute(
                "INSERT INTO originals VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (sha256, kind, READER_VERSION, _plain(options), reading.state, reading.reason, len(reading.pages),
                 _plain(reading.about())),
            )  # fmt: skip
            self._db.executemany(
                "INSERT INTO pages VALUES (?, ?, ?)",
                ((sha256, number, text) for number, text in enumerate(reading.pages, start=1)),
            )

    def reading(self, sha256: str, *, with_pages: bool = True) -> Reading | None:
        """What a reader made of this original, None when nothing has read it."""
        row = self._db.execute("SELECT about FROM originals WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            return None
        return reading_from(json.loads(row["about"]), tuple(self.page_texts(sha256)) if with_pages else ())

    def page_texts(self, sha256: str) -> list[str]:
        """The text of each page of an original, page 1 first."""
        rows = self._db.execute("SELECT text FROM pages WHERE sha256 = ? ORDER BY number", (sha256,))
        return [row["text"] for row in rows]

    # documents

    def inputs(self) -> dict[str, str]:
        """Of each document, by id, the digest of what it was assembled from."""
        return {row["id"]: row["inputs"] for row in self._db.execute("SELECT id, inputs FROM documents")}

    def keep_document(self, document: Document, inputs: str) -> None:
        """Keep a document over its former state; call inside `transaction`."""
        record = _plain(asdict(document))
        digest = hashlib.sha256(record.encode()).hexdigest()
        self._db.execute(
            "INSERT INTO documents (id, inputs, digest, title, date, publisher, type, host, record) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET inputs = excluded.inputs, "
            "digest = excluded.digest, title = excluded.title, date = excluded.date, publisher = excluded.publisher, "
            "type = excluded.type, host = excluded.host, record = excluded.record",
            (document.id, inputs, digest, document.title.value, document.date.value, document.publisher.value,
             document.type.value, document.host, record),
        )  # fmt: skip
        self._db.execute("DELETE FROM to_remove WHERE document = ?", (document.id,))
        for table in ("files", "sectors", "document_sources"):
            self._db.execute(f"DELETE FROM {table} WHERE document = ?", (document.id,))
        self._db.executemany(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((document.id, position, file.sha256, file.kind, file.pages, file.state, file.reason, file.address)
             for position, file in enumerate(document.files)),
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO sectors VALUES (?, ?, ?)", ((document.id, tag.sector, tag.score) for tag in document.sectors)
        )
        self._db.executemany(
            "INSERT INTO document_sources VALUES (?, ?)", ((document.id, source) for source in document.sources)
        )

    def drop_documents(self, ids: Iterable[str]) -> None:
        """Forget documents that the archive no longer makes; call inside `transaction`."""
        for name in ids:
            self._db.execute("DELETE FROM documents WHERE id = ?", (name,))
            self._db.execute("INSERT OR IGNORE INTO to_remove VALUES (?)", (name,))

    def leave_out(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Write down which announced addresses made no document and why: (address, source, reason), over the old."""
        fresh = sorted(set(rows))
        if sorted(self.left_out()) == fresh:
            return
        with self.transaction():
            self._db.execute("DELETE FROM left_out")
            self._db.executemany("INSERT OR REPLACE INTO left_out VALUES (?, ?, ?)", fresh)

    def left_out(self) -> list[tuple[str, str, str]]:
        """Announced addresses that made no document: (address, source, reason)."""
        rows = self._db.execute("SELECT address, source, reason FROM left_out ORDER BY source, address")
        return [(row["address"], row["source"], row["reason"]) for row in rows]

    def document(self, name: str) -> Document | None:
        """The document with this id."""
        row = self._db.execute("SELECT record FROM documents WHERE id = ?", (name,)).fetchone()
        return _document_from(json.loads(row["record"])) if row else None

    def documents(self, ids: Sequence[str]) -> list[Document]:
        """The documents with these ids, in this order; ids that are not there any more are passed over."""
        return [document for name in ids if (document := self.document(name)) is not None]

    def ids(self) -> list[str]:
        """Every document's id, in order."""
        return [row["id"] for row in self._db.execute("SELECT id FROM documents ORDER BY id")]

    def ids_beginning(self, start: str) -> list[str]:
        """Ids that begin with `start`, so that a person may type the first few digits."""
        rows = self._db.execute("SELECT id FROM documents WHERE substr(id, 1, ?) = ? ORDER BY id", (len(start), start))
        return [row["id"] for row in rows]

    def pages(self, document: Document) -> list[Page]:
        """Every page of text of a document, file by file."""
        return [
            Page(position, number, text)
            for position, file in enumerate(document.files)
            if file.sha256
            for number, text in enumerate(self.page_texts(file.sha256), start=1)
        ]

    # the index's state

    def to_index(self) -> list[str]:
        """Ids of the documents whose present state the index does not hold yet."""
        return [row["id"] for row in self._db.execute("SELECT id FROM documents WHERE indexed != digest ORDER BY id")]

    def indexed(self, ids: Iterable[str]) -> None:
        """Note that the index holds these documents' present state."""
        with self.transaction():
            self._db.executemany("UPDATE documents SET indexed = digest WHERE id = ?", ((name,) for name in ids))

    def to_remove(self) -> list[str]:
        """Ids that the index may still hold though the documents are gone."""
        return [row["document"] for row in self._db.execute("SELECT document FROM to_remove ORDER BY document")]

    def removed(self, ids: Iterable[str]) -> None:
        """Note that the index does not hold these any more."""
        with self.transaction():
            self._db.executemany("DELETE FROM to_remove WHERE document = ?", ((name,) for name in ids))

    def marked_indexed(self) -> list[str]:
        """Ids of the documents that the index is believed to hold."""
        return [row["id"] for row in self._db.execute("SELECT id FROM documents WHERE indexed != ''")]

    def not_in_index(self, ids: Iterable[str]) -> None:
        """Note that the index does not hold these, so that they are indexed again."""
        with self.transaction():
            self._db.executemany("UPDATE documents SET indexed = '' WHERE id = ?", ((name,) for name in ids))

    def forget_index(self) -> None:
        """Note that the index holds nothing, so that all is indexed again."""
        self._db.execute("UPDATE documents SET indexed = ''")

    # counts

    def counts(self) -> Counts:
        """How much the library holds."""
        row = self._db.execute(
            "SELECT (SELECT COUNT(*) FROM documents) AS documents, "
            "(SELECT COUNT(*) FROM files WHERE sha256 != '') AS files, "
            "(SELECT COALESCE(SUM(pages), 0) FROM files) AS pages, "
            "(SELECT COUNT(*) FROM documents WHERE date = '') AS undated, "
            "(SELECT COUNT(*) FROM documents WHERE id NOT IN (SELECT document FROM files WHERE state = 'read')) "
            "AS unread, (SELECT COUNT(*) FROM documents WHERE indexed != digest) AS not_indexed"
        ).fetchone()
        return Counts(**dict(row))

    def documents_by_source(self) -> dict[str, int]:
        """How many documents each source has, by source id."""
        rows = self._db.execute("SELECT source, COUNT(*) AS n FROM document_sources GROUP BY source")
        return {row["source"]: row["n"] for row in rows}

    def coverage_by_source(self) -> dict[str, tuple[int, int, int]]:
        """Of each source's documents: how many there are, have no date, and have no text; by source id."""
        rows = self._db.execute(
            "SELECT source, COUNT(*) AS documents, SUM(date = '') AS undated, "
            "SUM(id NOT IN (SELECT document FROM files WHERE state = 'read')) AS unread "
            "FROM document_sources JOIN documents ON id = document GROUP BY source"
        )
        return {row["source"]: (row["documents"], row["undated"], row["unread"]) for row in rows}

    def documents_holding(self, sha256: str) -> list[Document]:
        """The documents that have this original among their files."""
        rows = self._db.execute("SELECT DISTINCT document FROM files WHERE sha256 = ? ORDER BY document", (sha256,))
        return self.documents([row["document"] for row in rows.fetchall()])

    def troubled_files(self) -> list[sqlite3.Row]:
        """Files that gave no text: rows with document, title, address, kind, state and reason."""
        return self._db.execute(
            "SELECT files.document, documents.title, files.address, files.kind, files.state, files.reason "
            "FROM files JOIN documents ON documents.id = files.document WHERE files.state != 'read' "
            "ORDER BY files.state, files.reason, documents.title"
        ).fetchall()


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _document_from(record: dict[str, Any]) -> Document:
    made: dict[str, Any] = dict(record)
    for name in ("title", "date", "publisher", "type"):
        made[name] = Value(**record[name])
    for name in ("sources", "headings"):
        made[name] = tuple(record[name])
    made["files"] = tuple(File(**file) for file in record["files"])
    made["locations"] = tuple(Location(**location) for location in record["locations"])
    made["sectors"] = tuple(
        SectorTag(tag["sector"], tag["score"], tuple((word, times) for word, times in tag["evidence"]))
        for tag in record["sectors"]
    )
    return Document(**made)
