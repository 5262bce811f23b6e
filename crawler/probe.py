"""The spider that tries an address: which mechanisms does it answer to?

With the manners of a crawl (robots.txt, Crawl-delay, guard, delay, size cap, User-Agent), one request after the other,
MOST_REQUESTS at most. How each mechanism is told:

1. fixed: the address is a document by its bytes, or a page that is no listing.
2. govuk: /api/search.json answers.
3. moderngov: the address, or a link of its page, is one of ModernGov's pages (ieListMeetings.aspx …).
4. wordpress: wp-json answers, below the address or at the site's root; counts are from X-WP-Total.
5. readinglist: a page whose headings stand over links to many other sites.
6. listing: the page itself, or up to three pages that its menus call publications, documents, reports …; two of the
   pages that they list are looked at: where do the files lie?
7. boardpapers: pages that the menus call board papers; where nothing answers, the likeliest of the known paths.
8. sitemap: those that robots.txt names, else the usual places.
9. feed: those that the page's head names, else the usual place.
10. webarchive: where the address is gone, the archives' indexes of captures.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit

from protego import Protego
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import HtmlResponse, Request, Response
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from config.catalogue import load_sectors
from config.model import Settings
from crawler import harvest, links, meetings, signs
from crawler.archive import Outcome, Role
from crawler.captures import archive_named, latest, parse_cdx
from crawler.guard import Stopped, bare_host
from crawler.headings import Headings, listed_links
from crawler.judging import ROLE, is_gone, robots_tags
from crawler.keeping import OUTCOME, record_failure
from crawler.mechanisms.base import HarvestSpider
from crawler.mechanisms.boardpapers import KNOWN_PATHS
from crawler.mechanisms.moderngov import AGENDA, MEETINGS, USUAL_LIST, read_address
from crawler.mechanisms.sitemap import USUAL_PLACES
from crawler.sniff import Kind, kind_of, says_not_found

MOST_REQUESTS = 25
MOST_LISTINGS = 3
MOST_KNOWN_PATHS = 8
MOST_SAMPLES = 2
MOST_SITEMAPS = 4
MOST_TYPES = 5
MOST_CAPTURES = 3000
YES, NO, CLOSED = "yes", "no", "closed"
GONE = (Outcome.NOT_FOUND, Outcome.SOFT_NOT_FOUND)
NO_DOCUMENTS = (Kind.EMPTY, Kind.UNKNOWN, Kind.IMAGE, Kind.GZIP, Kind.ZIP, Kind.XML, Kind.JSON)
# Types of a WordPress site that hold no publications, by their names.
IDLE_TYPES = ("attachment", "page", "nav_menu_item", "product")
FAILURES = (
    IgnoreRequest, CannotResolveHostError, DownloadCancelledError, DownloadFailedError, DownloadTimeoutError,
    ResponseDataLossError, UnsupportedURLSchemeError, ConnectError, ConnectionDone, ConnectionLost, OSError,
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What one mechanism answered. `answers` is yes, no or closed; `documents` is a guess of what it would announce.

    `wider` says that it reaches beyond the address that was given; `itself` that the address says so of itself;
    `lacking` that something else on the site lists what this does not. `start`, `options`, `include` and `hosts` are
    what a source's entry should say.
    """

    mechanism: str
    answers: str
    seen: str
    start: tuple[str, ...] = ()
    documents: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    include: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    wider: bool = False
    itself: bool = False
    lacking: bool = False


@dataclass
class Report:
    """What an address answered. `outcome` (an Outcome) and `reason` are those of the address itself.

    `gone` says that a harvest would seek it in the web archives; `final` is where it led; `page` and `site` are what
    the page calls itself and its site; `said` are plain lines. `robots` has allowed, crawl_delay (seconds or None),
    sitemaps (addresses) and state. `best` is chosen by crawler.check.
    """

    address: str
    final: str = ""
    outcome: str = ""
    reason: str = ""
    gone: bool = False
    kind: str = ""
    page: str = ""
    site: str = ""
    robots: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    requests: int = 0
    best: Finding | None = None
    done: bool = False

    def finding(self, mechanism: str) -> Finding | None:
        """What was found of a mechanism, None where it was not tried."""
        return next((found for found in self.findings if found.mechanism == mechanism), None)


@dataclass(frozen=True)
class Answer:
    """How one request ended. `status` is 0 where nothing answered."""

    address: str
    final: str
    outcome: Outcome
    reason: str = ""
    status: int = 0
    response: Response | None = None
    nobody_there: bool = False

    @property
    def page(self) -> HtmlResponse | None:
        """The page that answered, None where it was none, or one that says that there is none."""
        if not self.outcome.good or not isinstance(self.response, HtmlResponse):
            return None
        return None if says_not_found(links.page_title(self.response)) else self.response

    @property
    def body(self) -> bytes:
        """The bytes that answered well, else none."""
        return self.response.body if self.outcome.good and self.response is not None else b""

    @property
    def json(self) -> Any:
        """The value of a good JSON answer, else None."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None

    def header(self, name: str) -> int:
        """A header that holds a number, 0 without one."""
        value = (self.response.headers.get(name) or b"").decode("latin-1").strip() if self.response else ""
        return int(value) if value.isdecimal() else 0


class Probe(HarvestSpider):
    """Fills its `report`. `own` names a mechanism that is tried in any case."""

    any_host = True
    fallback = ""
    report: ClassVar[Report]
    own: ClassVar[str] = ""
    home_settings: ClassVar[Settings]
    _rules: tuple[Protego, str] = (Protego.parse(""), "")  # robots.txt of the site, and the site's host

    async def start(self) -> AsyncIterator[Any]:
        """Everything is asked here, one after the other; the scheduler gets nothing to do."""
        await self._look(self.report.address)
        self.report.done = True
        return
        yield  # an async generator, as Scrapy asks for

    def idle(self) -> None:
        """Nothing follows when all has been asked."""

    async def _get(self, address: str) -> Answer:
        """Ask for one address with everything that a crawl does for a request. Raises Stopped."""
        report = self.report
        given, address = address, links.absolute(address, report.final or report.address) or ""
        if not address:
            return Answer(given, given, Outcome.ERROR, "not an address")
        if report.requests >= MOST_REQUESTS:
            return Answer(address, address, Outcome.LATER, f"not asked: {MOST_REQUESTS} requests are enough for a try")
        report.requests += 1
        request = Request(address, meta={ROLE: Role.LISTING})
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(request)
        except Stopped:
            raise
        except FAILURES as error:
            outcome = record_failure(self.name, request, error)
            known = harvest.current().archive.resource(request.url)
            reason = known.reason if known else str(error)
            return Answer(address, address, outcome, reason, nobody_there=is_gone(error))
        asked = response.request or request
        known = harvest.current().archive.resource(request.url)
        reason = known.reason if known else ""
        return Answer(address, response.url, asked.meta[OUTCOME], reason, response.status, response)

    def _add(self, mechanism: str, answers: str, seen: str, **more: Any) -> None:
        self.report.findings.append(Finding(mechanism, answers, seen, **more))

    # the address itself

    async def _look(self, address: str) -> None:
        report = self.report
        answer = await self._get(address)
        page = answer.page
        report.final, report.kind = answer.final, str(kind_of(answer.body)) if answer.body else ""
        report.outcome, report.reason = _outcome_of(answer)
        report.gone = answer.nobody_there or report.outcome in GONE
        self._read_robots(answer)
        if bare_host(urlsplit(answer.final).hostname or "") != bare_host(urlsplit(address).hostname or ""):
            report.said.append(f"it leads to another host: {answer.final}")
        if report.gone or self.own == "webarchive":
            await self._archives(address)
        if page is not None and not report.gone:
            await self._page(page)
        elif answer.body and not report.gone:
            self._bytes(answer)

    def _read_robots(self, answer: Answer) -> None:
        """What the robots.txt that was asked for before the address says."""
        known = harvest.current().archive.resource(urljoin(answer.final, "/robots.txt"))
        body = harvest.current().archive.read(known.sha256) if known and known.sha256 else b""
        rules = Protego.parse(body.decode("utf-8", "replace"))
        self._rules = rules, bare_host(urlsplit(answer.final).hostname or "")
        delay = rules.crawl_delay("Commdex")
        self.report.robots = {
            "allowed": answer.outcome is not Outcome.ROBOTS,
            "crawl_delay": float(delay) if delay else None,
            "sitemaps": [one for named in rules.sitemaps if (one := links.absolute(named, answer.final))],
            "state": str(known.outcome) if known else "not asked",
        }

    def _may_ask(self, address: str) -> bool:
        """Whether robots.txt lets an address be asked; that of another host is not known."""
        rules, host = self._rules
        return bare_host(urlsplit(address).hostname or "") != host or bool(rules.can_fetch(address, "Commdex"))

    def _look_at(self, page: HtmlResponse) -> signs.Look:
        """What a harvest would see of a page: a link that robots.txt forbids promises no document."""
        look = signs.look_at(page)
        files, onward = (tuple(link for link in found if self._may_ask(link.address))
                         for found in (look.files, look.onward))  # fmt: skip
        return replace(look, files=files, onward=onward)

    def _menu(self, page: HtmlResponse, wanted: Sequence[re.Pattern[str]]) -> list[links.Link]:
        return [link for link in signs.menu(page, wanted) if self._may_ask(link.address)]

    def _bytes(self, answer: Answer) -> None:
        """The address is no page: a document, a feed, a sitemap, or nothing of use."""
        feed, sitemap = signs.read_feed(answer.body), signs.read_sitemap(answer.body)
        if sitemap is not None:
            count = len(sitemap.addresses)
            self._add(
                "sitemap", YES, _sitemap_seen(sitemap, count), start=(answer.final,), documents=count, itself=True
            )
        elif feed is not None:
            self.report.page = feed.title
            self._add("feed", YES, _feed_seen(feed), start=(answer.final,), documents=feed.entries, itself=True)
        elif kind_of(answer.body) not in NO_DOCUMENTS:
            seen = f"the address is a document ({kind_of(answer.body)}, {len(answer.body):,} bytes)"
            self._add("fixed", YES, seen, start=(answer.final,), documents=1, itself=True)
        else:
            self._add("fixed", NO, f"the address is no document ({kind_of(answer.body)})")

    async def _page(self, page: HtmlResponse) -> None:
        report = self.report
        report.page, report.site = signs.site_name(page)
        if "noindex" in robots_tags(page):
            report.said.append(
                "the page asks robots not to index it: what it lists is harvested, itself it is not kept"
            )
        look = self._look_at(page)
        root = _is_root(page.url)
        await self._govuk(page.url)
        await self._moderngov(page)
        if not any(found.answers == YES and not found.wider for found in report.findings):
            await self._wordpress(page)
        self._reading_list(page, look)
        await self._boards(page, look)
        listed = await self._listing(page, look)
        await self._sitemap(page, listed)
        await self._feed(page)
        listing = report.finding("listing")
        if root and not any(found.answers == YES for found in report.findings):
            await self._known_boards(page.url)
        if root:
            self._add("fixed", NO, "the address is a front page")
        elif listing and listing.itself:
            self._add("fixed", NO, "the page is a listing")
        else:
            self._add("fixed", YES, f"a page with {_count(len(look.files), 'file')}", start=(page.url,), documents=1)

    # mechanisms

    async def _govuk(self, address: str) -> None:
        slug = signs.organisation_of(address)
        query = {"count": 0} | ({"filter_organisations": slug} if slug else {})
        answer = await self._get(urljoin(address, f"/api/search.json?{urlencode(query)}"))
        value = answer.json
        if not isinstance(value, dict) or not isinstance(value.get("total"), int) or "results" not in value:
            self._add("govuk", NO, _not(answer))
            return
        total = value["total"]
        self._add(
            "govuk",
            YES if total else NO,
            f"search.json knows {total:,} pages" + (f" of {slug}" if slug else "; name organisations to narrow it"),
            start=(urljoin(address, "/"),),
            documents=total,
            options={"organisations": [slug]} if slug else {},
            wider=not slug and not _is_root(address),
        )

    async def _moderngov(self, page: HtmlResponse) -> None:
        found, here = _of_moderngov(page), bool(read_address(page.url).kind)
        if not found and not here:
            if not signs.COMMITTEE_HOST.search(urlsplit(page.url).hostname or ""):
                self._add("moderngov", NO, "no link to ModernGov's pages")
                return
            answer = await self._get(urljoin(page.url, f"/{USUAL_LIST}"))
            found = _of_moderngov(answer.page) if answer.page else []
            if not found:
                self._add("moderngov", NO, _not(answer))
                return
        site = bare_host(urlsplit(page.url).hostname or "")
        own = [one for one in found if bare_host(urlsplit(one).hostname or "") == site]
        if not own and not here:
            start = (urljoin(found[0], "/"),)  # a council's site that links to its committees' site
            self._add("moderngov", YES, f"its committees are at {start[0]}", start=start, wider=True)
            return
        committees = {read_address(one).committee for one in own} - {""}
        seen = f"{_count(len(committees), 'committee')} linked" + await self._meetings_of(own)
        self._add("moderngov", YES, seen, start=(page.url,), documents=max(len(own), 1), itself=here)

    async def _meetings_of(self, own: Sequence[str]) -> str:
        """How one committee's list of meetings looks."""
        first = next((one for one in own if read_address(one).kind == MEETINGS), "")
        answer = await self._get(first) if first else None
        if answer is None or answer.page is None:
            return f"; {_not(answer)}" if answer else ""
        agendas = [one for one in _of_moderngov(answer.page) if read_address(one).kind == AGENDA]
        return f"; the first lists {_count(len(agendas), 'meeting')}"

    async def _wordpress(self, page: HtmlResponse) -> None:
        """Below the address first, as a network of sites has its interface there; then at the site's root."""
        shows = bool(signs.WORDPRESS.search(page.body))
        named: str = page.selector.xpath("//link[@rel='https://api.w.org/']/@href").get() or ""
        folder, root = _folder(page.url), urljoin(page.url, "/")
        places = [urljoin(page.url, named)] if named else []
        places += [urljoin(place, "wp-json/") for place in dict.fromkeys((folder, root)) if shows or place == root]
        if shows:
            places.append(urljoin(root, "?rest_route=/"))
        seen = ""
        for place in dict.fromkeys(places):
            answer, found = await self._wordpress_at(place, page.url, types=shows)
            if found is not None:
                self.report.findings.append(found)
                return
            if _says_wordpress(answer) and answer.outcome is Outcome.BLOCKED:
                seen = f"{answer.address} is closed ({answer.reason})"
                self._add("wordpress", CLOSED, seen, start=(_site_of(place),))
                return
            seen = seen or _not(answer)
        self._add("wordpress", NO, seen)

    async def _wordpress_at(self, place: str, given: str, *, types: bool) -> tuple[Answer, Finding | None]:
        """The REST interface at `place`; `types` says whether to ask which types of items it has."""
        bases = ["posts"]
        if types:
            answer = await self._get(_rest(place, "types"))
            if isinstance(answer.json, dict):
                bases = _document_types(answer.json) or bases
            elif answer.outcome is Outcome.BLOCKED and _says_wordpress(answer):
                return answer, None
        counts: dict[str, int] = {}
        answer = Answer(place, place, Outcome.ERROR)
        for base in bases[:MOST_TYPES]:
            answer = await self._get(_rest(place, base, per_page=1))
            if isinstance(answer.json, list):
                counts[base] = answer.header("X-WP-Total") or len(answer.json)
            elif not counts:
                return answer, None
        media = await self._get(_rest(place, "media", per_page=1, media_type="application"))
        counts["media"] = media.header("X-WP-Total") if isinstance(media.json, list) else 0
        site = _site_of(place)
        seen = "X-WP-Total: " + ", ".join(f"{count:,} {base}" for base, count in counts.items())
        if "rest_route" in place:
            seen += "; only in the ?rest_route= form"
        total = max(sum(counts.values()) - counts["media"], counts["media"])  # most files belong with a post
        wider = not signs.below(site, given)
        return answer, Finding("wordpress", YES if total else NO, seen, (site,), total, wider=wider)

    def _reading_list(self, page: HtmlResponse, look: signs.Look) -> None:
        site = bare_host(urlsplit(page.url).hostname or "")
        listed = listed_links(page, Headings(load_sectors(), {}))
        out = [one for one in listed if bare_host(urlsplit(one.link.address).hostname or "") != site]
        hosts = {bare_host(urlsplit(one.link.address).hostname or "") for one in out}
        headings = {heading.text for one in out for heading in one.headings if heading.text}
        sectors = {heading.text for one in out for heading in one.headings if heading.sectors}
        seen = f"{_count(len(out), 'link')} to {_count(len(hosts), 'other host')}"
        seen += f" under {_count(len(headings), 'heading')}, {len(sectors):,} of them known" if headings else ""
        # Links of a front page to sister sites are no reading list: most of its links would lead elsewhere.
        many = len(hosts) >= 6 and len(headings) >= 2 and len(out) >= max(10, len(look.onward))
        if many or (len(sectors) >= 2 and len(hosts) >= 3):
            self._add("readinglist", YES, seen, start=(page.url,), documents=len(out), itself=True)
        else:
            self._add("readinglist", NO, seen)

    async def _boards(self, page: HtmlResponse, look: signs.Look) -> None:
        if meetings.STRONG.search(look.title) and not _is_root(page.url):
            seen, count = _board_seen(look)
            self._add("boardpapers", YES, f"{look.title!r}: {seen}", start=(page.url,), documents=count, itself=True)
            return
        named = self._menu(page, (meetings.STRONG, meetings.WEAK))
        for link in named[:MOST_SAMPLES]:
            answer = await self._get(link.address)
            below = self._look_at(answer.page) if answer.page is not None else None
            seen, count = _board_seen(below) if below else ("", 0)
            if count:
                self._add("boardpapers", YES, f"{link.text!r}: {seen}", start=(answer.final,), documents=count)
                return
        self._add("boardpapers", NO, "pages called so hold no papers" if named else "no link is called board papers")

    async def _known_boards(self, root: str) -> None:
        """Where boards have their papers though the front page does not say so: tried when nothing else answers."""
        for path in KNOWN_PATHS[:MOST_KNOWN_PATHS]:
            answer = await self._get(urljoin(root, path))
            look = self._look_at(answer.page) if answer.page is not None and not _is_root(answer.final) else None
            seen, count = _board_seen(look) if look and meetings.STRONG.search(look.title) else ("", 0)
            if look and count:
                self.report.findings = [one for one in self.report.findings if one.mechanism != "boardpapers"]
                self._add("boardpapers", YES, f"{look.title!r}: {seen}", start=(answer.final,), documents=count)
                return

    async def _listing(self, page: HtmlResponse, look: signs.Look) -> list[signs.Look]:
        """Looks for listings; returns those that would be the start, for the sitemap to be compared with."""
        own = _is_listing(look, root=_is_root(page.url)) or (self.own == "listing" and look.entries > 0)
        found: list[signs.Look] = []
        if not own or _is_root(page.url):
            named = [link for link in self._menu(page, signs.LISTING_TEXT) if signs.below(link.address, page.url)]
            named = [link for link in named if not meetings.STRONG.search(link.text)]  # those are for boardpapers
            for link in named[:MOST_LISTINGS]:
                answer = await self._get(link.address)
                below = self._look_at(answer.page) if answer.page else None
                if below and (below.last != 1 or below.entries >= (1 if _is_called_listing(below) else 2)):
                    found.append(below)
        # A front page links to much that is no publication: a page that is called so goes before it.
        itself = own and look.documents > 2 * sum(one.documents for one in found)
        looks = [look] if itself else found
        if not looks:
            self._add(
                "listing", NO, f"{_count(look.entries, 'link')} to pages or files, and no page called publications"
            )
            return []
        depth, hosts = await self._sample(looks)
        seen = "; ".join(f"{one.title!r} lists {_listed(one)}" for one in looks)
        self._add(
            "listing",
            YES,
            seen + ("; the files lie one level deeper" if depth > 1 else ""),
            start=tuple(one.address for one in looks),
            documents=sum(one.documents for one in looks),
            options={"depth": depth} if depth > 1 else {},
            hosts=hosts,
            itself=itself,
        )
        return looks

    async def _sample(self, looks: Sequence[signs.Look]) -> tuple[int, tuple[str, ...]]:
        """How many levels below a listing the files lie, and on which other hosts, by two of the pages it lists."""
        here = bare_host(urlsplit(looks[0].address).hostname or "")
        files = [link for look in looks for link in look.files]
        listed = {link.address for look in looks for link in look.onward}
        deeper = []
        for link in looks[0].onward[:MOST_SAMPLES]:
            answer = await self._get(link.address)
            if answer.page is not None:
                below = self._look_at(answer.page)
                files += below.files
                deeper.append(not below.files and len([one for one in below.onward if one.address not in listed]) >= 5)
        hosts = {urlsplit(link.address).hostname or "" for link in files if links.looks_like_file(link.address)}
        others = sorted(host for host in hosts if bare_host(host) != here)[:5]
        return (2 if deeper and all(deeper) else 1), tuple(others)

    async def _sitemap(self, page: HtmlResponse, listed: Sequence[signs.Look]) -> None:
        root = urljoin(page.url, "/")
        named = list(self.report.robots["sitemaps"])
        wanted = signs.likely_first(named) or [urljoin(root, place) for place in USUAL_PLACES]
        addresses: dict[str, str] = {}
        first, unread, indexes = Answer(root, root, Outcome.ERROR), 0, 0
        asked = 0
        while wanted:
            place = wanted.pop(0)
            if asked >= MOST_SITEMAPS + indexes:
                unread += 1
                continue
            answer = await self._get(place)
            first = answer if asked == 0 else first
            asked += 1
            sitemap = signs.read_sitemap(answer.body)
            if sitemap is None:
                continue
            if sitemap.is_index:
                indexes += 1
                wanted = signs.likely_first([address for address, _ in sitemap.addresses]) + wanted
            else:
                addresses |= dict(sitemap.addresses)
                wanted = wanted if named or indexes else []
        if not addresses:
            self._add("sitemap", NO, _not(first))
            return
        self._add_sitemap(page.url, addresses, unread, listed)

    def _add_sitemap(self, given: str, addresses: Mapping[str, str], unread: int, listed: Sequence[signs.Look]) -> None:
        root = _is_root(given)
        within = [one for one in addresses if signs.is_publication(one) and (root or signs.below(one, given))]
        within = [one for one in within if self._may_ask(one)]
        within = [one for one in within if one.rstrip("/") != given.rstrip("/")]
        seen = _dated(f"{_count(len(addresses), 'address')}", addresses.values())
        seen += f", {len(within):,} below {urlsplit(given).path}" if not root else ""
        seen += f"; {_count(unread, 'more sitemap')} not read" if unread else ""
        links_of = {link.address for look in listed for link in look.onward}
        lacking = bool(links_of) and not unread and len(links_of & set(addresses)) * 2 < len(links_of)
        seen += "; it lacks what the listing has" if lacking else ""
        self._add(
            "sitemap",
            YES if within else NO,
            seen,
            start=(urljoin(given, "/"),),
            documents=len(within),
            include=() if root else (signs.pattern_below(given),),
            lacking=lacking,
        )

    async def _feed(self, page: HtmlResponse) -> None:
        named = signs.feeds_of(page)
        usual = "/feeds/posts/default" if signs.BLOGGER.search(page.body) else "/feed/"
        first = None
        best: tuple[int, str, signs.FeedLook] | None = None
        for address in named[:MOST_SAMPLES] or [urljoin(page.url, usual)]:
            answer = await self._get(address)
            first = first or answer
            feed = signs.read_feed(answer.body) if answer.body else None
            if feed is not None and (best is None or feed.entries > best[0]):
                best = feed.entries, answer.final, feed
        if best is None or first is None:
            self._add("feed", NO, _not(first) if first else "none")
            return
        count, address, feed = best
        wider = not _is_root(page.url) and not signs.below(address, page.url)
        answers = YES if count else NO
        self._add("feed", answers, _feed_seen(feed), start=(address,), documents=count, wider=wider)

    async def _archives(self, address: str) -> None:
        """Which archive has captures of what lies below the address."""
        seen = []
        for name in self.home_settings.crawl.archives:
            answer = await self._get(archive_named(name).query(address, "prefix", most=MOST_CAPTURES))
            captures = parse_cdx(answer.body)
            kept = [capture for capture in latest(captures) if capture.is_page or capture.is_file]
            if not kept:
                seen.append(f"{name}: " + ("no captures" if answer.outcome.good else _not(answer)))
                continue
            files = sum(not capture.is_page for capture in kept)
            more = " or more" if len(captures) >= MOST_CAPTURES else ""
            told = f"{_count(files, 'file')} and {_count(len(kept) - files, 'page')}"
            seen.append(f"{name}: {told} among {len(captures):,}{more} captures")
            self._add("webarchive", YES, "; ".join(seen), start=(address,), documents=len(kept))
            return
        self._add("webarchive", NO, "; ".join(seen) or "no archive is configured", start=(address,))


def _outcome_of(answer: Answer) -> tuple[str, str]:
    """The outcome of the address itself: a page that says that there is none is a soft 404, as in a harvest."""
    if answer.outcome.good and isinstance(answer.response, HtmlResponse):
        if answer.page is None:
            title = links.page_title(answer.response)
            return Outcome.SOFT_NOT_FOUND, f"answered 200 with a page that says {title!r}"
        if _is_root(answer.final) and not _is_root(answer.address):
            return Outcome.SOFT_NOT_FOUND, "redirected to the front page"
    return answer.outcome, answer.reason


def _of_moderngov(page: HtmlResponse) -> list[str]:
    """Addresses on a page that are ModernGov's own pages, in their order."""
    hrefs = page.selector.xpath("//a/@href").getall()
    found = [address for href in hrefs if (address := links.absolute(href, page.url)) and read_address(address).kind]
    return list(dict.fromkeys(found))


def _is_root(address: str) -> bool:
    parts = urlsplit(address)
    return not parts.path.strip("/") and not parts.query


def _folder(address: str) -> str:
    bare = address.partition("?")[0].partition("#")[0]
    return bare if bare.endswith("/") else bare + "/"


def _rest(place: str, collection: str, **query: Any) -> str:
    """An address of a REST interface, which begins with /wp-json/ or, without permalinks, with ?rest_route=/."""
    told = urlencode(query)
    if "rest_route=" in place:
        return f"{place.rstrip('/')}/wp/v2/{collection}" + (f"&{told}" if told else "")
    return urljoin(_folder(place), f"wp/v2/{collection}") + (f"?{told}" if told else "")


def _site_of(place: str) -> str:
    """The WordPress site that a REST interface belongs to."""
    return place.partition("?")[0].removesuffix("index.php").removesuffix("/").removesuffix("wp-json").rstrip("/") + "/"


def _says_wordpress(answer: Answer) -> bool:
    """Whether an error is WordPress's own: JSON with a code, as rest_forbidden or rest_not_logged_in."""
    body = answer.response.body if answer.response is not None else b""
    return body.lstrip().startswith(b"{") and b'"code"' in body


def _document_types(types: Mapping[str, Any]) -> list[str]:
    """The REST collections of a site's types that may hold publications, posts first."""
    found = []
    for name, value in types.items():
        base = str(value.get("rest_base") or name) if isinstance(value, dict) else ""
        if base and name not in IDLE_TYPES and not name.startswith(("wp_", "elementor", "e-")) and "(" not in base:
            found.append(base)
    return sorted(dict.fromkeys(found), key=lambda base: base != "posts")


def _is_listing(look: signs.Look, *, root: bool) -> bool:
    """A page with a pager, with many links of one kind, or that calls itself a listing."""
    if look.last != 1:
        return look.entries >= 1
    if root:
        return len(look.onward) >= 5 or len(look.files) >= 1
    return len(look.files) > 6 or len(look.onward) >= 8 or (_is_called_listing(look) and look.entries >= 2)


def _is_called_listing(look: signs.Look) -> bool:
    short = len(look.title.split()) <= signs.MOST_WORDS_OF_MENU
    return short and any(words.search(look.title) for words in signs.LISTING_TEXT)


def _not(answer: Answer) -> str:
    """Why a mechanism was not found: what the first address that was asked for it answered."""
    path = urlsplit(answer.address).path or "/"
    if answer.status in (404, 410):
        return f"{path}: {answer.status}"
    if answer.outcome.good:
        return f"{path} is something else ({kind_of(answer.body)})"
    return f"{path}: {answer.reason or answer.outcome}"


def _listed(look: signs.Look) -> str:
    what = _count(len(look.files), "file") if len(look.files) > len(look.onward) else _count(len(look.onward), "page")
    pages = {0: " a page, several pages", 1: ""}.get(look.last, f" a page, {look.last} pages")
    return what + pages


def _board_seen(look: signs.Look) -> tuple[str, int]:
    """What a page of board papers links to, and a guess of how many papers: a meeting has three at least."""
    sittings = [link for link in look.onward if meetings.STRONG.search(link.text) or meetings.meeting_date(link.text)
                or meetings.is_dated_alone(link.text)]  # fmt: skip
    papers = [link for link in look.files if meetings.OF_PAPERS.search(f"{link.text} {link.beside}")]
    seen = f"{_count(len(look.files), 'file')}, {_count(len(sittings), 'link')} to meetings and years"
    return seen, (len(look.files) if papers else 0) + 3 * len(sittings)


def _feed_seen(feed: signs.FeedLook) -> str:
    span = f", {feed.oldest} to {feed.newest}" if feed.newest else ""
    whole = ", with whole texts" if feed.entries and feed.full == feed.entries else ""
    return _count(feed.entries, "entry", "entries") + span + whole + (", further pages" if feed.paged else "")


def _sitemap_seen(sitemap: signs.SitemapLook, count: int) -> str:
    what = _count(count, "sitemap") if sitemap.is_index else _count(count, "address", "addresses")
    return _dated(what, [last for _, last in sitemap.addresses])


def _dated(what: str, moments: Iterable[str]) -> str:
    known = sorted(moment[:10] for moment in moments if moment)
    return f"{what}, lastmod {known[0]} to {known[-1]}" if known else what


def _count(number: int, thing: str, things: str = "") -> str:
    plural = things or (f"{thing}es" if thing.endswith("s") else f"{thing}s")
    return f"{number:,} {thing if number == 1 else plural}"
