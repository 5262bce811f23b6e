"""Sitemaps: gzipped ones behind an index, with times of change, and as plain text."""

from __future__ import annotations

import gzip

from tests.sample_web import pages
from tests.sample_web.content import Site
from tests.sample_web.shapes.common import NEVER, XML, Files, expect, know, put_file, put_landing
from tests.sample_web.web import Web


def sitemap(site: Site, web: Web, files: Files) -> None:
    """robots.txt -> sitemap index -> a gzipped sitemap; files at addresses without a suffix."""
    root = site.root
    rows = []
    for number, paper in enumerate(site.papers, 1801):
        address = f"{root}/download/{number}"
        name = f'attachment; filename="{paper.id}.{paper.format}"'
        put_file(web, address, paper, files, {"Content-Disposition": name})
        landing = f"{root}/publications/{paper.id}"
        put_landing(site, web, paper, landing, f"/download/{number}", files)
        rows.append(f"<url><loc>{landing}</loc><lastmod>{paper.published}</lastmod></url>")
        know(site, web, paper, address, landing)
    ours = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
    packed = gzip.compress(ours.format("".join(rows)).encode(), mtime=0)
    web.put(f"{root}/sitemaps/publications.xml.gz", packed, "application/gzip")
    web.put(f"{root}/sitemaps/site.xml", ours.format(f"<url><loc>{root}/</loc></url>"), XML)
    index = "".join(
        f"<sitemap><loc>{root}/sitemaps/{name}</loc></sitemap>" for name in ("publications.xml.gz", "site.xml")
    )
    index = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{index}</sitemapindex>'
    web.put(f"{root}/sitemap_index.xml", index, XML)
    robots = f"{pages.ROBOTS}Crawl-delay: 0.2\n\nSitemap: {root}/sitemap_index.xml\n"
    web.put(f"{root}/robots.txt", robots, "text/plain")


def sitemap_text(site: Site, web: Web, files: Files) -> None:
    """An XML sitemap with times of change, some long past, and one in plain text; robots.txt names both."""
    root = site.root
    xml, text = "", ""
    for paper in site.papers:
        landing, file = f"{root}/reports/{paper.id}", f"/media/{paper.id}.{paper.format}"
        put_file(web, root + file, paper, files)
        put_landing(site, web, paper, landing, file, files)
        if paper.options.get("listed_in") == "text":
            text += f"{landing}\n"
        else:
            xml += f"<url><loc>{landing}</loc><lastmod>{paper.moment.isoformat()}</lastmod></url>"
        if paper.options.get("too_old"):
            expect(site, web, landing, NEVER, "it was last changed before the source's `since`")
        else:
            know(site, web, paper, root + file, landing)
    ours = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{xml}</urlset>'
    web.put(f"{root}/sitemap-reports.xml", ours, XML)
    web.put(f"{root}/sitemap.txt", text, "text/plain; charset=utf-8")
    robots = f"{pages.ROBOTS}\nSitemap: {root}/sitemap-reports.xml\nSitemap: {root}/sitemap.txt\n"
    web.put(f"{root}/robots.txt", robots, "text/plain")
