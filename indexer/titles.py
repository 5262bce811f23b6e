"""Titles: which of several a paper should go by, and which are no titles at all ("Microsoft Word - x.doc")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from crawler.sniff import says_not_found
from indexer.document import Value
from indexer.reading import Candidate
from indexer.text import one_line

LONGEST = 300
_SUFFIX = (
    r"(?:pdf|doc[xm]?|dot[xm]?|xls[xmb]?|ppt[xm]?|pps[xm]?|od[tspg]|rtf|txt|csv|html?|aspx?|php|indd|qxp?d?|pub|pages|zip"
    r"|jpe?g|png|tiff?)"
)
FILE_NAME = re.compile(rf"\S.*\.{_SUFFIX}", re.IGNORECASE)
PROGRAM = re.compile(
    r"(?:microsoft|ms)\s+(?:office\s+)?(?:word|excel|power ?point|publisher|outlook)\s*[-–—:]\s*", re.IGNORECASE
)
# What programs and templates write where a title belongs, and what pages call their links. Verbose: spaces are "\ ".
GENERIC = re.compile(
    r"""
    (?:microsoft\ |ms\ )?(?:office\ )?(?:word|excel|power\ ?point|publisher|visio)?\ ?
        (?:template|document|presentation|work\ ?book|work\ ?sheet|spreadsheet|sheet|slides?|book|publication)?\ ?\d*
    | untitled[\ -]*(?:document|page|presentation|spreadsheet|form)?[\ -]*\d*
    | (?:(?:no|insert|enter|type|add|click\ to\ (?:add|edit)|your)\ )?(?:the\ )?(?:document\ |report\ )?(?:sub)?title
        (?:\ here)?
    | (?:front\ |back\ )?cover(?:\ page)? | layout\ ?\d* | blank(?:\ page)? | page\ ?\d+(?:\ of\ \d+)?
    | (?:scan|scanned|img|image|dsc|copy|print|output|temp|tmp|test|new|final|draft|master|default|version|v)
        [\ _-]?(?:document|image|page)?[\ _.\d-]*
    | home(?:\ ?page)? | index | welcome | (?:table\ of\ )?contents | (?:main\ )?menu | search(?:\ results)? | log\ ?in
    | sign\ in | error | access\ denied | forbidden | loading | just\ a\ moment\W*
    | (?:click|tap)(?:\ here|\ to\b.*)? | here | this | link | details
    | (?:more|further)(?:\ (?:information|details|info))?
    | (?:please\ )?(?:read|find\ out|learn|see|view|show|download|open|get|access|print|save)
        (?:\ (?:more|all|now|here|it|as|on|online|a|an|the|this|our|full|complete|whole|original|pdf|word|excel|html|web
        |reports?|documents?|files?|publications?|papers?|versions?|guide|guidance|page|article|copy|in|english
        |accessible|easy|attachment|\(pdf\)))*
    | (?:related\ )?(?:downloads?|attachments?|files?|documents?|publications?|papers?|resources?|links?)
    | (?:the\ )?(?:full\ |complete\ |whole\ )?(?:report|document|text|version|paper|publication)(?:\ here)?
    | pdfs?(?:\ (?:document|file|version|download|format))? | (?:html|accessible|print|english)(?:\ version)? | cymraeg
    """,
    re.IGNORECASE | re.VERBOSE,
)
HASH = re.compile(r"[0-9a-f]{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+", re.IGNORECASE)

_TYPE = (
    r"(?:adobe\s+)?(?:acrobat\s+)?(?:pdf|ms\s*word|word|docx?|ms\s*excel|excel|xlsx?|csv|power\s?point|pptx?|od[tsp]|rtf|zip"
    r"|html)"
)
_DOCUMENT = r"(?:\s+(?:document|file|format|version|spreadsheet|presentation|download|icon))?"
_SIZE = r"[0-9]+(?:[.,][0-9]+)?\s*(?:bytes|kilobytes|megabytes|[kmg]i?b)\b\.?"
_WINDOW = r"opens?\s+in\s+(?:a\s+)?new\s+(?:window|tab)"
_DETAIL = (
    rf"(?:{_TYPE}{_DOCUMENT}|(?:file\s+)?(?:size|type|format)\s*:?|{_SIZE}|[0-9]+\s*(?:pages?|pp\.?)"
    rf"|{_WINDOW}|new\s+window|external\s+link|accessible|download)"
)
_BETWEEN = r"[\s,;:|/•·–—-]*"
# What stands behind a link's words: "(PDF, 2.1MB)", "[Word]", "PDF 285 KB", "- 12 pages", "(opens in a new window)".
TRAILERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_BETWEEN}[(\[]{_BETWEEN}{_DETAIL}(?:{_BETWEEN}{_DETAIL}){{0,5}}{_BETWEEN}[)\]]$",
        rf"(?:{_BETWEEN}(?<!\w){_TYPE}{_DOCUMENT})?{_BETWEEN}(?<![\w.,]){_SIZE}$",
        rf"[\s,;:|/–—-]+(?:{_TYPE}\s+(?:document|file|format|version|download)|pdf)$",
        rf"[\s,;:|–—-]*\b{_WINDOW}$",
        rf"\.{_SUFFIX}$",
    )
)
LEADERS = re.compile(
    r"^(?:(?:download|view|open|read|pdf|file|document|attachment|click here(?: to (?:download|view|read))?)"
    rf"\s*[:–—-]\s*|(?:please\s+)?(?:download|view|open)\s+(?:the|our|a|an)\s+|[(\[]{_TYPE}[)\]]\s*)",
    re.IGNORECASE,
)


def clean_title(text: str) -> str:
    """`text` as a title is shown: one line, no quotes or rules round it, 300 characters at the most."""
    line = one_line(text).strip(" \t|•·_*=~–—-")
    if len(line) > 2 and line[0] + line[-1] in ('""', "“”", "''", "‘’") and line[0] not in line[1:-1]:
        line = line[1:-1].strip()
    return one_line(line, LONGEST)


def is_junk(title: str) -> bool:
    """Whether `title` names a program, a template, a file or a link rather than a paper."""
    title = one_line(title, LONGEST).strip()
    letters = sum(letter.isalpha() for letter in title)
    if letters < 2 or letters * 4 < len(title.replace(" ", "")):
        return True
    shapes = (GENERIC, FILE_NAME, HASH, ADDRESS)
    if PROGRAM.match(title) or any(shape.fullmatch(title.strip(" .:!>»()[]")) for shape in shapes):
        return True
    return says_not_found(title) or _is_slug(title)


def _is_slug(title: str) -> bool:
    """Whether it is one "word" with the joints of a file name: final_v2, annual-report-2020-web."""
    return " " not in title and (
        "_" in title or title.count("-") > 2 or (any(c.isdigit() for c in title) and len(title) > 15)
    )


def clean_link_text(text: str) -> str:
    """What a link calls the paper that it leads to, without file type, size and calls to action; "" if that is all."""
    line = one_line(text, LONGEST)
    previous = None
    while previous != line:
        previous = line
        for trailer in TRAILERS:
            line = trailer.sub("", line)
        line = clean_title(LEADERS.sub("", line).strip(" ,;:|»>"))
    return "" if is_junk(line) else line


def choose_title(candidates: Sequence[Candidate]) -> Value:
    """The surest title that is none of the junk, of equally sure ones the first.

    Where all are junk, the wordiest with its file name's joints opened up, sure 0.1; empty where there is none.
    """
    best = Value()
    for candidate in candidates:
        title = clean_title(candidate.value)
        if candidate.sure > best.sure and not is_junk(title):
            best = Value(title, candidate.origin, candidate.sure)
    if best.value:
        return best
    salvaged = [(_salvaged(candidate.value), candidate.origin) for candidate in candidates]
    title, origin = max(salvaged, key=lambda pair: (not is_junk(pair[0]), _letters(pair[0])), default=("", ""))
    return Value(title, origin, 0.1) if title else Value()


def _letters(title: str) -> int:
    return 0 if HASH.fullmatch(title.replace(" ", "")) else sum(letter.isalpha() for letter in title)


def _salvaged(title: str) -> str:
    """What a file name or a program's title says, as words."""
    title = PROGRAM.sub("", one_line(title))
    if FILE_NAME.fullmatch(title):
        title = PurePosixPath(title).stem
    if " " not in title:
        title = re.sub(r"[_+-]+|%20", " ", title)
    return clean_title(title)
