"""Tries an address and says by which mechanisms it announces what it publishes, and which to harvest it by.

One polite pass (crawler.probe) in a home that is thrown away: nothing of it enters the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from config.home import Home
from config.model import Settings, Source
from crawler.archive import Fetch
from crawler.probe import YES, Finding, Probe, Report
from crawler.spider_loader import spider_class
from crawler.throwaway import throwaway

LOG_FILE = "check.log"
# What one document that a mechanism promises is worth in `best`.
WORTH = {"wordpress": 2.0, "listing": 1.0, "sitemap": 1.0, "boardpapers": 0.8, "feed": 0.5}


class CheckFailed(Exception):
    """The check did not come to its end; the message says where to look."""


def check(
    home: Home, settings: Settings, source: Source, *, own: str = "", on_fetch: Callable[[Fetch], None] | None = None
) -> Report:
    """Try the first start address of `source`, with its delay; `own` names a mechanism to try in any case.

    Once a process. Raises ConfigError when no contact is configured, CheckFailed.
    """
    report = Report(source.start[0])
    asking = source.model_copy(
        update={"id": "check", "mechanism": "fixed", "options": {}, "include": (), "exclude": ()}
    )
    manners = spider_class(asking, settings).custom_settings
    given = {"source": asking, "custom_settings": manners, "report": report, "own": own, "home_settings": settings}
    with throwaway(home, settings, LOG_FILE, on_fetch=on_fetch) as (_, run):
        run(type("Check", (Probe,), {"name": asking.id, **given}))
    if not report.done:
        raise CheckFailed(f"the check of {report.address} did not come to its end: see {home.log_folder / LOG_FILE}")
    report.best = best(report.findings)
    return report


def best(findings: Sequence[Finding]) -> Finding | None:
    """The mechanism to harvest by: the one that promises most of what lies at or below the address, None without any.

    * GOV.UK and ModernGov are whole systems and say more of their papers than anything beside them. A page that links
      to other sites under headings is a reading list; one that calls itself board papers is read as such.
    * Among the others each document promised has a weight: two where WordPress says it, with title, date and files;
      a half where only a feed does, which drops what is no longer new. A sitemap must list more than the listing, as
      a listing says what things are called; one that lacks what the listing has is worth half.
    * What reaches beyond the address (the whole site's WordPress, where one page was given) is told, not chosen.
    * A document, or a page where nothing else answers, is fixed. What is gone is asked of the web archives.
    """
    open_ones = [found for found in findings if found.answers == YES and not found.wider]
    chosen = {found.mechanism: found for found in open_ones}
    for name in ("govuk", "moderngov", "readinglist", "boardpapers"):
        if name in chosen and (name != "boardpapers" or chosen[name].itself):
            return chosen[name]
    rivals = [chosen[name] for name in WORTH if name in chosen and chosen[name].documents]
    if rivals:
        return max(rivals, key=lambda found: found.documents * WORTH[found.mechanism] * (0.5 if found.lacking else 1))
    return chosen.get("fixed") or chosen.get("webarchive")
