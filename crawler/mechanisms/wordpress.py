"""WordPress REST: posts, pages, custom types and media, newest first; the feed where a site has closed it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin

from parsel import Selector
from pydantic import Field
from scrapy.http import HtmlResponse, Request, Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler import harvest, links
from crawler.archive import TIME, Outcome
from crawler.keeping import OUTCOME
from crawler.mechanisms.base import Asked
from crawler.mechanisms.feed import COMMENTS, FeedOptions
from crawler.mechanisms.feed import Spider as FeedSpider

# Items asked for at once: WordPress gives 100 at most, and sites with long posts or little memory fail at less. Each
# divides the one before, so that a page of the larger size is some whole pages of the smaller.
SIZES = (100, 20, 10)
TOO_MUCH = (400, 413, 500, 502, 504)  # what answers an amount that is too large
FIELDS = "id,date,link,title,content,excerpt,source_url,mime_type,post"
DOCUMENT_TYPES = ("application/", "text/csv")
USUAL_TYPES = ("posts", "pages", "media")
INTERFACE = "https://api.w.org/"  # the relation by which a page names its site's REST interface
# Types that are parts of a site's making, not what it publishes: WordPress's own, and those of page builders and forms.
INTERNAL = re.compile(
    r"wp_\w+|nav_menu_item|revision|custom_css|customize_changeset|oembed_cache|user_request|elementor_\w+|e-\w+|acf-\w+"
    r"|wpcf7_\w+|jet-\w+|ct_template|et_\w+|fl-builder-\w+|popup|feedback|cookielawinfo|tablepress_table|ml-slider|shop_\w+",
    re.IGNORECASE,
)
FULL_EVERY = timedelta(days=28)  # between two harvests of everything
OVERLAP = timedelta(days=7)  # asked for again with what is new: items dated back, and clocks that differ


class WordPressOptions(FeedOptions):
    """Options of a WordPress site."""

    types: tuple[str, ...] = Field(
        default=(), description="collections of its REST interface, as posts; found out by itself where none is given"
    )
    increments_over: int = Field(
        default=2000,
        ge=0,
        description="collections of more items are asked for what is new only, between full harvests four weeks apart",
    )


@dataclass(frozen=True)
class Plan:
    """What is asked of one site: where its REST interface is, and its collections that are still to come.

    `api` ends in "wp-json/" or "?rest_route=/". `tried` says that collections were asked for there, `answered` that one
    has; `looked` that the front page was asked where the interface is. `number` of the page counts from 1 in pages of
    `size` items; `total` counts all pages of this size, 0 where that is not known; `after` bounds an increment. `back`
    is the page that failed, until one of the smaller pages tried in its place has come; `missed` counts those that have
    not.
    """

    root: str
    api: str
    types: tuple[str, ...] = ()
    tried: bool = False
    answered: bool = False
    looked: bool = False
    number: int = 1
    size: int = SIZES[0]
    total: int = 0
    after: str = ""
    missed: int = 0
    refused: str = ""  # how `back` failed
    back: Plan | None = None

    def route(self, path: str, query: dict[str, Any] | None = None) -> str:
        """The address of a route of the interface."""
        address = self.api + path
        return address + ("&" if "?" in address else "?") + urlencode(query) if query else address

    def in_pages_of(self, size: int) -> Plan:
        """The same place of the collection in smaller pages."""
        times = self.size // size
        number, total = (self.number - 1) * times + 1, self.total * times
        return replace(self, size=size, number=number, total=total, back=self.back or self)

    def next_type(self) -> Plan:
        """The first page of the next collection."""
        return replace(self, types=self.types[1:], number=1, size=SIZES[0], total=0, after="", missed=0, back=None)


@dataclass
class _Site:
    """What is remembered of one site: landing pages by item, and the feeds that its front page names."""

    landings: dict[str, str] = field(default_factory=dict)
    feeds: list[str] = field(default_factory=list)


class Spider(FeedSpider):
    """1. Ask wp-json/wp/v2/types below the start address which collections there are, unless `types` says so; where it
       is closed, take posts, pages and media. Where there is no wp-json, ask the front page for the interface (it may
       be at ?rest_route=).
    2. Ask for each collection, page by page (X-WP-TotalPages), newest first and media last; in smaller pages where
       100 items are too many for the site.
    3. Announce each item's page with its title and date; announce the files that its content links to.
    4. Announce each file of the media library, with the page of the item that it is attached to.
    5. Of a collection of more than `increments_over` items ask, after its first page, only for what is new (`after=`)
       while the last harvest of everything is less than four weeks old.
    6. When no collection answers, read the feed instead: feed/, else those that the front page names.
    """

    Options = WordPressOptions
    fallback: ClassVar[str] = "below"

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._sites: dict[str, _Site] = {}
        self._refused: tuple[int, Outcome | None] = (0, None)  # of the answer that is being looked at

    def begin(self, address: str) -> Iterator[Request]:
        self._sites[address] = _Site()
        yield from self._begin(Plan(address, urljoin(_folder(address), "wp-json/"), self._in_order(self.options.types)))

    def _begin(self, plan: Plan) -> Iterator[Request]:
        if plan.types:
            yield from self._collection(plan)
        else:
            yield from self.listing(plan.route("wp/v2/types"), self.read_types, failed=self.without_types, plan=plan)

    @staticmethod
    def _in_order(types: tuple[str, ...]) -> tuple[str, ...]:
        """Media last: by then it is known which items the files are attached to."""
        return tuple(sorted(dict.fromkeys(types), key=lambda name: name == "media"))

    def read_types(self, response: Response, plan: Plan) -> Asked:
        """Ask for the collections that the interface names."""
        types = collections_of(_json(response))
        if types:
            yield from self._collection(replace(plan, types=self._in_order(types)))
        else:
            yield from self.without_types(plan)

    # where the interface is not, or is closed

    def without_types(self, plan: Plan) -> Asked:
        """Ask the front page where the interface is; where it has said so, try the usual collections there."""
        if plan.looked:
            yield from self._collection(replace(plan, types=USUAL_TYPES))
        else:
            yield from self._look(plan)

    def _look(self, plan: Plan) -> Iterator[Request]:
        looked = replace(plan, looked=True)
        yield from self.listing(plan.root, self.read_front, failed=self.without_front, plan=looked)

    def read_front(self, response: Response, plan: Plan) -> Asked:
        """Find the interface, and the feeds, that a front page names."""
        if isinstance(response, HtmlResponse):
            self._sites[plan.root].feeds = links.feed_addresses(response)
        api = interface_of(response)
        if api is not None and api != plan.api:
            yield from self._begin(Plan(plan.root, api, self._in_order(self.options.types), looked=True))
        else:
            yield from self.without_front(plan)

    def without_front(self, plan: Plan) -> Asked:
        """Go on where the front page names no other interface."""
        if plan.tried:
            yield from self._feed(plan)
        else:
            yield from self.without_types(plan)

    def _feed(self, plan: Plan) -> Iterator[Request]:
        address = urljoin(_folder(plan.root), "feed/")
        yield from self.listing(address, self._read_usual_feed, failed=self.without_feed, root=plan.root)

    def _read_usual_feed(self, response: Response, root: str) -> Asked:
        if isinstance(response, HtmlResponse):  # a page in place of the feed
            return self.without_feed(root)
        return self.read_feed(response, number=1)

    def without_feed(self, root: str) -> Asked:
        """Ask for the feeds that the front page names, where the usual address has none."""
        for address in self._sites[root].feeds:
            if not COMMENTS.search(address):
                yield from self.listing(address, self.read_feed, number=1)

    # collections

    def _collection(self, plan: Plan) -> Iterator[Request]:
        """Ask for one page of the first collection of a plan."""
        query = {"per_page": plan.size, "page": plan.number, "orderby": "date", "order": "desc", "_fields": FIELDS}
        if plan.after:
            query["after"] = plan.after
        yield from self.listing(
            plan.route(_path(plan.types[0]), query),
            self.read_items,
            failed=self.without_page,
            excused=plan.number > plan.total,  # a page that was promised and does not come is a loss
            plan=plan,
        )

    def read_items(self, response: Response, plan: Plan) -> Iterator[Request]:
        """Read one page of a collection, then ask for its next page or the next collection."""
        items = _json(response)
        if not isinstance(items, list):  # a page in place of the interface
            self.trouble(response.url, "answered something else than a list of items in JSON")
            self.made_up_for[Outcome.ERROR] += plan.number == 1  # there is another way
            yield from self._next_type(plan)
            return
        for position, item in enumerate(items, start=1):
            if isinstance(item, dict):
                read = self._media if plan.types[0] == "media" else self._item
                yield from read(item, plan.root, response.url, position)
        if plan.missed and not plan.total:  # of what was not promised then, the rest has come
            self.made_up_for[plan.refused] -= plan.missed
        plan = replace(plan, answered=True, total=_header(response, "X-WP-TotalPages"), missed=0, back=None)
        # Where the count of pages is not said (an archived answer), the page after the last says that it was.
        if not (plan.number < plan.total if plan.total else items):
            yield from self._next_type(plan)
            return
        since = self._increment_since(plan, _header(response, "X-WP-Total"))
        if not since:
            yield from self._collection(replace(plan, number=plan.number + 1))
            return
        self.increment = True
        if _oldest(items) < since:  # the first page reaches back far enough
            yield from self._next_type(plan)
        else:
            yield from self._collection(replace(plan, number=1, total=0, after=since))

    def _increment_since(self, plan: Plan, items: int) -> str:
        """From when on a large collection is asked for what is new, "" where it is asked for whole."""
        if plan.number > 1 or plan.after or items <= self.options.increments_over:
            return ""
        whole = harvest.current().archive.last_full_run(self.source.id)
        if not whole:
            return ""
        begun = datetime.strptime(whole, TIME).replace(tzinfo=UTC)
        if datetime.now(UTC) - begun > FULL_EVERY:
            return ""
        return (begun - OVERLAP).strftime("%Y-%m-%dT%H:%M:%S")

    def without_page(self, plan: Plan) -> Iterator[Request]:
        """Go on without a page that did not come: in smaller pages, to the next one, or to the next collection."""
        status, outcome = self._refused
        smaller = next((size for size in SIZES if size < plan.size), 0)
        promised = plan.number <= plan.total
        if smaller and status in TOO_MUCH and (promised or plan.number == 1):
            failed = replace(plan, refused=outcome or Outcome.ERROR)
            self.made_up_for[failed.refused] += promised
            yield from self._collection(failed.in_pages_of(smaller))
            return
        if plan.back and (status not in TOO_MUCH or plan.missed):  # its smaller pages do not come either
            plan = plan.back
            self.made_up_for[plan.refused] -= plan.number <= plan.total
        if plan.number < plan.total or plan.back:
            yield from self._collection(replace(plan, number=plan.number + 1, missed=plan.missed + 1))
        else:
            yield from self._next_type(plan)

    def _next_type(self, plan: Plan) -> Iterator[Request]:
        """Go on to the next collection; where none has answered, to another interface or the feed."""
        if len(plan.types) > 1:
            yield from self._collection(plan.next_type())
        elif not plan.answered and plan.looked:
            yield from self._feed(plan)
        elif not plan.answered:
            yield from self._look(replace(plan, tried=True))

    # The status of a refusal tells "too much at once" from "closed", and readers of failures are not given it. Nothing
    # else is looked at between here and the reader, which is called at once.

    def _answered(self, response: Response, **more: Any) -> Iterator[Request]:  # type: ignore[override]
        self._refused = (response.status, response.meta.get(OUTCOME))
        yield from super()._answered(response, **more)

    def _failed(self, failure: Failure) -> Iterator[Request]:
        response = failure.value.response if isinstance(failure.value, HttpError) else None
        self._refused = (response.status, response.meta.get(OUTCOME)) if response is not None else (0, None)
        yield from super()._failed(failure)

    # items

    def _item(self, item: dict[str, Any], root: str, found_on: str, position: int) -> Iterator[Request]:
        landing = links.absolute(str(item.get("link") or ""), root)
        if landing is None:
            self.trouble(found_on, f"an item leads nowhere: {item.get('id')}")
            return
        self._sites[root].landings[str(item.get("id"))] = landing
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
        yield from self.file(
            address,
            landing=self._sites[root].landings.get(str(item.get("post")), ""),
            found_on=found_on,
            title=_text(item.get("title")),
            date=str(item.get("date") or ""),
            position=position,
        )


def collections_of(types: Any) -> tuple[str, ...]:
    """The collections of published items that an answer of wp/v2/types names, () where it is none.

    A collection is named by its `rest_base`, with its namespace before it where that is not WordPress's own.
    """
    if not isinstance(types, dict):
        return ()
    found = []
    for slug, kind in types.items():
        if not isinstance(kind, dict) or INTERNAL.fullmatch(str(slug)) or kind.get("viewable") is False:
            continue
        base = str(kind.get("rest_base") or "")
        namespace = str(kind.get("rest_namespace") or "wp/v2")
        # Bases with a pattern in them ("font-families/(?P<id>…)") are parts of another item.
        if re.fullmatch(r"[\w-]+", base) and re.fullmatch(r"[\w./-]+", namespace):
            found.append(base if namespace == "wp/v2" else f"{namespace}/{base}")
    return tuple(found)


def interface_of(response: Response) -> str | None:
    """Where a site says its REST interface is: in the Link header of an answer, else in its page's head."""
    named: list[str] = []
    for header in response.headers.getlist("Link"):
        named += re.findall(rf'<([^<>]+)>\s*;[^,]*?rel="?{re.escape(INTERFACE)}"?', header.decode("latin-1"))
    if isinstance(response, TextResponse) and response.body:
        named += response.selector.xpath(f"//link[@rel='{INTERFACE}']/@href").getall()
    for address in named:
        absolute = links.absolute(address, response.url)
        if absolute is not None:
            return absolute if absolute.endswith("/") else absolute + "/"
    return None


def _path(collection: str) -> str:
    return collection if "/" in collection else f"wp/v2/{collection}"


def _json(response: Response) -> Any:
    """The value of a JSON answer, None where it is none."""
    try:
        return json.loads(response.body)
    except ValueError:
        return None


def _header(response: Response, name: str) -> int:
    """The number in a header, 0 where there is none."""
    said = (response.headers.get(name) or b"").decode("latin-1").strip()
    return int(said) if said.isdecimal() else 0


def _oldest(items: list[Any]) -> str:
    return min((str(item.get("date") or "") for item in items if isinstance(item, dict)), default="")


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
