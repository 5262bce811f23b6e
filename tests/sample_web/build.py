"""The sample web from its content files: always the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tests.loopback import Answer
from tests.sample_web import pages
from tests.sample_web.content import Site, load_sites
from tests.sample_web.papers import CONTENT_TYPES, file_of
from tests.sample_web.shapes import SHAPES
from tests.sample_web.web import Truth, Web

__all__ = ["Truth", "Web", "build", "built"]


def build(sites: Sequence[Site] | None = None) -> Web:
    """Every address of `sites` (those of content/*.yml when none are given), and the truth about them."""
    chosen = load_sites() if sites is None else sites
    files = _files(chosen)
    web = Web()
    for site in chosen:
        if site.shape != "webarchive":  # a closed host answers nothing at all
            _put_common(site, web)
        SHAPES[site.shape](site, web, files)
    return web


@lru_cache(maxsize=1)
def built() -> Web:
    """The web of content/*.yml, made once for each process; nobody may change it."""
    return build()


def _files(sites: Sequence[Site]) -> dict[str, bytes]:
    """Each paper's file by the paper's id; a paper that is a copy has the bytes of the other."""
    papers = [(paper, site) for site in sites for paper in site.papers if paper.format != "html"]
    files = {
        paper.id: file_of(paper, paper.options.get("publisher", site.name))
        for paper, site in papers
        if "copy_of" not in paper.options
    }
    copies = {paper.id: files[paper.options["copy_of"]] for paper, _ in papers if "copy_of" in paper.options}
    return files | copies


def _put_common(site: Site, web: Web) -> None:
    """robots.txt, a front page (a shape may replace both), and the private files that nothing may ever ask for."""
    web.put(f"{site.root}/robots.txt", pages.ROBOTS, "text/plain")
    web.put(
        f"{site.root}/", pages.page(site, "Home", f"<main><p>Welcome to {site.name}.</p></main>"), CONTENT_TYPES["html"]
    )
    for path in pages.PRIVATE:
        web.answer(site.root + path, Answer(b"not for harvesting", headers={"Content-Type": "text/plain"}))
