"""Where in a document a query is answered: the best page, and a passage of it with the words marked.

Works on the library's stored page text with the index's own words, so that what is marked is what was matched.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from indexer.document import Document, Page
from indexer.text import clean
from indexer.words import Word as TextWord
from indexer.words import stem, words
from search_cli.positions import Span, leaves, pattern_of, spans
from search_cli.query.tree import And, Field, Near, Node, Not, Or, Phrase, Wildcard, Word, is_wild

# Characters of a passage: three lines on a terminal of 80 columns.
LENGTH = 240
# How far before the first word a passage may begin, to begin with its sentence.
RUN_UP = 100

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]*[A-Z0-9])|\n\s*\n|\n(?=\s*[•●▪*-]\s)")


@dataclass(frozen=True)
class Passage:
    """A passage of a document. `marks` are the ranges of `text` that the query matched.

    `file` is its place in `Document.files` and `page` the physical page from 1; page 0 stands for the summary.
    `pages` are the (file, page) that match as much of the query as the best page does.
    """

    file: int
    page: int
    text: str
    marks: tuple[Span, ...] = ()
    pages: tuple[tuple[int, int], ...] = ()

    def pieces(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces, each with whether it is marked."""
        end = 0
        for start, stop in self.marks:
            if start > end:
                yield self.text[end:start], False
            yield self.text[start:stop], True
            end = stop
        if end < len(self.text):
            yield self.text[end:], False


def locate(tree: Node | None, document: Document, pages: Sequence[Page]) -> Passage:
    """The passage that answers a query best; where none does, what the document begins with.

    A landing page beside files answers only where none of the files does.
    """
    wanted = sought(tree) if tree is not None else []
    landing = {place for place, file in enumerate(document.files) if file.kind == "html"}
    in_files = [page for page in pages if page.file not in landing]
    on_landing = [page for page in pages if page.file in landing]
    for group in (in_files, on_landing) if wanted else ():
        found = _on_one_page(wanted, group) or _across_pages(wanted, group)
        if found is not None:
            return found
    return _beginning(document, [*in_files, *on_landing])


def _on_one_page(wanted: list[Node], pages: Sequence[Page]) -> Passage | None:
    """The page with most of what is wanted."""
    best: tuple[int, int, Page, _PageText] | None = None
    matching: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for page in pages:
        text = _PageText(clean(page.text))
        parts, times = text.count(wanted)
        if parts:
            matching[parts].append((page.file, page.number))
            if best is None or (parts, times) > best[:2]:
                best = (parts, times, page, text)
    if best is None:
        return None
    parts, _, page, text = best
    shown, marks, _ = _passage(text.text, text.ranges(wanted))
    return Passage(page.file, page.number, shown, marks, tuple(matching[parts]))


def _across_pages(wanted: list[Node], pages: Sequence[Page]) -> Passage | None:
    """What begins on one page and ends on the next, as a phrase may: the pages of a file run on in the index too."""
    if not any(isinstance(node, Phrase | Near) for node in wanted):
        return None
    for file, group in groupby(pages, lambda page: page.file):
        numbers, starts, joined = [], [], ""
        for each in group:
            numbers.append(each.number)
            starts.append(len(joined))
            joined += clean(each.text) + "\n"
        text = _PageText(joined)
        ranges = text.ranges(wanted)
        if ranges:
            shown, marks, first = _passage(joined, ranges)
            begins = sorted(text.words[begin].start for node in wanted for begin, _ in spans(node, text.positions))
            pages_of = [numbers[bisect_right(starts, begin) - 1] for begin in begins]
            page = pages_of[max(0, bisect_right(begins, first) - 1)]
            return Passage(file, page, shown, marks, tuple((file, number) for number in dict.fromkeys(pages_of)))
    return None


def sought(node: Node) -> list[Node]:
    """The parts of a query that text can show: words, wildcards, phrases and nearness, without what NOT excludes."""
    if isinstance(node, And | Or):
        return list(dict.fromkeys(part for item in node.items for part in sought(item)))
    if isinstance(node, Not):
        return sought(node.keep)
    if isinstance(node, Field):
        return sought(node.inside) if node.name == "title" else []
    return [node] if isinstance(node, Word | Wildcard | Phrase | Near) else []


class _PageText:
    """One page's words, found by form and by stem."""

    def __init__(self, text: str):
        self.text = text
        self.words: list[TextWord] = list(words(text))
        self._by_form: dict[str, list[int]] = defaultdict(list)
        for position, word in enumerate(self.words):
            self._by_form[word.form].append(position)
        self._known: dict[tuple[str, bool], list[int]] = {}

    def positions(self, part: str, exact: bool) -> list[int]:
        """Where a word, a stem or a pattern stands."""
        key = (part, exact)
        if key not in self._known:
            self._known[key] = self._find(part, exact)
        return self._known[key]

    def _find(self, part: str, exact: bool) -> list[int]:
        if is_wild(part):
            fits = pattern_of(part).fullmatch
            forms = [form for form in self._by_form if fits(form)]
        elif exact:
            forms = [part] if part in self._by_form else []
        else:
            wanted = stem(part)
            forms = [form for form in self._by_form if stem(form) == wanted]
        return sorted(position for form in forms for position in self._by_form[form])

    def count(self, wanted: list[Node]) -> tuple[int, int]:
        """How many of the wanted parts stand here, and how often in all."""
        found = [len(spans(node, self.positions)) for node in wanted]
        return sum(1 for times in found if times), sum(found)

    def ranges(self, wanted: list[Node]) -> list[tuple[int, int, int]]:
        """(start, end, which) in characters of each thing to mark, in order. A phrase is one, nearness its words."""
        found: set[tuple[int, int, int]] = set()
        for which, node in enumerate(wanted):
            for first, last in spans(node, self.positions):
                if isinstance(node, Near):
                    inside = {
                        position for part, exact in leaves(node) for position in self._within(part, exact, first, last)
                    }
                    found.update((self.words[at].start, self.words[at].end, which) for at in inside)
                else:
                    found.add((self.words[first].start, self.words[last].end, which))
        return sorted(found)

    def _within(self, part: str, exact: bool, first: int, last: int) -> list[int]:
        positions = self.positions(part, exact)
        return positions[bisect_left(positions, first) : bisect_left(positions, last + 1)]


def _passage(text: str, ranges: list[tuple[int, int, int]]) -> tuple[str, tuple[Span, ...], int]:
    """A stretch of `text` that shows as many different things as can be, from the beginning of a sentence.

    Its marks, and where in `text` the first of the things that it was chosen for begins.
    """
    best = max(range(len(ranges)), key=lambda number: (*_shown_from(ranges, number), -number))
    first = ranges[best][0]
    start = _sentence_start(text, first)
    end = _word_end(text, max(start + LENGTH, ranges[best][1]))
    marks = [(left, right) for left, right, _ in ranges if start <= left and right <= end]
    return *_tidy(text, start, end, marks), first


def _shown_from(ranges: list[tuple[int, int, int]], number: int) -> tuple[int, int]:
    limit = ranges[number][0] + LENGTH - RUN_UP // 2
    inside = [which for left, right, which in ranges[number : number + 40] if right <= limit]
    return len(set(inside)), len(inside)


def _sentence_start(text: str, first: int) -> int:
    """The beginning of the sentence around `first`, or a word's beginning not too far before it."""
    lowest = max(0, first - RUN_UP)
    starts = [match.end() for match in _SENTENCE.finditer(text, lowest, first + 1) if match.end() <= first]
    if starts:
        # The earliest sentence that begins near enough, so that there is some context.
        return starts[-1]
    if lowest == 0:
        return 0
    space = re.search(r"\s+(?=\S)", text[lowest:first])
    return lowest + space.end() if space else first


def _word_end(text: str, end: int) -> int:
    if end >= len(text):
        return len(text)
    sentence = [match.start() for match in _SENTENCE.finditer(text, max(0, end - LENGTH // 3), end + 1)]
    if sentence:
        return sentence[-1]
    space = text.rfind(" ", max(0, end - 40), end)
    return space if space > 0 else end


def _tidy(text: str, start: int, end: int, marks: list[Span]) -> tuple[str, tuple[Span, ...]]:
    """text[start:end] with its white space collapsed, dots where it was cut, and the marks moved along."""
    merged: list[Span] = []
    for left, right in sorted(marks):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    shown = "… " if text[:start].strip() and not _begins_sentence(text, start) else ""
    moved: list[Span] = []
    at = start
    for left, right in [*merged, (end, end)]:
        shown = _add(shown, text[at:left])
        if right > left:
            shown = _add(shown, "", space=text[left - 1 : left].isspace())
            begin = len(shown)
            shown += " ".join(text[left:right].split())
            moved.append((begin, len(shown)))
        at = right
    shown = shown.rstrip()
    if text[end:].strip() and not shown.endswith((".", "!", "?")):
        shown += " …"
    return shown, tuple(moved)


def _add(shown: str, text: str, *, space: bool = False) -> str:
    """`text` put after `shown`, with one space wherever there was white space between them."""
    collapsed = re.sub(r"\s+", " ", text)
    if shown.endswith(" ") or not shown:
        collapsed = collapsed.lstrip()
    if space and shown and not (shown + collapsed).endswith(" "):
        collapsed += " "
    return shown + collapsed


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t")
    return not before or before.endswith((".", "!", "?", "\n"))


def _beginning(document: Document, pages: Sequence[Page]) -> Passage:
    """What a document says first, for a query that its text does not show (a limit, a publisher, nothing)."""
    begins = [(0, 0, document.summary), *((page.file, page.number, page.text) for page in pages)]
    for file, number, whole in begins:
        text = clean(whole).strip()
        if text:
            return Passage(file, number, _tidy(text, 0, _word_end(text, LENGTH), [])[0])
    return Passage(0, 0, "")
