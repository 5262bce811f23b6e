"""Reading web archives, for every mechanism: what a site no longer gives, out of the copies that archives keep of it.

Archives are asked one thing at a time: the next request is made only when the last one has been judged, so that after
a refusal nothing more reaches an archive. One refusal, whoever met it, and it is left alone for the whole run.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urljoin, urlsplit

from scrapy.http import HtmlResponse, Request, Response
from twisted.python.failure import Failure

from crawler import captures, harvest, judging, links
from crawler.archive import Announcement, Outcome, Role
from crawler.captures import Capture, Match, WebArchive
from crawler.gate import gates
from crawler.guard import Stopped
from crawler.keeping import OUTCOME

if TYPE_CHECKING:
    from crawler.mechanisms.base import HarvestSpider

logger = logging.getLogger(__name__)
# Files of one archived page that are looked up one by one; where one query has listed the site, any number is known.
MOST_LOOK_UPS = 50
REFUSALS = (Outcome.BLOCKED, Outcome.ROBOTS, Outcome.LATER, Outcome.UNREACHABLE)
# What an archive answers whose index lies elsewhere, or nowhere; its timemap may still be there.
NO_INDEX = (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND, Outcome.REDIRECTS, Outcome.ERROR)
NO_COPY = "no copy"
VIA = "webarchive"  # of the announcements of copies, whichever mechanism sought them
WHOLE_MOMENT = 14  # digits
Step = Callable[[], Request | None]
# Reads an archived page in place of following its file links, as (response, what was announced of it).
PageReader = Callable[[HtmlResponse, Announcement], Iterable[Request]]


@dataclass
class Search:
    """One look-up, which goes from archive to archive until one has what is sought.

    `left` are the archives that have not failed it, the first one's turn; `near` the first digits of the moment next to
    which a copy is best, "" for the latest; `straight` says that the copy of that moment itself is to be asked for,
    without any index.
    """

    address: str
    match: Match
    left: list[WebArchive]
    said: dict[str, Any]
    found_on: str = ""
    landing: str = ""
    linked_on: str = ""  # the archived page, by its original address, that links to it
    near: str = ""
    straight: bool = False
    named: WebArchive | None = None  # whose copy of `near` was given as the address
    since: str = ""
    until: str = ""
    web_pages: bool = True
    then: PageReader | None = None
    outcome: Outcome = Outcome.NOT_FOUND  # another where an archive could not be asked
    told: list[str] = field(default_factory=list)  # what each archive came to
    # Of a prefix: what the archive lists, whether that is all it has, what came, and what did not before it refused.
    index: dict[str, Capture] = field(default_factory=dict)
    whole: bool = True
    got: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)

    def go_on(self, what: str, outcome: Outcome = Outcome.NOT_FOUND) -> None:
        """Go on to the next archive; `what` the first one came to, with the outcome where it could not be asked."""
        self.told.append(f"{self.left.pop(0).name}: {what}")
        self.index = {}
        if outcome is not Outcome.NOT_FOUND and self.outcome is Outcome.NOT_FOUND:
            self.outcome = outcome


@dataclass(frozen=True)
class Ended:
    """How the last request to an archive ended. `of_copy` says that the answer is a copy's own, not the archive's."""

    outcome: Outcome
    status: int
    reason: str
    of_copy: bool

    @property
    def refused(self) -> bool:
        """Whether the archive itself refuses: a copy of a log-in page says nothing of it, nor what is kept here."""
        if self.outcome is Outcome.BLOCKED or self.status == 429:
            return not self.of_copy and self.status != 304
        return self.outcome in REFUSALS


class ArchiveReader:
    """What makes a spider read web archives: a mixin of `HarvestSpider`.

    To use it: `yield from self.from_archives(address)`. What that yields must be passed on to Scrapy, at once.
    """

    archives: ClassVar[tuple[str, ...]]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._web_archives = Reading(cast("HarvestSpider", self))

    @property
    def archives_asked(self) -> tuple[str, ...]:
        """Names of the archives that this spider asks, in this order."""
        return self.archives

    @property
    def archive_hosts(self) -> frozenset[str]:
        """Hosts of the archives that this spider may ask: the known ones, and those that it is told of."""
        places = [*captures.KNOWN.values(), *map(captures.archive_named, self.archives_asked)]
        return frozenset(host for archive in places for host in archive.hosts)

    def from_archives(
        self,
        address: str,
        match: Match = "exact",
        archives: Iterable[str] | None = None,
        since: str = "",
        until: str = "",
        web_pages: bool = True,
        then: PageReader | None = None,
        **said: Any,
    ) -> Iterator[Request]:
        """Harvest out of the web archives the latest good copy of `address` and the files that it links to (exact), or
        of everything below it (prefix).

        An archive's own address names its copy: that one is asked for straight away, or the one next to its moment.
        `archives` are names (default: those of the spider); `since` and `until` the first digits of timestamps;
        `web_pages` says whether archived pages are wanted too, not only the files; `then` reads an archived page in
        place of following its file links; `said` is as for `page`, with
        `found_on` and `landing` where known. Where no archive has it, a row says so; the address's own failure stands.
        """
        left = [captures.archive_named(name) for name in (self.archives_asked if archives is None else archives)]
        search = Search(
            address, match, left, said, found_on=said.pop("found_on", ""), landing=said.pop("landing", ""),
            since=since, until=until, web_pages=web_pages, then=then,
        )  # fmt: skip
        yield from self._web_archives.begin(search)


class Reading:
    """The searches of one spider, and what it has learnt of the archives."""

    def __init__(self, spider: HarvestSpider):
        self._spider = spider
        self._steps: deque[Step] = deque()
        self._busy = False
        self._ended = Ended(Outcome.ERROR, 0, "", of_copy=False)
        self._looked_up: dict[tuple[str, str], tuple[list[Capture], str]] = {}  # rows, and the index's address
        self._covered: list[tuple[str, str, str]] = []  # base, site and index's address of what was listed whole
        self._asked: set[str] = set()  # addresses of copies
        self._failed: set[str] = set()  # those of them that could not be had
        self._indexed: set[str] = set()  # archives whose index has answered, by base
        self._timemaps_only: set[str] = set()
        self._told_blocked: set[str] = set()

    def begin(self, search: Search) -> Iterator[Request]:
        """Take up a search whose address may be an archive's own."""
        copy = captures.split_archived(search.address, [archive.base for archive in search.left])
        address = links.absolute(copy[2] if copy else search.address, "")
        if address is None:
            self._spider.trouble(search.address or "(empty)", "not an address")
            return
        search.address = address
        if copy:
            base, search.near, _ = copy
            named = next((archive for archive in search.left if archive.base == base), captures.archive_named(base))
            search.left = _first(named, search.left)
            if len(search.near) == WHOLE_MOMENT:
                search.named = named
                search.straight = search.match == "exact"
        self._steps.append(partial(self._seek, search))
        yield from self._go_on()

    # one thing at a time

    def _go_on(self) -> Iterator[Request]:
        while self._steps and not self._busy:
            request = self._steps.popleft()()
            if request is not None:
                self._busy = True
                yield request

    def _in_turn(self, requests: Iterable[Request], **changes: Any) -> Request | None:
        """A request of the spider's own making, None where it made none, as one that brings the next step with it."""
        for request in requests:
            return request.replace(
                callback=self._on_answer, errback=self._on_failure,
                dont_filter=True,  # a request that the duplicate filter takes away would never bring the next
                cb_kwargs={**request.cb_kwargs, **changes},
            )  # fmt: skip
        return None

    def _on_answer(self, response: Response, **kwargs: Any) -> Iterator[Request]:
        self._busy = False
        outcome: Outcome = response.meta[OUTCOME]
        # A copy says that it is one (RFC 7089 section 2.1.1), whatever status and page was captured.
        of_copy = "Memento-Datetime" in response.headers
        self._ended = Ended(outcome, response.status, f"{outcome}, answered {response.status}", of_copy)
        yield from self._spider._answered(response, **kwargs)
        yield from self._spider._within_limit(self._go_on())

    def _on_failure(self, failure: Failure) -> Iterator[Request]:
        self._busy = False
        error = failure.value
        if error is None or (isinstance(error, Stopped) and gates().stopped):
            return
        outcome, reason = judging.failure(error)
        self._ended = Ended(outcome, 0, reason, of_copy=False)
        yield from self._spider._failed(failure)
        yield from self._spider._within_limit(self._go_on())

    # refusals

    def _block(self, archive: WebArchive) -> None:
        """Leave an archive alone for the rest of the run, where the last answer was a refusal."""
        blocked = harvest.current().blocked_archives
        if self._ended.refused and archive.base not in blocked:
            blocked[archive.base] = self._ended.reason
            logger.warning("the web archive %s refused (%s): it is not asked again", archive.name, self._ended.reason)

    def _is_blocked(self, archive: WebArchive) -> bool:
        """Whether an archive has refused in this run; the first time that it would be asked, a row says so."""
        reason = harvest.current().blocked_archives.get(archive.base)
        if reason is not None and archive.base not in self._told_blocked:
            self._told_blocked.add(archive.base)
            told = f"the web archive {archive.name} was blocked in this run: {reason}"
            self._spider.trouble(archive.base, told, Outcome.BLOCKED)
            self._spider.made_up_for[Outcome.BLOCKED] += 1  # what is not had for it has rows of its own
        return reason is not None

    # look-ups

    def _seek(self, search: Search) -> Request | None:
        """Ask the first archive that is left, in the shortest way."""
        while search.left:
            archive = search.left[0]
            if self._is_blocked(archive):
                search.go_on("blocked", Outcome.BLOCKED)
                continue
            if search.straight:
                capture = Capture(search.near, search.address, "", "")
                return self._ask_copy(search, archive, capture, search.found_on or archive.base)
            known = self._known(archive, search.address) if search.match == "exact" else None
            if known is not None:
                self._choose(search, *known)
                return None
            by_timemap = search.match == "exact" and archive.base in self._timemaps_only
            return self._ask_index(search, by_timemap=by_timemap)
        self._give_up(search)
        return None

    def _known(self, archive: WebArchive, address: str) -> tuple[list[Capture], str] | None:
        """What an archive is known to list of an address, and the look-up that said so; None where none has."""
        known = self._looked_up.get((archive.base, captures.key(address)))
        covers = (at for base, site, at in self._covered if base == archive.base and captures.below(address, site))
        listed_on = next(covers, None) if known is None else None
        return known if listed_on is None else ([], listed_on)

    def _ask_index(self, search: Search, *, by_timemap: bool = False) -> Request | None:
        archive = search.left[0]
        if by_timemap:
            address = archive.timemap_of(search.address)
        else:
            address = archive.query(search.address, search.match, search.since, search.until)
        return self._in_turn(
            self._spider.listing(
                address,
                self._read_index,
                failed=self._index_failed,
                search=search,
                by_timemap=by_timemap,
                asked=address,
            )
        )

    def _read_index(self, response: Response, search: Search, by_timemap: bool, asked: str) -> Iterable[Request]:
        base = search.left[0].base
        rows = captures.parse_timemap(response.body) if by_timemap else captures.parse_cdx(response.body)
        if by_timemap and rows:
            self._timemaps_only.add(base)
        elif by_timemap and isinstance(response, HtmlResponse):
            search.go_on("neither an index nor a timemap", Outcome.ERROR)
            self._steps.appendleft(partial(self._seek, search))
            return ()
        elif not by_timemap and (rows or captures.is_index(response.body)):
            self._indexed.add(base)
        elif not by_timemap:
            self._spider.trouble(asked, "answered something else than an index of captures")
            self._spider.made_up_for[Outcome.ERROR] += 1  # what comes of it, a copy or none, is judged by itself
            self._without_index(search, Outcome.ERROR)
            return ()
        self._choose(search, rows, response.url)
        return ()

    def _index_failed(self, search: Search, by_timemap: bool, asked: str) -> Iterable[Request]:
        """An archive that refused is left alone; one that has no index there may have a timemap."""
        ended = self._ended
        self._block(search.left[0])
        if ended.refused:
            self._steps.appendleft(partial(self._seek, search))  # which passes over what is blocked
        elif by_timemap and ended.outcome in NO_INDEX:
            self._choose(search, [], asked)
        else:
            self._without_index(search, ended.outcome)
        return ()

    def _without_index(self, search: Search, outcome: Outcome) -> None:
        """Try the timemap of one address; an index that has answered before says by its 404 that it has no capture."""
        known = search.left[0].base in self._indexed
        if search.match == "exact" and outcome in NO_INDEX and not known:
            self._steps.appendleft(partial(self._ask_index, search, by_timemap=True))
        elif outcome in (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND):
            self._choose(search, [], "")
        else:
            search.go_on(f"its index: {outcome}", outcome)
            self._steps.appendleft(partial(self._seek, search))

    def _choose(self, search: Search, rows: list[Capture], listed_on: str) -> None:
        """Take the best captures of what an archive lists; where it has none, it is the next one's turn."""
        archive = search.left[0]
        if self._failed:
            rows = [row for row in rows if archive.raw(row.timestamp, row.original) not in self._failed]
        wanted, whole = captures.key(search.address), len(rows) < captures.MOST_CAPTURES
        if search.match == "exact":
            self._looked_up[archive.base, wanted] = rows, listed_on
            rows = [row for row in rows if captures.key(row.original) == wanted]
        else:  # an index that only compares the beginnings of addresses lists a.org.evil.net below a.org
            rows = [row for row in rows if captures.one_host(row.original, search.address)]
        chosen = captures.nearest(rows, search.near) if search.near else captures.latest(rows)
        if search.match == "prefix" and chosen:
            for row in rows:
                self._looked_up.setdefault((archive.base, captures.key(row.original)), ([], listed_on))[0].append(row)
            self._take_all(search, archive, chosen, listed_on, whole=whole)
        elif chosen:
            self._steps.appendleft(partial(self._ask_copy, search, archive, chosen[0], search.found_on or listed_on))
        else:
            search.go_on(NO_COPY)
            self._steps.appendleft(partial(self._seek, search))

    def _take_all(
        self, search: Search, archive: WebArchive, chosen: list[Capture], listed_on: str, *, whole: bool
    ) -> None:
        if whole:
            self._covered.append((archive.base, search.address, listed_on))
        else:
            self._spider.limited = f"{archive.name} listed {captures.MOST_CAPTURES} captures and may hold more"
        search.index, search.whole = {captures.key(capture.original): capture for capture in chosen}, whole
        for position, capture in enumerate(chosen, start=1):
            wanted = capture.is_page or capture.is_file
            if wanted and captures.key(capture.original) not in search.got:
                self._steps.append(
                    partial(self._ask_copy, search, archive, capture, search.found_on or listed_on, position)
                )
        if search.missed:  # of what another archive listed before it refused
            self._steps.append(partial(self._tell_missed, search))

    # copies

    def _ask_copy(
        self, search: Search, archive: WebArchive, capture: Capture, found_on: str, position: int | None = None
    ) -> Request | None:
        """Announce a copy and ask for it, unless it was asked for already or the archive has refused meanwhile."""
        if self._is_blocked(archive):
            self._turned_away(search, archive, capture)
            return None
        raw = archive.raw(capture.timestamp, capture.original)
        if raw in self._failed:
            if search.match == "exact":
                self._without_copy(search, NO_COPY)
            return None
        said = {} if position is None else {"position": position}
        requests = self._announced(search, raw, capture, found_on, said)
        request = self._in_turn(requests, then=self._read_copy, failed=self._copy_failed)
        if request is None or request.url in self._asked:
            return None
        self._asked.add(request.url)
        request.cb_kwargs["more"] |= {"search": search, "archive": archive, "capture": capture}
        return request

    def _announced(
        self, search: Search, raw: str, capture: Capture, found_on: str, said: dict[str, Any]
    ) -> Iterable[Request]:
        """The request for a copy, announced as what it is: a file, a page, or a site's front page, which is read for
        its links alone."""
        said = {**search.said, "original": capture.original, "captured": capture.date, "via": VIA, **said}
        of_page = bool(search.landing or search.linked_on)
        if not capture.is_page or (of_page and capture.mimetype not in captures.PAGE_TYPES):
            return self._spider.file(raw, landing=search.landing, found_on=found_on, **said)
        front = search.match == "prefix" and not urlsplit(capture.original).path.strip("/")
        if search.web_pages and not front:
            return self._spider.page(raw, found_on=found_on, **said)
        seen = Announcement(self._spider.name, raw, found_on, Role.LISTING, "", VIA, original=capture.original)
        return self._spider.look(raw, self._read_copy, announcement=seen)

    def _read_copy(
        self, response: Response, announcement: Announcement, search: Search, archive: WebArchive, capture: Capture
    ) -> Iterable[Request]:
        """Say when it was captured, if the archive led to another copy, and follow an archived page's file links."""
        search.got.add(captures.key(capture.original))
        copy = captures.split_archived(response.url, [archive.base])
        moment = copy[1] if copy and len(copy[1]) == WHOLE_MOMENT else capture.timestamp
        page = replace(announcement, captured=Capture(moment, "", "", "").date if announcement.captured else "")
        if copy is None:  # the archive led back to the web of today
            page = replace(page, original="", captured="")
        if isinstance(response, HtmlResponse) and page.role is Role.FILE:
            page = replace(page, role=Role.PAGE, landing=page.address)
        if page != announcement and page.role is not Role.LISTING:
            run = harvest.current()
            run.archive.announce(page, run.run)
        if isinstance(response, HtmlResponse) and copy is not None and search.then is not None:
            return search.then(response, page)
        if isinstance(response, HtmlResponse) and copy is not None:
            self._follow(response, copy[2], page, search, archive, moment)
        return ()

    def _follow(
        self,
        response: HtmlResponse,
        original: str,
        page: Announcement,
        search: Search,
        archive: WebArchive,
        moment: str,
    ) -> None:
        """Take the copies of the files that an archived page links to: out of the index that lists its site, or by a
        look-up each, preferring what was captured next to the page."""
        base = urljoin(original, response.xpath("//head/base/@href").get(default=""))
        look_ups = 0
        for position, link in enumerate(links.file_links(response, base), start=1):
            rewritten = captures.split_archived(link.address, [archive.base])
            address = rewritten[2] if rewritten else link.address
            said = {"link_text": link.text, "position": position, "date": links.date_beside(link)}
            of_site = search.match == "prefix" and captures.below(address, search.address)
            one = Search(
                address, "exact", _first(archive, search.left), said,
                found_on=page.address, landing=page.landing, linked_on=page.original,
                near=search.near if of_site else moment, since=search.since, until=search.until,
            )  # fmt: skip
            listed = search.index.get(captures.key(address))
            reference = self._spider.any_host or search.match == "prefix"
            reference = reference and not self._spider._of_one_site(address, page.original)
            if listed is not None:
                self._steps.append(partial(self._ask_copy, one, archive, listed, page.address))
            elif of_site and search.whole:
                self._spider.trouble(address, f"linked on {page.original}, not captured", Outcome.NOT_FOUND)
            elif reference:
                self._spider.trouble(address, f"a file of another site than {page.original}", Outcome.HOST)
            elif look_ups < MOST_LOOK_UPS:
                look_ups += 1
                self._steps.append(partial(self._seek, one))
            else:
                self._spider.limited = (
                    f"{page.original} links to more files than the {MOST_LOOK_UPS} that were looked up"
                )

    def _copy_failed(
        self, announcement: Announcement, search: Search, archive: WebArchive, capture: Capture
    ) -> Iterable[Request]:
        """Go on where a copy could not be had: another one near it, or another archive."""
        self._failed.add(announcement.address)
        self._block(archive)
        if self._ended.refused:
            self._turned_away(search, archive, capture)
        elif search.match == "prefix":
            one = Search(
                capture.original, "exact", _first(archive, search.left), dict(search.said), near=search.near,
                since=search.since, until=search.until, web_pages=search.web_pages,
            )  # fmt: skip
            one.go_on(self._ended.reason, self._ended.outcome)
            self._steps.append(partial(self._seek, one))
        else:
            self._without_copy(search, self._ended.reason, self._ended.outcome)
        return ()

    def _without_copy(self, search: Search, what: str, outcome: Outcome = Outcome.NOT_FOUND) -> None:
        if search.straight:
            search.straight = False  # the archive's index may name another copy near it
        else:
            search.go_on(what, outcome)
        self._steps.appendleft(partial(self._seek, search))

    def _turned_away(self, search: Search, archive: WebArchive, capture: Capture) -> None:
        """Seek elsewhere what an archive that has refused would have had: one address, or all of them at once."""
        search.missed.add(captures.key(capture.original))
        search.straight = False
        if search.left and search.left[0].base == archive.base:
            search.go_on("blocked", Outcome.BLOCKED)
            self._steps.appendleft(partial(self._seek, search))

    def _give_up(self, search: Search) -> None:
        """Write down what no archive has."""
        if search.missed and search.match == "prefix":
            self._steps.append(partial(self._tell_missed, search))
            return
        if search.named and search.match == "prefix" and not search.index:  # no index knows of the copy that was named
            search.match, search.straight, search.left = "exact", True, [search.named]
            self._steps.appendleft(partial(self._seek, search))
            return
        what = f"linked on {search.linked_on}, not captured" if search.linked_on else "no web archive has a copy of it"
        told = f" ({'; '.join(search.told)})" if search.told else ""
        self._spider.trouble(search.address, what + told, self._own_failure(search.address) or search.outcome)

    def _own_failure(self, address: str) -> Outcome | None:
        """How the address itself failed in this run, None where it was not asked."""
        run = harvest.current()
        return run.archive.failed_as(run.run, self._spider.name, address)

    def _tell_missed(self, search: Search) -> None:
        """Write down what an archive lists of a site that it then refused, and what came from nowhere else."""
        lost = search.missed - search.index.keys() - search.got
        if lost:
            told = f"{len(lost)} addresses below it that an archive lists could not be had ({'; '.join(search.told)})"
            self._spider.trouble(search.address, told, Outcome.BLOCKED)


def _first(archive: WebArchive, archives: Iterable[WebArchive]) -> list[WebArchive]:
    return [archive, *(other for other in archives if other.base != archive.base)]
