"""The base of every mechanism.

To add a mechanism:

1. Add a module here with a class `Spider(HarvestSpider)`; its name is the module's name.
2. Write `begin`: given one start address, yield what to ask first, mostly
   `yield from self.listing(address, self.read_listing)`.
3. Write the callbacks that read listings. For each publication yield `from self.page(...)` for its landing page, or
   `self.file(...)` for a file; both announce it to the archive and ask for it.
4. Override `read_page` only when a landing page needs more than its file links followed.
5. Say in `Options` what a source entry may add under `options:`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import scrapy
from pydantic import BaseModel, ConfigDict
from scrapy.http import HtmlResponse, Request, Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from config.model import Source
from crawler import harvest, links
from crawler.archive import Announcement, Fetch, Outcome, Role
from crawler.guard import Stopped
from crawler.keeping import OUTCOME, ROLE, record_failure

Asked = Iterable[Request]
Reader = Callable[..., Asked]


class NoOptions(BaseModel):
    """Options of a mechanism that has none."""

    model_config = ConfigDict(extra="forbid")


class HarvestSpider(scrapy.Spider):
    """One source's spider; `crawler.spider_loader` makes a subclass for each source with `source` set."""

    source: ClassVar[Source]
    Options: ClassVar[type[BaseModel]] = NoOptions
    # Every answer reaches `_answered`, which looks at the outcome: nothing may be dropped on the way.
    handle_httpstatus_all = True
    custom_settings: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.limited = ""  # which bound cut this run short
        self.made_up_for: Counter[str] = Counter()  # failures, by outcome, that another way was tried for
        self._asked = 0
        self._include = [re.compile(pattern) for pattern in self.source.include]
        self._exclude = [re.compile(pattern) for pattern in self.source.exclude]
        self.options: Any = self.Options.model_validate(self.source.options)

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts that this spider may ask."""
        return self.source.allowed_hosts

    async def start(self) -> AsyncIterator[Any]:
        for address in self.source.start:
            for request in self.begin(address):
                yield request

    def begin(self, address: str) -> Asked:
        """What to ask first for one start address."""
        raise NotImplementedError

    # what mechanisms yield

    def listing(
        self, address: str, then: Reader, *, failed: Reader | None = None, excused: bool = True, **more: Any
    ) -> Iterator[Request]:
        """Ask for an index of some kind; `then(response, **more)` reads it, `failed(**more)` is called without it.

        `excused` says that `failed` makes up for it, so that the failure does not count against the source.
        """
        checked = self._checked(address)
        if checked:
            yield self._ask(checked, Role.LISTING, then, failed, more, excused)

    def page(self, address: str, *, found_on: str, **said: Any) -> Iterator[Request]:
        """Announce a landing page (or a page that is the publication) and ask for it, where the source wants it.

        `said` is what was said of it: title, date, publisher, summary, link_text, position, original, captured.
        """
        checked = self._checked(address)
        if checked and self.wanted(said.get("original") or checked, page=True):
            announcement = self._announce(checked, Role.PAGE, found_on, landing=checked, **said)
            yield self._ask(announcement.address, Role.PAGE, self.read_page, None, {"announcement": announcement})

    def announce_page(self, address: str, *, found_on: str, **said: Any) -> None:
        """Announce a landing page without asking for it: all that is needed of it was said elsewhere."""
        checked = self._checked(address)
        if checked and self.wanted(checked, page=True):
            self._announce(checked, Role.PAGE, found_on, landing=checked, **said)

    def file(
        self, address: str, *, landing: str, found_on: str, web_page: bool = False, **said: Any
    ) -> Iterator[Request]:
        """Announce a file that belongs with a landing page and ask for it.

        `web_page` says that it is published as a web page, so that one is not taken for another landing page.
        """
        checked = self._checked(address)
        if checked and self.wanted(said.get("original") or checked, page=False):
            announcement = self._announce(checked, Role.FILE, found_on, landing=landing, **said)
            then = None if web_page else self._read_file
            yield self._ask(announcement.address, Role.FILE, then, None, {"announcement": announcement})

    def _read_file(self, response: Response, announcement: Announcement) -> Asked:
        """What looked like a file and is a web page is a landing page: announce it as one, and follow its files."""
        if isinstance(response, HtmlResponse):
            page = replace(announcement, role=Role.PAGE, landing=announcement.address)
            run = harvest.current()
            run.archive.announce(page, run.run)
            yield from self.read_page(response, page)

    def look(self, address: str, then: Reader, **more: Any) -> Iterator[Request]:
        """Ask for a page of which only its content can tell whether it is a publication's; `then` reads it."""
        checked = self._checked(address)
        if checked:
            yield self._ask(checked, Role.PAGE, then, None, more)

    def read_page(self, response: Response, announcement: Announcement) -> Asked:
        """Follow the file links of a landing page."""
        if isinstance(response, HtmlResponse):
            yield from self.files_of(response, landing=announcement.address)

    def files_of(self, response: TextResponse, *, landing: str) -> Iterator[Request]:
        """Announce and ask for every file that a page links to."""
        for position, link in enumerate(links.file_links(response), start=1):
            yield from self.file(
                link.address, landing=landing, found_on=landing, link_text=link.text, position=position
            )

    def trouble(self, address: str, reason: str, outcome: Outcome = Outcome.ERROR) -> None:
        """Write down what could not be made sense of, so that one bad entry costs itself and not its listing."""
        run = harvest.current()
        run.record(Fetch(run.run, self.name, address[:2000], "", Role.LISTING, outcome, reason=reason))

    def json_of(self, response: Response) -> Any:
        """The value of a JSON answer, None (and a recorded trouble) where it is none."""
        try:
            return json.loads(response.body)
        except ValueError:
            self.trouble(response.url, "answered something else than JSON")
            return None

    # how they are asked

    def _checked(self, address: str) -> str | None:
        """`address` as it will be asked for, None (and a recorded trouble) where it is no web address."""
        checked = links.absolute(address, self.source.start[0])
        if checked is None or not address.strip():
            self.trouble(address or "(empty)", "not an address")
            return None
        return checked

    def wanted(self, address: str, *, page: bool) -> bool:
        """Whether the source's `include` (pages only) and `exclude` let this address through."""
        if any(pattern.search(address) for pattern in self._exclude):
            return False
        return not page or not self._include or any(pattern.search(address) for pattern in self._include)

    def _announce(self, address: str, role: Role, found_on: str, landing: str, **said: Any) -> Announcement:
        announcement = Announcement(
            source=self.source.id,
            address=Request(address).url,  # as it will be asked for and recorded
            found_on=found_on,
            role=role,
            landing=Request(landing).url if landing else "",
            via=self.source.mechanism,
            **said,
        )
        run = harvest.current()
        run.archive.announce(announcement, run.run)
        return announcement

    def _ask(
        self,
        address: str,
        role: Role,
        then: Reader | None,
        failed: Reader | None,
        more: dict[str, Any],
        excused: bool = True,
    ) -> Request:
        return Request(
            address,
            callback=self._answered,
            errback=self._failed,
            # Listings first: what they lead to is known early, and a stopped run has announced the most.
            priority={Role.LISTING: 20, Role.PAGE: 10}.get(role, 0),
            meta={ROLE: role},
            cb_kwargs={"then": then, "failed": failed, "more": more, "excused": excused},
        )

    def _answered(
        self, response: Response, then: Reader | None, failed: Reader | None, more: dict[str, Any], excused: bool
    ) -> Iterator[Request]:
        outcome: Outcome = response.meta[OUTCOME]
        if outcome.good and then is not None:
            yield from self._within_limit(then(response, **more))
        elif not outcome.good and failed is not None:
            self.made_up_for[outcome] += excused
            yield from self._within_limit(failed(**more))

    def _failed(self, failure: Failure) -> Iterator[Request]:
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        error = failure.value
        if isinstance(error, Stopped):
            return  # never asked
        if error is not None and not isinstance(error, HttpError):
            request.meta[OUTCOME] = record_failure(self.name, request, error)
        failed: Reader | None = request.cb_kwargs["failed"]
        if failed is not None:
            self.made_up_for[request.meta.get(OUTCOME, "")] += request.cb_kwargs["excused"]
            yield from self._within_limit(failed(**request.cb_kwargs["more"]))

    def _within_limit(self, requests: Asked) -> Iterator[Request]:
        for request in requests:
            if self._asked >= self.source.limit:
                self.limited = f"stopped at its limit of {self.source.limit} requests"
                return
            self._asked += 1
            yield request
