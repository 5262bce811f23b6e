"""One spider run in a home that is thrown away: with the manners of a crawl, and nothing of it reaches the archive.

For trying a source (crawler.check) and for fetching what a person asks for by hand (crawler.by_hand).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess

from config.home import Home
from config.model import Settings
from crawler import harvest
from crawler.archive import Fetch
from crawler.harvest import Harvest
from crawler.run import scrapy_settings_of


@contextmanager
def throwaway(
    home: Home, settings: Settings, log_file: str, *, on_fetch: Callable[[Fetch], None] | None = None
) -> Iterator[tuple[Harvest, Callable[[type[Spider]], None]]]:
    """A run in a temporary home, and what runs one spider class in it to its end.

    The log is written to `log_file` in the log folder of `home`, which is otherwise not touched. Once a process, as
    Twisted's reactor runs once. Raises ConfigError when no contact is configured.
    """
    harvest.user_agent(settings)
    with TemporaryDirectory(prefix="commdex-") as folder:
        run = Harvest(Home(Path(folder)), settings, on_fetch=on_fetch)
        harvest.begin(run)
        try:
            yield run, lambda spider: _crawl(spider, home, Home(Path(folder)), settings, log_file)
        finally:
            run.close()


def _crawl(spider: type[Spider], home: Home, temporary: Home, settings: Settings, log_file: str) -> None:
    scrapy_settings = scrapy_settings_of(temporary, settings)
    home.log_folder.mkdir(parents=True, exist_ok=True)
    scrapy_settings.set("LOG_FILE", str(home.log_folder / log_file))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        process = AsyncCrawlerProcess(scrapy_settings)
        process.crawl(spider)
        process.start()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)  # Scrapy leaves its own behind, which would swallow a later Ctrl-C
