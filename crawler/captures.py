"""Captures of web archives: the addresses of archived copies, and what archives say of theirs (CDX indexes, timemaps).

Pure functions: nothing here asks anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from w3lib.url import safe_url_string

from crawler import links
from crawler.guard import bare_host

Match = Literal["exact", "prefix"]
MOST_CAPTURES = 100_000  # rows that an index is asked for at most
LATEST_CAPTURES = 1000  # of one address, where an index can give the last ones alone
PAGE_TYPES = ("text/html", "application/xhtml+xml")
REVISIT = "warc/revisit"  # a capture whose bytes were those of an earlier one
GOOD = ("200", "-", "")  # statuses of captures worth asking for: some indexes do not say


@dataclass(frozen=True)
class Capture:
    """One capture, as an index lists it. `timestamp` has 14 digits, UTC; `mimetype` and `status` may be unknown, ""."""

    timestamp: str
    original: str
    mimetype: str
    status: str

    @property
    def date(self) -> str:
        """ISO date of the capture, "" where the digits of its timestamp are no date."""
        moment = _moment(self.timestamp)
        return moment.date().isoformat() if moment else ""

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, by its type, else by its address."""
        known = self.mimetype not in ("", REVISIT)
        return self.mimetype in PAGE_TYPES if known else not links.looks_like_file(self.original)

    @property
    def is_file(self) -> bool:
        """Whether it is a document's file: the pictures, styles and scripts of a site are neither page nor file."""
        return self.mimetype.startswith(("application/", "text/csv")) or links.looks_like_file(self.original)


@dataclass(frozen=True)
class WebArchive:
    """Where a web archive answers. `base` is the beginning of its copies' addresses, and its name in what is shared.

    `dialect` is cdx-server for the Internet Archive's index, pywb for the others': their parameters differ.
    https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server and
    https://pywb.readthedocs.io/en/latest/manual/cdxserver_api.html
    """

    name: str
    base: str
    index: str
    timemap: str
    dialect: Literal["cdx-server", "pywb"] = "pywb"

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that it is asked at."""
        return frozenset(urlsplit(address).hostname or "" for address in (self.base, self.index, self.timemap))

    def raw(self, timestamp: str, original: str) -> str:
        """The address of a copy's bytes as they were captured: `id_` leaves the banner and the rewriting out."""
        return safe_url_string(f"{self.base}{timestamp}id_/{original}")

    def query(self, address: str, match: Match, since: str = "", until: str = "", most: int = MOST_CAPTURES) -> str:
        """The address that asks its index for the captures of `address` (exact) or of all that begins with it (prefix).

        An index canonicalises: http, https and www are one. Where it can, it is told to leave out what is not wanted.
        """
        asked: dict[str, str | int] = {"url": address + "*" * (match == "prefix"), "output": "json", "limit": most}
        if self.dialect == "cdx-server":
            # Not filter=statuscode:200, as revisits have none. A negative limit gives the last ones.
            asked |= {"fl": "timestamp,original,mimetype,statuscode", "filter": "!statuscode:[345].."}
            if match == "exact":
                asked["limit"] = -min(most, LATEST_CAPTURES)
        asked |= {name: moment for name, moment in (("from", since), ("to", until)) if moment}
        return f"{self.index}?{urlencode(asked)}"

    def timemap_of(self, address: str) -> str:
        """The address of the list of its captures of `address` (RFC 7089)."""
        return safe_url_string(self.timemap + address)


def _like_pywb(name: str, base: str) -> WebArchive:
    return WebArchive(name, base, f"{base}cdx", f"{base}timemap/json/")


KNOWN = {
    "ukgwa": _like_pywb("ukgwa", "https://webarchive.nationalarchives.gov.uk/ukgwa/"),
    "internet-archive": WebArchive(
        "internet-archive",
        "https://web.archive.org/web/",
        "https://web.archive.org/cdx/search/cdx",
        "https://web.archive.org/web/timemap/link/",
        "cdx-server",
    ),
}
# How the addresses of their copies begin. The UK Government Web Archive's older ones have no folder.
BEGINNINGS = {
    "ukgwa": r"https?://(?:www\.)?webarchive\.nationalarchives\.gov\.uk(?::[0-9]+)?/+(?:ukgwa/+)?(?:nobanner/+)?",
    "internet-archive": r"https?://(?:www\.)?(?:web|wayback)\.archive\.org(?::[0-9]+)?/+web/+",
}
# What follows: a moment (the digits of one, "+" for the latest, "*" for the list of all), a flag, the original address.
COPY = r"(?:(?P<moment>[0-9]{1,14}|[0-9]{0,13}\*|\+)(?:[a-z]{2}_)?/+)?(?P<original>\S.*)"
# Any other archive's copy is known by its whole timestamp and whole original address.
ELSEWHERE = re.compile(
    r"(?P<base>https?://[^/?#\s]+/(?:[^?#\s]*?/)?)(?P<moment>[0-9]{14})(?:[a-z]{2}_)?/(?P<original>https?:/{1,2}[^/\s].*)",
    re.IGNORECASE | re.DOTALL,
)
WITH_SCHEME = re.compile(r"(https?)(:|%3a)(?:/|%2f){0,3}([^/\s].*)", re.IGNORECASE | re.DOTALL)
WITHOUT_SCHEME = re.compile(r"(?:[\w-]+\.)+[a-z][\w-]*(?::[0-9]+)?(?:[/?#]|$)", re.IGNORECASE)


def archive_named(name: str) -> WebArchive:
    """A known archive by its name, or another by the beginning of its copies' addresses, which has pywb's layout.

    Raises ValueError.
    """
    if name in KNOWN:
        return KNOWN[name]
    if not name.startswith(("http://", "https://")) or links.absolute(name, "") is None:
        known = ", ".join(KNOWN)
        raise ValueError(f"{name!r} is no archive; give {known}, or an address that begins with https://")
    base = name if name.endswith("/") else name + "/"
    return next((archive for archive in KNOWN.values() if archive.base == base), _like_pywb(base, base))


def split_archived(address: str, bases: Iterable[str] = ()) -> tuple[str, str, str] | None:
    """The archive's base, the moment and the original address of an archived copy's address; None where it is none.

    The moment is the digits that stand there, up to 14, "" where "+" or "*" stands or nothing. `bases` are those of
    archives beside the known ones of which addresses without a whole timestamp are recognised too.
    """
    places = [(beginning, KNOWN[name].base) for name, beginning in BEGINNINGS.items()]
    for beginning, base in [*places, *((re.escape(base), base) for base in bases)]:
        match = re.match(beginning + COPY, address, re.IGNORECASE | re.DOTALL)
        if match:
            moment = (match["moment"] or "").rstrip("*+")
            original = _original(match["original"], bare=match["moment"] is not None)
            if original:
                return base, moment, original
    match = ELSEWHERE.match(address)
    original = _original(match["original"], bare=False) if match else None
    return (match["base"], match["moment"], original) if match and original else None


def _original(written: str, *, bare: bool) -> str | None:
    """The original address as it stands in a copy's: with one slash or escaped too, `bare` lets it lack http://."""
    match = WITH_SCHEME.match(written)
    if match:
        rest = unquote(match[3]) if match[2] != ":" else match[3]
        return f"{match[1].lower()}://{rest}"
    return f"http://{written}" if bare and WITHOUT_SCHEME.match(written) else None


# what indexes and timemaps say


def parse_cdx(body: bytes) -> list[Capture]:
    """The captures of a CDX answer: the Internet Archive's array of arrays, pywb's JSON lines, or plain text.

    Rows that are none of these are passed over.
    """
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("["):
        rows = _json(text)
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], list):
            return []
        names = [str(name) for name in rows[0]]
        return _captures(dict(zip(names, row, strict=False)) for row in rows[1:] if isinstance(row, list))
    return _captures(_cdx_line(line) for line in text.splitlines())


def is_index(body: bytes) -> bool:
    """Whether an answer is an index's, be it that there is no capture; anything else says that no index is there."""
    if parse_cdx(body):
        return True
    said = _json(body.decode("utf-8", "replace"))
    return isinstance(said, list) or (isinstance(said, dict) and "message" in said)


def parse_timemap(body: bytes) -> list[Capture]:
    """The captures of a timemap: RFC 7089's application/link-format, Memento JSON, or pywb's, which is CDX again.

    Most timemaps say nothing of status and type.
    """
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return _captures(_mementos_of_links(text))
    said = _json(text) if text.startswith("{") else None
    if isinstance(said, dict) and isinstance(said.get("mementos"), dict):
        return _captures(_mementos_of_json(said))
    return parse_cdx(body)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _cdx_line(line: str) -> dict[str, Any]:
    """One line of a CDX answer: pywb's `urlkey timestamp {json}` or `{json}`, or the classic seven columns."""
    start = line.find("{")
    if start >= 0:
        fields = _json(line[start:])
        before = line[:start].split()
        return {"timestamp": before[1] if len(before) > 1 else "", **fields} if isinstance(fields, dict) else {}
    columns = line.split()
    names = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
    return dict(zip(names, columns, strict=False)) if len(columns) >= 5 else {}


def _mementos_of_links(text: str) -> Iterator[dict[str, Any]]:
    """`<address>; rel="first memento"; datetime="…", …`; the original address is named by rel="original"."""
    found = []
    original = ""
    for part in text.split("<")[1:]:
        address, _, said = part.partition(">")
        parameters = {name.lower(): value for name, value in re.findall(r'([\w-]+)\s*=\s*"([^"]*)"', said)}
        relations = parameters.get("rel", "").lower().split()
        if "original" in relations:
            original = address.strip()
        if "memento" in relations:
            found.append((address.strip(), parameters.get("datetime", "")))
    for address, when in found:
        yield _memento(address, when, original)


def _mementos_of_json(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`{"original_uri": …, "mementos": {"list": [{"datetime": …, "uri": …}]}}`"""
    listed = said["mementos"].get("list")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            address = entry.get("uri")
            address = address[0] if isinstance(address, list) and address else address
            yield _memento(str(address or ""), str(entry.get("datetime") or ""), str(said.get("original_uri") or ""))


def _memento(address: str, when: str, original: str) -> dict[str, Any]:
    copy = split_archived(address)
    if copy and len(copy[1]) == 14:
        return {"timestamp": copy[1], "original": copy[2]}
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(when)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, TypeError, OverflowError):
            continue
        return {"timestamp": moment.strftime("%Y%m%d%H%M%S"), "original": copy[2] if copy else original}
    return {}


def _captures(rows: Iterable[dict[str, Any]]) -> list[Capture]:
    found = []
    for row in rows:
        # The UK Government Web Archive shows some addresses with one slash.
        original = re.sub(r"^(https?):/(?!/)", r"\1://", str(row.get("original") or row.get("url") or ""))
        timestamp = str(row.get("timestamp") or "")
        if re.fullmatch(r"[0-9]{14}", timestamp) and _is_web_address(original):
            mimetype = str(row.get("mimetype") or row.get("mime") or "").lower()
            found.append(Capture(timestamp, original, mimetype, str(row.get("statuscode") or row.get("status") or "")))
    return found


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises ValueError for a port that is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


# which of them


def latest(captures: Iterable[Capture]) -> list[Capture]:
    """The latest capture of each address that was answered with 200, in order of address."""
    return _best(captures, lambda capture: capture.timestamp)


def nearest(captures: Iterable[Capture], timestamp: str) -> list[Capture]:
    """The capture of each address that was answered with 200 next to a moment, the later of two; in order of address.

    `timestamp` may be its first digits only.
    """
    wanted = _moment(timestamp + "20000101000000"[len(timestamp) :])
    if wanted is None:
        return latest(captures)

    def closeness(capture: Capture) -> tuple[float, str]:
        moment = _moment(capture.timestamp)
        away = abs((moment - wanted).total_seconds()) if moment else float("inf")
        return -away, capture.timestamp

    return _best(captures, closeness)


def _best(captures: Iterable[Capture], merit: Callable[[Capture], Any]) -> list[Capture]:
    """The best good capture of each address. A revisit counts where no other capture of its address is listed at all:
    what it repeats was then captured out of sight."""
    whole: dict[str, list[Capture]] = {}
    revisits: dict[str, list[Capture]] = {}
    for capture in captures:
        (revisits if capture.mimetype == REVISIT else whole).setdefault(key(capture.original), []).append(capture)
    candidates = {**revisits, **whole}
    found = {}
    for address, of_address in candidates.items():
        good = [capture for capture in of_address if capture.status in GOOD]
        # A page that was captured where a file lay says that the file had gone by then.
        if links.looks_like_file(address):
            good = [capture for capture in good if capture.mimetype not in PAGE_TYPES] or good
        if good:
            found[address] = max(good, key=merit)
    return [found[address] for address in sorted(found)]


def key(address: str) -> str:
    """An address without what archives do not tell apart: scheme, "www.", port, case, last slash, the query's order."""
    try:
        parts = urlsplit(address.lower())
        query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
        path = parts.path.rstrip("/") or "/"
        return f"{bare_host(parts.hostname or '')}{path}" + (f"?{query}" if query else "")
    except ValueError:
        return address.lower()


def below(address: str, site: str) -> bool:
    """Whether a prefix look-up of `site` covers `address`."""
    return _without_scheme(address).startswith(_without_scheme(site))


def one_host(address: str, other: str) -> bool:
    """Whether two web addresses are of one host, with and without "www."."""
    hosts = [bare_host(urlsplit(one).hostname or "") for one in (address, other)]
    return hosts[0] == hosts[1]


def _without_scheme(address: str) -> str:
    return bare_host(re.sub(r"^https?://", "", address.lower()).replace(":80/", "/", 1))


def _moment(timestamp: str) -> datetime | None:
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
