"""Dates as papers write them, and which one a paper goes by."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.dates import choose_date, dates_in, is_review, parse_date
from indexer.reading import Candidate

TODAY = datetime.date(2025, 6, 15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-19", "2021-03-19"),
        ("2021-03-19T23:30:00+00:00", "2021-03-19"),
        ("2021-03-19T10:00:00Z", "2021-03-19"),
        ("Tue, 12 May 2020 09:00:00 GMT", "2020-05-12"),
        ("30th January, 2025", "2025-01-30"),
        ("1st of April 2013", "2013-04-01"),
        ("January 2025", "2025-01"),
        ("Sept 2019", "2019-09"),
        ("May 31, 2020", "2020-05-31"),
        ("12-May-2020", "2020-05-12"),
        ("2025", "2025"),
        ("2024/25", "2024"),
        ("Spring 2019", "2019"),
        ("12/05/2020", "2020-05-12"),
        ("12.05.2020", "2020-05-12"),
        ("12/05/20", "2020-05-12"),
        ("2019-03", "2019-03"),
        ("20210319", "2021-03-19"),
        ("D:20210319120000+01'00'", "2021-03-19"),
        ("Published 12 May 2020", "2020-05-12"),
        ("12/31/2020", "2020-12-31"),
        ("31/02/2020", ""),
        ("in due course", ""),
        ("", ""),
    ],
)
def test_a_date_is_read_day_first_and_cut_to_its_precision(text: str, expected: str) -> None:
    assert parse_date(text) == expected


@given(st.text(max_size=80))
def test_reading_a_date_never_raises_and_gives_iso_or_nothing(text: str) -> None:
    assert re.fullmatch(r"(?:\d{4}(?:-\d{2}(?:-\d{2})?)?)?", parse_date(text))


@given(st.dates(datetime.date(1600, 1, 1), datetime.date(2099, 12, 31)))
def test_every_day_is_read_back_from_each_way_of_writing_it(day: datetime.date) -> None:
    for form in ("%Y-%m-%d", "%d %B %Y", "%d/%m/%Y", "%A, %d %b, %Y"):
        assert parse_date(day.strftime(form)) == day.isoformat()


def test_dates_in_running_text_are_found_in_order() -> None:
    text = "Cabinet. Thursday, 30th January, 2025 10.00 am, after the meetings of 12/12/2024 and in March 2023."
    assert dates_in(text) == ["2025-01-30", "2024-12-12", "2023-03"]


@pytest.mark.parametrize(
    "text",
    [
        "Review date: March 2027",
        "Next review: 12/05/2027",
        "Date of next review  May 2027",
        "Expires 1 January 2027",
        "Last reviewed on 3 March 2021",
        "To be reviewed by June 2027",
        "Review March 2024",
        "Review date\nMarch 2027",
        "Valid until 31/12/2026",
        "Date of birth: 01/02/1960",
    ],
)
def test_a_review_date_is_no_date_of_publication(text: str) -> None:
    assert dates_in(text) == []


def test_a_review_of_the_literature_has_a_date() -> None:
    assert dates_in("Literature review March 2021") == ["2021-03"]
    assert not is_review("A review of community beds, ")


def test_section_numbers_and_telephone_numbers_are_no_dates() -> None:
    assert dates_in("see 1.2.10 and 10.12.11.3, call 020 7946 2000, 24/7") == []


def test_the_surest_date_that_can_be_true_is_chosen() -> None:
    candidates = [
        Candidate("2031-01-01", "page", 0.9),
        Candidate("1066", "cover", 0.9),
        Candidate("2020-05", "cover", 0.5),
        Candidate("2020-05-12", "text", 0.5),
        Candidate("2019-01-01", "file", 0.3),
    ]
    chosen = choose_date(candidates, TODAY)
    assert (chosen.value, chosen.origin, chosen.sure) == ("2020-05-12", "text", 0.5)


def test_this_month_is_not_the_future_but_tomorrow_is() -> None:
    assert choose_date([Candidate("2025-06", "cover", 0.5)], TODAY).value == "2025-06"
    assert choose_date([Candidate("2025-06-16", "page", 0.5)], TODAY).value == ""


def test_a_date_as_a_feed_writes_it_can_be_chosen() -> None:
    assert choose_date([Candidate("Tue, 12 May 2020 09:00:00 GMT", "feed", 0.9)], TODAY).value == "2020-05-12"


def test_nobody_knows_the_date_of_an_undated_paper() -> None:
    assert choose_date([], TODAY).value == ""
