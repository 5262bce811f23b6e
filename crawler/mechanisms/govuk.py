"""GOV.UK: its search interface lists publications, its content interface their attachments."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urljoin

from pydantic import BaseModel, ConfigDict, Field
from scrapy.http import Response

from crawler.mechanisms.base import Asked, HarvestSpider

ATTACHMENTS = "assets.publishing.service.gov.uk"  # where GOV.UK keeps the files
PER_PAGE = 200  # the interface gives up to 1,500; smaller answers are kinder
FIELDS = "title,link,description,public_timestamp,organisations,content_store_document_type"


class GovUkOptions(BaseModel):
    """Options of a GOV.UK search."""

    model_config = ConfigDict(extra="forbid")
    organisations: tuple[str, ...] = Field(default=(), description="slugs, as department-of-health-and-social-care")
    document_types: tuple[str, ...] = Field(default=(), description="content_store_document_type values")
    words: str = Field(default="", description="search words")
    pages: int = Field(default=25, ge=1, description="most pages of results, 200 results each")


class Spider(HarvestSpider):
    """1. Ask /api/search.json, newest first, page by page. 2. For each result ask /api/content for its attachments.
    3. Announce the landing page with its title, date and organisation, and each attached file.
    4. Ask for the landing page itself only where no file is attached: then the page is the publication.
    """

    Options = GovUkOptions

    @property
    def allowed_hosts(self) -> frozenset[str]:
        return self.source.allowed_hosts | {ATTACHMENTS}

    def begin(self, address: str) -> Asked:
        yield from self._search(address, start=0)

    def _search(self, root: str, start: int) -> Asked:
        query: list[tuple[str, Any]] = [("count", PER_PAGE), ("start", start), ("order", "-public_timestamp")]
        query.append(("fields", FIELDS))
        query += [("filter_organisations", slug) for slug in self.options.organisations]
        query += [("filter_content_store_document_type", kind) for kind in self.options.document_types]
        if self.options.words:
            query.append(("q", self.options.words))
        address = urljoin(root, "/api/search.json?" + urlencode(query))
        yield from self.listing(address, self.read_results, root=root, start=start)

    def read_results(self, response: Response, root: str, start: int) -> Asked:
        """Read one page of results."""
        answer = self.json_of(response)
        if not isinstance(answer, dict):
            return
        for position, result in enumerate(_list(answer.get("results")), start=start + 1):
            link = str(result.get("link") or "")
            if not link.startswith("/"):  # a page of another host, which the guard lets through or says why not
                yield from self.page(link, found_on=response.url, **_said(result, position))
            else:
                yield from self.listing(
                    urljoin(root, "/api/content" + link),
                    self.read_content,
                    failed=self.read_page_instead,
                    landing=urljoin(root, link),
                    said=_said(result, position),
                )
        following = start + PER_PAGE
        if following < int(answer.get("total") or 0):
            if following < self.options.pages * PER_PAGE:
                yield from self._search(root, following)
            else:
                self.limited = f"stopped after {following} results (option `pages`)"

    def read_content(self, response: Response, landing: str, said: dict[str, Any]) -> Asked:
        """Announce a publication's landing page and ask for the files attached to it."""
        content = self.json_of(response)
        if not isinstance(content, dict):
            yield from self.read_page_instead(landing, said)
            return
        linked, details = _dict(content.get("links")), _dict(content.get("details"))
        organisations = [str(org.get("title", "")) for org in _list(linked.get("organisations"))]
        said = {
            **said,
            "title": str(content.get("title") or said["title"]),
            "date": str(content.get("first_published_at") or content.get("public_updated_at") or said["date"]),
            "summary": str(content.get("description") or said["summary"]),
            "publisher": "; ".join(name for name in organisations if name) or said["publisher"],
        }
        files = [
            (urljoin(landing, str(attachment.get("url", ""))), attachment)
            for attachment in _list(details.get("attachments"))
            if attachment.get("attachment_type", "file") in ("file", "html")
        ]
        files = [(address, attachment) for address, attachment in files if address.startswith(("http://", "https://"))]
        if not files:
            yield from self.page(landing, found_on=response.url, **said)
            return
        self.announce_page(landing, found_on=response.url, **said)
        for position, (address, attachment) in enumerate(files, start=1):
            yield from self.file(
                address,
                landing=landing,
                found_on=response.url,
                web_page=attachment.get("attachment_type") == "html",
                link_text=str(attachment.get("title") or ""),
                position=position,
            )

    def read_page_instead(self, landing: str, said: dict[str, Any]) -> Asked:
        """Ask for the landing page itself when the content interface does not know it."""
        return self.page(landing, found_on=landing, **said)


def _said(result: dict[str, Any], position: int) -> dict[str, Any]:
    names = [str(body.get("title", "")) for body in _list(result.get("organisations"))]
    return {
        "title": str(result.get("title") or ""),
        "date": str(result.get("public_timestamp") or ""),
        "summary": str(result.get("description") or ""),
        "publisher": "; ".join(name for name in names if name),
        "position": position,
    }


def _list(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, none where an answer has something else in its place."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
