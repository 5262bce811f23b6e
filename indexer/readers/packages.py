"""Office files are zip archives of XML: their parts, read within bounds and without reaching for anything outside."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lxml import etree

from indexer.dates import parse_date
from indexer.readers.errors import Unreadable
from indexer.reading import Candidate

# Parts of 20 real files unpack to 0.4 MB and 32 times their packed size at the most; bombs lie far beyond.
LARGEST_TOTAL = 200_000_000
LARGEST_RATIO = 100
RATIO_FROM = 10_000_000
DAMAGED = "damaged: the Office file cannot be unpacked; fetch it again, or open and save it in Office"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
TERMS = "{http://purl.org/dc/terms/}"
OPEN_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"


class Package:
    """The parts of one Office file."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self.names = frozenset(archive.namelist())

    def xml(self, name: str) -> etree._Element:
        """The root of the XML part called `name`. Raises Unreadable when it is missing or not XML."""
        # No entity is resolved, no DTD read, nothing fetched; without huge_tree libxml2 bounds depth and size itself.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        try:
            return etree.fromstring(self.bytes(name), parser)
        except etree.XMLSyntaxError as error:
            raise Unreadable(f"damaged: its part {name} is not XML; open and save it in Office") from error

    def bytes(self, name: str) -> bytes:
        if name not in self.names:
            raise Unreadable(f"damaged: its part {name} is missing; open and save it in Office")
        try:
            with self._archive.open(name) as part:
                body = part.read(LARGEST_TOTAL + 1)  # what the archive says of its size need not be true
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Unreadable(DAMAGED) from error
        if len(body) > LARGEST_TOTAL:
            raise Unreadable(_too_large())
        return body


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """The Office file at `path`. Raises Unreadable when it is damaged, encrypted or unpacks to too much."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable(DAMAGED) from error
    with archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > LARGEST_TOTAL:
            raise Unreadable(_too_large())
        for part in parts:
            if part.file_size > RATIO_FROM and part.file_size > LARGEST_RATIO * max(1, part.compress_size):
                raise Unreadable(_too_large())
            if part.flag_bits & 1:
                raise Unreadable("protected by a password: ask the publisher for an open copy")
        yield Package(archive)


def _too_large() -> str:
    return f"it unpacks to more than {LARGEST_TOTAL // 1_000_000} MB, or to far more than it holds: open it by hand"


def properties(package: Package) -> tuple[list[Candidate], list[Candidate], str]:
    """What a file's own properties give: title and date candidates, and its language ("" when not stated)."""
    for name in ("docProps/core.xml", "meta.xml"):
        if name in package.names:
            break
    else:
        return [], [], ""
    try:
        root = package.xml(name)
    except Unreadable:
        return [], [], ""  # the text may stand all the same

    def value(*tags: str) -> str:
        return next((found.strip() for tag in tags if (found := root.findtext(f".//{tag}"))), "")

    title = value(f"{DUBLIN_CORE}title")
    created = parse_date(value(f"{TERMS}created", f"{OPEN_META}creation-date"))
    changed = parse_date(value(f"{TERMS}modified", f"{DUBLIN_CORE}date"))
    dates = [(created, "created, says the file"), (changed, "last saved, says the file")]
    return (
        [Candidate(title, "title in the file's properties", 0.5)] if title else [],
        [Candidate(date, origin, 0.3) for date, origin in dates if date],
        value(f"{DUBLIN_CORE}language"),
    )
