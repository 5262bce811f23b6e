"""Runs the spiders of many sources: hosts side by side, each host by one spider at a time."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings as ScrapySettings

from config.home import Home
from config.model import Settings, Source
from crawler import harvest, settings
from crawler.archive import Fetch
from crawler.gate import gates
from crawler.guard import ALLOW_PRIVATE, Stopped, bare_host
from crawler.harvest import Harvest
from crawler.mechanisms import spider_of
from crawler.mechanisms.base import HarvestSpider
from crawler.spider_loader import HOME, spider_class

LOG_FILE = "crawl.log"


@dataclass(frozen=True)
class SourceResult:
    """How one source's part of a run ended; `state` is ok, partly, failed or interrupted."""

    source: str
    state: str
    reason: str


@dataclass(frozen=True)
class RunResult:
    """How a run ended. `outcomes` counts its fetches."""

    run: int
    sources: tuple[SourceResult, ...]
    outcomes: dict[str, int]

    @property
    def interrupted(self) -> bool:
        return any(result.state == "interrupted" for result in self.sources)

    @property
    def failed(self) -> bool:
        return any(result.state == "failed" for result in self.sources)


def crawl(
    home: Home,
    home_settings: Settings,
    sources: Sequence[Source],
    *,
    on_fetch: Callable[[Fetch], None] | None = None,
    on_source: Callable[[str, str, str], None] | None = None,
    on_stop: Callable[[], None] | None = None,
) -> RunResult:
    """Harvest `sources` and return how each fared.

    Ctrl-C ends it once what is under way has come (`on_stop` is called at once); a second Ctrl-C ends it there.

    Can be called once a process, as Twisted's reactor runs once. Raises ConfigError when no contact is configured,
    ArchiveError when the archive cannot be used.
    """
    results: dict[str, SourceResult] = {}

    def finished(source: str, state: str, reason: str) -> None:
        results[source] = SourceResult(source, state, reason)
        if on_source:
            on_source(source, state, reason)

    run = Harvest(home, home_settings, on_fetch=on_fetch, on_source=finished)
    harvest.begin(run)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        process = AsyncCrawlerProcess(scrapy_settings_of(home, home_settings))
        loop = asyncio.get_event_loop()
        places = asyncio.Semaphore(home_settings.crawl.hosts_at_once)
        stopping = _Stopping(process, on_stop)
        chains = [loop.create_task(stopping.chain(chain, home_settings, places)) for chain in by_host(sources)]
        process._active.update(chains)  # so that `join` waits for the chains' later spiders
        for chain_task in chains:
            chain_task.add_done_callback(process._active.discard)
        process.start()
        begun = {name for name, last in run.archive.last_source_runs().items() if last.run == run.run}
        for source in sources:
            if source.id not in results:
                if source.id not in begun:
                    run.archive.start_source(run.run, source.id)
                stopped = "cut off" if source.id in begun else "not begun"
                run.finish_source(source, stopped=stopped, errors=[], limited="", made_up_for={})
        return RunResult(run.run, tuple(results.values()), run.archive.outcomes(run.run))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)  # Scrapy leaves its own behind, which would swallow a later Ctrl-C
        run.close()


class _Stopping:
    """Starts each chain's spiders one after the other, until the process is told to stop."""

    def __init__(self, process: AsyncCrawlerProcess, on_stop: Callable[[], None] | None):
        self._process = process
        self._stopped = False
        stop = process.stop

        async def stop_all() -> None:
            self._stopped = True
            if on_stop and process.crawlers:  # Scrapy also comes by here when everything has ended by itself
                on_stop()
            gates().stop()
            for crawler in process.crawlers:
                _drop_waiting(crawler)
            await stop()

        process.stop = stop_all  # type: ignore[method-assign]

    async def chain(self, sources: Iterable[Source], home_settings: Settings, places: asyncio.Semaphore) -> None:
        async with places:
            for source in sources:
                if self._stopped:
                    return
                await self._process.crawl(spider_class(source, home_settings))


def _drop_waiting(crawler: Crawler) -> None:
    """Take back the requests that only wait for their host's delay: Scrapy would still send every one of them."""
    if crawler.engine is None:
        return
    for slot in crawler.engine.downloader.slots.values():
        while slot.queue:
            _, waiting = slot.queue.popleft()
            waiting.errback(Stopped("the run was stopped"))


def by_host(sources: Sequence[Source]) -> list[list[Source]]:
    """The sources in chains: those that share a host stand in one chain, so that no host is asked by two at once."""
    chains: list[tuple[set[str], list[Source]]] = []
    for source in sources:
        hosts = {bare_host(host) for host in _hosts(source)}
        joined: tuple[set[str], list[Source]] = (hosts, [])
        rest = []
        for chain in chains:
            if chain[0] & hosts:
                joined[0].update(chain[0])
                joined[1].extend(chain[1])
            else:
                rest.append(chain)
        joined[1].append(source)
        chains = [*rest, joined]
    return [members for _, members in chains]


def _hosts(source: Source) -> frozenset[str]:
    asking: type[HarvestSpider] = type("Asking", (spider_of(source.mechanism),), {"name": source.id, "source": source})
    return asking().allowed_hosts


def scrapy_settings_of(home: Home, home_settings: Settings) -> ScrapySettings:
    """Scrapy's settings for the runs of one home, its log in the home."""
    made = ScrapySettings()
    made.setmodule(settings, priority="project")
    home.log_folder.mkdir(parents=True, exist_ok=True)
    made.set(HOME, str(home.folder))
    made.set("LOG_FILE", str(home.log_folder / LOG_FILE))
    made.set(ALLOW_PRIVATE, home_settings.crawl.allow_private_hosts)
    # Scrapy warns on the standard error of what only its developers can mend; it belongs in the log.
    logging.captureWarnings(True)
    return made
