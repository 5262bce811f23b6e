"""Web archives: the publications of sites that have closed, out of the UK Government Web Archive or another.

A CDX index lists the captures of a site; `id_` addresses give the bytes as they were captured. A copy keeps its
original address and its date of capture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator
from scrapy.http import HtmlResponse, Request, Response

from crawler import links
from crawler.archive import Announcement, Outcome, Role
from crawler.guard import bare_host
from crawler.mechanisms.base import Asked, HarvestSpider

# Names of archives: where each answers for its CDX index, and the beginning of its captures' addresses.
ARCHIVES = {
    "ukgwa": (
        "https://webarchive.nationalarchives.gov.uk/ukgwa/cdx",
        "https://webarchive.nationalarchives.gov.uk/ukgwa/",
    ),
    "internet-archive": ("https://web.archive.org/cdx/search/cdx", "https://web.archive.org/web/"),
}
MOST_CAPTURES = 100_000
PAGE_TYPES = ("text/html", "application/xhtml+xml")


class WebArchiveOptions(BaseModel):
    """Options of a web archive."""

    model_config = ConfigDict(extra="forbid")
    archives: tuple[str, ...] = Field(
        default=("ukgwa", "internet-archive"),
        min_length=1,
        description="asked in this order until one has captures: ukgwa, internet-archive, or the address of another",
    )
    since: str = Field(default="", pattern=r"^(\d{4,14})?$", description="first moment of capture, as 2013 or 20130401")
    until: str = Field(default="", pattern=r"^(\d{4,14})?$", description="last moment of capture")
    web_pages: bool = Field(default=True, description="keep archived web pages too, not only files")

    @field_validator("archives")
    @classmethod
    def _known(cls, archives: tuple[str, ...]) -> tuple[str, ...]:
        for archive in archives:
            if archive not in ARCHIVES and links.absolute(archive, "") is None:
                known = ", ".join(ARCHIVES)
                raise ValueError(f"{archive!r} is no archive; give {known}, or an address that begins with https://")
        return archives


@dataclass(frozen=True)
class Capture:
    """One capture of a CDX index. `timestamp` has 14 digits, UTC."""

    timestamp: str
    original: str
    mimetype: str
    status: str


class Spider(HarvestSpider):
    """1. Ask the first archive's CDX index for all captures below the start address. 2. Take the latest good capture
    of each address: files, and web pages for what they say of files. 3. Ask for the raw bytes (`id_`).
    4. An archive that refuses or has nothing is followed by the next one.
    """

    Options = WebArchiveOptions

    @property
    def allowed_hosts(self) -> frozenset[str]:
        of_archives = {urlsplit(address).hostname or "" for name in self.options.archives for address in _places(name)}
        return self.source.allowed_hosts | of_archives

    def begin(self, address: str) -> Asked:
        yield from self._index(address, list(self.options.archives))

    def _index(self, site: str, archives: list[str]) -> Asked:
        index, _ = _places(archives[0])
        query = {"url": f"{site}*", "output": "json", "limit": MOST_CAPTURES}
        for name, value in (("from", self.options.since), ("to", self.options.until)):
            if value:
                query[name] = value
        yield from self.listing(
            f"{index}?{urlencode(query)}", self.read_captures, failed=self.next_archive, site=site, archives=archives
        )

    def next_archive(self, site: str, archives: list[str]) -> Asked:
        """Go on to the next archive, if there is one."""
        if len(archives) > 1:
            yield from self._index(site, archives[1:])

    def read_captures(self, response: Response, site: str, archives: list[str]) -> Asked:
        """Ask for the latest good capture of each address that the index lists."""
        listed = parse_cdx(response.body)
        if len(listed) >= MOST_CAPTURES:
            self.limited = f"the archive listed {MOST_CAPTURES} captures and may hold more"
        captures = latest(listed)
        if not captures:
            yield from self.next_archive(site, archives)
        _, beginning = _places(archives[0])
        addresses = {_key(capture.original): _copy(beginning, capture) for capture in captures}
        captured = {_key(capture.original): capture for capture in captures}
        for position, capture in enumerate(captures, start=1):
            address = _copy(beginning, capture)
            said: dict[str, Any] = {
                "original": capture.original,
                "captured": _date(capture),
                "position": position,
            }
            if capture.mimetype in PAGE_TYPES:
                for request in self._archived_page(address, response.url, said):
                    more = request.cb_kwargs["more"] | {"addresses": addresses, "captured": captured}
                    yield request.replace(cb_kwargs=request.cb_kwargs | {"more": more})
            elif capture.mimetype.startswith(("application/", "text/csv")) or links.looks_like_file(capture.original):
                yield from self.file(address, landing="", found_on=response.url, **said)

    def _archived_page(self, address: str, found_on: str, said: dict[str, Any]) -> Asked:
        """A front page is read for its links alone, any other page is a document where pages are wanted."""
        if urlsplit(said["original"]).path.strip("/") and self.options.web_pages:
            yield from self.page(address, found_on=found_on, **said)
        else:
            original = said["original"]
            seen = Announcement(self.source.id, address, found_on, Role.LISTING, "", "webarchive", original=original)
            yield from self.look(address, self.read_page, announcement=seen)

    def read_page(
        self,
        response: Response,
        announcement: Announcement,
        addresses: dict[str, str] | None = None,
        captured: dict[str, Capture] | None = None,
    ) -> Asked:
        """Announce the captured files that an archived page links to, with what it says of them."""
        if not isinstance(response, HtmlResponse) or addresses is None or captured is None:
            return
        for position, link in enumerate(links.file_links(response, announcement.original), start=1):
            copy = addresses.get(_key(link.address))
            if copy is None:
                self.trouble(link.address, f"linked on {announcement.original}, not captured", Outcome.NOT_FOUND)
                continue
            capture = captured[_key(link.address)]
            yield from self.file(
                copy,
                landing=announcement.landing,
                found_on=announcement.address,
                link_text=link.text,
                position=position,
                original=capture.original,
                captured=_date(capture),
            )


def parse_cdx(body: bytes) -> list[Capture]:
    """The captures of a CDX answer: the Internet Archive's array of arrays, pywb's JSON lines, or plain text.

    Rows that are none of these are passed over.
    """
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("["):
        try:
            rows = json.loads(text)
        except ValueError:
            return []
        if not rows or not isinstance(rows[0], list):
            return []
        names = [str(name) for name in rows[0]]
        return _captures(dict(zip(names, row, strict=False)) for row in rows[1:] if isinstance(row, list))
    return _captures(_cdx_line(line) for line in text.splitlines())


def _cdx_line(line: str) -> dict[str, Any]:
    """One line of a CDX answer: pywb's `urlkey timestamp {json}` or `{json}`, or the classic seven columns."""
    start = line.find("{")
    if start >= 0:
        try:
            fields = json.loads(line[start:])
        except ValueError:
            return {}
        before = line[:start].split()
        if isinstance(fields, dict):
            return {"timestamp": before[1] if len(before) > 1 else "", **fields}
        return {}
    columns = line.split()
    names = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
    return dict(zip(names, columns, strict=False)) if len(columns) >= 5 else {}


def _captures(rows: Iterable[dict[str, Any]]) -> list[Capture]:
    found = []
    for row in rows:
        original = str(row.get("original") or row.get("url") or "")
        # The UK Government Web Archive shows some addresses with one slash.
        original = re.sub(r"^(https?):/(?!/)", r"\1://", original)
        timestamp = str(row.get("timestamp") or "")
        if original.startswith(("http://", "https://")) and re.fullmatch(r"\d{14}", timestamp):
            mimetype = str(row.get("mimetype") or row.get("mime") or "").lower()
            found.append(Capture(timestamp, original, mimetype, str(row.get("statuscode") or row.get("status") or "")))
    return found


def latest(captures: Iterable[Capture]) -> list[Capture]:
    """The latest capture of each address that was answered with 200, in order of address."""
    best: dict[str, Capture] = {}
    for capture in captures:
        if capture.status not in ("200", "-", "") or capture.mimetype == "warc/revisit":
            continue
        key = _key(capture.original)
        if key not in best or best[key].timestamp < capture.timestamp:
            best[key] = capture
    return [best[key] for key in sorted(best)]


def _key(address: str) -> str:
    """An address without what archives do not tell apart: scheme, "www.", port 80, case of the host."""
    parts = urlsplit(address)
    return f"{bare_host(parts.hostname or '')}{parts.path or '/'}?{parts.query}"


def _places(archive: str) -> tuple[str, str]:
    """Where an archive's CDX index and its captures are; another than the named ones has pywb's layout."""
    if archive in ARCHIVES:
        return ARCHIVES[archive]
    folder = archive if archive.endswith("/") else archive + "/"
    return folder + "cdx", folder


def _copy(beginning: str, capture: Capture) -> str:
    """The address of a capture's bytes as they were captured, without the archive's banner and rewriting."""
    return Request(f"{beginning}{capture.timestamp}id_/{capture.original}").url


def _date(capture: Capture) -> str:
    stamp = capture.timestamp
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"
