"""Papers are tagged with the sectors that they are about."""

from __future__ import annotations

from typing import Any

import pytest

from config.catalogue import load_sectors
from config.model import Sector, Term
from indexer.sectors import LISTED_EVIDENCE, Given, Tagger


def term(text: str, **values: Any) -> Term:
    return Term(text=text, **values)


HOMES = Sector(id="care-homes", heading="Care homes", terms=(term("care home"), term("residents", weight=1)))
PRIMARY = Sector(
    id="primary-care",
    heading="Primary care",
    terms=(term("general practice"), term("GP", exact=True), term("DES", weight=2, exact=True, beside=True)),
)
GENERAL = Sector(
    id="commissioning", heading="Commissioning", terms=(term("commissioning"),), exclude=("building commissioning",)
)
TAGGER = Tagger((HOMES, PRIMARY, GENERAL))


def ids(title: str, *pages: str, listed: tuple[str, ...] = ()) -> list[str]:
    return [tag.sector for tag in TAGGER.tag(title, (), pages, listed)]


def test_a_tag_carries_the_words_that_earned_it_and_how_often() -> None:
    (tag,) = TAGGER.tag("Caring in care homes", (), ["A care home is a home. Residents' views."], ())
    assert tag.sector == "care-homes"
    assert tag.evidence == (("care home", 2), ("residents", 1))


def test_capitals_are_needed_where_the_term_is_written_in_capitals() -> None:
    assert ids("The GP contract") == ["primary-care"]
    assert ids("More GPs for all") == ["primary-care"]
    assert ids("A gp in lower case") == []


def test_an_ambiguous_term_counts_only_beside_another() -> None:
    assert ids("DES DES DES", "DES") == []
    (tag,) = TAGGER.tag("The DES in general practice", (), (), ())
    assert ("DES", 1) in tag.evidence


def test_an_excluded_phrase_blanks_out_its_words() -> None:
    assert ids("Building commissioning of a boiler house") == []
    assert ids("Commissioning of services") == ["commissioning"]


def test_a_single_mention_in_a_long_paper_earns_nothing() -> None:
    filler = "words about something else altogether " * 100
    assert ids("Finance pack", filler, *[filler] * 100, "one care home was named") == []


def test_being_listed_counts_alone_only_where_the_text_earns_nothing() -> None:
    (tag,) = TAGGER.tag("Minutes", (), ["apologies"], ("care-homes",))
    assert tag.evidence == ((LISTED_EVIDENCE, 1),)
    assert ids("General practice", listed=("care-homes",)) == ["primary-care"]


def test_being_listed_adds_to_what_the_text_says() -> None:
    (without,) = TAGGER.tag("Care homes", (), (), ())
    (listed,) = TAGGER.tag("Care homes", (), (), ("care-homes",))
    assert listed.score > without.score


GIVEN = Given("primary-care", "toolkit", "Primary care services")


def test_what_a_librarian_gave_comes_first_whatever_the_words_say_and_says_whose_it_is() -> None:
    first, second = TAGGER.tag("Care homes, care homes", (), ["care home " * 40], (), (GIVEN,))
    assert (first.sector, second.sector) == ("primary-care", "care-homes")
    assert first.score > second.score
    assert first.evidence == (("listed under Primary care services (toolkit)", 1),)
    (earned,) = TAGGER.tag("Care homes, care homes", (), ["care home " * 40], ())
    assert second == earned


def test_what_the_words_earn_stands_beside_what_a_librarian_gave() -> None:
    other = Given("primary-care", "blog", "GPs")
    (tag,) = TAGGER.tag("General practice", (), ["general practice"], (), (GIVEN, other, GIVEN))
    assert tag.evidence == (
        ("listed under Primary care services (toolkit)", 1),
        ("listed under GPs (blog)", 1),
        ("general practice", 2),
    )


def test_a_sector_that_is_none_any_more_is_not_given() -> None:
    assert TAGGER.tag("Minutes", (), (), (), (Given("closed", "toolkit", "Closed"),)) == ()


def test_the_best_tag_comes_first() -> None:
    assert ids("General practice", "general practice, care home, care home") == ["primary-care", "care-homes"]


def test_the_digest_changes_with_the_terms() -> None:
    other = Sector(id="care-homes", heading="Care homes", terms=(term("nursing home"),))
    assert Tagger((HOMES,)).digest() == Tagger((HOMES,)).digest()
    assert Tagger((HOMES,)).digest() != Tagger((other,)).digest()


@pytest.mark.parametrize(
    ("sector", "title", "lead"),
    [
        ("urgent-care", "Reducing ambulance handover delays", "A&E attendances and winter pressures on UEC."),
        (
            "primary-care",
            "Extended access in general practice",
            "Practices in each primary care network will offer it.",
        ),
        ("care-homes", "Enhanced health in care homes", "A clinical lead for every nursing home and its residents."),
        ("prison", "Offender health needs in two prisons", "People in custody and police custody."),
        ("social-care", "Home care fee review", "Domiciliary care commissioned under the Care Act; direct payments."),
        ("third-sector", "Grants to voluntary organisations", "How the VCSE and social enterprises are funded."),
        ("mental-health", "NHS Talking Therapies recovery rates", "Access to mental health services, and CAMHS."),
        ("medicines", "Area Prescribing Committee formulary update", "Medicines optimisation decisions this month."),
        ("ifr", "Individual funding request policy", "The panel considers clinical exceptionality."),
        ("integrated-care", "Pooled budgets and the Better Care Fund", "Section 75 and joined-up care."),
        ("local-authority-public-health", "Smoking cessation needs", "The director of public health and the JSNA."),
        ("maternity-children", "Better Births, two years on", "Maternity and neonatal services, health visiting."),
        ("seven-day-services", "Seven day services: the weekend effect", "Clinical standards for weekend working."),
        ("digital-data", "Rolling out the shared care record", "EPR and information governance."),
    ],
)
def test_with_the_shipped_terms_the_obvious_sector_comes_first(sector: str, title: str, lead: str) -> None:
    tags = Tagger(load_sectors()).tag(title, (), [lead], ())
    assert tags[0].sector == sector
