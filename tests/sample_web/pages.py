"""The web pages of the sample sites: main text among the usual clutter, links that must not be followed, feeds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from string import Template

from tests.sample_web.content import Paper, Site
from tests.sample_web.papers import long_date

ROBOTS = "User-agent: *\nDisallow: /private/\n"
PRIVATE = tuple(f"/private/minutes-{number}.pdf" for number in range(1, 7))
OFF_LIST = "http://www.elsewhere.example/partners-report.pdf"

_LAYOUT = Template("""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<title>$title | $name</title>
$head</head>
<body>
<div class="cookie-banner" role="dialog"><p>We use cookies to make this site work. You may reject the rest.</p>
<button>Accept all cookies</button> <a href="/cookies">Manage cookies</a></div>
<header><a class="logo" href="/">$name</a>
<nav aria-label="Main"><ul><li><a href="/">Home</a></li><li><a href="/contact">Contact us</a></li>
<li><a href="/accessibility">Accessibility</a></li></ul></nav></header>
$main
<footer><h2>Useful links</h2>
<ul><li><a href="$elsewhere">Our partners' report</a></li>
$private</ul>
<p>Follow us. Sign up to our newsletter. Copyright $name. All rights reserved.</p></footer>
</body>
</html>
""")

CHALLENGE = """<!DOCTYPE html>
<html lang="en"><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head>
<body><div class="main-wrapper"><h1>$host</h1><p>Checking your browser before you reach this site. Verify that you are
human by completing the action below.</p><noscript>Enable JavaScript and cookies to continue</noscript>
<script>window._cf_chl_opt = {cType: "managed"};</script></div></body></html>
"""


def page(site: Site, title: str, main: str, head: str = "") -> str:
    """A whole page. `main` is markup, `title` is plain text; each page links to private files and off the list."""
    private = "\n".join(f'<li><a href="{path}">Closed minutes {path[-5]}</a></li>' for path in PRIVATE)
    return _LAYOUT.substitute(
        title=escape(title), name=escape(site.name), head=head, main=main, elsewhere=OFF_LIST, private=private
    )


def article(paper: Paper, body: str) -> str:
    """A paper's page: heading, date and whatever `body` holds."""
    return (
        f'<main id="content"><article><h1>{escape(paper.title)}</h1>\n'
        f'<p class="date">Published <time datetime="{paper.published}">{long_date(paper)}</time></p>\n'
        f"{body}\n</article></main>"
    )


def download(paper: Paper, address: str, size: int) -> str:
    """Summary and link of a landing page."""
    label = f"{escape(paper.title)} ({paper.format.upper()}, {max(1, size // 1024)} KB)"
    return f'<p>{escape(paper.summary)}</p>\n<p class="file"><a href="{address}">{label}</a></p>'


def rss(site: Site, address: str, items: Sequence[str]) -> str:
    """An RSS 2.0 feed."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>\n'
        f"<title>{escape(site.name)}</title><link>{site.root}/</link><description>Publications</description>\n"
        f'<atom:link href="{address}" rel="self" type="application/rss+xml"/>\n'
        + "\n".join(items)
        + "\n</channel></rss>\n"
    )


def rss_item(paper: Paper, link: str, enclosure: str = "") -> str:
    """One item of a feed. `enclosure` is markup."""
    return (
        f'<item><title>{escape(paper.title)}</title><link>{link}</link><guid isPermaLink="true">{link}</guid>'
        f"<pubDate>{paper.http_date}</pubDate><description>{escape(paper.summary)}</description>{enclosure}</item>"
    )
