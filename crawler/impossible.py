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

from crawler.guard import bare_host
from crawler.judging import page_of

SAME_WORDS = 0.9  # share of words in common from which two pages with one title say the same


@dataclass(frozen=True)
class Answer:
    """What stands on a page: where it lies, its title and first heading, and its words."""

    address: str
    title: str
    heading: str
    words: Counter[str]


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
        title=_line(page, "//title").replace(path, ""),
        heading=_line(page, "//h1").replace(path, ""),
        words=Counter(re.findall(r"\w+", text.lower())),
    )


def _line(page: TextResponse, path: str) -> str:
    return page.selector.xpath(f"normalize-space(({path})[1])").get() or ""


def same_answer(page: Answer, impossible: Answer, *, redirected: bool) -> bool:
    """Whether a page is what its site answers for an impossible address.

    `redirected` says that the impossible address led elsewhere: whatever leads to the same place is not there either.
    """
    if redirected and page.address == impossible.address:
        return True
    if (page.title, page.heading) != (impossible.title, impossible.heading):
        return False
    both = sum((page.words & impossible.words).values())
    either = sum((page.words | impossible.words).values())
    return either == 0 or both / either >= SAME_WORDS
