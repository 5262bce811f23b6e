"""A site that asks for manners and shows walls: noindex, X-Robots-Tag, log-in, consent, Retry-After, Crawl-delay."""

from __future__ import annotations

from html import escape

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.content import Paper, Site
from tests.sample_web.shapes.common import HTML, NEVER, Files, expect, know, put_file, put_landing
from tests.sample_web.web import Web, normal

LOG_IN = (
    '<main><h1>Log in</h1><p>This area is for members of the partnership.</p><form method="post" action="/login">'
    '<label>E-mail <input type="email" name="email"></label><label>Password <input type="password" name="password">'
    '</label><button>Log in</button></form><p><a href="/forgotten">Forgotten your password?</a></p></main>'
)
CONSENT = """<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Before you continue</title></head>
<body><main><h1>Before you continue</h1><p>We and our 214 partners store and access information on a device, such as
cookies. You must make a choice before you can use this site.</p><form method="post" action="/consent">
<button name="choice" value="all">Accept all</button><button name="choice" value="none">Reject all</button></form>
</main></body></html>
"""


def manners(site: Site, web: Web, files: Files) -> None:
    """A listing of papers of which each puts a question of manners: `asks` says which, none is an ordinary paper."""
    rows = ""
    for paper in site.papers:
        landing = f"{site.root}/papers/{paper.id}"
        file = f"/files/{paper.id}.{paper.format}"
        _put_paper(site, web, files, paper, landing, file)
        rows += f'<h2><a href="/papers/{paper.id}">{escape(paper.title)}</a></h2><p>{escape(paper.summary)}</p>'
    web.put(f"{site.root}/papers", pages.page(site, "Papers", f"<main><h1>Papers</h1>{rows}</main>"), HTML)
    web.put(f"{site.root}/robots.txt", f"{pages.ROBOTS}Crawl-delay: {site.options['crawl_delay']}\n", "text/plain")


def _put_paper(site: Site, web: Web, files: Files, paper: Paper, landing: str, file: str) -> None:
    asks, address = paper.options.get("asks", ""), site.root + file
    put_landing(site, web, paper, landing, file, files)
    put_file(web, address, paper, files)
    if asks == "noindex page":
        main = pages.article(paper, pages.download(paper, file, len(files[paper.id])))
        head = '<meta name="robots" content="noindex, nofollow">\n'
        web.put(landing, pages.page(site, paper.title, main, head), HTML)
        expect(site, web, landing, "refused by noindex", "its meta element says noindex")
        expect(site, web, address, NEVER, "the page that links to it says nofollow")
    elif asks == "noindex file":
        put_file(web, address, paper, files, {"X-Robots-Tag": "noindex, nofollow"})
        expect(site, web, address, "refused by noindex", "its X-Robots-Tag says noindex")
    elif asks == "log in":
        web.answer(landing, Answer(status=302, headers={"Location": f"/login?return=/papers/{paper.id}"}))
        body = pages.page(site, "Log in", LOG_IN).encode()
        form = Answer(body, headers={"Content-Type": HTML, "Cache-Control": "no-store"}, validators=False)
        web.answer(f"{site.root}/login?return=/papers/{paper.id}", form)
        expect(site, web, landing, "blocked", "it leads to a log-in page")
    elif asks == "consent":
        web.put(landing, CONSENT, HTML)
        expect(site, web, landing, "blocked", "a consent page stands before it")
    else:
        if asks == "come later":
            busy = Answer(b"busy\n", 503, {"Content-Type": "text/plain", "Retry-After": "1"}, validators=False)
            web.first[normal(address)] = [busy]
        know(site, web, paper, address, landing)
