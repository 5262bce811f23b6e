"""WordPress REST: posts, pages and the media library, newest first; the feed where a site has closed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin

from parsel import Selector
from pydantic import Field
from scrapy.http import HtmlResponse, Request, Response

from crawler import links
from crawler.mechanisms.feed import FeedOptions
from crawler.mechanisms.feed import Spider as FeedSpider

PER_PAGE = 100  # the most that WordPress gives
FIELDS = "id,date,link,title,content,excerpt,source_url,mime_type,post"
DOCUMENT_TYPES = ("application/", "text/csv")


class WordPressOptions(FeedOptions):
    """Options of a WordPress site."""

    types: tuple[str, ...] = Field(
        default=("posts", "pages", "media"), min_length=1, description="collections of its REST interface"
    )


class Spider(FeedSpider):
    """1. Ask wp-json/wp/v2/TYPE below the start address for each type in turn, page by page (X-WP-TotalPages).
    2. Announce each item's page with its title and date; announce the files that its content links to.
    3. Announce each file of the media library, with the page of the post that it is attached to.
    4. When no type answers, read the feed instead.
    """

    Options = WordPressOptions

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._totals: dict[tuple[str, str], int] = {}  # (start address, type) -> pages of that collection
        self._pages: dict[tuple[str, str], str] = {}  # (start address, post id) -> its landing page

    def begin(self, address: str) -> Iterator[Request]:
        yield from self._collection(address, list(self.options.types), number=1, answered=False)

    def _collection(
        self, root: str, types: list[str], *, number: int, answered: bool, total: int = 0
    ) -> Iterator[Request]:
        """Ask for one page of a collection; `total` is the number of its pages where that is known."""
        query = {"per_page": PER_PAGE, "page": number, "orderby": "date", "order": "desc", "_fields": FIELDS}
        address = urljoin(_folder(root), f"wp-json/wp/v2/{types[0]}?{urlencode(query)}")
        yield from self.listing(
            address,
            self.read_items,
            failed=self.without_page,
            excused=number > total,  # a page that was promised and does not come is a loss
            root=root,
            types=types,
            number=number,
            answered=answered,
        )

    def read_items(
        self, response: Response, root: str, types: list[str], number: int, answered: bool
    ) -> Iterator[Request]:
        """Read one page of a collection, then ask for its next page or the next type."""
        items = self.json_of(response)
        if not isinstance(items, list):  # a page in place of the interface
            yield from self.next_type(root, types, answered)
            return
        for position, item in enumerate(items, start=1):
            if isinstance(item, dict):
                read = self._media if types[0] == "media" else self._item
                yield from read(item, root, response.url, position)
        said = (response.headers.get("X-WP-TotalPages") or b"").decode("latin-1").strip()
        total = int(said) if said.isdecimal() else 0
        # Where the count of pages is not said (an archived answer), the page after the last says that it was.
        more = number < total if total else bool(items)
        self._totals[root, types[0]] = total
        if more:
            yield from self._collection(root, types, number=number + 1, answered=True, total=total)
        else:
            yield from self.next_type(root, types, answered=True)

    def without_page(self, root: str, types: list[str], number: int, answered: bool) -> Iterator[Request]:
        """Go on without a page that did not come: to the next one where there are more, else to the next type."""
        total = self._totals.get((root, types[0]), 0)
        if number < total:
            yield from self._collection(root, types, number=number + 1, answered=answered, total=total)
        else:
            yield from self.next_type(root, types, answered)

    def next_type(self, root: str, types: list[str], answered: bool) -> Iterator[Request]:
        """Go on to the next type; to the feed when none has answered."""
        if len(types) > 1:
            yield from self._collection(root, types[1:], number=1, answered=answered)
        elif not answered:
            yield from self.listing(urljoin(_folder(root), "feed/"), self.read_feed, number=1)

    def _item(self, item: dict[str, Any], root: str, found_on: str, position: int) -> Iterator[Request]:
        landing = links.absolute(str(item.get("link") or ""), root)
        if landing is None:
            self.trouble(found_on, f"an item leads nowhere: {item.get('id')}")
            return
        self._pages[root, str(item.get("id"))] = landing
        yield from self.page(
            landing,
            found_on=found_on,
            title=_text(item.get("title")),
            date=str(item.get("date") or ""),
            summary=_text(item.get("excerpt")),
            position=position,
        )
        content = _rendered(item.get("content"))
        page = HtmlResponse(landing, body=f"<body><main>{content}</main></body>", encoding="utf-8")
        for place, link in enumerate(links.file_links(page), start=1):
            yield from self.file(link.address, landing=landing, found_on=landing, link_text=link.text, position=place)

    def _media(self, item: dict[str, Any], root: str, found_on: str, position: int) -> Iterator[Request]:
        address = links.absolute(str(item.get("source_url") or ""), root)
        if address is None:
            self.trouble(found_on, f"a media item leads nowhere: {item.get('id')}")
            return
        if not str(item.get("mime_type") or "").startswith(DOCUMENT_TYPES) and not links.looks_like_file(address):
            return  # a picture
        landing = self._pages.get((root, str(item.get("post"))), "")
        yield from self.file(
            address,
            landing=landing,
            found_on=found_on,
            title=_text(item.get("title")),
            date=str(item.get("date") or ""),
            position=position,
        )


def _folder(address: str) -> str:
    return address if address.endswith("/") else address + "/"


def _rendered(value: Any) -> str:
    return str(value.get("rendered") or "") if isinstance(value, dict) else str(value or "")


def _text(value: Any) -> str:
    """The words of a rendered field, which is HTML."""
    rendered = _rendered(value).strip()
    if not rendered:
        return ""
    return " ".join((Selector(f"<body>{rendered}</body>").xpath("string(//body)").get() or "").split())
