"""How often a host is asked: AutoThrottle, never faster than its robots.txt asks for, and not before it said.

Scrapy reads Crawl-delay and does not apply it; AutoThrottle alone would take a delay back down to DOWNLOAD_DELAY; and
Scrapy's retries know nothing of Retry-After (RFC 9110 section 10.2.3).
"""

from __future__ import annotations

import logging
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.extensions.throttle import AutoThrottle
from scrapy.utils.httpobj import urlparse_cached

from crawler.gate import gates
from crawler.guard import bare_host

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Request, Response
    from scrapy.robotstxt import RobotParser

logger = logging.getLogger(__name__)
LONGEST_CRAWL_DELAY = 120.0  # seconds; a host that asks for more is asked this seldom, and the log says so
LONGEST_WAIT = "COMMDEX_LONGEST_WAIT"  # Scrapy setting: `crawl.longest_wait` of settings.yml
ASKED_LATER = "commdex_asked_later"
BUSY_STATUSES = (429, 503)


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
    """Scrapy's retries, which wait as long as the host asks them to, and longer each time where it does not say."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        if response.status in BUSY_STATUSES and not request.meta.get("dont_retry"):
            gate = gates().of(str(request.meta["download_slot"]))
            asked = retry_after(response)
            if asked is not None and asked > self.crawler.settings.getfloat(LONGEST_WAIT):
                gate.close(asked)
                request.meta[ASKED_LATER] = asked
                return response
            gate.wait(self._unasked(request) if asked is None else asked)
        answer: Request | Response = super().process_response(request, response)
        return answer

    def _unasked(self, request: Request) -> float:
        """Seconds to wait where the host is busy and does not say how long: its delay, doubled each time."""
        delay = self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        return float(delay * 2 ** (int(request.meta.get("retry_times", 0)) + 1))


def retry_after(response: Response) -> float | None:
    """Seconds that a Retry-After header asks for (a number or an HTTP date), None where it says nothing."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
