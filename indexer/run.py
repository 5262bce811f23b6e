"""`commdex index`: originals are read, documents assembled and described, and the search index brought up to date.

Each stage does only what is not done yet and writes as it goes, so a run that was killed is taken up by the next one,
and a run with nothing new changes nothing.
"""

from __future__ import annotations

import datetime
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from config.catalogue import load_document_types, load_sectors
from config.home import Home
from config.model import IndexSettings, Source
from crawler.archive import Archive, Resource
from indexer.assemble import Unit, assemble
from indexer.describe import Describer
from indexer.document import Document, Page
from indexer.engine import IndexWriter, index_state, reset_index
from indexer.library import Counts, Library
from indexer.pool import read_all
from indexer.reading import Task
from indexer.sectors import Tagger
from indexer.titles import choose_title

DOCUMENTS_A_TRANSACTION = 100

# Told of a stage's progress: its name, how much is done, how much there is.
Progress = Callable[[str, int, int], None]


@dataclass
class IndexResult:
    """What a run of the indexer did. Seconds of wall clock by stage."""

    read: Counter[str] = field(default_factory=Counter)  # originals read in this run, by state
    damaged: set[str] = field(default_factory=set)  # originals that are lost or not themselves any more
    new: int = 0
    changed: int = 0
    dropped: int = 0
    left_out: int = 0
    indexed: int = 0
    rebuilt: str = ""  # why the index was built anew, where it was
    seconds: dict[str, float] = field(default_factory=dict)
    counts: Counts | None = None


def index(
    home: Home, settings: IndexSettings, sources: Mapping[str, Source], progress: Progress = lambda *_: None
) -> IndexResult:
    """Bring library and index up to date with the archive.

    Raises ArchiveError, LibraryError, ConfigError.
    """
    result = IndexResult()
    with Archive(home.archive_folder) as archive, Library(home.library_file, read_only=False) as library:
        resources = {resource.address: resource for resource in archive.resources()}
        announced = list(archive.announcements())
        wanted = {announcement.address for announcement in announced}
        with _timed(result, "reading"):
            _read(archive, library, [resources[a] for a in sorted(wanted & set(resources))], settings, result, progress)
        with _timed(result, "describing"):
            units, left_out = assemble(announced, resources, _title_of(library))
            types, tagger = load_document_types(), Tagger(load_sectors())
            options = _options(settings)
            read = partial(library.has_read, options=options)
            describer = Describer(sources, types, tagger, library.reading, read, options, _today())
            _describe(library, units, describer, result, progress)
            library.leave_out((out.address, out.source, out.reason) for out in left_out)
            result.left_out = len(left_out)
        with _timed(result, "indexing"):
            _index(home, library, result, progress)
        result.counts = library.counts()
    return result


class _timed:
    """Adds the wall clock of its block to a result's seconds."""

    def __init__(self, result: IndexResult, stage: str):
        self._result, self._stage = result, stage

    def __enter__(self) -> None:
        self._begun = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._result.seconds[self._stage] = time.monotonic() - self._begun


def _read(
    archive: Archive,
    library: Library,
    resources: Sequence[Resource],
    settings: IndexSettings,
    result: IndexResult,
    progress: Progress,
) -> None:
    """Read every original that the present readers have not read yet."""
    options = _options(settings)
    tasks: dict[str, Task] = {}
    for resource in resources:
        sha256 = resource.sha256
        if not sha256 or sha256 in tasks or library.has_read(sha256, options):
            continue
        if archive.intact(sha256):
            tasks[sha256] = Task(sha256, str(archive.original(sha256)), resource.kind, resource.address, dict(options))
        else:
            result.damaged.add(sha256)  # read when a crawl has fetched it again
    progress("Reading originals", 0, len(tasks))
    if not tasks:
        return
    workers = min(settings.workers or os.cpu_count() or 1, len(tasks))
    readings = read_all(
        tasks.values(), workers=workers, seconds=settings.seconds_per_file, memory=settings.memory_per_worker
    )
    for done, (task, reading) in enumerate(readings, start=1):
        library.keep_reading(task.sha256, task.kind, options, reading)
        result.read[reading.state] += 1
        progress("Reading originals", done, len(tasks))


def _options(settings: IndexSettings) -> dict[str, Any]:
    """What the readers are told; an original is read again when it changes."""
    return {"pdf_reader": settings.pdf_reader}


def _title_of(library: Library) -> Callable[[str], str]:
    def title_of(sha256: str) -> str:
        reading = library.reading(sha256, with_pages=False) if sha256 else None
        return choose_title(reading.titles).value if reading else ""

    return title_of


def _describe(
    library: Library, units: Sequence[Unit], describer: Describer, result: IndexResult, progress: Progress
) -> None:
    """Describe the units whose inputs changed; drop the documents that no unit makes any more."""
    known = library.inputs()
    inputs = {unit.id: describer.inputs(unit) for unit in units}
    changed = [unit for unit in units if known.get(unit.id) != inputs[unit.id]]
    progress("Describing documents", 0, len(changed))
    done = 0
    for batch in _batches(changed):
        with library.transaction():
            for unit in batch:
                library.keep_document(describer.document(unit), inputs[unit.id])
        done += len(batch)
        progress("Describing documents", done, len(changed))
    gone = sorted(set(known) - set(inputs))
    if gone:
        with library.transaction():
            library.drop_documents(gone)
    result.new = sum(unit.id not in known for unit in changed)
    result.changed = len(changed) - result.new
    result.dropped = len(gone)


def _batches(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    rest = iter(units)
    while batch := list(islice(rest, DOCUMENTS_A_TRANSACTION)):
        yield batch


def _index(home: Home, library: Library, result: IndexResult, progress: Progress) -> None:
    """Put into the index what it does not hold yet; build it anew where it is missing, damaged or an older one."""
    state = index_state(home.index_folder)
    if state.kind != "good":
        if state.kind != "missing":
            result.rebuilt = state.reason
        reset_index(home.index_folder)
        library.forget_index()
    writer = IndexWriter(home.index_folder)
    held = writer.ids()
    # Either store may have been brought back from another day: what one lacks or has too much is mended here.
    library.not_in_index(set(library.marked_indexed()) - held)
    waiting, removed = library.to_index(), library.to_remove()
    strangers = sorted(held - set(library.ids()) - set(removed))
    progress("Indexing documents", 0, len(waiting))
    for ids in writer.write(_documents(library, waiting), [*removed, *strangers]):
        library.indexed(ids)
        result.indexed += len(ids)
        progress("Indexing documents", result.indexed, len(waiting))
    if removed:
        library.removed(removed)


def _documents(library: Library, ids: Sequence[str]) -> Iterator[tuple[Document, list[Page]]]:
    for name in ids:
        document = library.document(name)
        if document is not None:
            yield document, library.pages(document)


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()
