"""Reading lists: pages on which librarians list resources, wherever these lie, under the headings of sectors."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator
from scrapy.http import HtmlResponse, Response

from config.catalogue import load_sectors
from crawler import links
from crawler.archive import Announcement
from crawler.captures import split_archived
from crawler.headings import Headings, Listed, listed_links
from crawler.mechanisms.base import Asked, HarvestSpider


class ReadingListOptions(BaseModel):
    """Options of a reading list."""

    model_config = ConfigDict(extra="forbid")
    headings: dict[str, str] = Field(
        default_factory=dict,
        description='headings of this list and the sector that each means, "" for none; those of the sectors are known',
    )
    pages: int = Field(default=20, ge=1, description="most pages of a list that has several")

    @field_validator("headings")
    @classmethod
    def _known(cls, headings: dict[str, str]) -> dict[str, str]:
        known = {sector.id for sector in load_sectors()}
        for heading, sector in headings.items():
            if sector and sector not in known:
                raise ValueError(f"{heading!r}: no sector is called {sector!r}; the sectors are {', '.join(known)}")
        return headings


class Spider(HarvestSpider):
    """1. Ask for the page, and announce it as a document of its own.
    2. Find the heading that each of its links stands under, and the sector that this heading means: by the words of
       the sectors' own headings, or by `headings`. A lower heading without a sector keeps the one above it. Under a
       heading that means nothing, or none, the sectors of the source hold.
    3. Announce each linked page or file with its heading, its sectors and the words round it, and ask for it,
       whatever its host; where it is gone, ask the web archives. A link into a web archive is sought there too, and
       so is the list itself where it is gone.
    4. Follow the file links of a linked page, and nothing further. 5. Ask for the list's next page.
    """

    Options = ReadingListOptions
    any_host: ClassVar[bool] = True
    fallback: ClassVar[str] = ""  # the list itself and each resource is sought by itself

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._archived_pages: set[str] = set()

    @cached_property
    def _headings(self) -> Headings:
        return Headings(load_sectors(), self.options.headings)

    def begin(self, address: str) -> Asked:
        if split_archived(address):
            yield from self.from_archives(address, then=self.read_archived)
        else:
            yield from self.look(address, self.read_list, archived=self.read_archived, start=address, number=1)

    def read_list(self, response: Response, start: str, number: int) -> Asked:
        """Read one page of the list that begins at `start`; `number` counts from 1."""
        if number == 1:
            self.announce_page(start, found_on=start)
        if not isinstance(response, HtmlResponse):
            return
        for position, listed in enumerate(listed_links(response, self._headings), start=1):
            yield from self._resource(listed, response.url, position)
        following = links.next_page(response)
        if following and number >= self.options.pages:
            self.limited = f"stopped at page {number} of a list (option `pages`)"
        elif following:
            yield from self.listing(following, self.read_list, start=start, number=number + 1)

    def read_archived(self, response: HtmlResponse, announcement: Announcement) -> Asked:
        """Read the archived copy of a list that is gone: what it lists is asked for where it was, first of all."""
        page = response.replace(url=announcement.original or response.url)  # its links are read from where it stood
        for position, listed in enumerate(listed_links(page, self._headings), start=1):
            yield from self._resource(listed, response.url, position)
        following = links.next_page(page)
        if following and following not in self._archived_pages:
            self._archived_pages.add(following)
            if len(self._archived_pages) < self.options.pages:
                yield from self.from_archives(following, then=self.read_archived)
            else:
                self.limited = f"stopped at page {self.options.pages} of a list (option `pages`)"

    def _resource(self, listed: Listed, found_on: str, position: int) -> Asked:
        address = listed.link.address
        said: dict[str, Any] = {
            "found_on": found_on,
            "link_text": listed.link.text,
            "summary": listed.summary,
            "position": position,
            **self._under(listed),
        }
        if split_archived(address):
            yield from self.from_archives(address, match="exact", **said)
        elif links.looks_like_file(address):
            # A document of its own, not one of the list's: the list is no landing page.
            yield from self.file(address, landing="", listed=True, **said)
        else:
            yield from self.page(address, listed=True, **said)

    def _under(self, listed: Listed) -> dict[str, str]:
        """The headings of a link and the sectors that each means, one a line in the same order."""
        known = [(heading.text, heading.sectors) for heading in listed.headings if heading.known]
        under = known or [(heading.text, self.source.sectors) for heading in listed.headings]
        return {
            "heading": "\n".join(text for text, _ in under),
            "sectors": "\n".join(" ".join(sectors) for _, sectors in under),
        }
