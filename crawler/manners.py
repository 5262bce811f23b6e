"""How often a host is asked: AutoThrottle, never faster than its robots.txt asks for, and not again before it said.

Scrapy reads Crawl-delay and does not apply it; and AutoThrottle alone would take a delay back down to DOWNLOAD_DELAY.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.extensions.throttle import AutoThrottle
from scrapy.utils.httpobj import urlparse_cached

from crawler.gate import ASKED_LATER, gates
from crawler.guard import bare_host

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)
LONGEST_CRAWL_DELAY = 120.0  # seconds; a host that asks for more is asked this seldom, and the log says so


class Manners(AutoThrottle):
    """AutoThrottle with a floor for each host: the Crawl-delay of its robots.txt."""

    def __init__(self, crawler: Crawler):
        super().__init__(crawler)
        self._floors: dict[str, float] = {}
        crawler.signals.connect(self._robots_parsed, signal=signals.robots_parsed)

    def _robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        asked = robotparser.crawl_delay(self.crawler.settings["ROBOTSTXT_USER_AGENT"])
        if not asked:
            return
        host = bare_host(urlparse_cached(request).hostname or "")  # the key of its slot, as the guard sets it
        if asked > LONGEST_CRAWL_DELAY:
            logger.warning("%s asks for a Crawl-delay of %s s; %s s is kept", host, asked, LONGEST_CRAWL_DELAY)
        floor = min(float(asked), LONGEST_CRAWL_DELAY)
        self._floors[host] = floor
        gates().of(host).at_least(floor)  # also for the spiders that have not read its robots.txt yet
        # For the slot that is there, and for one that Scrapy makes anew after the host was idle for a minute.
        downloader = self.crawler.engine.downloader if self.crawler.engine else None
        if downloader is None:
            return
        downloader.per_slot_settings[host] = {"delay": max(floor, downloader._delay)}
        if host in downloader.slots:
            downloader.slots[host].delay = max(floor, downloader.slots[host].delay)

    def _response_downloaded(self, response: Response, request: Request, spider: Spider) -> None:
        super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if key is not None and slot is not None:
            slot.delay = max(slot.delay, self._floors.get(key, 0.0))


class PatientRetries(RetryMiddleware):
    """Scrapy's retries, but for a host that has asked to be left alone; the gate waits as long as it asked."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        if ASKED_LATER in request.meta:
            return response
        answer: Request | Response = super().process_response(request, response)
        return answer
