"""A closed site: its host answers nothing, a web archive holds captures of it."""

from __future__ import annotations

from html import escape

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.content import Paper, Site
from tests.sample_web.papers import CONTENT_TYPES, fragment
from tests.sample_web.shapes.common import HTML, Files, know
from tests.sample_web.web import Web


def webarchive(site: Site, web: Web, files: Files) -> None:
    """Every capture of a closed site: front page, list of publications, papers, and two that are none."""
    archive = web.archive(site.options["archive"], site.options["index"])
    links = "".join(
        f'<li><a href="{_address(site, paper)}">{escape(paper.title)}</a> ({paper.published})</li>'
        for paper in site.papers
    )
    listing = pages.page(site, "Publications", f"<main><h1>Publications</h1><ul>{links}</ul></main>")
    front = pages.page(site, "Home", '<main><p>Welcome.</p><a href="/publications/">Publications</a></main>')
    first = min(stamp for paper in site.papers for stamp in paper.options["captures"])
    archive.keep(f"{site.root}/", first, Answer(front.encode(), headers={"Content-Type": HTML}))
    archive.keep(f"{site.root}/publications/", first, Answer(listing.encode(), headers={"Content-Type": HTML}))
    archive.keep(f"{site.root}/publications", first, Answer(b"", 301, {"Location": f"{site.root}/publications/"}))
    archive.keep(f"{site.root}/downloads/lost.pdf", first, Answer(b"Not Found", 404, {"Content-Type": "text/html"}))
    for paper in site.papers:
        original = _address(site, paper)
        body = files[paper.id] if paper.id in files else web_page(site, paper)
        for stamp in paper.options["captures"]:
            archive.keep(original, stamp, Answer(body, headers={"Content-Type": CONTENT_TYPES[paper.format]}))
        landing = original if paper.format == "html" else f"{site.root}/publications/"
        know(site, web, paper, original, landing, archive.raw(original, paper.options["captures"][-1]))


def web_page(site: Site, paper: Paper) -> bytes:
    """A publication that is a web page."""
    return pages.page(site, paper.title, pages.article(paper, fragment(paper))).encode()


def _address(site: Site, paper: Paper) -> str:
    return (
        f"{site.root}/news/{paper.id}/"
        if paper.format == "html"
        else f"{site.root}/downloads/{paper.id}.{paper.format}"
    )
