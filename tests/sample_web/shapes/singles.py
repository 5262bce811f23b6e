"""Addresses that nothing announces: files and single web pages."""

from __future__ import annotations

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.content import Site
from tests.sample_web.papers import fragment
from tests.sample_web.shapes.common import HTML, Files, know, put_file
from tests.sample_web.web import Web


def fixed(site: Site, web: Web, files: Files) -> None:
    """Direct addresses: one has moved, and one that is listed leads nowhere."""
    for paper in site.papers:
        address = f"{site.root}/papers/{paper.id}.{paper.format}"
        put_file(web, address, paper, files)
        if paper.options.get("moved"):
            moved = Answer(status=301, headers={"Location": f"/papers/{paper.id}.{paper.format}"})
            web.answer(f"{site.root}/library/{paper.id}", moved)
        know(site, web, paper, address, "")


def single(site: Site, web: Web, files: Files) -> None:
    """Publications that are web pages, and a challenge page that answers 200 in place of one."""
    for paper in site.papers:
        address = f"{site.root}/reading/{paper.id}"
        web.put(address, pages.page(site, paper.title, pages.article(paper, fragment(paper))), HTML)
        know(site, web, paper, address, address)
    web.put(site.root + site.options["challenge"], pages.CHALLENGE.replace("$host", site.host), HTML)
