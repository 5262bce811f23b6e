"""How a site answers for an address that cannot exist, so that the same answer elsewhere is known for what it is.

Many sites answer 200 for what they do not have: with a page that says so in words that no list of ours knows, with
their front page, or by a redirect to some page of theirs (a soft 404). Each host is asked once a run, when it first
sends a web page, for an address that nobody can have made.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from scrapy.http import Response, TextResponse

from crawler import links
from crawler.guard import bare_host
from crawler.judging import page_of

SAME_WORDS = 0.9  # share of words in common from which two pages with one title say the same
# Words that a page may have beside those of the impossible one: a date, what was asked for. On many sites all pages
# have one title and one menu, and a notice of twenty words is a tenth of what stands there.
MOST_OWN_WORDS = 12


@dataclass(frozen=True)
class Answer:
    """What stands on a page: where it lies, how it was asked for, its title and first heading, its words and files."""

    address: str
    asked: str
    title: str
    heading: str
    words: Counter[str]
    files: frozenset[str]


def impossible_address(address: str) -> str:
    """An address on the host of `address` that cannot exist; the same for each run, so that logs can be compared."""
    parts = urlsplit(address)
    name = hashlib.sha256(bare_host(parts.netloc).encode()).hexdigest()[:16]
    return f"{parts.scheme}://{parts.netloc}/commdex-{name}"


def answer_of(response: Response, asked: str) -> Answer:
    """What a web page says; the asked address itself, which such pages like to repeat, does not count."""
    page = page_of(response)
    selector = page.selector
    text = " ".join(selector.xpath("//body//text()[not(ancestor::script or ancestor::style)]").getall())
    path = urlsplit(asked).path
    for repeated in {asked, path, path.rsplit("/", 1)[-1]} - {"", "/"}:
        text = text.replace(repeated, " ")
    return Answer(
        address=response.url,
        asked=asked,
        title=_line(page, "//title").replace(path, ""),
        heading=_line(page, "//h1").replace(path, ""),
        words=Counter(re.findall(r"\w+", text.lower())),
        files=frozenset(link.address for link in links.file_links(page, lists=True)),
    )


def _line(page: TextResponse, path: str) -> str:
    return page.selector.xpath(f"normalize-space(({path})[1])").get() or ""


def same_answer(page: Answer, impossible: Answer, *, redirected: bool) -> bool:
    """Whether a page is what its site answers for an impossible address.

    `redirected` says that the impossible address led elsewhere: whatever leads to the same place is not there either,
    but that place itself is. What links to a file that the other does not link to is a page of its own.
    """
    if redirected and page.address == impossible.address:
        return _place(page.asked) != _place(page.address)
    if (page.title, page.heading) != (impossible.title, impossible.heading) or page.files - impossible.files:
        return False
    both = (page.words & impossible.words).total()
    either = (page.words | impossible.words).total()
    own = (page.words - impossible.words).total()
    return own <= MOST_OWN_WORDS and (either == 0 or both / either >= SAME_WORDS)


def _place(address: str) -> tuple[str, str, str]:
    """An address without what sites redirect of themselves: http to https, "www.", the last slash."""
    parts = urlsplit(address)
    return bare_host(parts.hostname or ""), parts.path.rstrip("/"), parts.query
