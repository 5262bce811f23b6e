"""What reaches the terminal: through rich, safe to print, plain where nobody looks.

Results go to standard output, everything that is said about them to standard error.
"""

from __future__ import annotations

import errno
import sys
import unicodedata
from functools import lru_cache
from typing import NoReturn, TextIO
from urllib.parse import quote, urlsplit

from rich.console import Console
from rich.style import Style
from rich.text import Text

from indexer.text import one_line
from search_cli.homes import in_this_home

# Wider lines than this are hard to read, however wide the window is.
WIDEST = 110


def safe(text: str) -> str:
    """`text` on one line without escape sequences, controls and bidi marks: stores are not trusted to hold none."""
    return one_line(text)


def safe_lines(text: str) -> str:
    """`safe` for text of several lines."""
    return "\n".join(safe(line) for line in text.splitlines())


def in_place(text: str) -> str:
    """`text` of several lines without controls and bidi marks, each letter in its column, so that carets stand."""
    return "".join(letter if letter == "\n" else _visible(letter) for letter in text)


def _visible(letter: str) -> str:
    if letter.isspace():
        return " "
    # Controls, invisible marks, lone surrogates, private letters.
    return "\ufffd" if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co") else letter


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


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """rich would end with exit code 1; `search_cli.main` knows better."""
        raise BrokenPipeError(errno.EPIPE, "the reader of the output went away")


def _console(stream: TextIO, *, stderr: bool) -> Console:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        # A terminal that cannot show a dash should show a question mark, not end the search.
        reconfigure(errors="replace")
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False)


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
    """Lines of plain words: wrapped between words on a terminal, one line each in a pipe."""
    indent = message[: len(message) - len(message.lstrip(" "))]
    _print(console, Text(indent + safe_lines(in_this_home(message)), style=style))


def note(message: str) -> None:
    """Something to know about the answer."""
    _print(err(), Text("note: ", style="yellow") + Text(safe(in_this_home(message))))


def hint(message: str) -> None:
    """What to do next."""
    _print(err(), Text(safe(in_this_home(message)), style="dim"))


def say_opening(target: str) -> None:
    """What is about to be opened, an address or a file, whole."""
    print_whole(err(), Text(f"Opening {in_place(target)}"))


def print_whole(console: Console, text: Text) -> None:
    """Print a line that is never broken or cut by us, however narrow the terminal is: an address is copied whole."""
    console.print(text, no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)


def _print(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=not console.is_terminal)
