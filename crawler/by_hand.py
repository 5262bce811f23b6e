"""What a person supplies becomes a resource like any other: a file, or what an address answers.

The original is kept by its sha256, its resource gets a row and an announcement, whose `via` and `found_on` are BY_HAND:
no harvest announces it, so none can miss it. A file without an address on the web has one that is made of its bytes
(`urn:sha256:…`), which no screen offers as a link. Values that were given stay until others are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from scrapy.http import Request

from config.home import Home
from config.model import Settings, Source
from crawler import harvest
from crawler.archive import BY_HAND, Announcement, Archive, Fetch, Outcome, Resource, Role
from crawler.mechanisms import spider_of
from crawler.mechanisms.base import Asked
from crawler.sniff import Kind, barrier, kind_of, says_not_found
from crawler.spider_loader import spider_class
from crawler.throwaway import throwaway

LOG_FILE = "add.log"
URN = "urn:sha256:"
MOST_REQUESTS = 60  # for one address: its page, the files of that page, and what archives say where it is gone
# Kinds that no document is made of, and what would help.
REFUSED = {
    Kind.EMPTY: "is empty",
    Kind.UNKNOWN: "is of a kind that is not known here: save it as PDF",
    Kind.IMAGE: "is a picture: save it as PDF",
    Kind.ZIP: "is a zip archive: unpack it and add the files that it holds",
    Kind.GZIP: "is a gzip archive: unpack it and add the file that it holds",
    Kind.XML: "is an XML file, which is data rather than a publication",
    Kind.JSON: "is a JSON file, which is data rather than a publication",
}


@dataclass(frozen=True)
class Given:
    """What the person says of a document; "" where nothing is said. `date` is ISO 8601, cut to its precision."""

    title: str = ""
    date: str = ""
    publisher: str = ""


@dataclass(frozen=True)
class Added:
    """One resource that was added. `outcome` is new, changed or unchanged; `captured` the date of an archived copy."""

    address: str
    outcome: Outcome
    kind: str
    captured: str = ""


class NotAdded(Exception):
    """Nothing was added; the message says why and what would help."""


def kind_of_paper(body: bytes, name: str) -> Kind:
    """What a supplied file is. Raises NotAdded where no document can be made of it: empty, a bot wall, data."""
    kind = kind_of(body)
    if kind in REFUSED:
        raise NotAdded(f"{name} {REFUSED[kind]}.")
    if kind is Kind.HTML:
        met = barrier(body, "", "")
        if met:
            raise NotAdded(f"{name} is {met} and not the publication: open it in a browser and save what you see.")
        title = _title_of(body)
        if says_not_found(title):
            raise NotAdded(f"{name} is a page that says {title!r}, and not the publication.")
    return kind


def _title_of(body: bytes) -> str:
    from parsel import Selector

    page = Selector(body.decode("utf-8", "replace"))
    return str(page.xpath("normalize-space(//h1)").get() or page.xpath("normalize-space(//title)").get() or "")


def as_asked(address: str) -> str:
    """A web address as a harvest would ask for it, so that both speak of one resource."""
    return Request(address).url


def keep_file(archive: Archive, source: str, body: bytes, name: str, address: str, given: Given) -> Added:
    """Put a supplied file into the archive, under `address` ("" for none) as a document of `source`.

    `name` is the file's name without its folder. Raises NotAdded.
    """
    kind = kind_of_paper(body, name)
    sha256 = archive.keep(body)
    resource = _resource(as_asked(address) if address else f"{URN}{sha256}", kind, sha256, len(body), name)
    run = archive.start_run(BY_HAND)
    try:
        # A page that a harvest announced and could not fetch stays that page.
        said = [one for one in archive.announcements() if one.address == resource.address]
        role = Role.PAGE if any(one.role == Role.PAGE for one in said) else Role.FILE
        landing = resource.address if role is Role.PAGE else ""
        made = Announcement(source, resource.address, BY_HAND, role, landing, BY_HAND)
        return _put(archive, run, made, resource, given, said)
    finally:
        archive.finish_run(run)


def _resource(address: str, kind: Kind, sha256: str, size: int, name: str) -> Resource:
    return Resource(
        address=address, final_address=address, etag="", last_modified="", content_type="", filename=name, kind=kind,
        sha256=sha256, bytes=size, first_seen="", last_seen=None, last_changed=None, gone_since=None,
        outcome=Outcome.NEW, reason="",
    )  # fmt: skip


def _put(
    archive: Archive, run: int, made: Announcement, resource: Resource, given: Given, known: Iterable[Announcement]
) -> Added:
    """Record a resource and announce it; what was given before stays where nothing else is given now."""
    before = next((one for one in known if (one.source, one.found_on) == (made.source, BY_HAND)), None)
    held = archive.resource(resource.address)
    outcome = Outcome.NEW
    if held is not None and held.address == resource.address and held.sha256:
        outcome = Outcome.UNCHANGED if held.sha256 == resource.sha256 else Outcome.CHANGED
    archive.record(
        Fetch(
            run=run, source=made.source, address=resource.address, final_address=resource.final_address,
            role=Role(made.role), outcome=outcome, sha256=resource.sha256, bytes=resource.bytes, etag=resource.etag,
            last_modified=resource.last_modified, content_type=resource.content_type, filename=resource.filename,
            kind=resource.kind,
        )
    )  # fmt: skip
    made = replace(
        made,
        title=given.title or (before.title if before else made.title),
        date=given.date or (before.date if before else made.date),
        publisher=given.publisher or (before.publisher if before else made.publisher),
    )
    archive.announce(made, run)
    return Added(resource.address, outcome, resource.kind, made.captured)


def fetch_address(
    home: Home,
    settings: Settings,
    source: Source,
    address: str,
    given: Given,
    *,
    on_fetch: Callable[[Fetch], None] | None = None,
) -> list[Added]:
    """Ask for an address as a harvest would, and put it into the archive with the files that it links to.

    Where it is gone the web archives are asked. `given` is said of the address itself, not of its files. Once a
    process. Raises ConfigError when no contact is configured, ArchiveError, NotAdded.
    """
    asking = source.model_copy(
        update={
            "mechanism": "fixed", "start": (address,), "former": (), "include": (), "exclude": (), "options": {},
            "limit": MOST_REQUESTS, "expect": 0,
        }
    )  # fmt: skip
    made = spider_class(asking, settings)
    given_spider = type("GivenSpider", (_GivenSpider, made), {"name": asking.id, "source": asking})
    with throwaway(home, settings, LOG_FILE, on_fetch=on_fetch) as (run, crawl):
        crawl(given_spider)
        fetched = [
            (said, resource)
            for said in run.archive.announcements()
            if (resource := run.archive.resource(said.address)) is not None and resource.sha256
        ]
        if not fetched:
            raise NotAdded(_why_not(run.archive, run.run, address))
        with Archive(home.archive_folder, read_only=False) as archive:
            return _take_over(archive, run.archive, source.id, as_asked(address), fetched, given)


class _GivenSpider(spider_of("fixed")):  # type: ignore[misc]  # a class that is found by its name
    """Asks for what a person names, wherever it lies."""

    any_host = True

    def begin(self, address: str) -> Asked:
        return self.page(address, found_on=BY_HAND, listed=True, via=BY_HAND)  # type: ignore[no-any-return]


def _take_over(
    archive: Archive,
    fetched_into: Archive,
    source: str,
    address: str,
    fetched: list[tuple[Announcement, Resource]],
    given: Given,
) -> list[Added]:
    """Copy originals, rows and announcements out of the throwaway archive."""
    known = list(archive.announcements())
    run = archive.start_run(harvest.current().user_agent)
    added = []
    try:
        for said, resource in fetched:
            assert resource.sha256 is not None
            body = fetched_into.read(resource.sha256)
            archive.keep(body)
            itself = address in (said.address, as_asked(said.original or said.address))
            made = replace(said, source=source, found_on=BY_HAND, via=BY_HAND)
            own = [one for one in known if one.address == said.address]
            resource = replace(resource, address=said.address)
            added.append(_put(archive, run, made, resource, given if itself else Given(), own))
        return added
    finally:
        archive.finish_run(run)


def _why_not(archive: Archive, run: int, address: str) -> str:
    """What to say when nothing came: the first trouble of the address itself, and what a person can do."""
    troubles = archive.troubles(run)
    first = next((row for row in troubles if row["address"] == as_asked(address)), troubles[0] if troubles else None)
    why = f"{first['outcome']}: {first['reason']}" if first is not None else "nothing answered"
    return f"{address} could not be fetched ({why})."
