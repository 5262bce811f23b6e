"""The shipped catalogue: whole, honest, harvestable, and shown as it is in docs/catalogue.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from scrapy.settings import Settings as ScrapySettings

from config.catalogue import load_settings
from config.catalogue_table import BODIES, COMMAND, ITSELF, SEEDS, is_board, load_shipped, page
from config.home import Home
from config.model import Source
from crawler.harvest import catalogue
from crawler.mechanisms import names
from crawler.spider_loader import HOME, CatalogueSpiderLoader
from tests.homes import CONTACT

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "catalogue.md"
SHARED = ROOT.parent / "shared"  # what is known of the sources, beside the project; it is no part of it
SOURCES = load_shipped()
BY_ID = {source.id: source for source in SOURCES}
SEEDED = [source for source in SOURCES if source.listed]
BOARDS = [source for source in SOURCES if is_board(source)]
HARVESTED = [source for source in SOURCES if source.harvestable]

beside = pytest.mark.skipif(not SHARED.is_dir(), reason="the material beside the project (../shared) is not here")


def test_the_table_shows_the_catalogue_as_it_is() -> None:
    message = f"docs/catalogue.md is not what config/sources says. Make it anew with: {COMMAND}"
    assert TABLE.read_text(encoding="utf-8") == page(SOURCES), message


def test_every_seed_entry_stands_in_the_table_under_each_of_its_headings() -> None:
    text = TABLE.read_text(encoding="utf-8")
    for seed in re.split(r"^## ", text, flags=re.MULTILINE):
        number = seed.removeprefix("Seed ")[:3]
        for part in seed.split("\n### ")[1:] if number in SEEDS else []:
            heading, _, table = part.partition("\n")
            wanted = {
                source.id
                for source in SEEDED
                for listing in source.listed
                if (listing.seed, listing.heading) == (number, heading)
            }
            assert set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)) == wanted, heading


def test_the_shipped_catalogue_loads_and_uses_every_mechanism(tmp_path: Path) -> None:
    loaded = catalogue(Home(tmp_path), load_settings(Home(tmp_path)))
    assert set(loaded) == set(BY_ID)
    assert {source.mechanism for source in HARVESTED} == set(names())


def test_it_holds_130_sources_of_the_seeds_36_boards_and_what_a_librarian_expects_beside() -> None:
    assert len(SEEDED) == 130
    assert len(BOARDS) == 36
    assert [board.id for board in BOARDS if board.listed] == []
    assert len(SOURCES) - len(SEEDED) - len(BOARDS) >= 53
    per_seed = Counter(number for source in SEEDED for number in {listing.seed for listing in source.listed})
    least = {"000": 68, "001": 43, "002": 5, "003": 5, "004": 9}
    assert {number: count for number, count in per_seed.items() if count < least[number]} == {}


def test_every_listing_names_a_known_heading_and_every_heading_lists_something() -> None:
    listed = {(listing.seed, listing.heading) for source in SEEDED for listing in source.listed}
    assert listed == {(number, heading) for number, (_, headings) in SEEDS.items() for heading in headings}


def test_each_seed_itself_is_one_source() -> None:
    itself = Counter(listing.seed for source in SEEDED for listing in source.listed if listing.heading == ITSELF)
    assert itself == dict.fromkeys(SEEDS, 1)


def test_every_file_of_sources_is_sorted_and_explained() -> None:
    for path in sorted((ROOT / "config" / "sources").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        ids = re.findall(r"^  - id: (\S+)$", text, re.MULTILINE)
        assert text.startswith("# "), f"{path.name} says nothing of what it holds"
        assert ids == sorted(ids), f"{path.name} is not sorted by id"


def test_no_place_is_harvested_twice_over() -> None:
    places = Counter(
        (source.mechanism, address, repr(sorted(source.options.items())))
        for source in HARVESTED
        for address in source.start
    )
    assert [place for place, count in places.items() if count > 1] == []


def test_what_is_recorded_only_says_why() -> None:
    assert [source.id for source in SOURCES if not source.harvestable and not source.notes.strip()] == []


def test_every_source_has_a_known_kind_of_body_and_those_without_one_name_no_publisher() -> None:
    assert {source.body for source in SOURCES} - set(BODIES) == {"healthwatch", "overseas", "pct", "publisher-press"}
    assert {source.publisher for source in SOURCES if not source.body} == {"Not named in the seed"}


def test_notes_are_for_people() -> None:
    written = {source.id: " ".join((source.notes, source.licence, source.successor)) for source in SOURCES}
    # Numbers of files of evidence say nothing to a reader, nor does a template's <placeholder>.
    assert [name for name, text in written.items() if re.search(r"\b\d{9,}\b(?!id_|/)|<\w+>", text)] == []


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> CatalogueSpiderLoader:
    home = Home(tmp_path_factory.mktemp("home"))
    home.settings_file.write_text(f"contact: {CONTACT}\n", encoding="utf-8")
    return CatalogueSpiderLoader.from_settings(ScrapySettings({HOME: str(home.folder)}))


def test_scrapy_knows_every_source_that_can_be_harvested(loader: CatalogueSpiderLoader) -> None:
    assert loader.list() == [source.id for source in HARVESTED]


@pytest.mark.parametrize("name", [source.id for source in HARVESTED])
def test_a_spider_can_be_made_of_every_source(loader: CatalogueSpiderLoader, name: str) -> None:
    spider = loader.load(name)()
    assert spider.name == name
    hosts = {(urlsplit(address).hostname or "").lower() for address in BY_ID[name].start}
    assert hosts <= spider.allowed_hosts


# What stands beside the project: the seeds, and what is known of the sources.

# A place of the shared list that has another id here, or several entries: one for each place that it names.
OTHER_IDS: dict[str, tuple[str, ...]] = {
    "commissioning-toolkit-sectors": ("commissioning-toolkit",),
    "national-elf-commissioning": ("commissioning-elf",),
    "nhse-publications": ("nhs-england", "nhs-england-publications"),
    "nhs-digital-publications": ("nhs-england-digital",),
    "nao-reports": ("nao",),
    "gov-uk-health": ("dhsc", "ohid", "ukhsa", "phe", "mhra", "nhsbsa", "monitor", "social-care-on-govuk"),
    "parliament-health-committee": ("parliament-health-committee", "commissioning-inquiry-2010"),
    "ifr-policy-sites": (
        "scw-funding-requests", "humber-and-north-yorkshire-policies", "lancashire-and-south-cumbria-policies",
        "west-yorkshire-apc", "ntag", "gmmmg", "nottinghamshire-apc",
    ),
    "medical-colleges": ("rcgp", "rcp-blank", "rcs-england", "rcpsych", "rcophth", "rcem", "rcpch", "rcr", "bgs"),
    "ccg-archive": ("ccg-archive", "rotherham-ccg", "sutton-ccg", "wakefield-ccg", "west-hampshire-ccg"),
    "trust-board-papers": ("clch-trust",),
    "council-committees": ("rotherham-council", "brent-council"),
    "sign-his": ("sign", "healthcare-improvement-scotland"),
    "scotgov-health": ("scottish-government-health", "public-health-scotland"),
    "wales-ni": ("welsh-government", "health-technology-wales", "northern-ireland-health"),
}  # fmt: skip
# Addresses of the thing itself; the others lead to its surroundings.
OWN_ROLES = ("start", "current", "listing", "doc", "old")


def shared() -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(
        (SHARED / "catalogue" / "sources.yml").read_text(encoding="utf-8"),
        getattr(yaml, "CSafeLoader", yaml.SafeLoader),
    )
    return content


def said(sources: Iterable[Source]) -> str:
    """All that entries say of addresses: where they start, where they were, and their prose."""
    return " ".join(
        part
        for source in sources
        for part in (*source.start, *source.former, *source.hosts, source.notes, source.licence, source.successor)
    )


def host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


@beside
def test_the_headings_stand_in_the_seeds() -> None:
    for number, (_, headings) in SEEDS.items():
        seed = next((SHARED / "seeds").glob(f"{number}_*.txt")).read_text(encoding="utf-8")
        text = " ".join(seed.split())
        assert [heading for heading in headings if heading != ITSELF and heading not in text] == [], number


@beside
def test_every_place_of_the_shared_list_is_here_with_what_is_known_of_it() -> None:
    missing = []
    for entry in shared()["sources"]:
        ids = OTHER_IDS.get(entry["id"], (entry["id"],))
        if not set(ids) <= set(BY_ID):
            missing.append((entry["id"], "not in the catalogue"))
            continue
        ours = [BY_ID[name] for name in ids]
        known = said(ours)
        for place in entry["urls"]:
            if place["role"] in OWN_ROLES and place["url"].startswith("http") and host(place["url"]) not in known:
                missing.append((entry["id"], place["url"]))
        listed = {listing.seed for source in ours for listing in source.listed}
        if not {seed["file"] for seed in entry.get("seed", ())} <= listed:
            missing.append((entry["id"], "seed"))
        sectors = {sector for source in ours for sector in source.sectors}
        # The entry for trusts stands for every kind of them; ours is one trust, of community services.
        if not set(entry["sectors"]) - {"all"} <= sectors and entry["id"] != "trust-board-papers":
            missing.append((entry["id"], "sectors"))
    assert missing == []


@beside
def test_every_board_of_the_shared_list_is_here_with_its_addresses_code_and_predecessors() -> None:
    boards = shared()["icb_boards"]
    assert {board["id"] for board in boards} == {source.id for source in BOARDS}
    for board in boards:
        ours = BY_ID[board["id"]]
        assert {place["url"] for place in board["board_papers"]} <= set(ours.start), board["id"]
        old = {one["old_board_papers"] for one in board.get("predecessors", ())} - {""}
        assert old == set(ours.former), board["id"]
        assert board["region"] in ours.notes, board["id"]
        assert f"ODS code {board['ods'] or 'not known'}" in ours.notes, board["id"]


# Mechanisms that begin at a site, so that a known host is all that they need.
OF_SITES = ("feed", "govuk", "moderngov", "sitemap", "wordpress")


def overclaims(source: Source, known: dict[str, Any]) -> Iterable[str]:
    """The claims of an entry that say more than is known: its address printed or stored, its status confirmed."""
    start = tuple(bare(address) for address in source.start)
    for claim, bases in (("seed", ("seed",)), ("stored", ("seed", "stored"))):
        routes = [*known["urls"], *known["discovery"]]
        places = [bare(place["url"]) for place in routes if place["basis"] in bases and place.get("url")]
        if source.harvestable and source.basis.address == claim:
            hosts = {address.partition("/")[0] for address in start}
            same_host = source.mechanism in OF_SITES and any(place.partition("/")[0] in hosts for place in places)
            if not same_host and not any(place.startswith(start) for place in places):
                yield f"address {claim}"
    if source.basis.status != "unconfirmed" and known["status_basis"] == "knowledge":
        yield f"status {source.basis.status}"


def bare(address: str) -> str:
    return re.sub(r"^https?://(?:www\.)?", "", address)


@beside
def test_no_claim_is_made_stronger_than_it_is_known() -> None:
    found = {
        (ids[0], claim)
        for entry in shared()["sources"]
        for ids in [OTHER_IDS.get(entry["id"], (entry["id"],))]
        if len(ids) == 1
        for claim in overclaims(BY_ID[ids[0]], entry)
    }
    # Recalled in the shared list, and yet said elsewhere in it: that its articles ask for a login was seen.
    assert found == {("hfma", "status stored")}
