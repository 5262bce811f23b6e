"""Text made safe and plain: nothing from a document may steer a terminal, hide itself, or break a store."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable

# pdfium writes U+FFFE (and wrote U+0002) for a hyphen at the end of a line, and swallows the line end.
# Words longer than 80 letters are none, and bounding them keeps the search linear in the text.
LINE_HYPHEN = re.compile(r"(?<!\w)(\w{0,80})[\ufffe\x02][ \t]{0,20}\n?[ \t]{0,20}(\w{0,80})(?!\w)")
# Whole escape sequences, so that no "[31m" is left standing: OSC, DCS and the like up to their end on the same line;
# CSI; two-character ones. The one-character CSI (U+009B) must have a parameter, or it is a stray cp1252 quotation mark.
ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90])[^\x07\x1b\x90\x9c\x9d\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x9b[0-?]+[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
BLANKS = re.compile(r"[^\S\n\t]+")
LIGATURES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
}  # fmt: skip
ELLIPSIS = "…"


def _plain(code: int) -> str | int:
    """What stands for one character."""
    letter = chr(code)
    if letter in LIGATURES:
        return LIGATURES[letter]
    if 0x80 <= code <= 0x9F:
        # Nobody means these C1 controls: they are cp1252 quotes and dashes that were decoded as Latin-1.
        return bytes([code]).decode("cp1252", "replace").replace("\ufffd", " ")
    category = unicodedata.category(letter)
    if category == "Cc":
        return letter if letter in "\n\t" else " "
    if category == "Co":
        return " "  # private use: bullets of symbol fonts
    if category in ("Cf", "Cs") or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return ""  # bidi marks, zero width, soft hyphens, tags; lone surrogates; noncharacters
    return code


class _Table(dict[int, "str | int"]):
    """A translation table that fills itself."""

    def __missing__(self, code: int) -> str | int:
        self[code] = _plain(code)
        return self[code]


_TABLE = _Table()
# The same without controls and line hyphens, which are looked at together with their neighbours first.
_INVISIBLE = _Table({code: code for code in (*range(0x20), *range(0x7F, 0xA0), 0xFFFE)})


def clean(text: str) -> str:
    """`text` without what is not meant to be read: NFC, no controls but newline and tab, at most one blank line.

    Doing it twice changes nothing. What it returns can be encoded as UTF-8 and printed to a terminal.
    """
    text = LINE_ENDS.sub("\n", text.translate(_INVISIBLE))
    text = join_lines(text, vocabulary([text]) if LINE_HYPHEN.search(text) else ())
    text = unicodedata.normalize("NFC", ESCAPES.sub("", text).translate(_TABLE))
    text = BLANKS.sub(" ", text)
    text = re.sub(r" *\t[ \t]*", "\t", text)
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def vocabulary(pages: Iterable[str]) -> set[str]:
    """The words of a document in lower case, compounds whole; those that a line end parts are left out."""
    return {word for page in pages for word in re.findall(r"\w+(?:-\w+)*", LINE_HYPHEN.sub(" ", page).lower())}


def join_lines(text: str, known: Container[str]) -> str:
    """Put words together that a marked line-end hyphen parted.

    Office PDFs break lines at the hyphens of compounds ("self-care"), hardly ever inside words (166 marks in 142 real
    files were looked at), so the hyphen stays unless `known`, the document's vocabulary, holds the whole word or
    neither part.
    """

    def joined(match: re.Match[str]) -> str:
        left, right = match.groups()
        whole, compound = f"{left}{right}", f"{left}-{right}"
        if not left or not right or whole.lower() in known:
            return whole
        return compound if any(part.lower() in known for part in (compound, left, right)) else whole

    previous = ""
    while previous != text:  # a word may be parted twice
        previous, text = text, LINE_HYPHEN.sub(joined, text)
    return text


def one_line(text: str, limit: int = 0) -> str:
    """`text` cleaned, on one line; longer than `limit` (characters, 0 for any) it is cut at a word and ends in "…"."""
    line = " ".join(clean(text).split())
    if not limit or len(line) <= limit:
        return line
    cut = line[: limit - 1]
    if line[limit - 1] != " " and " " in cut:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.-–—") + ELLIPSIS
