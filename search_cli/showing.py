"""One document in full, for reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexer.document import Document, Page, Value
from search_cli.listing import snippet
from search_cli.results import Record, pages_shown
from search_cli.screen import WIDEST, linked, print_whole, safe, safe_lines, web_address
from search_cli.session import SessionError

# Rows that are never broken or cut, so that their addresses can be copied whole; files have such rows too.
ADDRESSES = ("opens at", "published at", "archived at", "landing page", "also at")
NAMES = len("pages that match")


def origins(document: Document) -> dict[str, Any]:
    """Where the values of a document came from and how sure they are; its sectors with the words that earned them."""
    values: dict[str, Value] = {
        "title": document.title, "date": document.date, "publisher": document.publisher, "type": document.type,
    }  # fmt: skip
    return {
        "origins": {name: {"origin": value.origin, "sure": value.sure} for name, value in values.items()},
        "sector_evidence": [
            {"id": tag.sector, "score": tag.score, "evidence": [list(each) for each in tag.evidence]}
            for tag in document.sectors
        ],
        "summary": document.summary,
        "headings": list(document.headings),
        "first_seen": document.first_seen,
    }


def pages_wanted(document: Document, pages: Sequence[Page], number: int | None, file: int | None) -> list[Page]:
    """The pages that --page, --file and --text ask for. Raises SessionError when there is none."""
    if file is not None and file > len(document.files):
        raise SessionError(f"This document has {len(document.files)} files; there is no file {file}.")
    with_text = [page for page in pages if file is None or page.file == file - 1]
    if number is None:
        found = with_text
    else:
        first = with_text[0].file if with_text else 0
        found = [page for page in with_text if page.number == number and page.file == first]
    if not found:
        reasons = {f.reason or f.state for f in document.files if f.state != "read"}
        why = f" ({'; '.join(sorted(reasons))})" if reasons else ""
        what = "text" if number is None else f"text on page {number}"
        raise SessionError(f"This document has no {what}{why}.")
    return found


def page_text(document: Document, page: Page) -> str:
    """A page under a heading that says which it is."""
    name = document.files[page.file].address if page.file < len(document.files) else document.address
    return f"--- {safe(name)}, page {page.number}\n{safe_lines(page.text)}\n"


def show(console: Console, values: Record) -> None:
    """Every value of a record with where it came from, its files, places, sectors and the pages that match.

    In a pipe one value a line, its name and a tab before it.
    """
    if not console.is_terminal:
        for name, value in [("title", Text(safe(values["title"]))), *_rows(values)]:
            console.print(f"{name}\t{value.plain}", soft_wrap=True)
        return
    console.print()
    console.print(linked(values["title"], values["link"], "bold"))
    for name, value in _rows(values):
        if name in ADDRESSES or name.startswith("file "):
            print_whole(console, Text(f"{name:<{NAMES}}  ", style="dim") + value)
            continue
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim", no_wrap=True, width=NAMES)
        grid.add_column(overflow="fold", max_width=max(20, min(console.width, WIDEST) - NAMES - 2))
        grid.add_row(name, value)
        console.print(grid)
    console.print()


def _rows(values: Record) -> list[tuple[str, Text]]:
    rows = [
        ("title from", _origin(values, "title")),
        ("publisher", Text(safe(values["publisher"] or "not known")) + _origin(values, "publisher", "  ")),
        ("date", Text(values["date_shown"]) + _origin(values, "date", "  ")),
        ("type", Text(safe(values["type_label"] or "not known")) + _origin(values, "type", "  ")),
        *_sectors(values),
        ("opens at", linked(web_address(values["link"]) or "no web address", values["link"], "blue")),
    ]
    if values["archived_address"]:
        captured = f", captured {values['captured']}" if values["captured"] else ""
        rows.append(("published at", Text(web_address(values["original_address"]))))
        rows.append(("archived at", Text(web_address(values["archived_address"]) + captured)))
    if values["landing"] and values["landing"] != values["address"]:
        rows.append(("landing page", linked(web_address(values["landing"]), values["landing"])))
    rows.append(("sources", Text(", ".join(safe(source) for source in values["sources"]))))
    rows.extend(("also at", Text(f"{web_address(place['address'])} ({safe(place['source'])})"))
                for place in values["also_at"])  # fmt: skip
    rows.extend((f"file {number}", _file(file)) for number, file in enumerate(values["files"], start=1))
    if values["snippet"]:
        rows.append(("passage", snippet(values)))
    if values["pages"]:
        rows.append(("pages that match", Text(pages_shown(values))))
    if values["gone_since"]:
        rows.append(("gone since", Text(safe(values["gone_since"]), style="yellow")))
    rows += [("first seen", Text(safe(values["first_seen"]))), ("id", Text(values["id"]))]
    return [(name, value) for name, value in rows if value.plain.strip()]


def _origin(values: Record, name: str, lead: str = "") -> Text:
    origin = values["origins"][name]
    if not origin["origin"]:
        return Text("")
    return Text(f"{lead}{safe(origin['origin'])}, {origin['sure']:.0%} sure", style="dim")


def _sectors(values: Record) -> list[tuple[str, Text]]:
    headings = {sector["id"]: sector["heading"] for sector in values["sectors"]}
    rows = []
    for tag in values["sector_evidence"]:
        earned = ", ".join(f"{safe(word)} ×{times}" for word, times in tag["evidence"][:6])
        rows.append(("sector", Text(safe(headings[tag["id"]])) + Text(f"  {earned}", style="dim")))
    return rows


def _file(file: Record) -> Text:
    pages = f", {file['pages']} page{'' if file['pages'] == 1 else 's'}" if file["kind"] != "html" else ""
    state = f", {safe(file['state'])}" + (f": {safe(file['reason'])}" if file["reason"] else "")
    about = Text(f"  {safe(file['kind'])}{pages}{state}", style="dim" if file["state"] == "read" else "yellow")
    return linked(web_address(file["address"]) or safe(file["address"]), file["address"]) + about
