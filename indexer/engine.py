"""The write door of the search engine: documents of the library go into the index (Whoosh) here, and nowhere else.

The index is disposable: whatever is wrong with it, `reset_index` and another run make it again from the library.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from whoosh import index, writing
from whoosh.filedb.filestore import ReadOnlyError
from whoosh.reading import ReaderClosed, SegmentReader, TermNotFound

from indexer.analyser import INDEX_VERSION, UNDATED, forms, schema
from indexer.document import Document, Page

# Memory for postings, in MB, before they spill to disk: spilling costs half as much time again.
WRITER_MEMORY = 512
# Characters of text after which a commit is made: what a kill loses at most.
COMMIT_EVERY = 30_000_000
# Twelve segments make a query twice as slow as one; merging all of them costs most of a rebuild.
MOST_SEGMENTS = 8
SEGMENTS_KEPT = 4
# A segment with more than this share of its documents deleted is merged away.
MOST_DELETED = 0.3

STAMP = "commdex-index.json"

# What reading a damaged index raises, depending on which byte is wrong.
DAMAGE: tuple[type[Exception], ...] = (
    struct.error, EOFError, zlib.error, pickle.UnpicklingError, OSError, KeyError, IndexError, ValueError, TypeError,
    AttributeError, ImportError, AssertionError, OverflowError, MemoryError, NameError, index.IndexError,
    ReadOnlyError, ReaderClosed, TermNotFound,
)  # fmt: skip


def is_damage(error: Exception) -> bool:
    """Whether this is how a damaged index shows; for a block without its tag Whoosh raises `Exception` itself."""
    return isinstance(error, DAMAGE) or type(error) is Exception


class IndexUnusable(Exception):
    """The index is missing, damaged or of another version; the message names the folder and the mending command."""


@dataclass(frozen=True)
class IndexState:
    """What stands in an index folder. `documents` counts those that a search can find; `reason` says what is wrong."""

    kind: Literal["missing", "other version", "damaged", "good"]
    documents: int
    reason: str


def index_state(folder: Path) -> IndexState:
    """Look at the index in `folder`, opening every segment of it; raises nothing."""
    unstamped = stamp_trouble(folder)
    if unstamped is not None:
        return unstamped
    try:
        opened = index.open_dir(str(folder), readonly=True)
        with opened.reader() as reader:
            documents = int(reader.doc_count())
            for field in ("id", "text", "text_exact"):
                for _ in zip(range(3), reader.lexicon(field), strict=False):
                    pass
    except DAMAGE as error:
        return IndexState("damaged", 0, f"{folder}: the index is damaged ({type(error).__name__}: {error})")
    return IndexState("good", documents, "")


def stamp_trouble(folder: Path) -> IndexState | None:
    """What the version stamp in `folder` says against using the index, None when it says nothing; a cheap look."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return IndexState("missing", 0, f"{folder}: there is no index yet")
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))["version"]
    except FileNotFoundError:
        return IndexState("other version", 0, f"{folder}: the index carries no version stamp")
    except (OSError, ValueError, KeyError, TypeError) as error:
        return IndexState("damaged", 0, f"{folder / STAMP}: cannot be read ({error})")
    if found != INDEX_VERSION:
        return IndexState("other version", 0, f"{folder}: the index is of version {found}, not {INDEX_VERSION}")
    return None


def reset_index(folder: Path) -> None:
    """Remove whatever index stands in `folder` and make an empty one. Raises OSError when that is not allowed."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    index.create_in(str(folder), schema())
    # The stamp is written last: a folder without one is made again.
    (folder / STAMP).write_text(json.dumps({"version": INDEX_VERSION}) + "\n", encoding="utf-8")


class IndexWriter:
    """Writes documents into the index in `folder`, which `index_state` must have found good."""

    def __init__(self, folder: Path):
        """Raises IndexUnusable when there is no index of this version in `folder`."""
        state = index_state(folder)
        if state.kind != "good":
            raise IndexUnusable(f"{state.reason}. Make it again with: commdex index")
        self.folder = folder

    def ids(self) -> set[str]:
        """The ids of all documents in the index."""
        with index.open_dir(str(self.folder), readonly=True).reader() as reader:
            return {fields["id"] for _, fields in reader.iter_docs()}

    def write(
        self, documents: Iterable[tuple[Document, Sequence[Page]]], remove: Collection[str]
    ) -> Iterator[list[str]]:
        """Put documents in, over their former state, and take the ids in `remove` out.

        Yields the ids of the documents that each commit made durable; `remove` is gone with the first of them. With
        nothing to do it touches nothing.
        Raises `whoosh.index.LockError` when another process is writing.
        """
        todo = iter(documents)
        first = next(todo, None)
        if first is None and not remove:
            return
        waiting: Iterator[tuple[Document, Sequence[Page]]] = chain([first] if first else [], todo)
        doomed = set(remove)
        while True:
            written, held_over = self._write_batch(waiting, doomed)
            if written or doomed:
                yield written
            if held_over is None:
                return
            doomed = set()
            waiting = chain([held_over], waiting)

    def _write_batch(
        self, waiting: Iterator[tuple[Document, Sequence[Page]]], doomed: set[str]
    ) -> tuple[list[str], tuple[Document, Sequence[Page]] | None]:
        """One commit: the ids written, and the document that opens the next batch (None when none is left)."""
        written: dict[str, None] = {}
        held_over: tuple[Document, Sequence[Page]] | None = None
        size = 0
        with self._writer() as writer, writer.searcher() as searcher:
            for name in sorted(doomed):
                writer.delete_by_term("id", name, searcher=searcher)
            for document, pages in waiting:
                # Whoosh keeps both of two documents with one key in one batch, so the second waits for the next.
                if size >= COMMIT_EVERY or document.id in written:
                    held_over = (document, pages)
                    break
                writer.delete_by_term("id", document.id, searcher=searcher)
                writer.add_document(**fields_of(document, pages))
                written[document.id] = None
                size += sum(len(page.text) for page in pages)
        self._sync()
        return list(written), held_over

    @contextmanager
    def _writer(self) -> Iterator[Any]:
        """A writer that commits at the end; whatever happens, its lock is released."""
        writer = index.open_dir(str(self.folder)).writer(limitmb=WRITER_MEMORY, timeout=10.0)
        try:
            yield writer
            writer.commit(mergetype=merge_plan)
        except BaseException:
            with suppress(*DAMAGE, writing.IndexingError):
                writer.cancel()
            raise
        finally:
            if writer.writelock.fd is not None:
                writer.writelock.release()

    def _sync(self) -> None:
        """Bring a commit to the disk: Whoosh leaves that to the operating system."""
        for path in self.folder.iterdir():
            if path.is_file():
                handle = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)


def merge_plan(writer: Any, segments: list[Any]) -> list[Any]:
    """Which segments stay as they are; the others are merged into the one being written.

    Small additions leave everything alone. With more than MOST_SEGMENTS the smallest are merged, so that each document
    is rewritten a few times only, however large the index grows.
    """
    by_size = sorted(segments, key=lambda segment: segment.doc_count_all(), reverse=True)
    kept = by_size if len(by_size) < MOST_SEGMENTS else by_size[:SEGMENTS_KEPT]
    worn = [segment for segment in kept if segment.deleted_count() > MOST_DELETED * segment.doc_count_all()]
    merged = [segment for segment in segments if segment not in kept or segment in worn]
    for segment in merged:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        try:
            writer.add_reader(reader)
        finally:
            reader.close()
    return [segment for segment in segments if segment not in merged]


def fields_of(document: Document, pages: Sequence[Page]) -> dict[str, Any]:
    """The values of a document's index fields."""
    title = forms(document.title.value)
    text = [title, *_other_titles(document), *_texts_by_file(pages)]
    publisher = [forms(document.publisher.value)]
    return {
        "id": document.id,
        "text": text,
        "text_exact": text,
        "title": [title],
        "title_exact": [title],
        "publisher": publisher,
        "publisher_exact": publisher,
        "publisher_name": [document.publisher.value],
        "sector": [tag.sector for tag in document.sectors],
        "type": [document.type.value],
        "source": list(document.sources),
        "host": hosts_of(document),
        "year": [document.year or UNDATED],
        "date": document.date.value,
        "title_key": " ".join(title),
    }


def _other_titles(document: Document) -> list[list[str]]:
    titles = [*(location.title for location in document.locations), *(file.title for file in document.files)]
    return [forms(title) for title in dict.fromkeys(titles) if title and title != document.title.value]


def _texts_by_file(pages: Sequence[Page]) -> list[list[str]]:
    """The words of each file. Its pages run on, as sentences do; files are parted."""
    by_file: dict[int, list[str]] = {}
    for page in pages:
        by_file.setdefault(page.file, []).extend(forms(page.text))
    return list(by_file.values())


def hosts_of(document: Document) -> list[str]:
    """Every host that publishes the document, the original one for copies in a web archive."""
    originals = {file.address: file.original for file in document.files}
    places = [file.original for file in document.files]
    places += [originals.get(location.address, location.address) for location in document.locations]
    archived = {urlsplit(file.address).hostname for file in document.files if file.address != file.original}
    hosts = [document.host, *(urlsplit(place).hostname or "" for place in places)]
    return [host for host in dict.fromkeys(host.lower() for host in hosts) if host and host not in archived]
