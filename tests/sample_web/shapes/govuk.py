"""GOV.UK: search and content interfaces, attachments on another host."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any

from tests.sample_web import apis, pages
from tests.sample_web.content import Paper, Site, paper_from
from tests.sample_web.papers import CONTENT_TYPES, fragment
from tests.sample_web.shapes.common import HTML, Files, know, put_file
from tests.sample_web.web import Web


def govuk(site: Site, web: Web, files: Files) -> None:
    """GOV.UK: search and content interfaces; attachments on the assets host; one publication in HTML only."""
    organisation = site.options["organisation"]
    results = [_publication(site, web, paper, organisation, files) for paper in site.papers]
    for entry in site.options["elsewhere"]:
        paper = paper_from(entry)
        results.append(_result(paper, _path(paper), paper.options["organisation"]))
    web.apis[f"{site.root}/api/search.json"] = apis.search(results)
    assets = f"http://{site.options['assets']}"
    web.put(f"{assets}/robots.txt", pages.ROBOTS, "text/plain")


def _path(paper: Paper) -> str:
    return f"/government/publications/{paper.id}"


def _result(paper: Paper, path: str, organisation: str) -> apis.Item:
    return {
        "_id": path,
        "title": paper.title,
        "link": path,
        "description": paper.summary,
        "public_timestamp": paper.moment.isoformat(),
        "content_store_document_type": paper.options["kind"],
        "format": paper.options["kind"],
        "organisations": [_organisation(organisation)],
    }


def _publication(site: Site, web: Web, paper: Paper, organisation: str, files: Files) -> apis.Item:
    path = _path(paper)
    landing = site.root + path
    if paper.format == "html":
        url, kind = f"{path}/{paper.id}", "html"
        web.put(site.root + url, pages.page(site, paper.title, pages.article(paper, fragment(paper))), HTML)
        about = _content(paper, url, "html_publication", {"body": fragment(paper)}, organisation)
        web.apis[f"{site.root}/api/content{url}"] = apis.constant(about)
        address = site.root + url
    else:
        token = hashlib.sha256(paper.id.encode()).hexdigest()[:24]
        url = address = f"http://{site.options['assets']}/media/{token}/{paper.id}.{paper.format}"
        kind = "file"
        put_file(web, address, paper, files)
    attachment = _attachment(paper, url, kind, files)
    section = f'<section class="attachment"><h2 class="title"><a href="{url}">{escape(paper.title)}</a></h2></section>'
    details = {"body": f"<p>{escape(paper.summary)}</p>", "attachments": [attachment], "documents": [section]}
    content = _content(paper, path, "publication", details, organisation)
    web.apis[f"{site.root}/api/content{path}"] = apis.constant(content)
    web.put(landing, pages.page(site, paper.title, pages.article(paper, str(details["body"]) + section)), HTML)
    know(site, web, paper, address, landing)
    return _result(paper, path, organisation)


def _attachment(paper: Paper, url: str, kind: str, files: Files) -> dict[str, Any]:
    attachment = {"id": f"{paper.id}.{paper.format}", "title": paper.title, "url": url, "attachment_type": kind}
    if kind == "file":
        size = len(files[paper.id])
        attachment |= {"content_type": CONTENT_TYPES[paper.format], "filename": url.rsplit("/", 1)[1]}
        return {**attachment, "file_size": size}
    return attachment


def _content(paper: Paper, path: str, schema: str, details: Mapping[str, Any], organisation: str) -> dict[str, Any]:
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
        "links": {"organisations": [_organisation(organisation)]},
    }


def _organisation(slug: str) -> dict[str, str]:
    title = slug.replace("-", " ").capitalize().replace("care", "Care")
    return {"title": title, "slug": slug, "base_path": f"/government/organisations/{slug}"}
