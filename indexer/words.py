"""Words: the one way in which text is cut up, for the index, for queries, for snippets and for sector terms.

There is no stop list: "hospital at home", "state of care", A&E and IT must survive. Hyphens, dots and slashes part
words (0-19, s.117, 2025/26, out-of-hospital), so whoever looks for one of these looks for a phrase of its parts.
An ampersand joins letters (A&E, HS&DR) and, standing alone, is the word "and".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

SOFT_HYPHEN = "\u00ad"
APOSTROPHES = "'\u2019\u2018\u02bc\uff07"
# Letters and digits, with soft hyphens and apostrophes inside; joined by "&" without spaces; or "&" alone.
WORD = re.compile(
    rf"[^\W_]+(?:[{APOSTROPHES}{SOFT_HYPHEN}][^\W_]+)*(?:&[^\W_]+)*[{APOSTROPHES}]?|&",
)
_POSSESSIVE = re.compile(rf"[{APOSTROPHES}][sS]?$")
_INSIDE = re.compile(rf"[{APOSTROPHES}{SOFT_HYPHEN}]")
_stemmer = snowballstemmer.stemmer("english")


class Word(NamedTuple):
    """One word of a text: its normal form, and where it stands (`text[start:end]`)."""

    form: str
    start: int
    end: int


def words(text: str) -> Iterator[Word]:
    """The words of `text` in order."""
    for match in WORD.finditer(text):
        form = normal(match.group())
        if form:
            yield Word(form, match.start(), match.end())


@lru_cache(maxsize=200_000)
def normal(word: str) -> str:
    """The form under which a word is indexed: case, accents, ligatures, soft hyphens and possessives folded away."""
    if word == "&":
        return "and"
    word = _INSIDE.sub("", _POSSESSIVE.sub("", word))
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    # Some signs come apart into what is no letter (a fraction's bar); a form must read back as one word.
    return "".join(letter for letter in decomposed if letter.isalnum() or letter == "&")


@lru_cache(maxsize=200_000)
def stem(form: str) -> str:
    """The Snowball English (Porter2) stem of a normal form; forms with a digit or "&" are their own stems."""
    return str(_stemmer.stemWord(form)) if form.isalpha() else form
