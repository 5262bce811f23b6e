"""What reaches the terminal: through rich, safe to print, plain where nobody looks.

Results go to standard output, everything that is said about them to standard error.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TextIO
from urllib.parse import quote, urlsplit

from rich.console import Console
from rich.style import Style
from rich.text import Text

from indexer.text import one_line

# Wider lines than this are hard to read, however wide the window is.
WIDEST = 110


def safe(text: str) -> str:
    """`text` on one line without escape sequences, controls and bidi marks: stores are not trusted to hold none."""
    return one_line(text)


def safe_lines(text: str) -> str:
    """`safe` for text of several lines."""
    return "\n".join(safe(line) for line in text.splitlines())


def web_address(address: str) -> str:
    """`address` fit to be printed and followed, "" unless it is an http or https one with a host."""
    address = quote(safe(address), safe="%/:=&?~#+!$,;'@()*[]")
    try:
        parts = urlsplit(address)
        return address if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def linked(label: str, address: str, style: str = "") -> Text:
    """`label` that leads to `address` where the terminal can do that, and where the address is one of the web."""
    target = web_address(address)
    look = Style.parse(style) if style else Style()
    # A span, not the text's own style: a table would carry that on over its padding.
    return Text().append(safe(label), style=look + Style(link=target) if target else look)


def _console(stream: TextIO, *, stderr: bool) -> Console:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        # A terminal that cannot show a dash should show a question mark, not end the search.
        reconfigure(errors="replace")
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


@lru_cache(maxsize=1)
def _shared(_out: TextIO, _err: TextIO) -> tuple[Console, Console]:
    return _console(_out, stderr=False), _console(_err, stderr=True)


def out() -> Console:
    """The console for results. Colour is off in a pipe and under NO_COLOR."""
    return _shared(sys.stdout, sys.stderr)[0]


def err() -> Console:
    """The console for what is said about results."""
    return _shared(sys.stdout, sys.stderr)[1]


def say(console: Console, message: str = "", style: str = "") -> None:
    """A line of plain words: wrapped between words on a terminal, one line in a pipe."""
    indent = message[: len(message) - len(message.lstrip(" "))]
    console.print(Text(indent + safe_lines(message), style=style), soft_wrap=not console.is_terminal)


def note(message: str) -> None:
    """Something to know about the answer."""
    err().print(Text("note: ", style="yellow") + Text(safe(message)), soft_wrap=True)


def hint(message: str) -> None:
    """What to do next."""
    err().print(Text(safe(message), style="dim"), soft_wrap=True)


def error(message: str) -> None:
    """What went wrong; several lines are kept."""
    err().print(Text("commdex: ", style="bold red") + Text(safe_lines(message)), soft_wrap=True)
