"""Crawling and indexing as commands show them: a progress bar on a terminal, plain lines elsewhere, then what came."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from config.catalogue import load_settings
from config.home import Home
from config.model import Settings, Source
from crawler import harvest
from crawler.archive import Fetch, Outcome
from crawler.run import RunResult, crawl
from indexer.pool import PoolError
from indexer.run import IndexResult, index
from search_cli.exit_codes import ExitCode, Failure
from search_cli.screen import say
from search_cli.trouble import explained

_Step = Callable[[int, str], None]  # how many things more are done, and a note
_Stage = Callable[[str, int, int], None]  # a stage's name, how much is done, how much there is
SECONDS_BETWEEN_LINES = 60.0  # of progress where there is no terminal


def chosen_sources(home: Home, names: Sequence[str]) -> tuple[Settings, dict[str, Source], list[Source]]:
    """The settings, the whole catalogue, and the harvestable sources among `names` (all, when none is named).

    Raises Failure for an unknown name, ConfigError, also where no contact is configured: before anything is made.
    """
    settings = load_settings(home)
    harvest.user_agent(settings)
    catalogue = harvest.catalogue(home, settings)
    unknown = [name for name in names if name not in catalogue]
    if unknown:
        raise Failure(f"no source is called {unknown[0]!r}. See them with: commdex sources", ExitCode.USAGE)
    idle = [name for name in names if not catalogue[name].harvestable]
    if idle:
        entry = catalogue[idle[0]]
        why = "disabled" if not entry.enabled else f"recorded only (status {entry.status})"
        raise Failure(f"source {idle[0]!r} is {why} and cannot be harvested.", ExitCode.USAGE)
    wanted = [catalogue[name] for name in dict.fromkeys(names)] or [s for s in catalogue.values() if s.harvestable]
    if not wanted:
        raise Failure(
            f"there is no source to harvest: {home.sources_folder} has none and shipped_sources is off.", ExitCode.HOME
        )
    return settings, catalogue, wanted


def run_crawl(home: Home, settings: Settings, sources: Sequence[Source], console: Console) -> RunResult:
    """Crawl, showing progress on `console` (standard error), and say how it went. Raises Failure."""
    requests = 0
    with _progress(console, "Crawling", len(sources), "sources") as step:

        def fetched(_: Fetch) -> None:
            nonlocal requests
            requests += 1
            step(0, f"{requests} requests")

        def finished(source: str, state: str, _: str) -> None:
            step(1, f"{requests} requests" + (f", {source}: {state}" if state != "ok" else ""))

        def stopping() -> None:
            say(console, "Stopping: what is under way is finished first. Ctrl-C again stops at once.", "yellow")

        with explained(home):
            result = crawl(home, settings, sources, on_fetch=fetched, on_source=finished, on_stop=stopping)
    _say_crawled(result, console)
    return result


def _say_crawled(result: RunResult, console: Console) -> None:
    good = {name: result.outcomes.get(name, 0) for name in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)}
    bad = {name: count for name, count in result.outcomes.items() if name not in good}
    told = [f"{count} {name}" for name, count in good.items()] + [f"{count} {name}" for name, count in bad.items()]
    say(console, f"Crawled {_count(len(result.sources), 'source')}: {', '.join(told)}.")
    for source in sorted(result.sources, key=lambda source: (source.state != "failed", source.source)):
        if source.state != "ok":
            style = "red" if source.state == "failed" else "yellow"
            say(console, f"  {source.source}: {source.state}: {source.reason}", style)
    if result.interrupted:
        say(console, "Stopped. What was fetched is kept: the same command goes on from here, `commdex index` reads it.")


def run_index(home: Home, settings: Settings, catalogue: Mapping[str, Source], console: Console) -> IndexResult:
    """Index, showing progress on `console` (standard error), and say what came of it. Raises Failure."""
    try:
        with explained(home), _stages(console) as progress:
            result = index(home, settings.index, catalogue, progress)
    except PoolError as error:
        raise Failure(f"nothing could be read: {error}. Fewer `index.workers` may help.", ExitCode.HOME) from error
    _say_indexed(result, console)
    return result


def _say_indexed(result: IndexResult, console: Console) -> None:
    if result.rebuilt:
        say(console, f"The search index was built anew: {result.rebuilt}", "yellow")
    read = ", ".join(f"{count} {state}" for state, count in sorted(result.read.items())) or "none to read"
    say(console, f"Originals: {read}.")
    if result.damaged:
        damaged = _count(len(result.damaged), "kept original")
        say(console, f"  {damaged} lost or damaged, and not read: fetch again with `commdex crawl`.", "red")
    told = f"{result.new} new, {result.changed} changed, {result.dropped} dropped, {result.indexed} indexed"
    say(console, f"Documents: {told}.")
    if result.counts:
        counts = result.counts
        held = (_count(counts.documents, "document"), _count(counts.files, "file"), _count(counts.pages, "page"))
        say(console, f"The library holds {held[0]} in {held[1]}, {held[2]}.")
        if counts.unread:
            without = _count(counts.unread, "document")
            say(console, f"  {without} without text, found by title only: see `commdex status`.", "yellow")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


@contextmanager
def _progress(console: Console, what: str, total: int, things: str) -> Iterator[_Step]:
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TextColumn(f"{things}, {{task.fields[note]}}"), TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(what, total=total, note="0 requests")
            yield lambda steps, note: bar.update(task, advance=steps, note=note)
        return
    lines = _Lines()
    done = 0

    def step(steps: int, note: str) -> None:
        nonlocal done
        done += steps
        lines.say(f"{what}: {done} of {total} {things}, {note}")

    yield step


@contextmanager
def _stages(console: Console) -> Iterator[_Stage]:
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=console, transient=True) as bar:
            tasks = {}

            def show(stage: str, done: int, total: int) -> None:
                if total and stage not in tasks:
                    tasks[stage] = bar.add_task(stage, total=total)
                if stage in tasks:
                    bar.update(tasks[stage], completed=done)

            yield show
        return
    lines = _Lines()
    yield lambda stage, done, total: lines.say(f"{stage}: {done} of {total}") if total else None


class _Lines:
    """A plain line a minute on standard error, so that a log of a long run says where it is."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def say(self, line: str) -> None:
        if time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            click.echo(line, err=True)
