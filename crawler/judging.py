"""What an answer comes to: content, a wall, nothing at all; by its bytes, its status and what the publisher asks."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from parsel import Selector
from scrapy.core.downloader.handlers.http11 import TunnelError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import HtmlResponse, Request, Response, TextResponse
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from crawler.archive import Outcome, Role
from crawler.gate import ASKED_LATER, HostAsksToWait, HostUnresponsive
from crawler.guard import RefusedHost
from crawler.robots import RobotsForbid, RobotsUnknown, nobody_there
from crawler.sniff import Kind, barrier, kind_of, says_not_found

NOFOLLOW = "commdex_nofollow"  # request.meta: the page asks robots not to follow its links
ROLE = "commdex_role"  # request.meta: what the resource is to us (crawler.archive.Role)
# What Scrapy and Twisted raise where a request brings no answer.
TROUBLES = (
    CannotResolveHostError, DownloadCancelledError, DownloadConnectionRefusedError, DownloadFailedError,
    DownloadTimeoutError, ResponseDataLossError, UnsupportedURLSchemeError, ConnectError, ConnectionDone,
    ConnectionLost, TunnelError,
)  # fmt: skip
FRONT_PAGE = re.compile(r"^/?(?:(?:index|home|default)(?:\.\w+)?/?)?$", re.IGNORECASE)
WALL_STATUSES = (401, 403, 405, 407, 451)
NOT_TO_INDEX = "its publisher asks robots not to index it"
PAPERS = (Role.PAGE, Role.FILE)
# robots meta tags and X-Robots-Tag headers that name this crawler, or every one.
ROBOTS_NAMES = ("robots", "commdex")
# "unavailable_after: date" and its like are directives with a value, not the name of another crawler.
VALUED = re.compile(r"^(?:unavailable_after|max-snippet|max-image-preview|max-video-preview)\b", re.IGNORECASE)


def judge(request: Request, response: Response) -> tuple[Kind, Outcome, str]:
    """What a final answer is, how the fetch ended, and why; NEW stands for every good answer."""
    kind = kind_of(response.body)
    met = barrier(response.body, response.url, asked_address(request)) if kind is Kind.HTML else ""
    if met:
        return kind, Outcome.BLOCKED, f"{met} answered {response.status} instead of the content"
    if response.status in (404, 410):
        return kind, Outcome.NOT_FOUND, f"answered {response.status}"
    if response.status in WALL_STATUSES:
        return kind, Outcome.BLOCKED, f"answered {response.status}"
    if ASKED_LATER in request.meta:
        return kind, Outcome.LATER, f"answered {response.status}: come back in {request.meta[ASKED_LATER]:.0f} s"
    if response.status >= 500 or response.status == 429:
        return kind, Outcome.SERVER_ERROR, f"answered {response.status} each time it was asked"
    if role_of(request) is Role.PROBE:
        return kind, Outcome.SOFT_NOT_FOUND, f"answered {response.status} to an address that cannot exist"
    if response.status != 200:
        return kind, Outcome.ERROR, f"answered {response.status}"
    if role_of(request) in (*PAPERS, Role.LISTING) and _sent_home(asked_address(request), response.url):
        return kind, Outcome.SOFT_NOT_FOUND, "redirected to the front page"
    if kind is Kind.EMPTY and role_of(request) is not Role.ROBOTS:
        return kind, Outcome.ERROR, "answered 200 with nothing in it"
    if kind is Kind.HTML and role_of(request) in (*PAPERS, Role.LISTING):
        title = _title(response)
        if says_not_found(title):
            return kind, Outcome.SOFT_NOT_FOUND, f"answered 200 with a page that says {title!r}"
    if role_of(request) in PAPERS and "noindex" in robots_tags(response):
        return kind, Outcome.NOINDEX, NOT_TO_INDEX
    return kind, Outcome.NEW, ""


def robots_tags(response: Response) -> frozenset[str]:
    """What a page, or the header of any answer, asks of robots: of "noindex" and "nofollow" those that hold for us.

    The rules of https://www.rfc-editor.org/rfc/rfc9309 leave these to the robots meta tag and the X-Robots-Tag header;
    a header may name a crawler before a colon, and "none" is both.
    """
    said = [text for value in response.headers.getlist("X-Robots-Tag") if (text := _for_us(value.decode("latin-1")))]
    if kind_of(response.body) is Kind.HTML:
        page = page_of(response).selector
        for meta in page.xpath("//meta[@name and @content]"):
            if meta.attrib["name"].strip().lower() in ROBOTS_NAMES:
                said.append(meta.attrib["content"])
    words = {word.strip().lower() for text in said for word in text.split(",")}
    if "none" in words:
        words |= {"noindex", "nofollow"}
    return frozenset(words & {"noindex", "nofollow"})


def _for_us(header: str) -> str:
    """A header's directives, "" where they are for another crawler by name."""
    name, colon, rest = header.partition(":")
    if not colon or VALUED.match(header.strip()) or "," in name:
        return header
    return rest if name.strip().lower() in ROBOTS_NAMES else ""


def _sent_home(asked: str, final: str) -> bool:
    """Whether a redirect led from some page to the front page, as sites do with what they no longer have."""
    parts = urlsplit(final)  # with a query it may be any page: WordPress's are /?p=12
    return parts.path in ("", "/") and not parts.query and not FRONT_PAGE.match(urlsplit(asked).path)


def as_its_bytes(response: Response, kind: Kind) -> Response:
    """The response as the class that its bytes call for; Scrapy goes by Content-Type, which many sites get wrong.

    It is made anew rather than by `replace`, which would hand on the encoding that the wrong class guessed.
    """
    cls: type[Response] = Response
    if kind is Kind.HTML:
        cls = HtmlResponse
    elif kind in (Kind.XML, Kind.JSON, Kind.TEXT):
        cls = TextResponse
    return cls(response.url, response.status, response.headers, response.body, response.flags, request=response.request)


def is_gone(exception: BaseException) -> bool:
    """Whether a request brought no answer because its host is not there any more, as far as one try can tell."""
    return nobody_there(exception) or (isinstance(exception, RobotsUnknown) and exception.gone)


def failure(exception: BaseException) -> tuple[Outcome, str]:
    """The outcome of a request that brought no answer, and why."""
    if isinstance(exception, RobotsForbid):
        return Outcome.ROBOTS, str(exception)
    if isinstance(exception, RobotsUnknown | HostUnresponsive):
        return Outcome.UNREACHABLE, str(exception)
    if isinstance(exception, HostAsksToWait):
        return Outcome.LATER, str(exception)
    if isinstance(exception, RefusedHost):
        return Outcome.HOST, str(exception)
    if isinstance(exception, IgnoreRequest) and "redirection" in str(exception):
        return Outcome.REDIRECTS, "redirected too often"
    if isinstance(exception, DownloadCancelledError):
        return Outcome.TOO_LARGE, "larger than `crawl.largest_file` in settings.yml allows"
    if isinstance(exception, DownloadTimeoutError):
        return Outcome.TIMEOUT, "no whole answer within `crawl.timeout` of settings.yml"
    if isinstance(exception, CannotResolveHostError):
        return Outcome.UNREACHABLE, "the host's name could not be resolved"
    if isinstance(exception, TunnelError):
        return Outcome.UNREACHABLE, "the proxy could not reach the host"
    if isinstance(exception, DownloadConnectionRefusedError | ConnectError):
        return Outcome.UNREACHABLE, "the host refused the connection"
    if isinstance(exception, ResponseDataLossError):
        return Outcome.ERROR, "the answer was cut short"
    if isinstance(exception, DownloadFailedError | ConnectionLost | ConnectionDone):
        return Outcome.UNREACHABLE, "the connection broke"
    if isinstance(exception, UnsupportedURLSchemeError):
        return Outcome.HOST, "only http and https are fetched"
    return Outcome.ERROR, f"{type(exception).__name__}: {exception}"


def asked_address(request: Request) -> str:
    """The address that was asked for first, before any redirect."""
    redirected = request.meta.get("redirect_urls")
    return str(redirected[0]) if redirected else request.url


def role_of(request: Request) -> Role:
    """What a request is for."""
    if request.meta.get("dont_obey_robotstxt"):
        return Role.ROBOTS
    return Role(request.meta.get(ROLE, Role.LISTING))


def _title(response: Response) -> str:
    """Title of a page, or its first heading where that says more plainly that nothing is here."""
    page: Selector = page_of(response).selector
    title = page.xpath("normalize-space(//title)").get() or ""
    heading = page.xpath("normalize-space(//h1)").get() or ""
    return heading if says_not_found(heading) else title


def page_of(response: Response) -> TextResponse:
    """An answer whose bytes are a web page, whatever its Content-Type says."""
    return response if isinstance(response, TextResponse) else response.replace(cls=HtmlResponse)
