"""Fixed documents: the start addresses are the publications themselves, or their landing pages."""

from __future__ import annotations

from typing import ClassVar

from crawler.mechanisms.base import Asked, HarvestSpider


class Spider(HarvestSpider):
    """1. Ask for each start address. 2. Where it is a page, follow its file links. 3. Where it is gone, ask the web
    archives for it.
    """

    fallback: ClassVar[str] = ""  # each address is sought by itself

    def begin(self, address: str) -> Asked:
        return self.page(address, found_on=address, listed=True)
