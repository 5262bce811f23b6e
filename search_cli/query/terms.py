"""Reads one term or phrase of a query: words, wildcards, hyphens; and refuses what has no meaning here."""

from __future__ import annotations

import re
from typing import NamedTuple

from indexer.words import APOSTROPHES, SOFT_HYPHEN, normal, words
from search_cli.query.errors import QueryError
from search_cli.query.tree import RESERVED, Phrase, Wildcard, Word, is_wild

# Letters that must stand before an open end: less would be half the dictionary.
LEAST_BEFORE_STAR = 2
LONGEST_ENDING = 20

_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\uff02", '"') | {"\u00a0": " "})
_JOINERS = "-\u2010\u2011\u2012\u2013\u2014\u2212./_&" + APOSTROPHES + SOFT_HYPHEN
_WILDCARDS = "*$?#"
_PIECE = re.compile(rf"(?:[^\W_]|[?#&{APOSTROPHES}{SOFT_HYPHEN}])+(?:[*$]\d*)?|[*$]\d*")
_OVID_FIELD = re.compile(r"(.+)\.([a-z]{2}(?:,[a-z]{2})*)\.", re.IGNORECASE)
_PROSE = re.compile(
    r'"[^"]*"|(?<=\S)[,;!]+(?=[\s)"]|$)|(?<=\d)%|(?<![^\s("])£(?=\d)|\u2026+|(?:^|(?<=\s))[\u2013\u2014\u2022\u00b7-]+(?=\s|$)'
)
_SITE_SCHEME = re.compile(r"((?<![^\s(])site:\s*\(?\s*)https?://(?=\S)", re.IGNORECASE)
_SYMBOLS = {"&&": "AND", "||": "OR", "|": "OR"}
_SET_LIST = re.compile(r"(?:and|or)/[\d,-]+", re.IGNORECASE)


class _Part(NamedTuple):
    text: str
    start: int
    end: int


def plain_quotes(text: str) -> str:
    """`text` with Word's curly quotes made straight, letter for letter, so that every place stays where it was."""
    return text.translate(_QUOTES)


def without_scheme(text: str) -> str:
    """`text` with the http:// of a pasted site made blank, letter for letter."""
    return _SITE_SCHEME.sub(lambda match: match[1] + " " * (len(match.group()) - len(match[1])), text)


def without_punctuation(text: str) -> tuple[str, list[str]]:
    """`text` with the punctuation of pasted prose made blank, letter for letter, and the signs that were passed over.

    Only signs that no platform gives a meaning where they stand: a comma or semicolon at the end of a word, a dash or
    bullet standing alone, a percent sign after a number or a pound sign before one. What is in quotes stays as it is.
    """
    found: dict[str, None] = {}

    def blank(match: re.Match[str]) -> str:
        if match.group().startswith('"'):
            return match.group()
        found.update(dict.fromkeys(match.group()))
        return " " * len(match.group())

    return _PROSE.sub(blank, text), list(found)


def read_term(text: str, start: int, length: int) -> Word | Wildcard | Phrase:
    """The bare term at `text[start:start + length]`: a word, a wildcard, or a phrase of hyphenated parts."""
    term = text[start : start + length]
    _refuse_foreign(text, term, start)
    _refuse_letters(text, term, start)
    parts = _parts(text, start, start + length)
    place = (start, start + length)
    if not parts:
        raise QueryError("This is only punctuation.", text, start, length, "Take it out, or put the title in quotes.")
    if len(parts) > 1:
        return Phrase(tuple(part.text for part in parts), any(is_wild(part.text) for part in parts), place)
    return _one(parts[0].text, exact=False, place=place)


def read_phrase(text: str, start: int, length: int) -> Word | Wildcard | Phrase:
    """The phrase at `text[start:start + length]`, quotes included; one word in quotes is that exact word."""
    parts = _parts(text, start + 1, start + length - 1)
    place = (start, start + length)
    if not parts:
        raise QueryError("There is no word between these quotes.", text, start, length)
    if len(parts) > 1:
        return Phrase(tuple(part.text for part in parts), True, place)
    return _one(parts[0].text, exact=True, place=place)


def _one(part: str, *, exact: bool, place: tuple[int, int]) -> Word | Wildcard:
    if is_wild(part):
        return Wildcard(part, place)
    return Word(part, exact or bool(RESERVED.fullmatch(part)), place)


def _refuse_foreign(text: str, term: str, start: int) -> None:
    """Refuse other platforms' forms that our rules would read as something else."""
    field = _OVID_FIELD.fullmatch(term)
    if field:
        position = start + len(field[1])
        raise QueryError(
            "Field codes after a word are not understood yet.", text, position, len(term) - len(field[1]),
            f"Write title:{field[1]} to look in the title; the full text is searched anyway.",
        )  # fmt: skip
    symbol = re.search(r"&&|\|\|?", term)
    if symbol:
        raise QueryError(
            f"{symbol.group()} has no meaning in a query.", text, start + symbol.start(), len(symbol.group()),
            f"Write {_SYMBOLS[symbol.group()]}",
        )  # fmt: skip
    if _SET_LIST.fullmatch(term):
        raise QueryError("Sets of earlier lines cannot be combined by number yet.", text, start, len(term))
    if term.endswith("/"):
        raise QueryError("There is no thesaurus to look this up in yet.", text, start, len(term), "Take the / away.")
    if term[0] in APOSTROPHES:
        raise QueryError("A phrase stands in double quotes.", text, start, 1, 'Write: "…"')
    if term.startswith(("-", "\u2013", "\u2212")) and len(term) > 1:
        raise QueryError("A word is excluded by NOT.", text, start, len(term), f"Write: … NOT {term[1:]}")


def _refuse_letters(text: str, term: str, start: int) -> None:
    for offset, letter in enumerate(term):
        if letter.isalnum() or letter in _JOINERS or letter in _WILDCARDS:
            continue
        hint = {
            ",": "Separate words by spaces, AND or OR; put a title in quotes.",
            ";": "Separate words by spaces, AND or OR; put a title in quotes.",
            "~": "Write how near the words must be as adj3 or NEAR/3 between them.",
            "[": "Write title:… to look in a field.",
        }.get(letter, "If it is part of a title, put the title in quotes.")
        shown = letter if letter.isprintable() else f"U+{ord(letter):04X}"
        raise QueryError(f"The character {shown} has no meaning in a query.", text, start + offset, 1, hint)


def _parts(text: str, start: int, end: int) -> list[_Part]:
    """The words and wildcards between two places."""
    parts: list[_Part] = []
    for match in _PIECE.finditer(text, start, end):
        piece = match.group()
        if parts and is_wild(parts[-1].text) and parts[-1].end == match.start():
            raise QueryError(
                "Truncation ends a word.", text, match.start() - 1, 1,
                "Inside a word use ? for none or one letter and # for exactly one.",
            )  # fmt: skip
        if any(letter in _WILDCARDS for letter in piece):
            parts.append(_Part(_pattern(text, piece, match.start()), match.start(), match.end()))
        else:
            parts.extend(_words(text, piece, match.start()))
    return parts


def _words(text: str, piece: str, start: int) -> list[_Part]:
    found = []
    for word in words(piece):
        # A few signs fall apart when they are made plain (½ is 1⁄2); a query printed back must read the same.
        if [again.form for again in words(word.form)] != [word.form]:
            raise QueryError(
                "This sign cannot be searched for.", text, start + word.start, word.end - word.start, "Leave it out."
            )
        found.append(_Part(word.form, start + word.start, start + word.end))
    return found


def _pattern(text: str, piece: str, start: int) -> str:
    """A wildcard in normal form: lower case, `$` as `*`."""
    if not piece[0].isalnum():
        raise QueryError("A wildcard needs letters before it.", text, start, 1, "Write the beginning of the word.")
    body, star, number = piece.partition("*") if "*" in piece else piece.partition("$")
    pattern = ""
    for letters in re.split(r"([?#])", body):
        form = letters if letters in ("?", "#") else normal(letters)
        plain = form in ("", "?", "#") or [word.form for word in words(form)] == [form]
        if not plain or letters == "&":
            raise QueryError("This sign cannot stand beside a wildcard.", text, start, len(piece), "Leave it out.")
        pattern += form
    if not star:
        return pattern
    if sum(letter.isalnum() for letter in pattern) < LEAST_BEFORE_STAR:
        raise QueryError(
            f"At least {LEAST_BEFORE_STAR} letters must stand before {star}", text, start, len(piece),
            "Write more of the word.",
        )  # fmt: skip
    if number and not 1 <= int(number[:9]) <= LONGEST_ENDING:
        position = start + len(body) + 1
        raise QueryError(f"{star} may be followed by a number from 1 to {LONGEST_ENDING}.", text, position, len(number))
    return f"{pattern}*{int(number)}" if number else f"{pattern}*"
