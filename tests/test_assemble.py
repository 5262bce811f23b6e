"""Which files and pages make one document."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from crawler.archive import Announcement, Resource
from indexer.assemble import LeftOut, Unit, assemble, headings_of, is_list, plain_address

SITE = "https://a.example.org"


def page(path: str, title: str = "", **more: str | int) -> Announcement:
    address = SITE + path
    return Announcement("s", address, f"{SITE}/list", "page", address, "listing", title=title, **more)  # type: ignore[arg-type]


def file(path: str, landing: str, text: str, position: int = 1, **more: str | int) -> Announcement:
    landing = SITE + landing if landing else ""
    found_on = landing or f"{SITE}/list"
    said = {"link_text": text, "position": position, **more}
    return Announcement("s", SITE + path, found_on, "file", landing, "listing", **said)  # type: ignore[arg-type]


def fetched(address: str, sha256: str | None = None, kind: str = "pdf", outcome: str = "new") -> Resource:
    when = "2026-01-01T00:00:00Z"
    return Resource(
        SITE + address, SITE + address, "", "", "", "", kind, sha256, 1, when, when, when, None, outcome, ""
    )  # fmt: skip


def units(announcements: list[Announcement], *resources: Resource) -> tuple[list[Unit], list[LeftOut]]:
    return assemble(announcements, {resource.address: resource for resource in resources}, lambda _: "")


def shape(found: list[Unit]) -> list[list[str]]:
    return [[part.announcement.address.removeprefix(SITE) for part in unit.parts] for unit in found]


def test_a_landing_page_and_its_files_are_one_document() -> None:
    found, _ = units(
        [page("/p", "Annual report 2024"), file("/a.pdf", "/p", "Report"), file("/b.pdf", "/p", "Easy read", 2)],
        fetched("/p", "p", "html"), fetched("/a.pdf", "a"), fetched("/b.pdf", "b"),
    )  # fmt: skip
    assert shape(found) == [["/a.pdf", "/b.pdf", "/p"]]
    assert found[0].first.sha256 == "a"


def test_the_papers_of_a_list_are_documents_of_their_own() -> None:
    papers = [file(f"/{n}.pdf", "/p", f"Paper {n}", n) for n in range(9)]
    found, out = units(
        [page("/p", "Cabinet, 30 January 2025"), *papers],
        fetched("/p", "p", "html"), *(fetched(f"/{n}.pdf", str(n)) for n in range(9)),
    )  # fmt: skip
    assert len(found) == 9
    assert all(unit.landing and not unit.whole for unit in found)
    assert [row.reason for row in out] == ["a list: each of its 9 papers is a document of its own"]


@pytest.mark.parametrize(
    ("title", "names", "expected"),
    [
        ("Publications", ["Time run: 13/05/2020", "Time run: 14/05/2020"], True),
        ("Agenda for Cabinet", ["Minutes", "Capital strategy"], True),
        ("Board papers 2024", ["May", "July"], True),
        ("Policies and procedures", ["Individual funding requests", "Complaints"], True),
        ("Strategy", ["Strategy 2025", "Summary"], False),
        ("Commissioning policy: individual funding requests", ["Commissioning policy", "Easy read"], False),
        ("Guidance on discharge", ["Guidance", "Annex A"], False),
        ("Anything", [f"Paper {number}" for number in range(7)], True),
    ],
)
def test_lists_are_told_from_publications(title: str, names: list[str], expected: bool) -> None:
    assert is_list(title, names) is expected


def test_a_page_without_files_is_the_document_and_one_that_was_not_fetched_is_left_out_with_its_reason() -> None:
    found, out = units(
        [page("/good"), page("/missing")], fetched("/good", "g", "html"), fetched("/missing", None, "", "not found")
    )
    assert shape(found) == [["/good"]]
    assert [(row.address, row.reason) for row in out] == [(f"{SITE}/missing", "not found")]


def test_a_file_that_could_not_be_had_stays_in_its_document() -> None:
    found, out = units(
        [page("/p", "Report"), file("/a.pdf", "/p", "Report")],
        fetched("/p", "p", "html"), fetched("/a.pdf", None, "", "not found"),
    )  # fmt: skip
    assert shape(found) == [["/a.pdf", "/p"]]
    assert found[0].first.sha256 == "p"
    assert out == []


def test_the_same_bytes_at_two_addresses_are_one_document_with_two_locations() -> None:
    found, _ = units(
        [page("/p", "Report"), file("/a.pdf", "/p", "x"), page("/q", "Report again"), file("/b.pdf", "/q", "x")],
        fetched("/p", "p", "html"), fetched("/q", "q", "html"), fetched("/a.pdf", "same"), fetched("/b.pdf", "same"),
    )  # fmt: skip
    assert shape(found) == [["/a.pdf", "/q", "/p"]]  # what the other page says is not lost either
    assert shape(list(found[0].also)) == [["/b.pdf", "/q"]]


def test_what_stands_beside_the_same_bytes_elsewhere_is_kept() -> None:
    found, _ = units(
        [page("/p", "Report"), file("/a.pdf", "/p", "x"), page("/q", "Report"), file("/b.pdf", "/q", "x"),
         file("/annex.pdf", "/q", "Annex", 2)],
        fetched("/p", "p", "html"), fetched("/q", "q", "html"), fetched("/a.pdf", "same"), fetched("/b.pdf", "same"),
        fetched("/annex.pdf", "annex"),
    )  # fmt: skip
    assert shape(found) == [["/a.pdf", "/annex.pdf", "/q", "/p"]]


def test_a_page_that_replaces_its_file_each_month_stays_one_document_and_opens_the_newest() -> None:
    editions = [file(f"/v{n}.pdf", "/p", "Bulletin", last_run=n) for n in range(1, 10)]
    found, out = units(
        [page("/p", "The bulletin", last_run=9), *editions],
        fetched("/p", "p", "html"), *(fetched(f"/v{n}.pdf", f"v{n}") for n in range(1, 10)),
    )  # fmt: skip
    assert len(found) == 1
    assert found[0].first.sha256 == "v9"
    assert [part.earlier for part in found[0].files] == [False] + [True] * 8
    assert out == []


def test_an_address_and_the_one_it_redirects_to_are_one_place() -> None:
    moved = replace(fetched("/old", "p", "html"), final_address=f"{SITE}/new")
    found, _ = units(
        [page("/old", "Falls"), page("/new", "Falls"), file("/a.pdf", "/old", "Plan"), file("/a.pdf", "/new", "Plan")],
        moved, fetched("/new", "p", "html"), fetched("/a.pdf", "a"),
    )  # fmt: skip
    assert shape(found) == [["/a.pdf", "/new"]]


def test_the_same_place_under_two_forms_of_its_address_is_what_was_said_last() -> None:
    old, new = (
        Announcement("s", address, address, "page", address, "fixed", last_run=run)
        for address, run in (("http://a.example.org/r", 1), ("https://www.a.example.org/r", 2))
    )
    resources = {
        one.address: replace(fetched("/r", sha256), address=one.address, final_address=one.address)
        for one, sha256 in ((old, "v1"), (new, "v2"))
    }
    found, _ = assemble([old, new], resources, lambda _: "")
    assert [unit.first.sha256 for unit in found] == ["v2"]


def test_a_live_copy_goes_before_an_archived_one_and_keeps_the_same_id() -> None:
    live = page("/report.pdf")
    copy = Announcement(
        "t", f"https://archive.org/1id_/{SITE}/report.pdf", "cdx", "file", "", "webarchive",
        original="http://www.a.example.org/report.pdf", captured="2015-01-01",
    )  # fmt: skip
    resource = fetched("/report.pdf", "old")
    copied = replace(resource, address=copy.address, final_address=copy.address)
    alone = assemble([copy], {copy.address: copied}, lambda _: "")[0]
    both = assemble([live, copy], {copy.address: copied, live.address: fetched("/report.pdf", "new")}, lambda _: "")[0]
    assert len(both) == 1
    assert both[0].first.sha256 == "new"
    assert both[0].sources == ("s", "t")
    assert alone[0].id == both[0].id


def given(unit: Unit) -> list[tuple[str, str]]:
    return [(said.heading, said.sectors) for said in unit.given]


def test_a_librarian_s_sectors_for_a_landing_page_are_those_of_its_files() -> None:
    listed = page("/p", "Report", heading="Urgent care", sectors="urgent-care")
    found, _ = units(
        [listed, file("/a.pdf", "/p", "Report")], fetched("/p", "p", "html"), fetched("/a.pdf", "a")
    )  # fmt: skip
    assert [given(unit) for unit in found] == [[("Urgent care", "urgent-care")]]


def test_a_librarian_who_lists_a_page_of_papers_means_its_papers() -> None:
    listed = page("/p", "Publications", heading="Urgent care", sectors="urgent-care")
    papers = [file(f"/{n}.pdf", "/p", f"Paper {n}", n) for n in range(3)]
    found, _ = units(
        [listed, *papers], fetched("/p", "p", "html"), *(fetched(f"/{n}.pdf", str(n)) for n in range(3))
    )  # fmt: skip
    assert [given(unit) for unit in found] == [[("Urgent care", "urgent-care")]] * 3


def test_what_several_lists_say_of_the_same_bytes_is_kept_from_each() -> None:
    first = file("/a.pdf", "", "A", heading="Urgent care", sectors="urgent-care")
    second = replace(first, source="t", found_on=f"{SITE}/other", heading="Prison services", sectors="prison")
    copy = file("/b.pdf", "", "A", heading="Social care", sectors="social-care")
    found, _ = units([first, second, copy], fetched("/a.pdf", "same"), fetched("/b.pdf", "same"))
    assert len(found) == 1
    assert set(given(found[0])) == {
        ("Urgent care", "urgent-care"), ("Prison services", "prison"), ("Social care", "social-care")
    }  # fmt: skip
    assert headings_of(found[0].first.announcement) == [("Urgent care", "urgent-care"), ("Prison services", "prison")]


def test_each_heading_keeps_the_sectors_that_it_means() -> None:
    said = page("/p", heading="Urgent care\nSeven day services\nTips", sectors="urgent-care\nseven whole\n")
    assert headings_of(said) == [("Urgent care", "urgent-care"), ("Seven day services", "seven whole"), ("Tips", "")]
    assert headings_of(replace(said, heading="Tips")) == [("Tips", said.sectors)]


def test_the_order_of_announcements_changes_nothing() -> None:
    said = [page("/p", "Report"), *(file(f"/{n}.pdf", "/p", f"Part {n}", n) for n in range(4)), page("/q", "Other"),
            file("/2.pdf", "/q", "Part 2 again"), file("/z.pdf", "", "Alone")]  # fmt: skip
    resources = [fetched(f"/{n}.pdf", str(n)) for n in range(4)]
    resources += [fetched("/p", "p", "html"), fetched("/q", "q", "html"), fetched("/z.pdf", "z")]
    expected = shape(units(said, *resources)[0])
    for seed in range(5):
        mixed = said[:]
        random.Random(seed).shuffle(mixed)
        assert shape(units(mixed, *resources)[0]) == expected


def test_an_address_without_what_may_change() -> None:
    assert plain_address("http://www.A.org/x/") == plain_address("https://a.org/x") == "a.org/x"
    assert plain_address("https://a.org/x?id=2") == "a.org/x?id=2"
