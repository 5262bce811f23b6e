"""Sectors: which services a paper is about, and the words that say so.

Every term of every sector is looked up in one pass over the words. What a term is worth depends on where it stands and
how often, damped (the tenth mention says little that the third did not) and measured against the paper's length, so
that a board pack of three hundred pages, which mentions everything once, is not about everything.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log2

from config.model import Sector, Term
from indexer.document import SectorTag
from indexer.words import Word, stem, words

# Raised whenever the scoring changes, so that the next `commdex index` tags every document again.
TAGGER_VERSION = 2

TITLE, HEADING, FIRST_PAGE, BODY = 4.0, 2.0, 1.5, 1.0
# A mention counts in full up to this many words of text; in a longer one it is thinned in proportion.
USUAL_WORDS = 3000
USUAL_HEADINGS = 20
# A tag needs this score: a supporting term (weight 1) in the title and once more on the first page, a clear one (2) in
# the title, or one that says it alone (3) three times in 3,000 words. Over 174 real documents, many of them about no
# service (statistics, council budgets, open data), it gives 1.6 tags each and leaves 26 % without one.
THRESHOLD = 5.0
# A sector that scores less than this share of the best one is mentioned, not meant.
OF_BEST = 0.25
# What being listed under a sector by its own source adds.
LISTED = 2.0
LISTED_EVIDENCE = "listed under this sector"
# How the tag of a reading list says where it comes from: the heading, then the source in brackets.
GIVEN_EVIDENCE = "listed under {heading} ({source})"


@dataclass(frozen=True)
class Given:
    """A sector that a librarian gave: the source whose list says so, and the heading there that the paper stands under.

    `heading` is "" where the list has none and the sector is that of the whole list.
    """

    sector: str
    source: str
    heading: str

    @property
    def evidence(self) -> tuple[str, int]:
        return GIVEN_EVIDENCE.format(heading=self.heading or "its list", source=self.source), 1


@dataclass(frozen=True)
class _Phrase:
    """A term as it is looked up. `forms` are stems, or the normal forms of an exact term; weight 0 excludes."""

    sector: int
    text: str
    forms: tuple[str, ...]
    weight: float
    exact: bool = False
    capitals: bool = False
    beside: bool = False


@dataclass(frozen=True)
class _Hit:
    phrase: _Phrase
    start: int
    end: int


class Tagger:
    """Tags papers with `sectors`."""

    def __init__(self, sectors: Sequence[Sector]):
        self._sectors = tuple(sectors)
        self._by_stem: dict[str, list[_Phrase]] = defaultdict(list)
        self._by_form: dict[str, list[_Phrase]] = defaultdict(list)
        for number, sector in enumerate(self._sectors):
            for phrase in _phrases(number, sector):
                table = self._by_form if phrase.exact else self._by_stem
                table[phrase.forms[0]].append(phrase)

    def digest(self) -> str:
        """A fingerprint of the sectors, their terms and the scoring: where it differs, tags have to be made anew."""
        values = [sector.model_dump(mode="json") for sector in self._sectors]
        return hashlib.sha256(json.dumps([TAGGER_VERSION, values], sort_keys=True).encode()).hexdigest()

    def tag(
        self,
        title: str,
        headings: Sequence[str],
        pages: Sequence[str],
        listed_under: Sequence[str],
        given: Sequence[Given] = (),
    ) -> tuple[SectorTag, ...]:
        """The sectors of a paper, best first. `listed_under` are ids of sectors that its source is listed under.

        `given` are a librarian's own: they are kept as such, before whatever the words earn, also where the words say
        nothing of them.
        """
        counts: dict[_Phrase, int] = defaultdict(int)
        scores: dict[_Phrase, float] = defaultdict(float)
        length = max(1, sum(page.count(" ") + 1 for page in pages))
        body_share = min(1.0, USUAL_WORDS / length)
        heading_share = min(1.0, USUAL_HEADINGS / max(1, len(headings)))
        for texts, worth, share in (
            ((title,), TITLE, 1.0),
            (headings, HEADING, heading_share),
            (pages[:1], FIRST_PAGE, 1.0),
            (pages[1:], BODY, body_share),
        ):
            for phrase, count in self._count(texts).items():
                counts[phrase] += count
                scores[phrase] += phrase.weight * worth * log2(1 + count * share)
        earned = self._tags(counts, scores, frozenset(listed_under))
        return _with_given(earned, given, {sector.id for sector in self._sectors})

    def _tags(
        self, counts: dict[_Phrase, int], scores: dict[_Phrase, float], listed: frozenset[str]
    ) -> tuple[SectorTag, ...]:
        tags = []
        for number, sector in enumerate(self._sectors):
            met = [phrase for phrase in counts if phrase.sector == number]
            if all(phrase.beside for phrase in met):
                met = []
            score = sum(scores[phrase] for phrase in met)
            evidence = [(phrase.text, counts[phrase]) for phrase in sorted(met, key=lambda phrase: -scores[phrase])]
            if sector.id in listed and met:
                score += LISTED
                evidence.append((LISTED_EVIDENCE, 1))
            if score >= THRESHOLD:
                tags.append(SectorTag(sector.id, round(score, 2), tuple(evidence)))
        tags.sort(key=lambda tag: -tag.score)
        if tags:
            return tuple(tag for tag in tags if tag.score >= OF_BEST * tags[0].score)
        alone = ((LISTED_EVIDENCE, 1),)
        return tuple(SectorTag(sector.id, LISTED, alone) for sector in self._sectors if sector.id in listed)

    def _count(self, texts: Iterable[str]) -> dict[_Phrase, int]:
        counts: dict[_Phrase, int] = defaultdict(int)
        for text in texts:
            by_sector: dict[int, list[_Hit]] = defaultdict(list)
            for hit in self._hits(text):
                by_sector[hit.phrase.sector].append(hit)
            for hits in by_sector.values():
                for hit in _apart(hits):
                    counts[hit.phrase] += 1
        return counts

    def _hits(self, text: str) -> Iterator[_Hit]:
        """Every place in `text` where a phrase stands, counted in words."""
        found = list(words(text))
        stems = [stem(word.form) for word in found]
        for start, word in enumerate(found):
            for phrase in self._by_stem.get(stems[start], ()):
                end = start + len(phrase.forms)
                if len(phrase.forms) == 1 or tuple(stems[start:end]) == phrase.forms:
                    yield _Hit(phrase, start, end)
            for form in dict.fromkeys((word.form, word.form.removesuffix("s"))):
                for phrase in self._by_form.get(form, ()):
                    end = start + len(phrase.forms)
                    if _stands_exactly(phrase, found[start:end], text):
                        yield _Hit(phrase, start, end)


def _with_given(earned: tuple[SectorTag, ...], given: Sequence[Given], known: set[str]) -> tuple[SectorTag, ...]:
    """`earned` tags behind those that a librarian gave, which score more than any of them."""
    own = {tag.sector: tag for tag in earned}
    top = max((tag.score for tag in earned), default=THRESHOLD)
    tags = []
    for sector in dict.fromkeys(one.sector for one in given if one.sector in known):
        said = dict.fromkeys(one.evidence for one in given if one.sector == sector)
        words_of = own.pop(sector, SectorTag(sector, 0.0, ()))
        tags.append(SectorTag(sector, round(top + LISTED + words_of.score, 2), (*said, *words_of.evidence)))
    tags.sort(key=lambda tag: -tag.score)
    return (*tags, *own.values())


def _phrases(number: int, sector: Sector) -> Iterator[_Phrase]:
    """The phrases of a sector; of those that come to the same words only the first, with the greatest weight."""
    seen: set[tuple[str, ...]] = set()
    for term in sorted((*sector.terms, *sector.added), key=lambda term: -term.weight):
        phrase = _phrase(number, term)
        if phrase.forms and phrase.forms not in seen:
            seen.add(phrase.forms)
            yield phrase
    for text in sector.exclude:
        forms = tuple(stem(word.form) for word in words(text))
        if forms:
            yield _Phrase(number, text, forms, 0.0)


def _phrase(number: int, term: Term) -> _Phrase:
    found = list(words(term.text))
    forms = tuple(word.form if term.exact else stem(word.form) for word in found)
    capitals = term.exact and term.text == term.text.upper()
    return _Phrase(number, term.text, forms, term.weight, term.exact, capitals, term.beside)


def _stands_exactly(phrase: _Phrase, found: Sequence[Word], text: str) -> bool:
    """Whether these words are an exact term: letter by letter, in capitals where it is, a plural s allowed."""
    forms = tuple(word.form for word in found)
    if forms != phrase.forms and forms != (*phrase.forms[:-1], f"{phrase.forms[-1]}s"):
        return False
    written = "".join(text[word.start : word.end] for word in found).rstrip("s'’")
    return not phrase.capitals or written == written.upper()


def _apart(hits: Sequence[_Hit]) -> Iterator[_Hit]:
    """The hits of one sector that count: none that touches an excluded phrase, none inside a longer one."""
    excluded = [hit for hit in hits if not hit.phrase.weight]
    until = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.start < until or not hit.phrase.weight:
            continue
        if any(hit.start < other.end and other.start < hit.end for other in excluded):
            continue
        until = hit.end
        yield hit
