"""Makes a spider of every source, so that `scrapy list` and `scrapy crawl SOURCE` know the whole catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.catalogue import load_settings
from config.home import find_home
from config.model import Settings, Source
from crawler.gate import LONGEST_WAIT
from crawler.guard import ALLOW_PRIVATE
from crawler.harvest import catalogue, user_agent
from crawler.mechanisms import spider_of
from crawler.mechanisms.base import HarvestSpider

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.settings import BaseSettings

HOME = "COMMDEX_HOME"


class CatalogueSpiderLoader:
    """Scrapy's spider loader over the catalogue of one home (setting COMMDEX_HOME, else as `commdex` finds it)."""

    def __init__(self, settings: BaseSettings):
        home = find_home(settings.get(HOME))
        self._settings = load_settings(home)
        self._sources = catalogue(home, self._settings)

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> CatalogueSpiderLoader:
        return cls(settings)

    def load(self, spider_name: str) -> type[HarvestSpider]:
        """The spider of a source. Raises KeyError for an unknown one."""
        if spider_name not in self._sources:
            raise KeyError(f"Spider not found: {spider_name}")
        return spider_class(self._sources[spider_name], self._settings)

    def list(self) -> list[str]:
        """Ids of the sources that can be harvested."""
        return sorted(name for name, source in self._sources.items() if source.harvestable)

    def find_by_request(self, request: Request) -> list[str]:  # type: ignore[valid-type]  # `list` is a method here
        """Ids of the sources that may ask for this address."""
        from urllib.parse import urlsplit

        host = urlsplit(request.url).hostname or ""
        return [name for name in self.list() if host in self._sources[name].allowed_hosts]


def spider_class(source: Source, settings: Settings) -> type[HarvestSpider]:
    """The spider of `source` with the manners of a home's settings.

    Raises ConfigError when no contact is configured.
    """
    crawl = settings.crawl
    custom: dict[str, Any] = {
        "USER_AGENT": user_agent(settings),
        "DOWNLOAD_DELAY": crawl.delay if source.delay is None else source.delay,
        "DOWNLOAD_TIMEOUT": crawl.timeout,
        "DOWNLOAD_MAXSIZE": crawl.largest_file,
        "DOWNLOAD_WARNSIZE": 0,
        "RETRY_TIMES": crawl.retries,
        LONGEST_WAIT: crawl.longest_wait,
        ALLOW_PRIVATE: crawl.allow_private_hosts,
    }
    base = spider_of(source.mechanism)
    name = f"{base.__module__.rsplit('.', 1)[-1].capitalize()}Spider"
    more = {"name": source.id, "source": source, "archives": crawl.archives, "custom_settings": custom}
    more |= {"archive_delay": crawl.archive_delay, "__doc__": source.name}
    return type(name, (base,), more)
