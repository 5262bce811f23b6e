"""Listings: pages that name the next one by rel=next, by its number alone, or by "Load more"."""

from __future__ import annotations

from html import escape

from tests.sample_web import pages
from tests.sample_web.content import Site
from tests.sample_web.shapes.common import HTML, Files, know, newest_first, put_file, put_landing
from tests.sample_web.web import Web

PER_PAGE = 3
FEW = 2  # rows of a page without rel=next


def listing(site: Site, web: Web, files: Files) -> None:
    """Drupal-like: pages that name the next one by rel=next; a soft 404; one file that is linked in two places."""
    entries = []
    for paper in newest_first(site):
        file = f"/sites/default/files/{paper.published:%Y-%m}/{paper.id}.{paper.format}"
        landing = f"{site.root}/publications/{paper.id}"
        put_file(web, site.root + file, paper, files)
        put_landing(site, web, paper, landing, file, files)
        entries.append(_listing_row(f"/publications/{paper.id}", paper.title, str(paper.published)))
        know(site, web, paper, site.root + file, landing)
    entries.insert(2, _listing_row("/publications/sustainable-travel", "Sustainable travel strategy", "2024-01-09"))
    missing = "<main><h1>Page not found</h1><p>The page that you asked for has moved or never was.</p></main>"
    web.put(f"{site.root}/publications/sustainable-travel", pages.page(site, "Page not found", missing), HTML)
    most_read = [
        f'<aside><h2>Most read</h2><a href="/sites/default/files/{p.published:%Y-%m}/{p.id}.{p.format}">'
        f"{escape(p.title)}</a></aside>"
        for p in site.papers
        if p.options.get("most_read")
    ]
    last = (len(entries) - 1) // PER_PAGE
    for number in range(last + 1):
        rows = "\n".join(entries[number * PER_PAGE : (number + 1) * PER_PAGE])
        main = f'<main><h1>Publications</h1><div class="view-content">{rows}</div>{_pager(number, last)}</main>'
        body = pages.page(site, "Publications", main + "".join(most_read))
        web.put(f"{site.root}/publications?page={number}", body, HTML)
        if number == 0:
            web.put(f"{site.root}/publications", body, HTML)


def _listing_row(path: str, title: str, day: str) -> str:
    return (
        f'<div class="views-row"><h3><a href="{path}" rel="bookmark">{escape(title)}</a></h3>'
        f'<time datetime="{day}T09:00:00Z">{day}</time></div>'
    )


def _pager(number: int, last: int) -> str:
    links = []
    if number > 0:
        links.append(f'<li><a href="?page={number - 1}" rel="prev" title="Go to previous page">Previous</a></li>')
    links += [
        f'<li><a href="?page={other}" title="Go to page {other + 1}">{other + 1}</a></li>' for other in range(last + 1)
    ]
    if number < last:
        links.append(f'<li><a href="?page={number + 1}" rel="next" title="Go to next page">Next</a></li>')
    return f'<nav class="pager" aria-label="Pagination"><ul>{"".join(links)}</ul></nav>'


def listing_numbered(site: Site, web: Web, files: Files) -> None:
    """Two listings: one with a pager of numbers alone, one with "Load more"; neither says rel=next."""
    for place in ("resources", "case-studies"):
        rows = []
        for paper in newest_first(site):
            if paper.options["place"] == place:
                file, landing = f"/media/{paper.id}.{paper.format}", f"/{place}/{paper.id}"
                put_file(web, site.root + file, paper, files)
                put_landing(site, web, paper, site.root + landing, file, files)
                rows.append(_listing_row(landing, paper.title, str(paper.published)))
                know(site, web, paper, site.root + file, site.root + landing)
        last = -(-len(rows) // FEW)
        for number in range(1, last + 1):
            shown = "\n".join(rows[(number - 1) * FEW : number * FEW])
            more = _numbers(place, number, last) if place == "resources" else _load_more(place, number, last)
            title = place.replace("-", " ").capitalize()
            body = pages.page(site, title, f"<main><h1>{title}</h1>{shown}{more}</main>")
            web.put(f"{site.root}/{place}?page={number}", body, HTML)
            if number == 1:
                web.put(f"{site.root}/{place}", body, HTML)


def _numbers(place: str, number: int, last: int) -> str:
    links = "".join(
        f'<li><span class="current" aria-current="page">{other}</span></li>'
        if other == number
        else f'<li><a href="/{place}?page={other}">{other}</a></li>'
        for other in range(1, last + 1)
    )
    return f'<ul class="pagination">{links}</ul>'


def _load_more(place: str, number: int, last: int) -> str:
    if number == last:
        return ""
    return f'<p><a class="button" role="button" href="/{place}?page={number + 1}">Load more</a></p>'
