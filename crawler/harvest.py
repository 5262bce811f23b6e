"""One run of the crawler over one or more sources: who is asking, what is kept, and how each source fared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import version

from config.catalogue import load_settings, load_sources
from config.errors import ConfigError
from config.home import Home, find_home
from config.model import Settings, Source
from crawler.archive import Archive, Fetch, Outcome, Role
from crawler.impossible import Answer
from crawler.mechanisms import option_models

# Why a spider was closed before its end, by Scrapy's word for it or ours, in ours.
INTERRUPTED = {"shutdown": "stopped by hand", "not begun": "stopped before its turn", "cut off": "stopped at once"}
# Outcomes that leave a source's harvest incomplete through no fault of a single link.
INCOMPLETE = (
    Outcome.BLOCKED, Outcome.SERVER_ERROR, Outcome.LATER, Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.ERROR
)  # fmt: skip


def catalogue(home: Home, settings: Settings) -> dict[str, Source]:
    """Every source of this home by id. Raises ConfigError."""
    return load_sources(home, option_models(), shipped=settings.shipped_sources)


def user_agent(settings: Settings) -> str:
    """Who asks, as sites see it. Raises ConfigError where no contact is configured: then nothing may be crawled."""
    if not settings.contact:
        raise ConfigError(
            "no contact is configured, so nothing is crawled: a site must be able to reach whoever harvests it.\n"
            "Set one with: commdex init --contact library@example.nhs.uk"
        )
    contact = settings.contact if "://" in settings.contact else f"mailto:{settings.contact}"
    return f"Commdex/{version('commdex')} (+{contact})"


class Harvest:
    """A run in progress. `on_fetch` and `on_source` are told of each fetch and each finished source."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        *,
        on_fetch: Callable[[Fetch], None] | None = None,
        on_source: Callable[[str, str, str], None] | None = None,
    ):
        self.user_agent = user_agent(settings)
        home.make()
        self.archive = Archive(home.archive_folder, read_only=False)
        self.run = self.archive.start_run(self.user_agent)
        self._on_fetch = on_fetch
        self._on_source = on_source
        # What the spiders of a run share: how hosts answer for what they do not have (crawler.keeping), and the web
        # archives that have refused (crawler.mechanisms.archives), by the beginning of their addresses, and why.
        self.looks: dict[str, asyncio.Future[tuple[Answer, bool] | None]] = {}
        self.blocked_archives: dict[str, str] = {}

    def record(self, fetch: Fetch) -> None:
        self.archive.record(fetch)
        if self._on_fetch:
            self._on_fetch(fetch)

    def finish_source(
        self,
        source: Source,
        *,
        stopped: str,
        errors: list[str],
        limited: str,
        made_up_for: Mapping[str, int],
        passed_over: int = 0,
        increment: bool = False,
    ) -> None:
        """Judge one source's run. Zero documents is a failure until proven otherwise.

        `stopped` says why Scrapy closed the spider ("finished" when nothing was left to do); `made_up_for` counts the
        failures, by outcome, for which the spider had another way; `passed_over` the files that it holds and did not
        ask for again; `limited` says which bound cut it short, "" when none did; `increment` that only what is new was
        asked for.
        """
        state, reason = self._judge(source, stopped, errors, limited, made_up_for, passed_over, increment)
        collapsed = state in ("ok", "partly", "failed") and stopped == "finished" and not increment and not limited
        collapsed = collapsed and self.archive.announced(self.run, source.id) < self.archive.floor(self.run, source.id)
        if collapsed:
            state, reason = "failed", self._collapse(source, reason)
        self.archive.finish_source(self.run, source.id, state, reason, increment=increment, collapsed=collapsed)
        if self._on_source:
            self._on_source(source.id, state, reason)

    def _judge(
        self,
        source: Source,
        stopped: str,
        errors: list[str],
        limited: str,
        made_up_for: Mapping[str, int],
        passed_over: int,
        increment: bool,
    ) -> tuple[str, str]:
        if stopped in INTERRUPTED:
            return "interrupted", INTERRUPTED[stopped]
        if stopped != "finished":
            return "failed", f"stopped before its end ({stopped}): see the log"
        if errors:
            return "failed", f"an error in Commdex: {errors[0]}"
        # Without a host's robots.txt its addresses are not asked for, and each of them is counted.
        outcomes = self.archive.outcomes(self.run, source.id, (Role.PAGE, Role.FILE, Role.LISTING))
        too_little = "" if increment else self._too_little(source, passed_over)  # a quiet week may bring nothing new
        if too_little:
            return "failed", f"{too_little}; {self._worst(source)}"
        missed = {str(outcome): outcomes.get(outcome, 0) - made_up_for.get(outcome, 0) for outcome in INCOMPLETE}
        missed = {outcome: count for outcome, count in missed.items() if count > 0}
        if missed:
            return "partly", ", ".join(f"{count} {outcome}" for outcome, count in missed.items())
        if limited:
            return "partly", limited
        return "ok", ""

    def _too_little(self, source: Source, passed_over: int) -> str:
        """What a harvest of everything lacks to be one, "" when nothing."""
        announced = self.archive.announced(self.run, source.id)
        if announced == 0:
            return "no document found"
        of_papers = self.archive.outcomes(self.run, source.id, (Role.PAGE, Role.FILE))
        if not passed_over and not any(of_papers.get(outcome) for outcome in Outcome if outcome.good):
            return "nothing could be fetched"
        if announced < source.expect:
            return f"{announced} documents found, at least {source.expect} expected"
        return ""

    def _collapse(self, source: Source, reason: str) -> str:
        announced, floor = self.archive.announced(self.run, source.id), self.archive.floor(self.run, source.id)
        told = f"{announced or 'no'} pages and files announced, at least {floor} expected after its last harvests"
        return f"{told}; {reason or self._worst(source)}"

    def _worst(self, source: Source) -> str:
        troubles = self.archive.troubles(self.run, source.id)
        if not troubles:
            return "every request was answered, so its pages may have changed their shape: see docs/sources.md"
        first = troubles[0]
        return f"{first['outcome']}: {first['address']}" + (f" ({first['reason']})" if first["reason"] else "")

    def close(self) -> None:
        self.archive.finish_run(self.run)
        self.archive.close()


_current: Harvest | None = None


def begin(harvest: Harvest) -> None:
    """Make `harvest` the run that every spider of this process belongs to."""
    global _current
    _current = harvest


def current() -> Harvest:
    """The run that this process is in; one is begun for the default home when Scrapy was started by hand.

    Raises ConfigError.
    """
    if _current is None:
        home = find_home()
        begin(Harvest(home, load_settings(home)))
    assert _current is not None
    return _current
