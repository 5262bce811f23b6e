"""A librarians' reading list: resources of other bodies under headings, some of them moved, closed or gone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.content import Site
from tests.sample_web.papers import CONTENT_TYPES
from tests.sample_web.shapes.archives import web_page
from tests.sample_web.shapes.common import HTML, Files, expect, know
from tests.sample_web.web import Web


def readinglist(site: Site, web: Web, files: Files) -> None:
    """One page; `list` holds its headings and what stands under them, `papers` what only a web archive still has."""
    archive = web.archive(site.options["archive"])
    for paper in site.papers:
        original = paper.options["address"]
        kept = replace(site, host=original.split("/")[2], name=paper.options["publisher"])
        page = original
        if "page" in paper.options:  # the list leads to a page, which leads to the file
            page = paper.options["page"]
            main = pages.article(paper, pages.download(paper, original, len(files[paper.id])))
            body = pages.page(kept, paper.title, main).encode()
            archive.keep(page, paper.options["captured"], Answer(body, headers={"Content-Type": HTML}))
        body = files[paper.id] if paper.id in files else web_page(kept, paper)
        kind = {"Content-Type": CONTENT_TYPES[paper.format]}
        address = archive.keep(original, paper.options["captured"], Answer(body, headers=kind))
        know(site, web, paper, original, page, address)
    _put_successors(site, web)
    sections = [_section(site, web, number, section) for number, section in enumerate(site.options["list"])]
    contents = "".join(
        f'<li><a href="#section-{number}">{escape(section["heading"])}</a></li>'
        for number, section in enumerate(site.options["list"])
    )
    title = "Commissioning for specific service sectors"
    main = f"<main><h1>{title}</h1><h2>List of contents</h2><ul>{contents}</ul>{''.join(sections)}</main>"
    web.put(f"{site.root}/commissioning/service-sectors", pages.page(site, title, main), HTML)


def _section(site: Site, web: Web, number: int, section: dict[str, Any]) -> str:
    items = "".join(
        f'<p><a href="{escape(entry["link"])}">{escape(entry["text"])}</a> {escape(entry.get("note", ""))}</p>'
        for entry in section["entries"]
    )
    for entry in section["entries"]:
        for held in [one for one in web.truth if entry["link"] in (one.address, one.landing)]:
            if held.source != site.source:
                web.truth.append(replace(held, source=site.source, mechanism=site.mechanism))
        if "outcome" in entry:
            expect(site, web, entry["link"], entry["outcome"], entry["why"])
    top = '<p><a href="#top">Back to top</a></p>'
    return f'<h2 id="section-{number}">{escape(section["heading"])}</h2>{items}{top}'


def _put_successors(site: Site, web: Web) -> None:
    """What stands today where some of the list's links lead: a redirect to a front page, a host without a 404."""
    for address in site.options["sent_home"]:
        web.answer(address, Answer(status=301, headers={"Location": "/".join(address.split("/")[:3]) + "/"}))
    for host in site.options["never_says_404"]:
        other = replace(site, host=host["host"], name=host["name"])
        main = "<main><h1>Our new website</h1><p>We have moved house. Use the search to find your way.</p></main>"
        same = Answer(pages.page(other, host["name"], main).encode(), headers={"Content-Type": HTML})
        web.put(f"{other.root}/robots.txt", pages.ROBOTS, "text/plain")
        web.resolvers[f"{other.root}/"] = partial(_always, same)


def _always(answer: Answer, rest: str) -> Answer:
    """The same whatever is asked for."""
    return answer
