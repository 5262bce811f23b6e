"""The demonstration: the real command harvests the sample web, searches it three times, and exports.

`python -m tests.sample_web.demo [--out FOLDER]`; `make demo` runs it. Nothing outside the folder is touched, and a
folder that this demonstration did not make is left alone.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.sample_web.homes import sample_home
from tests.sample_web.server import SampleWeb

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "search_cli.main")
MARKER = ".made-by-commdex-demo"
# The last result list is the one that is exported.
SEARCHES = (
    "hydration AND sector:care-homes AND type:toolkit",
    '"individual funding request*" AND site:www.oldtown-ccg.example',
    '"virtual ward*" AND (frail* OR falls) AND year:2021..',
)
# In a pipe or a log too, a search shows what a person would see at a terminal, without colours and links.
AS_ON_A_TERMINAL = {"TTY_COMPATIBLE": "1", "TERM": "dumb", "COLUMNS": "110", "LINES": "50"}
EXPORTS = {"csv": "results.csv", "ris": "results.ris", "html": "results.html"}


class DemoError(Exception):
    """A step that failed; the message says which."""


@dataclass(frozen=True)
class Terminal:
    """Runs `commdex` as a user would, with what it was asked echoed above its output."""

    home: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> None:
        """One command. Raises DemoError when it ends with anything but 0."""
        say(f"\n$ {shlex.join(['commdex', *arguments])}")
        command = [*COMMAND, "--home", str(self.home), *arguments]
        environment = dict(self.environment)
        if arguments[0] == "search" and not sys.stdout.isatty():
            environment |= AS_ON_A_TERMINAL
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if ended.returncode:
            raise DemoError(f"`commdex {arguments[0]}` ended with exit code {ended.returncode}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when every step went well, 1 when one failed, 2 when the folder is not ours."""
    parser = argparse.ArgumentParser(prog="python -m tests.sample_web.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo-output"), help="folder for all that it makes")
    out = parser.parse_args(arguments).out.resolve()
    try:
        home = fresh_home(out)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    began = time.monotonic()
    try:
        files = demonstrate(out, home)
    except DemoError as error:
        print(f"\ndemo: {error}; what it left is in {out}", file=sys.stderr)
        return 1
    say(f"\nDone in {time.monotonic() - began:.0f} s. The last result list, to take along:")
    for file in files:
        say(f"  {shown(file)}")
    say("Search on in what was harvested:")
    command = [*installed_command(), "--home", shown(home), "search", '"intermediate care" NOT site:gov-sample.example']
    say(f"  {shlex.join(command)}")
    return 0


def demonstrate(out: Path, home: Path) -> list[Path]:
    """Harvest, search and export; the exported files. Raises DemoError for the first step that fails."""
    with SampleWeb() as web:
        say(f"A web of {len(web.truth())} papers on {len(web.hosts)} hosts stands on this machine, at {web.proxy}.")
        terminal = Terminal(home, {**os.environ, **web.environment})
        terminal.run("update")
        asked_privately = [request.url for request in web.requests if request.path.startswith("/private/")]
        if asked_privately:
            raise DemoError(f"robots.txt forbids {asked_privately[0]}, which was asked for")
        say(f"\n{len(web.requests)} requests were made, none of them for what robots.txt forbids.")
    # The web is down from here on: searching and exporting need none.
    for search in SEARCHES:
        terminal.run("search", search)
    files = [out / name for name in EXPORTS.values()]
    for kind, file in zip(EXPORTS, files, strict=True):
        terminal.run("export", "--to", kind, "-o", str(file))
        if not file.is_file() or not file.stat().st_size:
            raise DemoError(f"`commdex export --to {kind}` left no file at {file}")
    return files


def fresh_home(out: Path) -> Path:
    """An empty home below `out` that lists the sample web's sources and no others.

    Raises DemoError, having touched nothing, when `out` holds what an earlier demonstration did not make.
    """
    marker = out / MARKER
    if out.exists() and not out.is_dir():
        raise DemoError(f"{out} is not a folder; name another with --out")
    if out.is_dir() and any(out.iterdir()) and not marker.is_file():
        raise DemoError(f"{out} is not empty and was not made by the demonstration; name another with --out")
    home = out / "home"
    if home.is_dir():
        shutil.rmtree(home)
    for name in EXPORTS.values():
        (out / name).unlink(missing_ok=True)
    sample_home(home, contact="demo@commdex.example", delay=0.05)
    marker.write_text("The demonstration of Commdex makes this folder anew each time.\n", encoding="utf-8")
    return home


def installed_command() -> list[str]:
    """`commdex` as it can be typed from here: the script beside this Python, or the module where there is none."""
    python = Path(sys.executable)
    script = python.with_name("commdex")
    return [shown(script)] if script.is_file() else [shown(python), "-m", "search_cli.main"]


def shown(path: Path) -> str:
    """A path as short as it can be typed from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def say(text: str) -> None:
    print(text, flush=True)  # before the output of the next command, also into a pipe


if __name__ == "__main__":
    raise SystemExit(main())
