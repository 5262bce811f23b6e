"""Web archives: the publications of sites that have closed, out of the UK Government Web Archive or another.

A copy keeps its original address and its date of capture.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crawler import captures
from crawler.captures import Match
from crawler.mechanisms.base import Asked, HarvestSpider


class WebArchiveOptions(BaseModel):
    """Options of a web archive."""

    model_config = ConfigDict(extra="forbid")
    archives: tuple[str, ...] = Field(
        default=("ukgwa", "internet-archive"),
        min_length=1,
        description="asked in this order until one has captures: ukgwa, internet-archive, or the address of another",
    )
    match: Match = Field(default="prefix", description="prefix: everything below the start; exact: the start itself")
    since: str = Field(default="", pattern=r"^(\d{4,14})?$", description="first moment of capture, as 2013 or 20130401")
    until: str = Field(default="", pattern=r"^(\d{4,14})?$", description="last moment of capture")
    web_pages: bool = Field(default=True, description="keep archived web pages too, not only files")

    @field_validator("archives")
    @classmethod
    def _known(cls, archives: tuple[str, ...]) -> tuple[str, ...]:
        for archive in archives:
            captures.archive_named(archive)  # raises ValueError
        return archives


class Spider(HarvestSpider):
    """1. Ask the first archive's index for the captures of the start address, or of all below it. 2. Take the latest
    good copy of each address: files, and web pages for what they say of files. 3. Ask for the raw bytes (`id_`).
    4. An archive that refuses or has nothing is followed by the next one.

    A start address may be an archive's own: then that copy is meant, or all below its original address.
    """

    Options = WebArchiveOptions
    fallback = ""  # it asks the archives from the beginning

    @property
    def allowed_hosts(self) -> frozenset[str]:
        # The archives' too, so that sources of one archive are harvested one after the other.
        asked = (captures.archive_named(name) for name in self.archives_asked)
        return self.source.allowed_hosts.union(*(archive.hosts for archive in asked))

    @property
    def archives_asked(self) -> tuple[str, ...]:
        archives: tuple[str, ...] = self.options.archives
        return archives

    def begin(self, address: str) -> Asked:
        options: WebArchiveOptions = self.options
        yield from self.from_archives(
            address, options.match, since=options.since, until=options.until, web_pages=options.web_pages
        )
