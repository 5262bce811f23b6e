"""Small documents, libraries and indexes for tests of searching."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from config.home import Home
from indexer.document import Document, File, Location, Page, SectorTag, Value
from indexer.engine import IndexWriter, reset_index
from indexer.library import Library
from indexer.reading import Reading, TextState

Paper = tuple[Document, list[Page]]


def paper(
    title: str,
    *pages: str,
    name: str = "",
    date: str = "2021-03-19",
    publisher: str = "NHS England",
    kind: str = "report",
    sectors: Sequence[str] = ("mental-health",),
    source: str = "nhs-england",
    host: str = "www.england.nhs.uk",
    file_kind: str = "pdf",
    address: str = "",
    original: str = "",
    summary: str = "",
) -> Paper:
    """A document of one file with these pages of text."""
    name = name or hashlib.sha256(title.encode()).hexdigest()[:12]
    original = original or f"https://{host}/{name}.{file_kind}"
    address = address or original
    sha256 = hashlib.sha256("\f".join((name, *pages)).encode()).hexdigest()
    file = File(address, original, sha256, file_kind, title, 1000, len(pages), "read", "")
    document = Document(
        id=name,
        title=Value(title, "cover", 0.9),
        date=Value(date, "feed" if date else "", 1.0),
        publisher=Value(publisher, "source", 1.0),
        type=Value(kind, "title", 0.8),
        sources=(source,),
        host=host,
        address=address,
        original=original,
        landing=f"https://{host}/landing/{name}",
        captured="2014-05-01" if address != original else "",
        summary=summary,
        headings=(),
        sectors=tuple(SectorTag(sector, 6.0, (("care home", 12),)) for sector in sectors),
        files=(file,),
        locations=(Location(source, f"https://{host}/landing/{name}", address, title),),
        first_seen="2026-11-01T08:00:00Z",
    )
    return document, [Page(0, number, text) for number, text in enumerate(pages, start=1)]


def put_index(folder: Path, papers: Iterable[Paper]) -> None:
    """An index of these documents, made anew."""
    reset_index(folder)
    for _ in IndexWriter(folder).write(papers, []):
        pass


def put_home(folder: Path, papers: Sequence[Paper]) -> Home:
    """A home whose library and index hold these documents."""
    home = Home(folder)
    with Library(home.library_file, read_only=False) as library:
        for document, pages in papers:
            reading = Reading(TextState.READ, "test", pages=tuple(page.text for page in pages))
            library.keep_reading(document.files[0].sha256, document.files[0].kind, {}, reading)
            with library.transaction():
                library.keep_document(document, document.id)
        put_index(home.index_folder, papers)
        library.indexed(document.id for document, _ in papers)
    return home
