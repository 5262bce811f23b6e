"""What a fetched thing is, decided by its bytes: never by the suffix of its address or by Content-Type alone.

NICE and many others serve PDFs from addresses without `.pdf`, and bot walls and "page not found" arrive as 200.
"""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum
from urllib.parse import urlsplit


class Kind(StrEnum):
    """What the bytes are."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    OLE = "ole"  # doc, xls, ppt: Word, Excel and PowerPoint up to 2003
    RTF = "rtf"
    HTML = "html"
    XML = "xml"
    JSON = "json"
    TEXT = "text"
    ZIP = "zip"
    GZIP = "gzip"
    IMAGE = "image"
    EMPTY = "empty"
    UNKNOWN = "unknown"


# A PDF may have stray bytes before its header; readers look for it in the first kilobyte (nine real CCG files need it).
PDF_WITHIN = 1024
IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*", b"\x00\x00\x01\x00", b"BM")
OFFICE_PARTS = {"word/": Kind.DOCX, "xl/": Kind.XLSX, "ppt/": Kind.PPTX}
OPEN_DOCUMENTS = {
    "application/vnd.oasis.opendocument.text": Kind.ODT,
    "application/vnd.oasis.opendocument.spreadsheet": Kind.ODS,
    "application/vnd.oasis.opendocument.presentation": Kind.ODP,
}
HTML_SIGNS = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<title[\s>]", re.IGNORECASE)

# Titles of pages that say "there is nothing here" while answering 200.
NOT_FOUND_TITLE = re.compile(
    r"^\W*(?:error\W*(?:404|410)\b"
    r"|(?:404|410)\b(?=\W*$|\W*[|–—:]|\s*-\s|\W*(?:error|page|file|document|not found|gone|sorry|oops)\b)"
    r"|(?:this |the |sorry,? )*(?:web ?)?(?:page|document|file|content|resource)s?"
    r"(?: you (?:requested|were looking for))?"
    r" (?:(?:was |could |can|is |has )*(?:not |no longer )(?:be |been )?(?:found|available|exists?)"
    r"|not found|missing|removed))"
    r"|\b(?:page|file|document) (?:not found|cannot be found|could not be found)\b|\bnot found\W*$",
    re.IGNORECASE,
)
# Pages that a bot wall answers with instead of the content (status 200, 403 or 405). Some signs stand on nothing else;
# the others only on a page with little else to say: the services behind the walls put their scripts into every page
# that they let through, a form may ask for a human, and a report may be called "Access denied".
WALL_SIGNS = re.compile(rb"cf-browser-verification|_cf_chl_opt", re.IGNORECASE)
WALL_TITLE = re.compile(
    rb"<title[^>]*>\s*(?:just a moment|attention required|human verification|access denied|are you (?:a )?(?:human|"
    rb"robot)|security check|checking your browser|verify you are human)(?:\s|[.!?]|\xe2\x80\xa6)*(?:\||-\s|</title)",
    re.IGNORECASE,
)
WALL_SCRIPTS = re.compile(
    rb"challenge-platform(?!/(?:h/\w/)?scripts/jsd)|awswaf|aws-waf-token|px-captcha|_incapsula_resource"
    rb"|(?:please )?verify (?:that )?you are (?:a )?human",
    re.IGNORECASE,
)
MOST_WORDS_OF_WALL = 60
# A page that asks who you are, or whether you agree, in place of what was asked for.
NAMES_OF_PAGE = re.compile(rb"<(?:title|h1)\b[^>]*>(.*?)</(?:title|h1)", re.IGNORECASE | re.DOTALL)
PASSWORD_FIELD = re.compile(rb"<input\b[^>]*\btype\s*=\s*[\"']?password", re.IGNORECASE)
LOG_IN = re.compile(
    rb"\W*(?:please |you (?:must|need to) |member(?:s'?)? |user |account |staff )*(?:(?:log[ -]?(?:in|on)|sign[ -]?in|"
    rb"authenticate|restricted (?:area|access(?! to)))\b(?!\s+(?:for|in|of|sheets?)\b)|"
    rb"(?:authentication|authori[sz]ation|password) (?:is )?required)",
    re.IGNORECASE,
)
LOG_IN_PATH = re.compile(r"/(?:(?:wp-)?log-?[io]n|sign-?in|sso|auth|account/login)(?:[/.]|$)", re.IGNORECASE)
CONSENT = re.compile(
    rb"\W*(?:before you (?:continue|proceed)|(?:cookie|privacy)s? (?:consent|choices|wall|preferences)|your privacy|"
    rb"we (?:value|care about|respect) your privacy|accept (?:all )?cookies|(?:your )?consent (?:is )?required|"
    rb"(?:please )?accept (?:our |the )?terms|terms (?:and conditions )?of (?:use|access))\b"
    rb"(?!\W+(?:audit|form|guidance|guide|notice|polic(?:y|ies)|procedure|report|statement|toolkit)\b)",
    re.IGNORECASE,
)
# What is pressed to get past a consent page; a form alone is on every page that can be searched.
AGREE = re.compile(
    rb"(?:<(?:button|a)\b[^>]*>(?:\s|<[^>/]*>)*|<input\b[^>]*\bvalue\s*=\s*[\"']?\s*)(?:yes\W+)?(?:i )?"
    rb"(?:accept|agree|allow|consent|continue|enter|ok|proceed|save)\b",
    re.IGNORECASE,
)
CONSENT_PATH = re.compile(r"/(?:cookie-?)?(?:consent|wall|agree(?:ment)?|disclaimer)(?:[/.]|$)", re.IGNORECASE)
MARKUP = re.compile(rb"<(script|style|template|noscript)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
MOST_WORDS_OF_BARRIER = 250


def kind_of(body: bytes) -> Kind:
    """What `body` is."""
    if not body.strip():
        return Kind.EMPTY
    start = body[:PDF_WITHIN]
    if b"%PDF-" in start:
        return Kind.PDF
    if start.startswith(b"PK\x03\x04"):
        return _kind_of_zip(body)
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Kind.OLE
    if start.startswith(b"\x1f\x8b"):
        return Kind.GZIP
    if start.startswith(IMAGES):
        return Kind.IMAGE
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{\\rtf"):
        return Kind.RTF
    return _kind_of_text(body, text)


def _kind_of_zip(body: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = OPEN_DOCUMENTS.get(archive.read("mimetype").decode("ascii", "replace").strip())
                if kind:
                    return kind
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return Kind.ZIP
    for prefix, kind in OFFICE_PARTS.items():
        if any(name.startswith(prefix) for name in names):
            return kind
    return Kind.ZIP


def _kind_of_text(body: bytes, text: bytes) -> Kind:
    if text.startswith((b"<?xml", b"<rss", b"<feed", b"<urlset", b"<sitemapindex")):
        # XHTML pages begin with an XML declaration too.
        return Kind.HTML if re.search(rb"<html[\s>]", text, re.IGNORECASE) else Kind.XML
    if HTML_SIGNS.search(body[:20_000]):
        return Kind.HTML
    if text.startswith((b"{", b"[")) and text.rstrip()[-1:] and _ends_like_json(body):
        return Kind.JSON
    if b"\x00" in body[:20_000]:
        return Kind.UNKNOWN
    if re.match(rb"<[a-z!]", text, re.IGNORECASE):
        return Kind.HTML
    control = sum(byte < 9 or 13 < byte < 32 for byte in body[:4096])
    return Kind.TEXT if control * 50 < len(body[:4096]) else Kind.UNKNOWN


def _ends_like_json(body: bytes) -> bool:
    return body.rstrip().endswith((b"}", b"]"))


def is_wall(body: bytes) -> bool:
    """Whether an HTML body is a bot wall's challenge rather than content."""
    start = body[:100_000]
    if WALL_SIGNS.search(start):
        return True
    if WALL_TITLE.search(start):
        return len(_words_of(body[:400_000])) <= MOST_WORDS_OF_BARRIER
    return bool(WALL_SCRIPTS.search(start)) and len(_words_of(body[:400_000])) <= MOST_WORDS_OF_WALL


def barrier(body: bytes, address: str, asked: str) -> str:
    """What stands in the way where an HTML body is no content: "a bot wall", "a log-in page", "a consent page"; or "".

    `address` is where the answer came from, `asked` what was asked for. A form for members in a page's corner is no
    barrier: a log-in or consent page says what it is in its title or first heading, or redirects told it, and has
    little else to say; and what was asked for by that very name is the page itself ("Terms of use" at /terms-of-use).
    """
    if is_wall(body):
        return "a bot wall"
    start = body[:400_000]
    named = [re.sub(rb"<[^>]*>|\s+", b" ", text).strip() for text in NAMES_OF_PAGE.findall(start)[:3]]
    moved = urlsplit(address).path != urlsplit(asked).path or urlsplit(address).netloc != urlsplit(asked).netloc
    path = urlsplit(address).path if moved else ""
    if len(_words_of(start)) > MOST_WORDS_OF_BARRIER:
        return ""
    if PASSWORD_FIELD.search(start) and (any(map(LOG_IN.match, named)) or LOG_IN_PATH.search(path)):
        return "a log-in page"
    foreign = [name for name in named if not _is_asked_for(name, asked)]
    if AGREE.search(start) and (any(map(CONSENT.match, foreign)) or CONSENT_PATH.search(path)):
        return "a consent page"
    return ""


def _is_asked_for(name: bytes, asked: str) -> bool:
    """Whether the path that was asked for says the name of a page, up to what its site adds to it."""
    own = re.split(r"\s[|–—-]\s|\|", name.decode("utf-8", "replace"))[0]
    slug = "-".join(re.findall(r"\w+", own.lower()))
    return bool(slug) and slug in "-".join(re.findall(r"\w+", urlsplit(asked).path.lower()))


def _words_of(body: bytes) -> list[bytes]:
    return re.findall(rb"\w+", MARKUP.sub(b" ", body))


def says_not_found(title: str) -> bool:
    """Whether a page's title or first heading says that there is no such page (a soft 404 when it answered 200)."""
    return bool(NOT_FOUND_TITLE.search(" ".join(title.split())))
