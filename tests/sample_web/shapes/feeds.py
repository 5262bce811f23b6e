"""Feeds: RSS that a front page names, and Blogger's Atom, page after page."""

from __future__ import annotations

from html import escape

from tests.sample_web import apis, pages
from tests.sample_web.content import Site
from tests.sample_web.papers import CONTENT_TYPES, fragment
from tests.sample_web.shapes.common import HTML, RSS, Files, know, newest_first, put_file, put_landing
from tests.sample_web.web import Web

BLOGGER_PAGE = 2  # entries that Blogger gives at most


def feed(site: Site, web: Web, files: Files) -> None:
    """RSS that the front page names. An item may carry its file as an enclosure."""
    address = f"{site.root}/news/rss.xml"
    items = []
    for paper in newest_first(site):
        file, landing = f"/files/{paper.id}.{paper.format}", f"{site.root}/news/{paper.id}"
        put_file(web, site.root + file, paper, files)
        put_landing(site, web, paper, landing, file, files)
        enclosure = ""
        if paper.options.get("enclosure"):
            kind, length = CONTENT_TYPES[paper.format], len(files[paper.id])
            enclosure = f'<enclosure url="{site.root}{file}" length="{length}" type="{kind}"/>'
        items.append(pages.rss_item(paper, landing, enclosure))
        know(site, web, paper, site.root + file, landing)
    web.put(address, pages.rss(site, address, items), RSS)
    link = '<link rel="alternate" type="application/rss+xml" title="News" href="/news/rss.xml">\n'
    web.put(f"{site.root}/", pages.page(site, "Home", "<main><p>The voice of local charities.</p></main>", link), HTML)


def blogger(site: Site, web: Web, files: Files) -> None:
    """Blogger: Atom by start-index and rel=next, RSS beside it; posts are the publications, a file lies elsewhere."""
    entries = []
    for number, paper in enumerate(newest_first(site), 1):
        landing = f"{site.root}/{paper.published:%Y/%m}/{paper.id}.html"
        if paper.format == "html":
            content = fragment(paper)
            web.put(landing, pages.page(site, paper.title, pages.article(paper, content)), HTML)
            know(site, web, paper, landing, landing)
        else:
            file = f"http://{site.options['files']}/{paper.id}.{paper.format}"
            put_file(web, file, paper, files)
            put_landing(site, web, paper, landing, file, files)
            content = pages.download(paper, file, len(files[paper.id]))
            know(site, web, paper, file, landing)
        entries.append(pages.Post(paper, landing, content, number))
    address = f"{site.root}/feeds/posts/default"
    web.apis[address] = apis.blogger(site.name, site.root, entries, BLOGGER_PAGE)
    web.put(f"http://{site.options['files']}/robots.txt", pages.ROBOTS, "text/plain")
    named = f'<link rel="alternate" title="{escape(site.name)}" '
    head = (
        f'{named}type="application/atom+xml" href="{address}">\n'
        f'{named}type="application/rss+xml" href="{address}?alt=rss">\n'
        '<meta content="blogger" name="generator">\n'
    )
    web.put(f"{site.root}/", pages.page(site, "Home", "<main><p>Notes from a health library.</p></main>", head), HTML)
