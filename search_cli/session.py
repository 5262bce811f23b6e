"""The session: the last result list, so that `show 3`, `open 3` and `export --only 1-5` mean what was on screen."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

SESSION_VERSION = 1
LAST_SEARCH = "last-search.json"


class SessionError(Exception):
    """A number or id that leads to no document, or a last result list that cannot be read."""


@dataclass(frozen=True)
class LastSearch:
    """A search as it was answered: the ids of all its hits in order, and of how many documents they were found."""

    query: str
    sort: str
    ids: tuple[str, ...]
    when: str
    documents: int
    notes: tuple[str, ...] = ()

    def id_at(self, number: int) -> str:
        """The id of hit `number`, counted from 1. Raises SessionError."""
        if not 1 <= number <= len(self.ids):
            have = f"it has hits 1 to {len(self.ids)}" if self.ids else "it found nothing"
            raise SessionError(f"There is no hit {number} in the last result list; {have}.")
        return self.ids[number - 1]


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, making its folder. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(unfinished).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(unfinished).unlink()
        raise


def keep_last(folder: Path, last: LastSearch) -> None:
    """Keep the last result list in the session folder. Raises OSError."""
    write_whole(folder / LAST_SEARCH, json.dumps({"version": SESSION_VERSION, **asdict(last)}, ensure_ascii=False))


def last_search(folder: Path) -> LastSearch | None:
    """The last result list, None before the first search. Raises SessionError when it cannot be read."""
    path = folder / LAST_SEARCH
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("version") != SESSION_VERSION:
            raise SessionError(f"{path}: kept by another version of Commdex. Search again.")
        values["ids"], values["notes"] = tuple(values["ids"]), tuple(values["notes"])
        return LastSearch(**values)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SessionError(f"{path}: the last result list cannot be read ({error}). Search again.") from error


def numbers(text: str, most: int) -> list[int]:
    """The hit numbers that `text` names, such as "3" or "1-5 8,10-", in its order, each once. Raises SessionError."""
    found: dict[int, None] = {}
    for piece in re.split(r"[\s,]+", text.strip()):
        match = re.fullmatch(r"(\d{1,9})(-(\d{1,9})?)?", piece)
        if match is None:
            raise SessionError(f"{piece!r} names no hits; write numbers as 3, 1-5 or 8-")
        first = int(match[1])
        last = first if match[2] is None else most if match[3] is None else int(match[3])
        if not 1 <= first <= last:
            raise SessionError(f"{piece!r} names no hits; ranges run upwards from 1.")
        if last > most:
            raise SessionError(f"There is no hit {max(first, most + 1)}; the list has {most}.")
        found.update(dict.fromkeys(range(first, last + 1)))
    return list(found)


def document_id(text: str, last: LastSearch | None, beginning: Sequence[str]) -> str:
    """The document that `text` means: a hit's number, or the beginning of an id.

    `beginning` holds the ids that begin with `text`. Raises SessionError.
    """
    if re.fullmatch(r"\d{1,5}", text):
        if last is None:
            raise SessionError("There is no result list yet, so numbers mean nothing. Search first: commdex search …")
        return last.id_at(int(text))
    if not beginning:
        raise SessionError(f"No document has an id that begins with {text!r}.")
    if len(beginning) > 1:
        raise SessionError(f"{text!r} begins the ids of {len(beginning)} documents: {', '.join(beginning[:5])} …")
    return beginning[0]
