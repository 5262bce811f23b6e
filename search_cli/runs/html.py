"""A report as one HTML page that stands alone: nothing is fetched when it is opened, and it prints well."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from search_cli.runs import words
from search_cli.runs.health import day, moment
from search_cli.runs.model import ADDITION, ADDRESS, Report
from search_cli.screen import safe, web_address

_VANISHED = (
    ("missing", "Missing", "Not found for the first time. What the next good run misses too is marked as gone."),
    ("gone", "Gone", "Not at their source any more. They stay in the library, marked so."),
    ("returned", "Returned", "Found again after they were missing or gone."),
)


def page(report: Report) -> str:
    """The page. What comes from the web (titles, addresses, reasons) is escaped, and only web addresses are links."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "safe_text": safe, "web": web_address, "duration": words.duration, "size": words.size, "time": _time,
        "published": words.published,
    }  # fmt: skip
    heading, entries = words.listed(report)
    others = [entry for entry in report.new if entry.what in (ADDITION, ADDRESS)] if report.indexed else []
    return environment.get_template("page.html").render(
        report=report, headline=words.headline(report), totals=list(words.totals(report)), new_heading=heading,
        new=list(words.by_sector(entries)), others=others,
        vanished=[(title, about, getattr(report, name)) for name, title, about in _VANISHED],
    )  # fmt: skip


def _time(value: str) -> str:
    """A time of the stores as people write it, "" for none."""
    return f"{day(value)} {moment(value):%H:%M}" if value else ""
