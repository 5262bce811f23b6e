"""Scrapy's settings. What a library may change stands in its settings.yml (config.model.CrawlSettings)."""

from __future__ import annotations

BOT_NAME = "commdex"
SPIDER_MODULES: list[str] = []
SPIDER_LOADER_CLASS = "crawler.spider_loader.CatalogueSpiderLoader"

DUPEFILTER_CLASS = "crawler.keeping.Dupes"

# Manners. `crawler.spider_loader` puts the home's own delay, timeout and size cap over these.
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Commdex"
CONCURRENT_REQUESTS = 32
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0  # the gap that was promised is the gap that is kept
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0  # begin at DOWNLOAD_DELAY
AUTOTHROTTLE_MAX_DELAY = 60.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
COOKIES_ENABLED = False
REFERER_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # else Scrapy 2.19 listens on loopback for Python code to run
REDIRECT_MAX_TIMES = 8
METAREFRESH_ENABLED = False
REACTOR_THREADPOOL_MAXSIZE = 20

DOWNLOADER_MIDDLEWARES = {
    # Outermost: sees what a request came to in the end, after retries and redirects.
    "crawler.keeping.KeepingMiddleware": 10,
    "crawler.guard.HostGuardMiddleware": 20,
    # Spiders name their hosts; the guard above also holds after redirects and refuses private addresses.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.manners.PatientRetries": 550,  # where Scrapy has its own
}
DOWNLOAD_HANDLERS = {"http": "crawler.gate.GatedHandler", "https": "crawler.gate.GatedHandler"}
EXTENSIONS = {
    "scrapy.extensions.throttle.AutoThrottle": None,
    "crawler.manners.Manners": 0,
    "crawler.keeping.SourceBookkeeping": 0,
}
TWISTED_DNS_RESOLVER = "crawler.guard.PublicResolver"

LOG_LEVEL = "INFO"
STATS_DUMP = False
HTTPERROR_ALLOW_ALL = True  # a 404 is an answer: the spider looks at its outcome, and what is gone is sought elsewhere
