"""`commdex sources check` and `commdex sources add`, against a real server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from config.home import Home
from crawler.archive import Archive
from crawler.check import best
from crawler.probe import MOST_REQUESTS, Finding
from search_cli.commands.sources_add import ENDS
from tests.homes import CONTACT, commdex, make_home
from tests.loopback import Answer, Loopback

OPEN = Answer(b"User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
PDF = Answer(b"%PDF-1.4\nwords\n%%EOF", headers={"Content-Type": "application/pdf"})
HTML = {"Content-Type": "text/html; charset=utf-8"}
XML = {"Content-Type": "application/xml"}
JSON = {"Content-Type": "application/json"}


def page(body: str, title: str = "Fenland ICB", head: str = "", main: bool = True) -> Answer:
    matter = f"<main><h1>{title}</h1>{body}</main>" if main else body
    site = '<meta property="og:site_name" content="NHS Fenland ICB">'
    return Answer(f"<!doctype html><title>{title}</title>{site}{head}{matter}".encode(), headers=HTML)


def anchors(*paths: str) -> str:
    return "".join(f'<p><a href="{path}">The paper at {path.strip("/")}</a></p>' for path in paths)


def value(content: Any, **headers: str) -> Answer:
    return Answer(json.dumps(content).encode(), headers={**JSON, **headers})


def sitemap(web: Loopback, *paths: str) -> Answer:
    entries = "".join(f"<url><loc>{web.url(path)}</loc><lastmod>2024-03-0{n}</lastmod></url>"
                      for n, path in enumerate(paths, start=1))  # fmt: skip
    head = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return Answer(f"{head}{entries}</urlset>".encode(), headers=XML)


def feed(web: Loopback, count: int) -> Answer:
    items = "".join(f"<item><title>News {n}</title><link>{web.url(f'/news/{n}')}</link></item>" for n in range(count))
    whole = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{items}</channel></rss>'
    return Answer(whole.encode(), headers=XML)


@pytest.fixture
def web() -> Iterator[Loopback]:
    with Loopback({"/robots.txt": OPEN}) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def check(home: Home, which: str, *, expect: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(commdex(home, "sources", "check", which, "--json", expect=expect).stdout)
    return report


def found(report: dict[str, Any], mechanism: str) -> dict[str, Any]:
    return next(one for one in report["findings"] if one["mechanism"] == mechanism)


def asked(web: Loopback) -> list[str]:
    """What was asked for, but for the address by which a host is asked how it answers for what it does not have."""
    return [request.path for request in web.requests]


def entry_of(home: Home, name: str) -> dict[str, Any]:
    entry: dict[str, Any] = yaml.safe_load((home.sources_folder / f"{name}.yml").read_text("utf-8"))["sources"][0]
    return entry


def listing_site(web: Loopback) -> None:
    """A front page that calls a listing of two pages "Publications"; each publication has a file."""
    web.set("/", page('<p><a href="/private/x">Publications of the board</a><a href="/papers">Publications</a></p>'))
    pages = [f"/papers/{number}" for number in range(1, 7)]
    web.set("/papers", page(anchors(*pages[:3]) + '<a rel="next" href="/papers?page=2">Next</a>', "Publications"))
    web.set("/papers?page=2", page(anchors(*pages[3:]), "Publications"))
    for path in pages:
        web.set(path, page(f'<a href="{path}.pdf">The paper (PDF)</a>', f"Paper {path}"))
        web.set(f"{path}.pdf", PDF)


def wordpress_site(web: Loopback, *, posts: int = 7, media: int = 4) -> None:
    web.set("/", page("<p>Welcome</p>", head='<link rel="https://api.w.org/" href="/wp-json/">'))
    web.set("/wp-json/wp/v2/types", value({
        "post": {"rest_base": "posts"}, "page": {"rest_base": "pages"}, "attachment": {"rest_base": "media"},
        "wp_block": {"rest_base": "blocks"}, "document": {"rest_base": "documents"},
    }))  # fmt: skip
    for base, count in {"posts": posts, "documents": 30, "media": media}.items():
        web.set(f"/wp-json/wp/v2/{base}", value([{"id": 1}] if count else [], **{"X-WP-Total": str(count)}))


# manners


def test_robots_txt_is_obeyed_and_who_asks_is_said(web: Loopback, home: Home) -> None:
    listing_site(web)
    check(home, web.url("/"))
    assert asked(web)[0] == "/robots.txt"
    assert not [path for path in asked(web) if path.startswith("/private/")]
    assert len(web.requests) <= MOST_REQUESTS + 2  # robots.txt, and an address that cannot exist
    assert {CONTACT in request.agent for request in web.requests} == {True}


def test_a_disallowed_address_is_never_asked(web: Loopback, home: Home) -> None:
    web.set("/private/list", page(anchors("/a", "/b")))
    report = check(home, web.url("/private/list"), expect=4)
    assert asked(web) == ["/robots.txt"]
    assert report["outcome"] == "refused by robots.txt"
    assert report["robots"]["allowed"] is False


def test_nothing_is_asked_without_a_contact_nor_of_a_private_address(web: Loopback, tmp_path: Path) -> None:
    without = make_home(tmp_path / "a", contact="")
    assert "init --contact" in commdex(without, "sources", "check", web.url("/"), expect=3).stderr
    guarded = make_home(tmp_path / "b", crawl={"allow_private_hosts": False})
    assert check(guarded, web.url("/"), expect=4)["outcome"] == "refused host"
    assert web.requests == []


def test_requests_are_few_one_at_a_time_and_nothing_is_kept(web: Loopback, tmp_path: Path) -> None:
    many = [f"/papers/{number}" for number in range(60)]
    menus = anchors("/reports", "/documents", "/library", "/policies", "/guidance", "/resources")
    named = "".join(f"Sitemap: {web.url(f'/s{n}.xml')}\n" for n in range(40))
    web.set("/robots.txt", Answer(OPEN.body + named.encode(), headers=OPEN.headers))
    web.set("/", page(menus.replace("The paper at ", "") + anchors(*many)))
    home = make_home(tmp_path / "home", crawl={"delay": 0.1})
    report = check(home, web.url("/"))
    assert report["requests"] <= MOST_REQUESTS
    assert len(web.requests) <= MOST_REQUESTS + 2
    arrivals = [request.at for request in web.requests]
    assert arrivals[-1] - arrivals[0] >= 0.1 * (len(arrivals) - 1) * 0.9
    assert not home.archive_folder.exists()


def test_a_listed_source_is_not_tried_while_it_is_harvested(web: Loopback, tmp_path: Path) -> None:
    source = {"id": "one", "mechanism": "fixed", "start": [web.url("/a")]}
    home = make_home(tmp_path / "home", [source])
    with FileLock(home.lock_file):
        assert "holds the lock" in commdex(home, "sources", "check", "one", expect=5).stderr
    assert web.requests == []


# what is found


def test_a_listing_that_the_front_page_names_is_where_to_start(web: Loopback, home: Home) -> None:
    listing_site(web)
    best_one = check(home, web.url("/"))["best"]
    assert (best_one["mechanism"], best_one["start"]) == ("listing", [web.url("/papers")])
    assert best_one["options"] == {}


def test_a_listing_whose_files_lie_deeper_says_so(web: Loopback, home: Home) -> None:
    listing_site(web)
    for number in range(1, 4):
        web.set(f"/papers/{number}", page(anchors(*(f"/year/{number}/{place}" for place in range(6))), "A year"))
    assert check(home, web.url("/papers"))["best"]["options"] == {"depth": 2}


def test_files_on_another_host_are_said(web: Loopback, home: Home) -> None:
    listing_site(web)
    web.set("/papers/1", page('<a href="http://files.fenland.example/1.pdf">The paper (PDF)</a>'))
    assert check(home, web.url("/"))["best"]["hosts"] == ["files.fenland.example"]


def test_wordpress_is_counted(web: Loopback, home: Home) -> None:
    wordpress_site(web)
    report = check(home, web.url("/"))
    assert report["best"]["mechanism"] == "wordpress"
    assert report["best"]["seen"] == "X-WP-Total: 7 posts, 30 documents, 4 media"
    assert report["best"]["documents"] == 37


def test_a_closed_wordpress_interface_is_said_and_the_feed_taken(web: Loopback, home: Home) -> None:
    closed = Answer(b'{"code": "rest_forbidden"}', 401, JSON)
    head = (
        '<link rel="https://api.w.org/" href="/wp-json/"><link rel="alternate" type="application/rss+xml" href="/rss">'
    )
    web.set("/", page("<p>Welcome</p>", head=head))
    web.set("/wp-json/wp/v2/types", closed)
    web.set("/rss", feed(web, 5))
    report = check(home, web.url("/"))
    assert found(report, "wordpress")["answers"] == "closed"
    assert (report["best"]["mechanism"], report["best"]["start"]) == ("feed", [web.url("/rss")])


def test_a_site_below_the_address_has_its_own_interface(web: Loopback, home: Home) -> None:
    web.set("/jsna/", page("<p>Welcome</p><img src='/jsna/wp-content/a.png'>"))
    web.set("/jsna/wp-json/wp/v2/posts", value([{"id": 1}], **{"X-WP-Total": "12"}))
    best_one = check(home, web.url("/jsna/"))["best"]
    assert (best_one["mechanism"], best_one["start"]) == ("wordpress", [web.url("/jsna/")])


def test_what_reaches_beyond_one_page_is_told_and_not_chosen(web: Loopback, home: Home) -> None:
    wordpress_site(web)
    web.set("/report/", page('<a href="/a.pdf">The report (PDF)</a>', "One report", head="<link href='/wp-content/a'>"))
    report = check(home, web.url("/report/"))
    assert found(report, "wordpress")["wider"] is True
    assert (report["best"]["mechanism"], report["best"]["start"]) == ("fixed", [web.url("/report/")])


def test_a_sitemap_wins_where_it_lists_more_and_is_narrowed_to_the_address(web: Loopback, home: Home) -> None:
    web.set("/robots.txt", Answer(OPEN.body + f"Sitemap: {web.url('/map.xml')}\n".encode(), headers=OPEN.headers))
    web.set("/", page("<p>Welcome</p>"))
    web.set("/reports/", page("<p>Welcome</p>"))
    web.set("/map.xml", sitemap(web, "/", "/reports/1", "/reports/2", "/reports/3", "/people/4", "/contact"))
    whole = check(home, web.url("/"))["best"]
    assert (whole["mechanism"], whole["documents"]) == ("sitemap", 3)
    below = check(home, web.url("/reports/"))["best"]
    assert (below["mechanism"], below["documents"]) == ("sitemap", 3)
    assert len(below["include"]) == 1
    assert below["include"][0].endswith("/reports/")


def test_a_sitemap_that_lacks_what_the_listing_has_does_not_win(web: Loopback, home: Home) -> None:
    listing_site(web)
    web.set("/sitemap.xml", sitemap(web, *(f"/service/{number}" for number in range(9))))
    report = check(home, web.url("/"))
    assert found(report, "sitemap")["lacking"] is True
    assert report["best"]["mechanism"] == "listing"


def test_gov_uk_is_narrowed_to_the_organisation(web: Loopback, home: Home) -> None:
    web.set("/government/organisations/nhs-digital", page("<p>Welcome</p>"))
    web.set("/api/search.json", value({"results": [], "total": 321}))
    best_one = check(home, web.url("/government/organisations/nhs-digital"))["best"]
    assert (best_one["mechanism"], best_one["options"]) == ("govuk", {"organisations": ["nhs-digital"]})
    assert best_one["start"] == [web.url("/")]
    assert [request.url for request in web.requests if "filter_organisations=nhs-digital" in request.url]


def test_a_committee_system_is_known_by_its_pages(web: Loopback, home: Home) -> None:
    web.set("/", page('<a href="/ieListMeetings.aspx?CommitteeId=7">Cabinet</a>'))
    web.set("/ieListMeetings.aspx", page('<a href="/ieListDocuments.aspx?CId=7&MId=9">30 Jan 2025</a>'))
    best_one = check(home, web.url("/"))["best"]
    assert best_one["mechanism"] == "moderngov"
    assert best_one["seen"] == "1 committee linked; the first lists 1 meeting"


def test_board_papers_are_known_by_their_page(web: Loopback, home: Home) -> None:
    files = "".join(f'<a href="/f/{n}.pdf">Board papers {n} March 2025</a>' for n in range(1, 4))
    web.set("/board", page(files, "Board papers"))
    web.set("/", page('<a href="/board">Board meetings and papers</a>'))
    assert check(home, web.url("/board"))["best"]["mechanism"] == "boardpapers"
    best_one = check(home, web.url("/"))["best"]
    assert (best_one["mechanism"], best_one["start"]) == ("boardpapers", [web.url("/board")])


def test_board_papers_below_about_us_are_counted(web: Loopback, home: Home) -> None:
    web.set("/", page('<a href="/about-us/board-meetings/">Board papers</a>'))
    years = "".join(f'<a href="/about-us/board-meetings/{year}/">{year}</a>' for year in (2023, 2024, 2025))
    web.set("/about-us/board-meetings/", page(years, "Board meetings and papers"))
    best_one = check(home, web.url("/"))["best"]
    assert (best_one["mechanism"], best_one["start"]) == ("boardpapers", [web.url("/about-us/board-meetings/")])


def test_board_papers_that_the_front_page_does_not_name_are_sought_where_they_usually_are(
    web: Loopback, home: Home
) -> None:
    web.set("/", page("<p>Welcome</p>"))
    web.set("/board-papers/", page('<a href="/f/1.pdf">Board papers, March 2025</a>', "Board papers"))
    best_one = check(home, web.url("/"))["best"]
    assert (best_one["mechanism"], best_one["start"]) == ("boardpapers", [web.url("/board-papers/")])
    assert len(asked(web)) <= MOST_REQUESTS + 1


def test_what_robots_txt_forbids_promises_no_document(web: Loopback, home: Home) -> None:
    hidden = "".join(f'<a href="/private/board-{n}.pdf">Paper {n}</a>' for n in range(9))
    web.set("/", page(hidden, head='<link rel="alternate" type="application/rss+xml" href="/rss.xml">'))
    web.set("/rss.xml", feed(web, 3))
    report = check(home, web.url("/"))
    assert (report["best"]["mechanism"], found(report, "listing")["answers"]) == ("feed", "no")
    assert not any("/private/" in path for path in asked(web))


def test_a_page_called_publications_is_a_listing_with_one_entry_too(web: Loopback, home: Home) -> None:
    web.set("/", page('<a href="/publications">Publications</a>'))
    web.set("/publications", page(anchors("/publications/one"), "Publications"))
    web.set("/publications/one", page('<a href="/one.pdf">Download</a>', "One paper"))
    best_one = check(home, web.url("/"))["best"]
    assert (best_one["mechanism"], best_one["start"]) == ("listing", [web.url("/publications")])


def test_a_sitemap_that_robots_txt_names_without_its_host_is_read(web: Loopback, home: Home) -> None:
    web.set("/robots.txt", Answer(b"Sitemap: /maps/all.xml\nSitemap: http://[broken\n"))
    web.set("/", page("<p>Welcome</p>"))
    broken = b"<url><loc>http://[broken</loc></url></urlset>"
    listed = sitemap(web, "/resources/a", "/resources/b")
    web.set("/maps/all.xml", Answer(listed.body.replace(b"</urlset>", broken), headers=XML))
    assert check(home, web.url("/"))["best"]["mechanism"] == "sitemap"


def test_a_reading_list_is_known_by_its_headings(web: Loopback, home: Home) -> None:
    body = ""
    for heading in ("Mental health", "Maternity services"):
        hosts = [f"http://{heading[:3].lower()}{number}.example/a" for number in range(5)]
        body += f"<h2>{heading}</h2>{anchors(*hosts)}"
    web.set("/list", page(body, "Reading list"))
    best_one = check(home, web.url("/list"))["best"]
    assert (best_one["mechanism"], best_one["documents"]) == ("readinglist", 10)
    assert {request.host for request in web.requests} == {"127.0.0.1"}  # nothing is asked of the listed sites


@pytest.mark.parametrize(("path", "mechanism"), [("/a", "fixed"), ("/rss", "feed"), ("/map", "sitemap")])
def test_an_address_that_is_no_page_is_told_by_its_bytes(web: Loopback, home: Home, path: str, mechanism: str) -> None:
    web.set("/a", Answer(PDF.body, headers=HTML))
    web.set("/rss", feed(web, 2))
    web.set("/map", sitemap(web, "/x", "/y"))
    best_one = check(home, web.url(path))["best"]
    assert (best_one["mechanism"], best_one["start"]) == (mechanism, [web.url(path)])
    assert asked(web) == ["/robots.txt", path]


def test_what_is_gone_is_sought_in_the_archives(web: Loopback, tmp_path: Path) -> None:
    rows = [["urlkey", "timestamp", "original", "mimetype", "statuscode"],
            ["x", "20190304050607", "http://old.example/a.pdf", "application/pdf", "200"]]  # fmt: skip
    web.set("/archive/cdx", value(rows))
    home = make_home(tmp_path / "home", crawl={"archives": [web.url("/archive/")]})
    report = check(home, web.url("/gone/"))
    assert (report["outcome"], report["gone"]) == ("not found", True)
    assert (report["best"]["mechanism"], report["best"]["start"]) == ("webarchive", [web.url("/gone/")])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (page("<p>Sorry</p>", "Page not found"), "soft 404"),
        (Answer(b"<!doctype html><title>Just a moment...</title>", 403, HTML), "blocked"),
        (Answer(b"oops", 500), "server error"),
    ],
)
def test_what_is_in_the_way_is_said_plainly(web: Loopback, tmp_path: Path, answer: Answer, outcome: str) -> None:
    web.set("/page", answer)
    home = make_home(tmp_path / "home", crawl={"archives": []})
    done = commdex(home, "sources", "check", web.url("/page"), expect=4)
    assert f"{web.url('/page')}: {outcome}" in done.stderr
    assert "(best)" not in done.stdout


def test_a_redirect_to_another_host_is_said_and_followed(web: Loopback, home: Home) -> None:
    with Loopback({"/robots.txt": OPEN}) as other:
        wordpress_site(other)
        there = other.url("/").replace("127.0.0.1", "localhost")
        web.set("/", Answer(b"", 301, {"Location": there}))
        report = check(home, web.url("/"))
        assert f"it leads to another host: {there}" in report["said"]
        assert report["best"]["start"] == [there]
        commdex(home, "sources", "add", web.url("/"), "--id", "moved")
        assert entry_of(home, "moved")["former"] == [web.url("/")]


# a source that is listed


def test_a_listed_source_is_tried_by_its_own_mechanism(web: Loopback, tmp_path: Path) -> None:
    listing_site(web)
    source = {"id": "one", "mechanism": "listing", "start": [web.url("/papers")], "expect": 3}
    home = make_home(tmp_path / "home", [source])
    assert check(home, "one")["source"]["last"] is None
    commdex(home, "crawl")
    told = check(home, "one")["source"]
    assert told["answers"] is True
    assert (told["last"]["state"], told["last"]["announced"]) == ("ok", 12)
    assert 3 <= told["last"]["floor"] <= 12
    with Archive(home.archive_folder) as archive:
        assert archive.last_run() == 1  # trying it is no run
    web.set("/papers", page("<p>Nothing here any more.</p>", "Welcome"))
    done = commdex(home, "sources", "check", "one", expect=4)
    assert "one: its mechanism, listing, does not answer" in done.stderr
    assert "It announced 12 pages and files" in done.stderr
    assert f"{home.sources_folder / 'test.yml'}, line" in done.stderr  # where to correct it
    assert "sources disable one --reason failing" in done.stderr


def test_what_cannot_be_tried_is_refused_in_words(tmp_path: Path) -> None:
    record = {"id": "a-record", "status": "manual"}
    home = make_home(tmp_path / "home", [record])
    assert "commdex --home" in commdex(home, "sources", "check", "a-record", expect=2).stderr
    assert "a-record" in commdex(home, "sources", "check", "a-recrod", expect=2).stderr
    assert "http" in commdex(home, "sources", "check", "ftp://a.example/", expect=2).stderr
    assert "begins with http://" in commdex(home, "sources", "check", "www.a.example", expect=2).stderr


def test_an_address_that_a_source_begins_at_is_not_offered_to_be_written(web: Loopback, tmp_path: Path) -> None:
    listing_site(web)
    home = make_home(tmp_path / "home", [{"id": "one", "mechanism": "listing", "start": [web.url("/papers/")]}])
    for address in (web.url("/papers"), web.url("/")):
        said = commdex(home, "sources", "check", address).stderr
        assert "source 'one' begins already" in said
        assert "sources add" not in said


# adding


def test_a_source_added_by_its_address_is_harvested(web: Loopback, home: Home) -> None:
    listing_site(web)
    done = commdex(home, "sources", "add", web.url("/"), "--id", "fenland", "--body", "icb", "--every", "month",
                   "--sector", "maternity-children")  # fmt: skip
    assert "update fenland" in done.stderr
    entry = entry_of(home, "fenland")
    assert entry["notes"].startswith("Tried on ")
    assert {key: value for key, value in entry.items() if key != "notes"} == {
        "id": "fenland", "name": "NHS Fenland ICB", "publisher": "NHS Fenland ICB", "body": "icb",
        "mechanism": "listing", "start": [web.url("/papers")], "sectors": ["maternity-children"], "every": "month",
        "status": "live",
    }  # fmt: skip
    commdex(home, "crawl", "fenland")
    with Archive(home.archive_folder) as archive:
        kept = {resource.address for resource in archive.resources() if resource.kind == "pdf"}
    assert kept == {web.url(f"/papers/{number}.pdf") for number in range(1, 7)}


def test_a_dry_run_prints_the_entry_and_writes_nothing(web: Loopback, home: Home) -> None:
    listing_site(web)
    before = sorted(home.sources_folder.iterdir())
    done = commdex(home, "sources", "add", web.url("/"), "--dry-run", "--name", 'Ours: a "name"', "--publisher", "Us")
    entry = yaml.safe_load(done.stdout)["sources"][0]
    assert (entry["id"], entry["name"], entry["publisher"]) == ("127-0-0-1", 'Ours: a "name"', "Us")
    assert sorted(home.sources_folder.iterdir()) == before


def test_what_is_there_already_is_refused_with_its_place(web: Loopback, tmp_path: Path) -> None:
    listing_site(web)
    home = make_home(tmp_path / "home", [{"id": "one", "mechanism": "listing", "start": [web.url("/papers/")]}])
    before = (home.sources_folder / "test.yml").read_bytes()
    same_id = commdex(home, "sources", "add", web.url("/"), "--id", "one", expect=2)
    assert f"{home.sources_folder / 'test.yml'}, line" in same_id.stderr
    same_start = commdex(home, "sources", "add", web.url("/papers"), "--id", "two", expect=2)
    assert "source 'one'" in same_start.stderr
    assert web.requests == []
    found_start = commdex(home, "sources", "add", web.url("/"), "--id", "two", expect=2)
    assert "source 'one'" in found_start.stderr
    assert (home.sources_folder / "test.yml").read_bytes() == before
    assert len(list(home.sources_folder.iterdir())) == 1


def test_a_mechanism_can_be_named_whatever_answers(web: Loopback, home: Home) -> None:
    web.set("/", page("<p>Welcome</p>"))
    assert "--mechanism" in commdex(home, "sources", "add", web.url("/"), expect=4).stderr
    commdex(home, "sources", "add", web.url("/"), "--mechanism", "sitemap", "--id", "ours")
    assert entry_of(home, "ours")["mechanism"] == "sitemap"
    web.clear()
    assert "choose from" in commdex(home, "sources", "add", web.url("/x"), "--mechanism", "magic", expect=2).stderr
    assert "sectors are" in commdex(home, "sources", "add", web.url("/x"), "--sector", "magic", expect=2).stderr
    assert "digits" in commdex(home, "sources", "add", web.url("/x"), "--id", "No Good", expect=2).stderr
    assert web.requests == []


# the rule


def promise(mechanism: str, documents: int, **more: Any) -> Finding:
    return Finding(mechanism, more.pop("answers", "yes"), "", ("http://a.example/",), documents, **more)


@pytest.mark.parametrize(
    ("findings", "chosen"),
    [
        ([promise("listing", 20), promise("sitemap", 20)], "listing"),
        ([promise("listing", 20), promise("sitemap", 21)], "sitemap"),
        ([promise("listing", 20), promise("sitemap", 39, lacking=True)], "listing"),
        ([promise("wordpress", 20), promise("sitemap", 39)], "wordpress"),
        ([promise("wordpress", 20), promise("sitemap", 41)], "sitemap"),
        ([promise("feed", 10), promise("listing", 6)], "listing"),
        ([promise("feed", 10), promise("listing", 4)], "feed"),
        ([promise("moderngov", 1), promise("sitemap", 999)], "moderngov"),
        ([promise("wordpress", 99, wider=True), promise("fixed", 1)], "fixed"),
        ([promise("boardpapers", 2, itself=True), promise("listing", 99)], "boardpapers"),
        ([promise("wordpress", 0, answers="closed"), promise("fixed", 0, answers="no")], None),
    ],
)
def test_the_rule_of_choice(findings: list[Finding], chosen: str | None) -> None:
    found_one = best(findings)
    assert (found_one.mechanism if found_one else None) == chosen


@pytest.mark.parametrize(
    ("host", "short"),
    [("england.nhs.uk", "england"), ("rcem.ac.uk", "rcem"), ("phw.nhs.wales", "phw"), ("my.icb.nhs.uk", "my.icb")],
)
def test_the_end_of_a_host_says_nothing_of_its_owner(host: str, short: str) -> None:
    assert ENDS.sub("", host) == short
