"""The shapes of the sample sites: one function for each way in which a site announces what it publishes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from urllib.parse import quote

from tests.loopback import Answer
from tests.sample_web import apis, pages
from tests.sample_web.content import Paper, Site, paper_from
from tests.sample_web.papers import CONTENT_TYPES, fragment
from tests.sample_web.web import Truth, Web, sha256

HTML = CONTENT_TYPES["html"]
RSS = "application/rss+xml; charset=UTF-8"
XML = "application/xml"
Files = Mapping[str, bytes]
WORDPRESS_PAGE = 4  # items that the WordPress site gives at most
FEED_PAGE = 3  # items of one page of a WordPress feed
LISTING_PAGE = 3


def wordpress(site: Site, web: Web, files: Files) -> None:
    """Posts whose text links to a file of the media library, a page, the REST interface and the feed."""
    posts, media = _wordpress_posts(site, web, files)
    base = f"{site.root}/wp-json/wp/v2"
    web.answer(f"{site.root}/wp-json/", apis.as_json({"name": site.name, "namespaces": ["wp/v2"]}))
    web.apis[f"{base}/posts"] = apis.collection(posts, WORDPRESS_PAGE)
    web.apis[f"{base}/media"] = apis.collection(media, WORDPRESS_PAGE)
    web.apis[f"{base}/pages"] = apis.collection(_wordpress_pages(site, web), WORDPRESS_PAGE)
    _wordpress_feed(site, web)


def wordpress_closed(site: Site, web: Web, files: Files) -> None:
    """The same without its REST interface: the feed alone tells."""
    _wordpress_posts(site, web, files)
    refusal = {"code": "rest_forbidden", "message": "REST API is restricted.", "data": {"status": 403}}
    for path in ("", "wp/v2/posts", "wp/v2/pages", "wp/v2/media", "wp/v2/types"):
        web.apis[f"{site.root}/wp-json/{path}"] = apis.constant(refusal, 403)
    _wordpress_feed(site, web)


def sitemap(site: Site, web: Web, files: Files) -> None:
    """robots.txt -> sitemap index -> a gzipped sitemap; files at addresses without a suffix."""
    root = site.root
    rows = []
    for number, paper in enumerate(site.papers, 1801):
        address = f"{root}/download/{number}"
        name = f'attachment; filename="{paper.id}.{paper.format}"'
        _put_file(web, address, paper, files, {"Content-Disposition": name})
        landing = f"{root}/publications/{paper.id}"
        _put_landing(site, web, paper, landing, f"/download/{number}", files)
        rows.append(f"<url><loc>{landing}</loc><lastmod>{paper.published}</lastmod></url>")
        _know(site, web, paper, address, landing)
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


def feed(site: Site, web: Web, files: Files) -> None:
    """RSS that the front page names. An item may carry its file as an enclosure."""
    address = f"{site.root}/news/rss.xml"
    items = []
    for paper in _newest_first(site):
        file, landing = f"/files/{paper.id}.{paper.format}", f"{site.root}/news/{paper.id}"
        _put_file(web, site.root + file, paper, files)
        _put_landing(site, web, paper, landing, file, files)
        enclosure = ""
        if paper.options.get("enclosure"):
            kind, length = CONTENT_TYPES[paper.format], len(files[paper.id])
            enclosure = f'<enclosure url="{site.root}{file}" length="{length}" type="{kind}"/>'
        items.append(pages.rss_item(paper, landing, enclosure))
        _know(site, web, paper, site.root + file, landing)
    web.put(address, pages.rss(site, address, items), RSS)
    link = '<link rel="alternate" type="application/rss+xml" title="News" href="/news/rss.xml">\n'
    web.put(f"{site.root}/", pages.page(site, "Home", "<main><p>The voice of local charities.</p></main>", link), HTML)


def govuk(site: Site, web: Web, files: Files) -> None:
    """GOV.UK: search and content interfaces; attachments on the assets host; one publication in HTML only."""
    organisation = site.options["organisation"]
    results = [_govuk_publication(site, web, paper, organisation, files) for paper in site.papers]
    for entry in site.options["elsewhere"]:
        paper = paper_from(entry)
        results.append(_govuk_result(paper, _govuk_path(paper), paper.options["organisation"]))
    web.apis[f"{site.root}/api/search.json"] = apis.search(results)
    assets = f"http://{site.options['assets']}"
    web.put(f"{assets}/robots.txt", pages.ROBOTS, "text/plain")


def listing(site: Site, web: Web, files: Files) -> None:
    """Drupal-like: pages that name the next one by rel=next; a soft 404; one file that is linked in two places."""
    entries = []
    for paper in _newest_first(site):
        file = f"/sites/default/files/{paper.published:%Y-%m}/{paper.id}.{paper.format}"
        landing = f"{site.root}/publications/{paper.id}"
        _put_file(web, site.root + file, paper, files)
        _put_landing(site, web, paper, landing, file, files)
        entries.append(_listing_row(f"/publications/{paper.id}", paper.title, str(paper.published)))
        _know(site, web, paper, site.root + file, landing)
    entries.insert(2, _listing_row("/publications/sustainable-travel", "Sustainable travel strategy", "2024-01-09"))
    missing = "<main><h1>Page not found</h1><p>The page that you asked for has moved or never was.</p></main>"
    web.put(f"{site.root}/publications/sustainable-travel", pages.page(site, "Page not found", missing), HTML)
    most_read = [
        f'<aside><h2>Most read</h2><a href="/sites/default/files/{p.published:%Y-%m}/{p.id}.{p.format}">'
        f"{escape(p.title)}</a></aside>"
        for p in site.papers
        if p.options.get("most_read")
    ]
    last = (len(entries) - 1) // LISTING_PAGE
    for number in range(last + 1):
        rows = "\n".join(entries[number * LISTING_PAGE : (number + 1) * LISTING_PAGE])
        main = f'<main><h1>Publications</h1><div class="view-content">{rows}</div>{_pager(number, last)}</main>'
        body = pages.page(site, "Publications", main + "".join(most_read))
        web.put(f"{site.root}/publications?page={number}", body, HTML)
        if number == 0:
            web.put(f"{site.root}/publications", body, HTML)


def committee(site: Site, web: Web, files: Files) -> None:
    """ModernGov: committees -> meetings -> agendas. The papers' dates stand on the meetings."""
    name, root = site.options["committee"], site.root
    meetings: dict[date, list[Paper]] = defaultdict(list)
    for paper in site.papers:
        meetings[paper.published].append(paper)
    rows = []
    for number, (day, papers) in enumerate(sorted(meetings.items()), 5101):
        path = f"ieListDocuments.aspx?CId=712&MId={number}"
        when = f"{day:%A}, {day.day} {day:%B %Y}, 10.00 am"
        rows.append(f'<li><a href="{escape(path)}">{when}</a></li>')
        items = []
        for item, paper in enumerate(papers, 20301 + 100 * (number - 5101)):
            file = f"documents/s{item}/{quote(paper.title.replace(':', '')[:60].strip())}.{paper.format}"
            _put_file(web, f"{root}/{file}", paper, files)
            items.append(f'<li><p>{item % 100 + 3}.</p><a href="{file}">{escape(paper.title)}</a></li>')
            _know(site, web, paper, f"{root}/{file}", f"{root}/{path}")
        title = f"Agenda for {name} on {when}"
        main = f"<main><h1>{title}</h1><h2>Items</h2><ul class='mgAgenda'>{''.join(items)}</ul></main>"
        web.put(f"{root}/{path}", pages.page(site, title, main), HTML)
    main = f"<main><h1>Browse meetings: {name}</h1><ul>{''.join(rows)}</ul></main>"
    web.put(f"{root}/ieListMeetings.aspx?CommitteeId=712", pages.page(site, f"Browse meetings: {name}", main), HTML)
    front = (
        f'<main><h1>Committees</h1><ul><li><a href="ieListMeetings.aspx?CommitteeId=712">{name}</a></li></ul></main>'
    )
    web.put(f"{root}/mgListCommittees.aspx?bcr=1", pages.page(site, "Committee structure", front), HTML)


def webarchive(site: Site, web: Web, files: Files) -> None:
    """A host that answers nothing; another that holds captures of it, with an index of them."""
    prefix = site.options["archive"]
    held = _captures(site, files)
    rows = [_cdx_row(original, stamp, answer) for (original, stamp), answer in held.items()]
    rows.sort(key=lambda row: (row["urlkey"], row["timestamp"]))
    web.apis[f"{prefix}cdx"] = apis.captures(rows, site.options["index"])
    web.resolvers[prefix] = lambda rest: _captured(held, prefix, rest)
    web.hosts.add(prefix.split("/")[2])
    archive = prefix.rsplit("/", 2)[0]
    web.put(f"{archive}/robots.txt", pages.ROBOTS, "text/plain")
    for paper in site.papers:
        original, stamp = _old_address(site, paper), paper.options["captures"][-1]
        landing = original if paper.format == "html" else f"{site.root}/publications/"
        _know(site, web, paper, original, landing, f"{prefix}{stamp}id_/{original}")


def fixed(site: Site, web: Web, files: Files) -> None:
    """Direct addresses: one has moved, and one that is listed leads nowhere."""
    for paper in site.papers:
        address = f"{site.root}/papers/{paper.id}.{paper.format}"
        _put_file(web, address, paper, files)
        if paper.options.get("moved"):
            moved = Answer(status=301, headers={"Location": f"/papers/{paper.id}.{paper.format}"})
            web.answer(f"{site.root}/library/{paper.id}", moved)
        _know(site, web, paper, address, "")


def single(site: Site, web: Web, files: Files) -> None:
    """Publications that are web pages, and a challenge page that answers 200 in place of one."""
    for paper in site.papers:
        address = f"{site.root}/reading/{paper.id}"
        web.put(address, pages.page(site, paper.title, pages.article(paper, fragment(paper))), HTML)
        _know(site, web, paper, address, address)
    web.put(site.root + site.options["challenge"], pages.CHALLENGE.replace("$host", site.host), HTML)


SHAPES = {
    "wordpress": wordpress,
    "wordpress-closed": wordpress_closed,
    "sitemap": sitemap,
    "feed": feed,
    "govuk": govuk,
    "listing": listing,
    "committee": committee,
    "webarchive": webarchive,
    "fixed": fixed,
    "single": single,
}


def _newest_first(site: Site) -> list[Paper]:
    return sorted(site.papers, key=lambda paper: paper.published, reverse=True)


def _put_file(web: Web, address: str, paper: Paper, files: Files, headers: Mapping[str, str] | None = None) -> None:
    kind = paper.options.get("served_as", CONTENT_TYPES[paper.format])
    web.put(address, files[paper.id], kind, {"Last-Modified": paper.http_date, **(headers or {})})


def _put_landing(site: Site, web: Web, paper: Paper, landing: str, file: str, files: Files) -> None:
    main = pages.article(paper, pages.download(paper, file, len(files[paper.id])))
    web.put(landing, pages.page(site, paper.title, main), HTML)


def _know(site: Site, web: Web, paper: Paper, url: str, landing: str, address: str = "") -> None:
    body = web.body(address or url)
    web.truth.append(
        Truth(
            source=site.source,
            mechanism=site.mechanism,
            url=url,
            address=address or url,
            landing=landing,
            title=paper.title,
            date=str(paper.published),
            host=url.split("/")[2],
            kind=paper.format,
            sha256=sha256(body),
            readable=not paper.options.get("broken"),
        )
    )


def _wordpress_posts(site: Site, web: Web, files: Files) -> tuple[list[apis.Item], list[apis.Item]]:
    posts, media = [], []
    for number, paper in enumerate(site.papers, 301):
        link = f"{site.root}/{paper.published:%Y/%m}/{paper.id}/"
        if paper.format == "html":
            content = fragment(paper)
        else:
            file = f"{site.root}/wp-content/uploads/{paper.published:%Y/%m}/{paper.id}.{paper.format}"
            _put_file(web, file, paper, files)
            content = pages.download(paper, file, len(files[paper.id]))
            media.append(_wordpress_media(paper, number, f"{link}{paper.id}-file/", file))
        web.put(link, pages.page(site, paper.title, pages.article(paper, content)), HTML)
        posts.append(_wordpress_item(paper, number, "post", link, content))
        _know(site, web, paper, link if paper.format == "html" else file, link)
    return posts, media


def _wordpress_item(paper: Paper, number: int, kind: str, link: str, content: str) -> apis.Item:
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


def _wordpress_media(paper: Paper, number: int, link: str, file: str) -> apis.Item:
    item = _wordpress_item(paper, number + 1000, "attachment", link, "")
    more = {"media_type": "file", "mime_type": CONTENT_TYPES[paper.format], "source_url": file, "post": number}
    return {**item, "title": {"rendered": paper.id}, **more}


def _wordpress_pages(site: Site, web: Web) -> list[apis.Item]:
    items = []
    for number, entry in enumerate(site.options.get("pages", []), 11):
        about = paper_from({**entry, "date": date(2022, 7, 1), "format": "html"})
        link = f"{site.root}/{about.id}/"
        web.put(link, pages.page(site, about.title, pages.article(about, fragment(about))), HTML)
        items.append(_wordpress_item(about, number, "page", link, fragment(about)))
    return items


def _wordpress_feed(site: Site, web: Web) -> None:
    papers = _newest_first(site)
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


def _govuk_path(paper: Paper) -> str:
    return f"/government/publications/{paper.id}"


def _govuk_result(paper: Paper, path: str, organisation: str) -> apis.Item:
    return {
        "_id": path,
        "title": paper.title,
        "link": path,
        "description": paper.summary,
        "public_timestamp": paper.moment.isoformat(),
        "content_store_document_type": paper.options["kind"],
        "format": paper.options["kind"],
        "organisations": [_govuk_organisation(organisation)],
    }


def _govuk_publication(site: Site, web: Web, paper: Paper, organisation: str, files: Files) -> apis.Item:
    path = _govuk_path(paper)
    landing = site.root + path
    if paper.format == "html":
        url, kind = f"{path}/{paper.id}", "html"
        web.put(site.root + url, pages.page(site, paper.title, pages.article(paper, fragment(paper))), HTML)
        about = _govuk_content(paper, url, "html_publication", {"body": fragment(paper)}, organisation)
        web.apis[f"{site.root}/api/content{url}"] = apis.constant(about)
        address = site.root + url
    else:
        token = hashlib.sha256(paper.id.encode()).hexdigest()[:24]
        url = address = f"http://{site.options['assets']}/media/{token}/{paper.id}.{paper.format}"
        kind = "file"
        _put_file(web, address, paper, files)
    attachment = _govuk_attachment(paper, url, kind, files)
    section = f'<section class="attachment"><h2 class="title"><a href="{url}">{escape(paper.title)}</a></h2></section>'
    details = {"body": f"<p>{escape(paper.summary)}</p>", "attachments": [attachment], "documents": [section]}
    content = _govuk_content(paper, path, "publication", details, organisation)
    web.apis[f"{site.root}/api/content{path}"] = apis.constant(content)
    web.put(landing, pages.page(site, paper.title, pages.article(paper, str(details["body"]) + section)), HTML)
    _know(site, web, paper, address, landing)
    return _govuk_result(paper, path, organisation)


def _govuk_attachment(paper: Paper, url: str, kind: str, files: Files) -> dict[str, Any]:
    attachment = {"id": f"{paper.id}.{paper.format}", "title": paper.title, "url": url, "attachment_type": kind}
    if kind == "file":
        size = len(files[paper.id])
        attachment |= {"content_type": CONTENT_TYPES[paper.format], "filename": url.rsplit("/", 1)[1]}
        return {**attachment, "file_size": size}
    return attachment


def _govuk_content(
    paper: Paper, path: str, schema: str, details: Mapping[str, Any], organisation: str
) -> dict[str, Any]:
    moment = paper.moment.isoformat()
    return {
        "base_path": path,
        "title": paper.title,
        "description": paper.summary,
        "document_type": paper.options["kind"],
        "schema_name": schema,
        "locale": "en",
        "first_published_at": moment,
        "public_updated_at": moment,
        "details": dict(details),
        "links": {"organisations": [_govuk_organisation(organisation)]},
    }


def _govuk_organisation(slug: str) -> dict[str, str]:
    title = slug.replace("-", " ").capitalize().replace("care", "Care")
    return {"title": title, "slug": slug, "base_path": f"/government/organisations/{slug}"}


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


def _old_address(site: Site, paper: Paper) -> str:
    return (
        f"{site.root}/news/{paper.id}/"
        if paper.format == "html"
        else f"{site.root}/downloads/{paper.id}.{paper.format}"
    )


def _captures(site: Site, files: Files) -> dict[tuple[str, str], Answer]:
    """Every capture by original address and time: front page, list of publications, papers, and two that are none."""
    links = "".join(
        f'<li><a href="{_old_address(site, paper)}">{escape(paper.title)}</a> ({paper.published})</li>'
        for paper in site.papers
    )
    listing = pages.page(site, "Publications", f"<main><h1>Publications</h1><ul>{links}</ul></main>")
    front = pages.page(site, "Home", '<main><p>Welcome.</p><a href="/publications/">Publications</a></main>')
    first = min(stamp for paper in site.papers for stamp in paper.options["captures"])
    kept = {
        (f"{site.root}/", first): Answer(front.encode(), headers={"Content-Type": HTML}),
        (f"{site.root}/publications/", first): Answer(listing.encode(), headers={"Content-Type": HTML}),
        (f"{site.root}/publications", first): Answer(b"", 301, {"Location": f"{site.root}/publications/"}),
        (f"{site.root}/downloads/lost.pdf", first): Answer(b"Not Found", 404, {"Content-Type": "text/html"}),
    }
    for paper in site.papers:
        if paper.format == "html":
            body = pages.page(site, paper.title, pages.article(paper, fragment(paper))).encode()
        else:
            body = files[paper.id]
        for stamp in paper.options["captures"]:
            kept[_old_address(site, paper), stamp] = Answer(body, headers={"Content-Type": CONTENT_TYPES[paper.format]})
    return kept


def _cdx_row(original: str, stamp: str, answer: Answer) -> apis.Item:
    return {
        "urlkey": apis.sort_key(original),
        "timestamp": stamp,
        "original": original,
        "mimetype": answer.headers.get("Content-Type", "warc/revisit").split(";")[0],
        "statuscode": str(answer.status),
        "digest": base64.b32encode(hashlib.sha1(answer.body, usedforsecurity=False).digest()).decode(),
        "length": str(len(answer.body)),
    }


def _captured(held: Mapping[tuple[str, str], Answer], prefix: str, rest: str) -> Answer | None:
    """`<time>id_/<address>` below an archive's prefix; a time that was not captured leads to the nearest that was."""
    match = re.fullmatch(r"(\d{4,14})([a-z]{2}_)?/(.+)", rest)
    if not match:
        return None
    stamp, flag, original = match[1].ljust(14, "0"), match[2] or "", match[3]
    stamps = [when for address, when in held if address == original]
    if not stamps:
        return None
    nearest = min(stamps, key=lambda when: abs(int(when) - int(stamp)))
    if nearest != match[1]:
        return Answer(status=302, headers={"Location": f"{prefix}{nearest}{flag}/{original}"})
    answer = held[original, nearest]
    moment = datetime.strptime(nearest, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    headers = {**answer.headers, "Memento-Datetime": format_datetime(moment, usegmt=True)}
    if "Location" in headers:
        headers["Location"] = f"{prefix}{nearest}{flag}/{headers['Location']}"
    return Answer(answer.body, answer.status, headers)
