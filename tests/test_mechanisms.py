"""The ordinary mechanisms through the real command, against scripted sites on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from config.home import Home
from crawler.archive import Announcement, Archive, SourceRun
from tests.homes import commdex, make_home
from tests.loopback import Answer, Asked, Loopback

OPEN = Answer(b"User-agent: *\nDisallow:", headers={"Content-Type": "text/plain"})
HTML = {"Content-Type": "text/html; charset=utf-8"}
XML = {"Content-Type": "application/xml; charset=utf-8"}
PDF = Answer(b"%PDF-1.4\nwords\n%%EOF", headers={"Content-Type": "application/pdf"})


def page(body: str = "<p>Words enough for a page.</p>", *, head: str = "", main: bool = True) -> Answer:
    body = f"<main>{body}</main>" if main else body
    return Answer(f"<!doctype html><head><title>A page</title>{head}</head><body>{body}</body>".encode(), headers=HTML)


def xml(body: str) -> Answer:
    return Answer(f"<?xml version='1.0' encoding='utf-8'?>{body}".encode(), headers=XML)


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


def harvested(tmp_path: Path, mechanism: str, start: str, *, expect: int | None = 0, **more: Any) -> Home:
    home = make_home(tmp_path / "home", [{"id": "s", "mechanism": mechanism, "start": [start], **more}])
    commdex(home, "crawl", expect=expect)
    return home


def said(home: Home) -> dict[str, Announcement]:
    """What was said last of each address, by path."""
    with Archive(home.archive_folder) as archive:
        return {"/" + one.address.split("/", 3)[3]: one for one in archive.announcements()}


def last_run(home: Home) -> SourceRun:
    with Archive(home.archive_folder) as archive:
        return archive.last_source_runs()["s"]


def asked(web: LocalSite, *parts: str) -> list[str]:
    """The path and query of each request whose path has one of `parts` in it (all without)."""
    own = re.compile(r"/robots\.txt$|/commdex-[0-9a-f]+$")  # and what cannot exist, to know the site's own "not found"
    urls = [request.url for request in web.requests if not own.match(request.path)]
    return [url for url in urls if not parts or any(part in url for part in parts)]


# WordPress


class WordPress(Loopback):
    """A WordPress site: collections by name. `most` is the most items that it can give at once; above, it fails."""

    def __init__(self, collections: Mapping[str, Sequence[Mapping[str, Any]]], *, most: int = 100, fails: int = 400):
        super().__init__({"/robots.txt": OPEN})
        self.collections, self.most, self.fails = dict(collections), most, fails
        self.prefix = "/wp-json/"
        self.heavy: list[tuple[int, int]] = []  # size and number of pages that fail

    def item(self, number: int, kind: str = "post", date: str = "2024-01-01", **more: Any) -> dict[str, Any]:
        self.set(f"/{kind}/{number}/", page(f"<h1>{kind} {number}</h1><p>words</p>"))
        link = {"id": number, "date": f"{date}T09:00:00", "link": self.url(f"/{kind}/{number}/")}
        return {**link, "title": {"rendered": f"{kind} {number}"}, "content": {"rendered": "<p>x</p>"}, **more}

    def respond(self, asked: Asked) -> Answer:
        parts = urlsplit(asked.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = query.get("rest_route", parts.path)
        name = path.removeprefix("/" if "rest_route" in query else self.prefix).removeprefix("wp/v2/")
        if name == path or name not in self.collections or ("rest_route" in query) != (self.prefix == "?rest_route="):
            return super().respond(asked)
        return self._collection(self.collections[name], query)

    def _collection(self, items: Sequence[Mapping[str, Any]], query: Mapping[str, str]) -> Answer:
        size, number = int(query["per_page"]), int(query["page"])
        if size > self.most or (size, number) in self.heavy:
            return Answer(b"{}", self.fails)
        items = [item for item in items if item["date"] > query.get("after", "")]
        items = sorted(items, key=lambda item: str(item["date"]), reverse=True)
        pages = -(-len(items) // size)
        if number > max(1, pages):
            return Answer(b'{"code": "rest_post_invalid_page_number"}', 400)
        headers = {"X-WP-Total": str(len(items)), "X-WP-TotalPages": str(pages)}
        body = json.dumps(items[(number - 1) * size : number * size]).encode()
        return Answer(body, headers={"Content-Type": "application/json", **headers}, validators=False)


LocalSite = Loopback | WordPress


def types(*kinds: tuple[str, str], **more: Any) -> Answer:
    named = {slug: {"slug": slug, "rest_base": base, "rest_namespace": "wp/v2", **more} for slug, base in kinds}
    return Answer(json.dumps(named).encode(), headers={"Content-Type": "application/json"})


INTERNALS = (
    ("nav_menu_item", "menu-items"), ("wp_block", "blocks"), ("wp_template", "templates"),
    ("wp_navigation", "navigation"), ("wp_font_face", "font-families/(?P<font_family_id>[\\d]+)/font-faces"),
    ("elementor_library", "elementor_library"),
)  # fmt: skip


def test_the_types_of_a_wordpress_site_are_found_out_and_its_internals_left_alone(tmp_path: Path) -> None:
    with WordPress({"posts": [], "pages": [], "documents": [], "media": []}) as web:
        web.set("/wp-json/wp/v2/types", types(("attachment", "media"), ("post", "posts"), ("page", "pages"),
                                             *INTERNALS, ("document", "documents")))  # fmt: skip
        file = {"id": 9, "date": "2024-01-02", "source_url": web.url("/up/plan.pdf"), "mime_type": "application/pdf"}
        web.collections |= {
            "posts": [web.item(1)],
            "documents": [web.item(7, "document")],
            "media": [{**file, "post": 7, "title": {"rendered": "plan"}}],
        }
        web.set("/up/plan.pdf", PDF)
        home = harvested(tmp_path, "wordpress", web.url("/"))
        found = said(home)
        assert sorted(found) == ["/document/7/", "/post/1/", "/up/plan.pdf"]
        # The file belongs with the item of the site's own type that it is attached to.
        assert found["/up/plan.pdf"].landing == web.url("/document/7/")
        bases = [urlsplit(url).path.removeprefix("/wp-json/wp/v2/") for url in asked(web, "/wp-json/")]
        assert bases == ["types", "posts", "pages", "documents", "media"]
        assert last_run(home).state == "ok"


@pytest.mark.parametrize("answer", [Answer(b"{}", 401), Answer(b"{}", 404), page()], ids=["closed", "none", "a page"])
def test_where_the_types_are_not_told_the_usual_ones_are_taken(tmp_path: Path, answer: Answer) -> None:
    with WordPress({"posts": []}) as web:
        web.set("/", page())
        web.set("/wp-json/wp/v2/types", answer)
        web.collections["posts"] = [web.item(1)]
        home = harvested(tmp_path, "wordpress", web.url("/"))
        assert sorted(said(home)) == ["/post/1/"]
        assert last_run(home).state == "ok"


def test_a_site_within_a_network_is_asked_below_its_own_address(tmp_path: Path) -> None:
    with WordPress({"posts": []}) as web:
        web.prefix = "/rightcare/wp-json/"
        web.set("/rightcare/wp-json/wp/v2/types", types(("post", "posts")))
        web.collections["posts"] = [web.item(1)]
        home = harvested(tmp_path, "wordpress", web.url("/rightcare/"))
        assert sorted(said(home)) == ["/post/1/"]


@pytest.mark.parametrize("where", ["header", "head"])
def test_an_interface_in_another_place_is_found_by_what_the_front_page_says(tmp_path: Path, where: str) -> None:
    with WordPress({"posts": [], "types": []}) as web:
        web.prefix = "?rest_route="
        link = f'<link rel="https://api.w.org/" href="{web.url("/?rest_route=/")}">'
        header = {"Link": f'<{web.url("/?rest_route=/")}>; rel="https://api.w.org/"'}
        front = page(head=link) if where == "head" else Answer(page().body, headers={**HTML, **header})
        web.set("/", front)
        web.set("/?rest_route=/wp/v2/types", types(("post", "posts")))
        del web.collections["types"]
        web.collections["posts"] = [web.item(1)]
        home = harvested(tmp_path, "wordpress", web.url("/"))
        assert sorted(said(home)) == ["/post/1/"]


@pytest.mark.parametrize("fails", [400, 413, 500])
def test_a_site_that_cannot_give_a_hundred_items_is_asked_for_fewer(tmp_path: Path, fails: int) -> None:
    with WordPress({"posts": []}, most=20, fails=fails) as web:
        web.set("/wp-json/wp/v2/types", types(("post", "posts")))
        web.collections["posts"] = [web.item(number) for number in range(45)]
        home = harvested(tmp_path, "wordpress", web.url("/"))
        assert len(said(home)) == 45
        assert last_run(home).state == "ok"
        sizes = [parse_qs(urlsplit(url).query)["per_page"][0] for url in asked(web, "/posts")]
        assert sizes == ["100", "20", "20", "20"]


def test_a_page_that_is_too_much_is_had_in_smaller_ones(tmp_path: Path) -> None:
    with WordPress({"posts": []}, fails=500) as web:
        web.heavy = [(100, 2)]
        web.set("/wp-json/wp/v2/types", types(("post", "posts")))
        web.collections["posts"] = [web.item(number, date=f"20{number // 12:02}-{number % 12 + 1:02}-01")
                                    for number in range(130)]  # fmt: skip
        home = harvested(tmp_path, "wordpress", web.url("/"))
        assert len(said(home)) == 130
        assert last_run(home).state == "ok"
        pages = [parse_qs(urlsplit(url).query) for url in asked(web, "/posts?")]
        assert [(page["per_page"][0], page["page"][0]) for page in pages] == [
            ("100", "1"), ("100", "2"), ("20", "6"), ("20", "7")
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("heavy", "lost"),
    [([(100, 1), (20, 1), (10, 1)], 10), ([(100, 2), (20, 6), (10, 11), (10, 12)], 100)],
    ids=["one bad item", "one bad page"],
)
def test_what_cannot_be_had_even_so_costs_itself_and_is_told(
    tmp_path: Path, heavy: list[tuple[int, int]], lost: int
) -> None:
    with WordPress({"posts": []}, fails=500) as web:
        web.heavy = heavy
        web.set("/wp-json/wp/v2/types", types(("post", "posts")))
        web.collections["posts"] = [web.item(number) for number in range(230)]
        home = harvested(tmp_path, "wordpress", web.url("/"))
        assert len(said(home)) == 230 - lost
        assert last_run(home).state == "partly"


def test_a_large_collection_is_asked_for_what_is_new_between_full_harvests(tmp_path: Path) -> None:
    with WordPress({"posts": []}) as web:
        web.set("/wp-json/wp/v2/types", types(("post", "posts")))
        web.collections["posts"] = [web.item(number, date="2024-01-01") for number in range(150)]
        home = harvested(tmp_path, "wordpress", web.url("/"), options={"increments_over": 120})
        assert (last_run(home).state, last_run(home).increment) == ("ok", 0)
        assert [parse_qs(urlsplit(url).query)["page"][0] for url in asked(web, "/posts")] == ["1", "2"]
        web.collections["posts"] = [*web.collections["posts"], web.item(999, date="2999-01-01")]
        web.clear()
        commdex(home, "crawl")
        assert (last_run(home).state, last_run(home).increment) == ("ok", 1)
        assert "/post/999/" in said(home)
        # The first page reaches back beyond the last harvest, so that nothing else has to be asked for.
        assert [parse_qs(urlsplit(url).query)["page"][0] for url in asked(web, "/posts")] == ["1"]


def test_more_that_is_new_than_one_page_holds_is_asked_for_by_its_date(tmp_path: Path) -> None:
    with WordPress({"posts": []}) as web:
        web.set("/wp-json/wp/v2/types", types(("post", "posts")))
        web.collections["posts"] = [web.item(number) for number in range(150)]
        home = harvested(tmp_path, "wordpress", web.url("/"), options={"increments_over": 120})
        new = [web.item(number, date="2999-01-01") for number in range(1000, 1120)]
        web.collections["posts"] = [*web.collections["posts"], *new]
        web.clear()
        commdex(home, "crawl")
        queries = [parse_qs(urlsplit(url).query) for url in asked(web, "/posts?")]
        assert [(query["page"][0], "after" in query) for query in queries] == [("1", False), ("1", True), ("2", True)]
        assert {f"/post/{number}/" for number in range(1000, 1120)} <= set(said(home))


RSS = "<rss version='2.0'><channel><title>F</title>{}</channel></rss>"


def rss(web: Loopback, *paths: str) -> Answer:
    for path in paths:
        web.set(path, page())
    return xml(RSS.format("".join(f"<item><title>T</title><link>{web.url(path)}</link></item>" for path in paths)))


@pytest.mark.parametrize("place", ["/feed/", "/news/rss"])
def test_a_closed_interface_leaves_the_feed_wherever_the_front_page_says_it_is(
    web: Loopback, tmp_path: Path, place: str
) -> None:
    named = f"<link rel='alternate' type='application/rss+xml' href='{place}'>"
    named += "<link rel='alternate' type='application/rss+xml' href='/comments/feed/'>"
    web.set("/", page(head=named))
    for name in ("types", "posts", "pages", "media"):
        web.set(f"/wp-json/wp/v2/{name}", Answer(b"{}", 403))
    web.set(place, rss(web, "/a", "/b"))
    home = harvested(tmp_path, "wordpress", web.url("/"))
    assert sorted(said(home)) == ["/a", "/b"]
    assert "/comments/feed/" not in asked(web)


# Feeds


def test_atom_entries_lead_to_their_page_and_to_what_they_enclose(web: Loopback, tmp_path: Path) -> None:
    web.set("/a", page())
    for path in ("/a.pdf", "/get?id=3", "/alone.pdf"):
        web.set(path, PDF)
    entry = (
        f"<entry><id>1</id><title>A &amp; B</title><published>2021-03-04T09:00:00Z</published>"
        f"<updated>2023-01-01T00:00:00Z</updated><link rel='self' href='/self'/>"
        f"<link rel='alternate' type='text/html' href='{web.url('/a')}'/><link rel='enclosure' href='/a.pdf'/>"
        f"<link rel='enclosure' type='application/pdf' href='/get?id=3'/>"
        f"<link rel='enclosure' type='audio/mpeg' href='/a.mp3'/></entry>"
        f"<entry><id>2</id><title>Alone</title><updated>2020-05-06T00:00:00Z</updated>"
        f"<link rel='enclosure' href='/alone.pdf'/></entry>"
    )
    web.set("/atom", xml(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>{entry}</feed>"))
    found = said(harvested(tmp_path, "feed", web.url("/atom")))
    assert sorted(found) == ["/a", "/a.pdf", "/alone.pdf", "/get?id=3"]
    assert (found["/a"].title, found["/a"].date) == ("A & B", "2021-03-04")
    assert found["/a.pdf"].landing == found["/get?id=3"].landing == web.url("/a")
    assert (found["/alone.pdf"].title, found["/alone.pdf"].date) == ("Alone", "2020-05-06")


def blogger(web: Loopback, start: int, total: int, size: int = 2) -> Answer:
    numbers = range(start, min(start + size, total + 1))
    entries = ""
    for number in numbers:
        web.set(f"/p/{number}", page())
        entries += f"<entry><id>{number}</id><title>P</title><link rel='alternate' href='{web.url(f'/p/{number}')}'/>"
        entries += f"<link rel='edit' href='{web.url('/edit')}'/></entry>"
    said = {"totalResults": total, "startIndex": start, "itemsPerPage": size}
    counts = "".join(f"<openSearch:{name}>{value}</openSearch:{name}>" for name, value in said.items())
    counts += "<link rel='next' href='http://blogger.example/feeds/9'/>"  # its own next link leads to another host
    name = "xmlns='http://www.w3.org/2005/Atom' xmlns:openSearch='http://a9.com/-/spec/opensearchrss/1.0/'"
    return xml(f"<feed {name}><generator>Blogger</generator>{counts}{entries}</feed>")


def test_a_blog_on_blogger_is_read_to_its_first_post(web: Loopback, tmp_path: Path) -> None:
    named = "<link rel='alternate' type='application/{}+xml' href='/feeds/posts/default{}'>"
    web.set("/", page(head=named.format("atom", "") + named.format("rss", "?alt=rss")))
    web.set("/feeds/posts/default", blogger(web, 1, 5))
    for start in (3, 5):
        web.set(f"/feeds/posts/default?start-index={start}&max-results=2", blogger(web, start, 5))
    home = harvested(tmp_path, "feed", web.url("/"))
    assert sorted(said(home)) == [f"/p/{number}" for number in range(1, 6)]
    assert [urlsplit(url).query for url in asked(web, "/feeds/")] == [
        "", "start-index=3&max-results=2", "start-index=5&max-results=2"
    ]  # fmt: skip
    assert last_run(home).state == "ok"


@pytest.mark.parametrize("relation", ["next", "prev-archive"])
def test_a_feed_s_further_pages_are_followed_by_its_links(web: Loopback, tmp_path: Path, relation: str) -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>{}{}</feed>"
    entry = "<entry><id>{0}</id><link href='{0}'/></entry>"
    for path in ("/a", "/b"):
        web.set(path, page())
    following = f"<link rel='{relation}' href='/feed2'/>"
    web.set("/feed1", xml(atom.format(following, entry.format(web.url("/a")))))
    web.set("/feed2", xml(atom.format("", entry.format(web.url("/b")))))
    assert sorted(said(harvested(tmp_path, "feed", web.url("/feed1")))) == ["/a", "/b"]


def test_a_feed_that_gives_the_same_page_for_ever_ends(web: Loopback, tmp_path: Path) -> None:
    web.set("/feed/", rss(web, "/a"))  # for ?paged=2 too
    home = harvested(tmp_path, "feed", web.url("/feed/"))
    assert asked(web, "/feed/") == ["/feed/", "/feed/?paged=2"]
    assert last_run(home).state == "ok"


def test_what_is_neither_a_feed_nor_names_one_is_told(web: Loopback, tmp_path: Path) -> None:
    web.set("/news", page())
    home = harvested(tmp_path, "feed", web.url("/news"), expect=4)
    assert "neither a feed nor a page that names one" in last_run(home).reason


# Sitemaps

URLSET = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' {}>{}</urlset>"


def test_a_sitemap_s_older_entries_and_sitemaps_are_passed_over(web: Loopback, tmp_path: Path) -> None:
    for path in ("/new", "/undated", "/coarse"):
        web.set(path, page())
    last = "<{0}><loc>{1}</loc><lastmod>{2}</lastmod></{0}>"
    index = last.format("sitemap", web.url("/now.xml"), "2024-05-06T07:08:09+01:00")
    index += last.format("sitemap", web.url("/then.xml"), "2019-01-01")
    web.set(
        "/sitemap.xml", xml(f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{index}</sitemapindex>")
    )
    entries = last.format("url", web.url("/new"), "2023-02-03") + last.format("url", web.url("/old"), "2022-12-31")
    entries += last.format("url", web.url("/coarse"), "2023") + f"<url><loc>{web.url('/undated')}</loc></url>"
    web.set("/now.xml", xml(URLSET.format("", entries)))
    home = harvested(tmp_path, "sitemap", web.url("/sitemap.xml"), options={"since": "2023-01"})
    assert sorted(said(home)) == ["/coarse", "/new", "/undated"]
    assert "/then.xml" not in asked(web)


def test_images_and_news_within_a_sitemap_s_entries_are_not_taken_for_pages(web: Loopback, tmp_path: Path) -> None:
    web.set("/a", page())
    names = (
        "xmlns:image='http://www.google.com/schemas/sitemap-image/1.1' "
        "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' xmlns:xhtml='http://www.w3.org/1999/xhtml'"
    )
    entry = (
        f"<url><image:image><image:loc>{web.url('/photo')}</image:loc></image:image><loc> {web.url('/a')} </loc>"
        f"<news:news><news:title>N</news:title></news:news><xhtml:link rel='alternate' href='{web.url('/cy')}'/></url>"
    )
    web.set("/sitemap.xml", xml(URLSET.format(names, entry)))
    assert sorted(said(harvested(tmp_path, "sitemap", web.url("/sitemap.xml")))) == ["/a"]


def test_a_plain_list_of_addresses_is_a_sitemap_and_each_address_counts_once(web: Loopback, tmp_path: Path) -> None:
    web.set("/robots.txt", Answer(f"Sitemap: {web.url('/one.txt')}\nSitemap: {web.url('/two.xml')}".encode()))
    web.set("/one.txt", Answer(f"\ufeff{web.url('/a')}\n\n{web.url('/b.pdf')}\n".encode()))
    web.set("/two.xml", xml(URLSET.format("", f"<url><loc>{web.url('/a')}</loc></url>")))
    web.set("/a", page())
    web.set("/b.pdf", PDF)
    home = harvested(tmp_path, "sitemap", web.url("/"))
    with Archive(home.archive_folder) as archive:
        announced = [(one.address, one.role) for one in archive.announcements()]
    assert sorted(announced) == [(web.url("/a"), "page"), (web.url("/b.pdf"), "file")]


def test_the_pages_that_every_site_has_are_no_publications_of_a_sitemap(web: Loopback, tmp_path: Path) -> None:
    paths = ("/", "/about/", "/contact-us", "/cookies/", "/about-us/strategy", "/?p=7", "/a")
    web.set("/sitemap.xml", xml(URLSET.format("", "".join(f"<url><loc>{web.url(path)}</loc></url>" for path in paths))))
    for path in paths:
        web.set(path, page())
    home = harvested(tmp_path, "sitemap", web.url("/sitemap.xml"))
    assert sorted(said(home)) == ["/?p=7", "/a", "/about-us/strategy"]


def test_an_index_that_lists_itself_ends(web: Loopback, tmp_path: Path) -> None:
    index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</sitemapindex>"
    locs = "".join(f"<sitemap><loc>{web.url(path)}</loc></sitemap>" for path in ("/sitemap.xml", "/pages.xml"))
    web.set("/sitemap.xml", xml(index.format(locs)))
    web.set("/pages.xml", xml(URLSET.format("", f"<url><loc>{web.url('/a')}</loc></url>")))
    web.set("/a", page())
    home = harvested(tmp_path, "sitemap", web.url("/sitemap.xml"))
    assert asked(web) == ["/sitemap.xml", "/pages.xml", "/a"]
    assert last_run(home).state == "ok"


@pytest.mark.parametrize("body", [page(), Answer(b"nothing here"), xml("<rss version='2.0'><channel/></rss>")])
def test_what_is_no_sitemap_is_told(web: Loopback, tmp_path: Path, body: Answer) -> None:
    web.set("/sitemap.xml", body)
    home = harvested(tmp_path, "sitemap", web.url("/sitemap.xml"), expect=4)
    assert "is not a sitemap" in last_run(home).reason


# Listings


def entries(web: Loopback, *names: str) -> str:
    for name in names:
        web.set(f"/reports/{name}", page("<p>A report in words, " + "and more of them, " * 40 + "without a file.</p>"))
    return "".join(f"<li><a href='/reports/{name}'>Report {name}</a></li>" for name in names)


PAGERS = {
    "numbers": "<div><span>{here}</span> <a href='?page={next}'>{next}</a> <a href='?page=9'>9</a></div>",
    "numbers in the path": "<p>{here} <a href='/list/page/{next}/'>{next}</a></p>",
    "load more": "<a href='?page={next}'>Load more publications</a>",
    "view more": "<a href='?page={next}'>View more</a>",
    "next of its kind": "<a href='?page={next}'>Next page of results</a>",
    "counting from nought": "<a href='?page={here}' aria-label='Page {next}'>{next}</a>",
}


@pytest.mark.parametrize("pager", PAGERS.values(), ids=PAGERS)
def test_a_listing_is_followed_to_its_end_however_its_pager_is_made(web: Loopback, tmp_path: Path, pager: str) -> None:
    pages = {
        number: page(f"<ul>{entries(web, f'a{number}', f'b{number}')}</ul>" + (
            pager.format(here=number, next=number + 1) if number < 3 else f"<span>{number}</span>"
        ))
        for number in (1, 2, 3)
    }  # fmt: skip
    for number, answer in pages.items():
        query = number - 1 if "?page={here}" in pager else number
        web.set(f"/list/page/{number}/" if "/page/" in pager else f"/list?page={query}", answer)
    web.set("/list", pages[1])
    home = harvested(tmp_path, "listing", web.url("/list"))
    assert sorted(said(home)) == [f"/reports/{letter}{number}" for letter in "ab" for number in (1, 2, 3)]
    assert last_run(home).state == "ok"


def test_a_listing_that_leads_round_or_repeats_itself_ends(web: Loopback, tmp_path: Path) -> None:
    first = page(f"<ul>{entries(web, 'a', 'b')}</ul><a rel='next' href='?page=2'>Next</a>")
    web.set("/list", first)
    # Every further page is the last one again, under an address of its own.
    for number in range(2, 9):
        following = f"<a rel='next' href='?page={number + 1}'>Next</a>"
        web.set(f"/list?page={number}", page(f"<ul>{entries(web, 'b', 'c')}</ul>{following}"))
    home = harvested(tmp_path, "listing", web.url("/list"))
    assert sorted(said(home)) == ["/reports/a", "/reports/b", "/reports/c"]
    assert asked(web, "/list") == ["/list", "/list?page=2", "/list?page=3"]


def test_the_date_beside_a_file_s_link_comes_with_it(web: Loopback, tmp_path: Path) -> None:
    web.set("/list", page(
        "<table><tr><td><a href='/a.pdf'>Agenda</a></td><td>PDF, 241 KB</td><td>3 March 2021</td></tr>"
        "<tr><td><a href='/b.pdf'>Policy</a></td><td>Review date: 5 May 2030</td></tr></table>"
        "<ul><li><a href='/c.pdf'>Minutes</a> (2020-07-23)</li></ul>"
    ))  # fmt: skip
    for path in ("/a.pdf", "/b.pdf", "/c.pdf"):
        web.set(path, PDF)
    found = said(harvested(tmp_path, "listing", web.url("/list")))
    dates = {path: one.date for path, one in found.items()}
    assert dates == {"/a.pdf": "2021-03-03", "/b.pdf": "", "/c.pdf": "2020-07-23"}


def test_a_menu_at_the_last_depth_is_read_as_the_listing_that_it_leads_to(web: Loopback, tmp_path: Path) -> None:
    names = [f"r{number}" for number in range(6)]
    menu = {"/publications": "Publications", "/news": "News", "/one": "One report", "/contact": "Contact us"}
    web.set("/", page("".join(f"<p><a href='{path}'>{text}</a></p>" for path, text in menu.items())))
    # Little but links to places in one folder; a pager; and a publication that links to others of its kind.
    web.set("/publications", page(f"<h1>Publications</h1><ul>{entries(web, *names)}</ul>"))
    web.set("/news", page(f"<ul>{entries(web, 'n1', 'n2')}</ul><a href='/news?page=2'>2</a>"))
    web.set("/news?page=2", page(f"<span>2</span><ul>{entries(web, 'n3')}</ul>"))
    related = "".join(f"<li><a href='/related/{number}'>Related {number}</a></li>" for number in range(6))
    web.set("/one", page("<p>" + "A long report in words. " * 150 + f"</p><ul>{related}</ul>"))
    home = harvested(tmp_path, "listing", web.url("/"))
    expected = ["/one", *(f"/reports/{name}" for name in ("n1", "n2", "n3", *names))]
    assert sorted(said(home)) == sorted(expected)
    assert not asked(web, "/contact", "/related")


def test_a_page_of_a_listing_that_does_not_come_is_known_to_be_missing(web: Loopback, tmp_path: Path) -> None:
    web.set("/list", page(f"<ul>{entries(web, 'a')}<li><a href='/reports/gone'>Gone</a></li></ul>"))
    assert sorted(said(harvested(tmp_path, "listing", web.url("/list")))) == ["/reports/a", "/reports/gone"]


def test_what_a_listing_must_not_fetch_is_not_fetched_on_the_way_down_either(web: Loopback, tmp_path: Path) -> None:
    web.set("/list", page("<a href='/y/2024'>2024</a><a href='/y/2023'>2023</a><a href='/skip/me'>Skip</a>"))
    for year in ("2023", "2024"):
        web.set(f"/y/{year}", page(f"<ul>{entries(web, f'r{year}')}</ul>"))
    home = harvested(tmp_path, "listing", web.url("/list"), exclude=["/skip/"], options={"depth": 2})
    assert sorted(said(home)) == ["/reports/r2023", "/reports/r2024"]
    assert not asked(web, "/skip/")


def test_a_page_called_publications_below_a_front_page_is_read_however_few_it_lists(
    web: Loopback, tmp_path: Path
) -> None:
    web.set("/", page("<h1>A body</h1><a href='/reports'>Reports</a> <a href='/one'>A report</a>"))
    web.set("/reports", page(f"<h1>Reports</h1>{entries(web, 'a', 'b')}"))
    web.set("/one", page("<h1>A report</h1><p>Words of it.</p><a href='/one/annex'>Annex</a>"))
    home = harvested(tmp_path, "listing", web.url("/"))
    assert sorted(said(home)) == ["/one", "/reports/a", "/reports/b"]


LANDINGS = {
    "by its own title": "<a href='/asset/7'>Care in Barford: a review</a>",
    "View document": "<a href='/asset/7'>View document</a>",
    "PDF": "<a href='/asset/7'>PDF</a>",
    "Access the full report": "<a href='/asset/7'>Access the full report</a>",
}


@pytest.mark.parametrize("link", LANDINGS.values(), ids=LANDINGS)
def test_a_file_without_a_suffix_is_known_by_what_its_link_says(web: Loopback, tmp_path: Path, link: str) -> None:
    self_link = "<a href='/reports'>Care in Barford: a review</a>"  # a folder that the page lies in
    web.set("/list", page("<a href='/reports/a'>Care in Barford: a review</a>"))
    web.set("/reports/a", page(f"<h1>Care in Barford: a review</h1>{self_link}<p>{link}</p>"))
    web.set("/asset/7", Answer(PDF.body, headers={"Content-Disposition": 'attachment; filename="review.pdf"'}))
    found = said(harvested(tmp_path, "listing", web.url("/list")))
    assert {path: (one.role, one.landing) for path, one in found.items()} == {
        "/reports/a": ("page", web.url("/reports/a")),
        "/asset/7": ("file", web.url("/reports/a")),
    }


def test_the_files_of_related_papers_are_not_the_page_s_own(web: Loopback, tmp_path: Path) -> None:
    related = "<h2>Related publications</h2><ul><li><h3>Other</h3><a href='/other.pdf'>Other (PDF)</a></li></ul>"
    web.set("/list", page("<a href='/reports/a'>A</a><a href='/reports/b'>B</a><a href='/other.pdf'>Other (PDF)</a>"))
    web.set("/reports/a", page(f"<h1>A</h1><a href='/a.pdf'>A (PDF)</a>{related}<h2>Notes</h2><a href='/n.pdf'>N</a>"))
    # Where nothing else stands on the page, it is what the page gives.
    web.set("/reports/b", page("<h1>B</h1><h2>Further reading</h2><a href='/b.pdf'>B (PDF)</a>"))
    for path in ("/a.pdf", "/b.pdf", "/n.pdf", "/other.pdf"):
        web.set(path, PDF)
    home = harvested(tmp_path, "listing", web.url("/list"))
    with Archive(home.archive_folder) as archive:
        places = {(one.address.rsplit("/", 1)[1], one.landing.rsplit("/", 1)[1]) for one in archive.announcements()}
    assert places == {("a", "a"), ("b", "b"), ("a.pdf", "a"), ("n.pdf", "a"), ("b.pdf", "b"), ("other.pdf", "list")}


# GOV.UK


def test_an_entry_of_gov_uk_in_an_odd_shape_costs_itself(web: Loopback, tmp_path: Path) -> None:
    def value(content: Any) -> Answer:
        return Answer(json.dumps(content).encode(), headers={"Content-Type": "application/json"})

    results = [{"title": "Plan", "link": "/plan", "organisations": None}, "odd", {"title": "Report", "link": "/report"}]
    web.set("/api/search.json", value({"results": results, "total": 3}))
    file = {"url": web.url("/plan.pdf"), "title": "Plan", "attachment_type": "file"}
    web.set("/api/content/plan", value({"title": "Plan", "links": [], "details": {"attachments": ["odd", file]}}))
    web.set("/api/content/report", value({"title": "Report", "links": {"organisations": None}, "details": None}))
    web.set("/plan.pdf", PDF)
    web.set("/report", page())
    home = harvested(tmp_path, "govuk", web.url("/"))
    assert sorted(said(home)) == ["/plan", "/plan.pdf", "/report"]
    assert last_run(home).state == "ok"


# Fixed documents


def test_a_fixed_page_brings_its_files(web: Loopback, tmp_path: Path) -> None:
    web.set("/report", page("<a href='/report.pdf'>Download (PDF)</a>"))
    web.set("/report.pdf", PDF)
    found = said(harvested(tmp_path, "fixed", web.url("/report")))
    assert {path: one.role for path, one in found.items()} == {"/report": "page", "/report.pdf": "file"}
    assert found["/report.pdf"].landing == web.url("/report")
