"""The sites and papers as they stand in content/*.yml."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "content"
PAPER_KEYS = frozenset({"id", "title", "date", "format", "summary", "text"})


@dataclass(frozen=True)
class Paper:
    """One paper. `format` is pdf, docx or html; `options` holds what only its site's shape or its layout understands.

    `text` has paragraphs parted by blank lines, `# ` before a heading, `---` between pages and `|` round table rows.
    """

    id: str
    title: str
    published: date
    format: str = "pdf"
    summary: str = ""
    text: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def pages(self) -> list[list[str]]:
        """Blocks of each page: a heading begins with `# `, a table row keeps its bars, all else is a paragraph."""
        return [_blocks(page) for page in self.text.split("\n---\n")]

    @property
    def moment(self) -> datetime:
        """When it was put on its site: nine in the morning of its date, UTC."""
        return datetime(self.published.year, self.published.month, self.published.day, 9, tzinfo=UTC)

    @property
    def http_date(self) -> str:
        return format_datetime(self.moment, usegmt=True)


@dataclass(frozen=True)
class Site:
    """One site, and the source that it is to Commdex. `options` holds what only its shape understands."""

    source: str
    mechanism: str
    shape: str
    host: str
    name: str
    papers: tuple[Paper, ...]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> str:
        return f"http://{self.host}"


def load_sites(folder: Path = FOLDER) -> list[Site]:
    """Every site, in the order of the file names."""
    return [_site(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.yml"))]


def paper_from(entry: dict[str, Any]) -> Paper:
    """The paper that one entry of a content file describes."""
    options = {key: value for key, value in entry.items() if key not in PAPER_KEYS}
    return Paper(
        id=entry["id"],
        title=entry["title"],
        published=entry.get("date") or entry["meeting"],
        format=entry.get("format", "pdf"),
        summary=entry.get("summary", ""),
        text=entry.get("text", ""),
        options=options,
    )


def _site(entry: dict[str, Any]) -> Site:
    papers = tuple(paper_from(paper) for paper in entry.pop("papers"))
    known = {key: entry.pop(key) for key in ("source", "mechanism", "shape", "host", "name")}
    return Site(papers=papers, options=entry, **known)


def _blocks(page: str) -> list[str]:
    blocks: list[str] = []
    ended = True
    for line in page.splitlines():
        line = line.strip()
        apart = line.startswith(("# ", "|"))
        if line and (ended or apart):
            blocks.append(line)
        elif line:
            blocks[-1] += " " + line
        ended = not line or apart
    return blocks
