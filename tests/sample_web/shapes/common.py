"""What every shape needs: put a paper's file and its landing page, and write down that a good harvest brings it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.sample_web import pages
from tests.sample_web.content import Paper, Site
from tests.sample_web.papers import CONTENT_TYPES
from tests.sample_web.web import Expected, Truth, Web, sha256

HTML = CONTENT_TYPES["html"]
RSS = "application/rss+xml; charset=UTF-8"
XML = "application/xml"
Files = Mapping[str, bytes]  # each paper's file by the paper's id
NEVER = ""  # the outcome of what a good harvest never asks for


def newest_first(site: Site) -> list[Paper]:
    return sorted(site.papers, key=lambda paper: paper.published, reverse=True)


def put_file(web: Web, address: str, paper: Paper, files: Files, headers: Mapping[str, str] | None = None) -> None:
    kind = paper.options.get("served_as", CONTENT_TYPES[paper.format])
    web.put(address, files[paper.id], kind, {"Last-Modified": paper.http_date, **(headers or {})})


def put_landing(site: Site, web: Web, paper: Paper, landing: str, file: str, files: Files) -> None:
    main = pages.article(paper, pages.download(paper, file, len(files[paper.id])))
    web.put(landing, pages.page(site, paper.title, main), HTML)


def know(site: Site, web: Web, paper: Paper, url: str, landing: str, address: str = "") -> None:
    """A good harvest of `site` brings `paper`: see tests.sample_web.web.Truth."""
    body = web.body(address or url)
    web.truth.append(
        Truth(
            source=site.source,
            mechanism=site.mechanism,
            url=url,
            address=address or url,
            landing=landing,
            title=paper.title,
            date=paper.options.get("said", str(paper.published)),
            host=url.split("/")[2],
            kind=paper.format,
            sha256=sha256(body),
            readable=not paper.options.get("broken"),
        )
    )


def expect(site: Site, web: Web, address: str, outcome: str, why: str) -> None:
    """`address` ends so for this site's source: see tests.sample_web.web.Expected."""
    web.expected.append(Expected(site.source, address, outcome, why))
