"""WordPress: posts whose text links to files, the media library, custom types; and a site that closed its REST."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from tests.sample_web import apis, pages
from tests.sample_web.content import Paper, Site, paper_from
from tests.sample_web.papers import CONTENT_TYPES, fragment
from tests.sample_web.shapes.common import HTML, RSS, Files, know, newest_first, put_file
from tests.sample_web.web import Web

PER_PAGE = 4  # items that these sites give at most, whatever is asked for
FEED_PAGE = 3  # items of one page of a feed
# What wp-json/wp/v2/types names: slug, name, collection. Only visitors who are logged in may read the last five.
TYPES = (
    ("post", "Posts", "posts"),
    ("page", "Pages", "pages"),
    ("attachment", "Media", "media"),
    ("document", "Documents", "documents"),
    ("nav_menu_item", "Navigation Menu Items", "menu-items"),
    ("wp_block", "Patterns", "blocks"),
    ("wp_template", "Templates", "templates"),
    ("wp_template_part", "Template Parts", "template-parts"),
    ("wp_navigation", "Navigation Menus", "navigation"),
)


def wordpress(site: Site, web: Web, files: Files) -> None:
    """Posts whose text links to a file of the media library, a page, the REST interface and the feed."""
    posts, media = _posts(site, web, files, site.papers)
    base = f"{site.root}/wp-json/wp/v2"
    web.answer(f"{site.root}/wp-json/", apis.as_json({"name": site.name, "namespaces": ["wp/v2"]}))
    web.apis[f"{base}/posts"] = apis.collection(posts, PER_PAGE)
    web.apis[f"{base}/media"] = apis.collection(media, PER_PAGE)
    web.apis[f"{base}/pages"] = apis.collection(_pages(site, web), PER_PAGE)
    _feed(site, web)


def wordpress_closed(site: Site, web: Web, files: Files) -> None:
    """The same without its REST interface: the feed alone tells."""
    _posts(site, web, files, site.papers)
    refusal = {"code": "rest_forbidden", "message": "REST API is restricted.", "data": {"status": 403}}
    for path in ("", "wp/v2/posts", "wp/v2/pages", "wp/v2/media", "wp/v2/types"):
        web.apis[f"{site.root}/wp-json/{path}"] = apis.constant(refusal, 403)
    _feed(site, web)


def _posts(site: Site, web: Web, files: Files, papers: Sequence[Paper]) -> tuple[list[apis.Item], list[apis.Item]]:
    posts, media = [], []
    for number, paper in enumerate(papers, 301):
        link = f"{site.root}/{paper.published:%Y/%m}/{paper.id}/"
        if paper.format == "html":
            content = fragment(paper)
        else:
            file = f"{site.root}/wp-content/uploads/{paper.published:%Y/%m}/{paper.id}.{paper.format}"
            put_file(web, file, paper, files)
            content = pages.download(paper, file, len(files[paper.id]))
            media.append(_media(paper, number, f"{link}{paper.id}-file/", file))
        web.put(link, pages.page(site, paper.title, pages.article(paper, content)), HTML)
        posts.append(_item(paper, number, "post", link, content))
        know(site, web, paper, link if paper.format == "html" else file, link)
    return posts, media


def _item(paper: Paper, number: int, kind: str, link: str, content: str) -> apis.Item:
    moment = paper.moment.replace(tzinfo=None).isoformat()
    return {
        "id": number,
        "date": moment,
        "date_gmt": moment,
        "modified": moment,
        "modified_gmt": moment,
        "slug": paper.id,
        "status": "publish",
        "type": kind,
        "link": link,
        "title": {"rendered": escape(paper.title).replace("&#x27;", "&#8217;")},
        "excerpt": {"rendered": f"<p>{escape(paper.summary)}</p>", "protected": False},
        "content": {"rendered": content, "protected": False},
    }


def _media(paper: Paper, number: int, link: str, file: str) -> apis.Item:
    item = _item(paper, number + 1000, "attachment", link, "")
    more = {"media_type": "file", "mime_type": CONTENT_TYPES[paper.format], "source_url": file, "post": number}
    return {**item, "title": {"rendered": paper.id}, **more}


def _pages(site: Site, web: Web) -> list[apis.Item]:
    items = []
    for number, entry in enumerate(site.options.get("pages", []), 11):
        about = paper_from({**entry, "date": date(2022, 7, 1), "format": "html"})
        link = f"{site.root}/{about.id}/"
        web.put(link, pages.page(site, about.title, pages.article(about, fragment(about))), HTML)
        items.append(_item(about, number, "page", link, fragment(about)))
    return items


def _feed(site: Site, web: Web) -> None:
    papers = newest_first(site)
    for start in range(0, len(papers), FEED_PAGE):
        items = [
            pages.rss_item(paper, f"{site.root}/{paper.published:%Y/%m}/{paper.id}/")
            for paper in papers[start : start + FEED_PAGE]
        ]
        number = start // FEED_PAGE + 1
        address = f"{site.root}/feed/" + (f"?paged={number}" if number > 1 else "")
        web.put(address, pages.rss(site, address, items), RSS)
    head = (
        f'<link rel="alternate" type="application/rss+xml" title="{escape(site.name)}" href="{site.root}/feed/">\n'
        f'<link rel="https://api.w.org/" href="{site.root}/wp-json/">\n'
    )
    main = "<main><p>Planning and paying for health care.</p></main>"
    web.put(f"{site.root}/", pages.page(site, "Home", main, head), HTML)


def wordpress_types(site: Site, web: Web, files: Files) -> None:
    """A site with a type of its own, `documents`, beside posts: wp-json/wp/v2/types names it among what is none."""
    posts, media = _posts(site, web, files, [paper for paper in site.papers if paper.options["type"] == "post"])
    documents = []
    for number, paper in enumerate((paper for paper in site.papers if paper.options["type"] == "document"), 901):
        link = f"{site.root}/document/{paper.id}/"
        file = f"{site.root}/wp-content/uploads/{paper.published:%Y/%m}/{paper.id}.{paper.format}"
        put_file(web, file, paper, files)
        content = pages.download(paper, file, len(files[paper.id]))
        web.put(link, pages.page(site, paper.title, pages.article(paper, content)), HTML)
        # Some themes keep the file in a field of their own, so that only the page links to it.
        said = "" if paper.options.get("field_of_its_own") else content
        documents.append(_item(paper, number, "document", link, said))
        know(site, web, paper, file, link)
    base = f"{site.root}/wp-json/wp/v2"
    collections = {"posts": posts, "pages": _pages(site, web), "media": media, "documents": documents}
    for name, items in collections.items():
        web.apis[f"{base}/{name}"] = apis.collection(items, PER_PAGE)
    web.apis[f"{base}/types"] = apis.constant({slug: _type(slug, name, collection) for slug, name, collection in TYPES})
    refusal = {"code": "rest_cannot_view", "message": "Sorry, you are not allowed.", "data": {"status": 401}}
    for _, _, collection in TYPES:
        web.apis.setdefault(f"{base}/{collection}", apis.constant(refusal, 401))
    _feed(site, web)


def _type(slug: str, name: str, collection: str) -> apis.Item:
    return {
        "description": "",
        "hierarchical": slug == "page",
        "has_archive": slug == "document",
        "name": name,
        "slug": slug,
        "taxonomies": ["category", "post_tag"] if slug == "post" else [],
        "rest_base": collection,
        "rest_namespace": "wp/v2",
    }
