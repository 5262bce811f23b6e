"""The web pages of the sample sites: main text among the usual clutter, links that must not be followed, feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
<nav aria-label="Main"><ul><li><a href="/">Home</a></li>$nav<li><a href="/contact">Contact us</a></li>
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


def page(site: Site, title: str, main: str, head: str = "", nav: str = "") -> str:
    """A whole page. `title` is plain text, all else markup; each page links to private files and off the list."""
    private = "\n".join(f'<li><a href="{path}">Closed minutes {path[-5]}</a></li>' for path in PRIVATE)
    return _LAYOUT.substitute(
        title=escape(title), name=escape(site.name), head=head, nav=nav, main=main, elsewhere=OFF_LIST, private=private
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
    return f'<p>{escape(paper.summary)}</p>\n<p class="file">{file_link(paper, address, size)}</p>'


def file_link(paper: Paper, address: str, size: int) -> str:
    """A link to a paper's file: its title, kind and size."""
    return f'<a href="{address}">{escape(paper.title)} ({paper.format.upper()}, {max(1, size // 1024)} KB)</a>'


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


@dataclass(frozen=True)
class Post:
    """One post of a blog. `content` is markup; `number` is its own in the blog's numbering."""

    paper: Paper
    link: str
    content: str
    number: int


def atom_entry(post: Post, root: str) -> str:
    """One entry of Blogger's Atom feed."""
    title, stamp = escape(post.paper.title), post.paper.moment.isoformat(timespec="milliseconds")
    own = f"{root}/feeds/posts/default/{post.number}"
    return (
        f"<entry><id>tag:blogger.com,1999:blog-7731.post-{post.number}</id><published>{stamp}</published>"
        f"<updated>{stamp}</updated><title type='text'>{title}</title>"
        f"<content type='html'>{escape(post.content)}</content>"
        f"<link rel='edit' type='application/atom+xml' href='{own}'/>"
        f"<link rel='self' type='application/atom+xml' href='{own}'/>"
        f"<link rel='alternate' type='text/html' href='{post.link}' title='{title}'/>"
        "<author><name>The librarian</name></author></entry>"
    )


def blogger_atom(name: str, root: str, posts: Sequence[Post], start: int, most: int) -> str:
    """The page of Blogger's Atom feed that begins with post `start`, counted from 1."""
    address = f"{root}/feeds/posts/default"
    following = start + most
    more = f"{escape(address)}?start-index={following}&amp;max-results={most}"
    next_link = f"<link rel='next' type='application/atom+xml' href='{more}'/>" if following <= len(posts) else ""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:openSearch='http://a9.com/-/spec/opensearchrss/1.0/'>"
        f"<id>tag:blogger.com,1999:blog-7731</id><updated>2016-02-01T09:00:00.000+00:00</updated>"
        f"<title type='text'>{escape(name)}</title><link rel='alternate' type='text/html' href='{root}/'/>"
        f"<link rel='self' type='application/atom+xml' href='{address}'/>{next_link}"
        "<generator version='7.00' uri='http://www.blogger.com'>Blogger</generator>"
        f"<openSearch:totalResults>{len(posts)}</openSearch:totalResults>"
        f"<openSearch:startIndex>{start}</openSearch:startIndex><openSearch:itemsPerPage>{most}</openSearch:itemsPerPage>"
        + "".join(atom_entry(post, root) for post in posts[start - 1 : following - 1])
        + "</feed>\n"
    )


def blogger_rss(name: str, root: str, posts: Sequence[Post]) -> str:
    """Blogger's RSS of the same posts."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(name)}</title><link>{root}/</link><description/><generator>Blogger</generator>\n"
        + "\n".join(rss_item(post.paper, post.link) for post in posts)
        + "\n</channel></rss>\n"
    )
