"""Fixed documents: the start addresses are the publications themselves, or their landing pages."""

from __future__ import annotations

from typing import ClassVar

from crawler.captures import split_archived
from crawler.mechanisms.base import Asked, HarvestSpider


class Spider(HarvestSpider):
    """1. Ask for each start address. 2. Where it is a page, follow its file links. 3. Where it is gone, ask the web
    archives for it.
    """

    any_host: ClassVar[bool] = True  # a publication that has moved says where to
    fallback: ClassVar[str] = ""  # each address is sought by itself

    def begin(self, address: str) -> Asked:
        if split_archived(address):
            return self.from_archives(address)
        return self.page(address, found_on=address, listed=True)
