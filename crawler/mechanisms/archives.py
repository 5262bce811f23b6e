"""Reading web archives, for every mechanism: what a site no longer gives, out of the copies that archives keep of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from scrapy.http import Request

Match = Literal["exact", "prefix"]


class ArchiveReader:
    """What a spider needs to read web archives. A mixin of `HarvestSpider`, whose listing, page and file it uses."""

    def from_archives(
        self,
        address: str,
        match: Match = "exact",
        archives: Iterable[str] | None = None,
        since: str = "",
        until: str = "",
        web_pages: bool = True,
        **said: Any,
    ) -> Iterable[Request]:
        """Harvest `address` out of the web archives (being written)."""
        yield from ()

    @property
    def archive_hosts(self) -> frozenset[str]:
        """Hosts of the archives that this spider may ask."""
        return frozenset()
