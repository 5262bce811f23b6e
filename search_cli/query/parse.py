"""Reads what a librarian types into a tree, or says where and why it cannot.

Nothing is guessed in silence: a form that is not understood is refused at its place, a form that is read in a way that
its writer may not have meant leaves a note.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from indexer.words import words
from search_cli.query.errors import QueryError
from search_cli.query.terms import plain_quotes, read_phrase, read_term, without_punctuation, without_scheme
from search_cli.query.tree import RESERVED, And, Field, Near, Node, Not, Or, Phrase, Query, Wildcard, Word
from search_cli.query.values import read_limit, read_year

# Each field by every name that it may be given.
FIELDS = {
    "title": "title", "ti": "title", "publisher": "publisher", "pb": "publisher", "sector": "sector", "sc": "sector",
    "type": "type", "ty": "type", "year": "year", "yr": "year", "site": "site", "source": "source",
}  # fmt: skip
TEXT_FIELDS = ("title", "publisher")

# Bounds that no person's query meets, and that keep a pasted page from using up the stack or the afternoon.
LONGEST_QUERY = 20_000
DEEPEST = 40
MOST_NEAR = 20

BESIDE = "Words side by side were read as AND; for a phrase, put them in quotes."
FIELD_ENDS = "{field}: was read as belonging to the next word only; for several words write {field}:(…)."
NO_FIELD = '"{name}:" is no field and was read as a word.'
# How like the name of a field a word before a colon is taken for a slip: "tilte" is, "little" is not.
NEARLY = 0.75
_TITLE_COLON = re.compile(r'"[^"]*"|(?<![^\s(])(?P<name>[^\s()":]+):(?=\s|$)')
SETS = re.compile(r"s?\d{1,2}")

_OPERATORS = {"AND", "OR", "NOT", "NEAR"}


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    # The basic lexer knows every operator everywhere; the contextual one would read a misplaced `and` as a word.
    return Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=False)


def parse(text: str) -> Query:
    """Read a query. Raises QueryError."""
    try:
        return _parsed(text)
    except QueryError as error:
        # The picture of the place shows what was typed, and not what was made of it: both are of one length.
        error.text = text
        raise


def _parsed(text: str) -> Query:
    typed, passed_over = without_punctuation(without_scheme(plain_quotes(text)))
    typed, not_fields = _without_title_colons(typed)
    _check_whole(typed)
    try:
        tokens = list(_parser().lex(typed))
        _check_dialect(typed, tokens)
        raw = _parser().parse(typed)
    except UnexpectedInput as error:
        raise _misplaced(typed, error) from error
    reader = _Reader(typed)
    if passed_over:
        reader.notes.append(f"Punctuation was passed over: {' '.join(passed_over)}")
    reader.notes.extend(NO_FIELD.format(name=name) for name in not_fields)
    tree = reader.read(raw.children[0], None)
    return Query(text, tree, tuple(dict.fromkeys(reader.notes)))


def _without_title_colons(text: str) -> tuple[str, list[str]]:
    """`text` with colons of titles made blank ("Falls prevention: what works"), and the words before them.

    White space or the end follows such a colon, and the word is not nearly the name of a field.
    """
    found: dict[str, None] = {}

    def blank(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None or RESERVED.fullmatch(name.lower()) or _nearly_field(name):
            return match.group()
        found[name] = None
        return f"{name} "

    return _TITLE_COLON.sub(blank, text), list(found)


def _nearly_field(name: str) -> list[str]:
    return get_close_matches(name.lower(), FIELDS, 1, NEARLY)


def _check_whole(text: str) -> None:
    hint = "Write words, for example: virtual ward*"
    if not text.strip():
        raise QueryError("There is nothing to search for here.", text, 0, 1, hint)
    if len(text) > LONGEST_QUERY:
        raise QueryError(f"A query may have {LONGEST_QUERY:,} characters at most.", text, LONGEST_QUERY)
    _check_pairs(text)
    if not any(letter.isalnum() for letter in text):
        raise QueryError("This query holds no letter or digit.", text, 0, len(text.rstrip()), hint)


def _check_pairs(text: str) -> None:
    """Refuse brackets and quotes that have no partner."""
    open_brackets: list[int] = []
    quote: int | None = None
    for position, letter in enumerate(text):
        if letter == '"':
            quote = position if quote is None else None
        elif quote is None and letter == "(":
            open_brackets.append(position)
            if len(open_brackets) > DEEPEST:
                raise QueryError(f"Brackets may stand {DEEPEST} deep at most.", text, position)
        elif quote is None and letter == ")":
            if not open_brackets:
                raise QueryError("This bracket closes nothing.", text, position, 1, "Take it out, or open it before.")
            open_brackets.pop()
    if quote is not None:
        raise QueryError("This quote is not closed.", text, quote, 1, 'Close the phrase: "…"')
    if open_brackets:
        raise QueryError("This bracket is not closed.", text, open_brackets[-1], 1, "Close it: (…)")


def _check_dialect(text: str, tokens: list[Token]) -> None:
    """Refuse what other platforms would read differently from us."""
    terms = [token for token in tokens if token.type in ("TERM", "PHRASE", "FIELD")]
    operators = [token for token in tokens if token.type in _OPERATORS]
    # Side by side too: what such a query is read as, printed back, is a line of set numbers.
    several = bool(operators) or len(terms) > 1
    if terms and several and all(token.type == "TERM" and _is_set(token) for token in terms):
        raise QueryError(
            "Sets of earlier lines cannot be combined by number yet.", text, *_at(terms[0]),
            "Write the searches out in brackets; for the numbers themselves use quotes.",
        )  # fmt: skip
    first = tokens[0] if tokens else None
    if first is not None and first in ("TI", "AB", "TX", "AU") and len(tokens) > 1 and tokens[1].type != "NEAR":
        raise QueryError(
            f"{first} before a word is EBSCO's way to name a field.", text, *_at(first),
            "Write title:… for the title; the full text is searched anyway." if first in ("TI", "AB", "TX")
            else "Write publisher:…",
        )  # fmt: skip
    near = [token for token in tokens if token.type == "NEAR"]
    if len(near) > MOST_NEAR:
        raise QueryError(f"A query may hold {MOST_NEAR} of adj, NEAR and their kin.", text, *_at(near[MOST_NEAR]))


def _is_set(term: str) -> bool:
    """Whether a term would be read as the number of an earlier line; "1." and "¼" are printed back as such."""
    forms = [word.form for word in words(term)]
    return len(forms) == 1 and not re.search(r"[*$?]", term) and SETS.fullmatch(forms[0]) is not None


def _at(token: Token) -> tuple[int, int]:
    return int(token.start_pos or 0), len(token)


def _misplaced(text: str, error: UnexpectedInput) -> QueryError:
    """What a syntax error means, in the words of whoever typed it."""
    if isinstance(error, UnexpectedCharacters):
        return QueryError(
            "A colon must follow the name of a field at once.", text, error.pos_in_stream or 0, 1,
            "If it is part of a title, put the title in quotes.",
        )  # fmt: skip
    assert isinstance(error, UnexpectedToken)
    tokens = list(_parser().lex(text))
    starts = [int(token.start_pos or 0) for token in tokens]
    ended = error.token.type == "$END"
    here = len(tokens) if ended else starts.index(int(error.token.start_pos or 0))
    before = tokens[here - 1] if here else None
    if before is not None and before.type in _OPERATORS:
        return QueryError(f"A word must follow {before}.", text, *_at(before), _quote_it(before))
    if before is not None and before.type == "FIELD":
        return QueryError(f"A word must follow {before}", text, *_at(before))
    token = error.token
    if token.type == "RPAR":
        return QueryError("There is nothing between these brackets.", text, *_span(before, token))
    if token.type == "NOT":
        return QueryError(
            "NOT needs something to take away from.", text, *_at(token), "Write what to keep first: … NOT …"
        )
    return QueryError(f"A word must stand before {token}.", text, *_at(token), _quote_it(token))


def _span(first: Token | None, last: Token) -> tuple[int, int]:
    start = int((first or last).start_pos or 0)
    return start, int(last.end_pos or 0) - start


def _quote_it(operator: Token) -> str:
    return f'To search for the word itself, put it in quotes: "{operator}"'


class _Reader:
    """Turns the grammar's tree into ours. `field` is the field that a part stands in, None for the whole text."""

    def __init__(self, text: str):
        self.text = text
        self.notes: list[str] = []

    def read(self, raw: Tree[Token] | Token, field: str | None) -> Node:
        if isinstance(raw, Token):
            return self._leaf(raw, field)
        reading = {"any": self._any, "run": self._run, "near": self._near, "fielded": self._fielded}
        return reading[raw.data](raw, field)

    def _leaf(self, token: Token, field: str | None) -> Node:
        start = int(token.start_pos or 0)
        quoted = token.type == "PHRASE"
        value = token[1:-1] if quoted else str(token)
        if field == "year":
            return read_year(self.text, value, start + quoted)
        if field is not None and field not in TEXT_FIELDS:
            return read_limit(self.text, field, value, start + quoted)
        return read_phrase(self.text, start, len(token)) if quoted else read_term(self.text, start, len(token))

    def _any(self, raw: Tree[Token], field: str | None) -> Node:
        parts = [self.read(child, field) for child in raw.children if not _is(child, "OR")]
        return join(Or, parts)

    def _run(self, raw: Tree[Token], field: str | None) -> Node:
        first, *rest = raw.children
        if field is not None and field not in (*TEXT_FIELDS, "year"):
            first, rest = self._one_value(first, rest)
        node = self.read(first, field)
        previous: Tree[Token] | Token = first
        for step in rest:
            assert isinstance(step, Tree)
            child = step.children[-1]
            right = self.read(child, field)
            if step.data == "without":
                node = Not(node, right)
            else:
                if step.data == "beside":
                    if field == "year":
                        raise QueryError(
                            "Years are joined by OR.", self.text, _start(child), 1, "Write: year:(2019 or 2021)"
                        )
                    self._note_beside(previous, child)
                node = join(And, [node, right])
            previous = child
        return node

    def _one_value(
        self, first: Tree[Token] | Token, rest: list[Tree[Token] | Token]
    ) -> tuple[Tree[Token] | Token, list[Tree[Token] | Token]]:
        """In sector:(older people), words side by side are one value."""
        last = first
        rest = list(rest)
        while _is(last, "TERM") and rest:
            step = rest[0]
            if not isinstance(step, Tree) or step.data != "beside" or not _is(step.children[0], "TERM"):
                break
            last = step.children[0]
            rest.pop(0)
        if last is first:
            return first, rest
        assert isinstance(first, Token)
        assert isinstance(last, Token)
        start, end = int(first.start_pos or 0), int(last.end_pos or 0)
        return Token("TERM", self.text[start:end], start_pos=start, end_pos=end), rest

    def _note_beside(self, left: Tree[Token] | Token, right: Tree[Token] | Token) -> None:
        for part in (left, right):
            if isinstance(part, Tree) and part.data == "near":
                operator = next(child for child in part.children if _is(child, "NEAR"))
                assert isinstance(operator, Token)
                raise QueryError(
                    f"It is not clear which words {operator} binds.", self.text, *_at(operator),
                    'Use quotes or brackets: "mental health" adj3 (service or services)',
                )  # fmt: skip
        if isinstance(left, Tree) and left.data == "fielded" and _is(right, "TERM"):
            name = FIELDS[str(left.children[0])[:-1].lower()]
            if name in TEXT_FIELDS:
                self.notes.append(FIELD_ENDS.format(field=name))
                return
        if _is(left, "TERM") and _is(right, "TERM"):
            self.notes.append(BESIDE)

    def _near(self, raw: Tree[Token], field: str | None) -> Node:
        if field is not None and field not in TEXT_FIELDS:
            operator = next(child for child in raw.children if _is(child, "NEAR"))
            assert isinstance(operator, Token)
            raise QueryError(f"{operator} cannot stand in {field}:", self.text, *_at(operator), "Use OR, AND or NOT.")
        node = self.read(raw.children[0], field)
        for operator, child in zip(raw.children[1::2], raw.children[2::2], strict=True):
            assert isinstance(operator, Token)
            right = self.read(child, field)
            for side in (node, right):
                self._check_positional(side, operator)
            distance, ordered = self._distance(operator)
            node = Near(node, right, distance, ordered)
        return node

    def _check_positional(self, node: Node, operator: Token) -> None:
        """Only words, phrases, these joined by OR, and nearness itself have places that can be near."""
        if isinstance(node, Or):
            for item in node.items:
                self._check_positional(item, operator)
        elif not isinstance(node, Word | Wildcard | Phrase | Near):
            kind = {And: "AND", Not: "NOT"}.get(type(node), "a field")
            raise QueryError(
                f"{operator} joins words, phrases and groups of OR, not {kind}.", self.text, *_at(operator),
                "Write title:(one adj3 two) to look in a field." if kind == "a field" else "",
            )  # fmt: skip

    def _distance(self, operator: Token) -> tuple[int, bool]:
        """How far apart, and whether in order. Ovid's adj3 lets two words stand between; all others let n."""
        name = operator.lower()
        digits = re.search(r"\d+$", name)
        if digits is None:
            if name == "near":
                raise QueryError("NEAR needs a number.", self.text, *_at(operator), "Write NEAR/3, or adj3 as in Ovid.")
            return 1, True
        number = int(digits.group())
        if number > 100:
            raise QueryError("Words that far apart are not near: 100 at most.", self.text, *_at(operator))
        if name.startswith("adj"):
            if number == 0:
                raise QueryError(
                    "adj0 has no meaning.", self.text, *_at(operator), "Write adj1 for words side by side."
                )
            return number, False
        return number + 1, not name.startswith("n") or name.startswith("next")

    def _fielded(self, raw: Tree[Token], field: str | None) -> Node:
        token, inside = raw.children
        assert isinstance(token, Token)
        name = token[:-1].lower()
        if name not in FIELDS:
            raise QueryError(f"There is no field {token[:-1]!r}.", self.text, *_at(token), _field_hint(name))
        if field is not None:
            raise QueryError(f"{token} cannot stand inside {field}:", self.text, *_at(token), "Join the two by AND.")
        node = self.read(inside, FIELDS[name])
        return Field(FIELDS[name], node) if FIELDS[name] in TEXT_FIELDS else node


def _field_hint(name: str) -> str:
    close = get_close_matches(name, FIELDS, 1)
    known = "title, publisher, sector, type, year, site, source"
    meant = f"Did you mean {close[0]}: ? " if close else ""
    return f'{meant}The fields are {known}. If the colon is part of a title, put the title in quotes: "…"'


def _start(child: Tree[Token] | Token) -> int:
    """Where a part of the grammar's tree begins."""
    while isinstance(child, Tree):
        child = child.children[0]
    return int(child.start_pos or 0)


def _is(child: Tree[Token] | Token, kind: str) -> bool:
    return isinstance(child, Token) and child.type == kind


def join(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    """The parts under one And or Or, those of the same kind opened up."""
    items: list[Node] = []
    for part in parts:
        items.extend(part.items if isinstance(part, kind) else [part])
    return kind(tuple(items))
