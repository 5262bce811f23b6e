"""Sources that a person switches off and on again: `disabled.yml` in the home, which the catalogue honours.

The entry itself is not touched: a shipped one stays as it is, and is harvested again once it is switched on.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import yaml

from config.catalogue import load_disabled
from config.home import Home
from config.model import Disabled
from search_cli.session import write_whole

HEADER = """\
# Sources that are switched off, by: commdex sources disable ID --reason …
# On again: commdex sources enable ID (which writes this file anew; notes belong into `reason`).
"""


def switch_off(home: Home, name: str, reason: str, since: str) -> Disabled | None:
    """Switch a source off, as of the ISO date `since`, and return how it stood before; None when it was on.

    Raises ConfigError when the file is not understood, OSError when it cannot be written.
    """
    known = load_disabled(home)
    former = next((one for one in known if one.id == name), None)
    entry = Disabled(
        id=name, reason=reason or (former.reason if former else ""), since=former.since if former else since
    )
    _write(home, [entry if one is former else one for one in known] if former else [*known, entry])
    return former


def switch_on(home: Home, name: str) -> bool:
    """Switch a source on again; False when it was not off. Raises as `switch_off` does."""
    known = load_disabled(home)
    kept = [one for one in known if one.id != name]
    if len(kept) == len(known):
        return False
    _write(home, kept)
    return True


def _write(home: Home, entries: Sequence[Disabled]) -> None:
    values = {"disabled": [entry.model_dump(exclude_defaults=True) for entry in entries]}
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)
    write_whole(home.disabled_file, HEADER + text)


def like(name: str, known: Iterable[str]) -> str:
    """Words that suggest ids much like `name`, "" where there is none."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(close)}?" if close else ""
