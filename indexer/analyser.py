"""How a document becomes terms: the field types of the search index.

They are pickled into the index, so they stand at module level and keep no functions of their own. Positions are
counted in `indexer.words`, alike in a field of stems and in its twin of exact forms: a query may mix the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from whoosh import columns, formats
from whoosh.fields import ID, FieldType, Schema

from indexer.words import stem, words

# Raised whenever fields or analysis change, so that the next `commdex index` builds the index anew.
INDEX_VERSION = 1

# No phrase and no NEAR reaches across this many positions: they part a title from the text, and file from file.
GAP = 1000
# Letters of a term that count; what is longer is an encoding, not a word.
LONGEST = 80
# Parts the values of a column that holds several.
SEPARATOR = "\x1f"

UNDATED = "nd"


def forms(text: str) -> list[str]:
    """The normal forms of the words of a text, in order."""
    return [word.form[:LONGEST] for word in words(text)]


class WordsField(FieldType):  # type: ignore[misc]  # Whoosh has no types
    """Words with their positions, as exact forms or as stems. A value is a sequence of parts, each a list of forms."""

    def __init__(self, *, stems: bool):
        super().__init__(formats.Positions(), None, scorable=True)
        self.stems = stems

    def index(self, value: Sequence[Sequence[str]], **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """(term, frequency, weight, positions) of each distinct word of `value`."""
        positions: defaultdict[str, list[int]] = defaultdict(list)
        position = 0
        for part in value:
            for form in part:
                positions[stem(form) if self.stems else form].append(position)
                position += 1
            position += GAP
        for term, places in positions.items():
            yield term.encode(), len(places), float(len(places)), self.format.encode(places)


class LabelsField(FieldType):  # type: ignore[misc]
    """Whole values (a sector, a host), any number of them; kept in a column too, for facets and sorting."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None, sortable=columns.RefBytesColumn())

    def index(self, value: Iterable[str], **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """(term, 1, 1.0, nothing) of each value."""
        for label in dict.fromkeys(value):
            if label:
                yield label.encode(), 1, 1.0, b""

    def to_column_value(self, value: Iterable[str]) -> bytes:
        return SEPARATOR.join(value).encode()


class SortKey(FieldType):  # type: ignore[misc]
    """A string that is only kept in a column, to sort by."""

    indexed = False

    def __init__(self) -> None:
        super().__init__(None, None, sortable=columns.VarBytesColumn())


def schema() -> Schema:
    """The fields of the index. No text is stored: the library has it."""
    return Schema(
        id=ID(unique=True, stored=True, sortable=True),
        text=WordsField(stems=True),
        text_exact=WordsField(stems=False),
        title=WordsField(stems=True),
        title_exact=WordsField(stems=False),
        publisher=WordsField(stems=True),
        publisher_exact=WordsField(stems=False),
        publisher_name=LabelsField(),
        sector=LabelsField(),
        type=LabelsField(),
        source=LabelsField(),
        host=LabelsField(),
        year=LabelsField(),
        date=SortKey(),
        title_key=SortKey(),
    )
