"""Crawling and indexing as commands show them: a progress bar on a terminal, plain lines elsewhere, then what came."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from config.catalogue import load_disabled, load_settings
from config.home import Home
from config.model import Settings, Source
from crawler import harvest
from crawler.archive import Fetch
from crawler.run import RunResult, crawl
from crawler.store import StoreError
from indexer.pool import PoolError
from indexer.run import IndexResult, index
from search_cli.exit_codes import ExitCode, Failure
from search_cli.labels import load_labels
from search_cli.results import date_shown
from search_cli.runs import stale, words
from search_cli.runs.kept import Reports
from search_cli.runs.model import Report
from search_cli.runs.report import make, measured
from search_cli.screen import say
from search_cli.switching import like
from search_cli.trouble import STORE_ERRORS, explained

_Step = Callable[[int, str], None]  # how many things more are done, and a note
_Stage = Callable[[str, int, int], None]  # a stage's name, how much is done, how much there is
MOST_COMPLETED = 10  # reports of crawls that wait for their indexing
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
        told = f"no source is called {unknown[0]!r}.{like(unknown[0], catalogue)} See them with: commdex sources"
        raise Failure(told, ExitCode.USAGE)
    idle = [name for name in names if not catalogue[name].harvestable]
    if idle:
        raise Failure(_why_idle(home, catalogue[idle[0]]), ExitCode.USAGE)
    wanted = [catalogue[name] for name in dict.fromkeys(names)] or [s for s in catalogue.values() if s.harvestable]
    if not wanted:
        raise Failure(
            f"there is no source to harvest: {home.sources_folder} has none and shipped_sources is off.", ExitCode.HOME
        )
    return settings, catalogue, wanted


def _why_idle(home: Home, source: Source) -> str:
    switched = next((one for one in load_disabled(home) if one.id == source.id), None)
    if switched:
        since = f" since {date_shown(switched.since)}" if switched.since else ""
        reason = f" ({switched.reason})" if switched.reason else ""
        told = f"is switched off{since}{reason}. Switch it on with: commdex sources enable {source.id}"
    elif not source.enabled:
        told = "is disabled by its entry (`enabled: false`) and cannot be harvested."
    else:
        told = f"is recorded only (status {source.status}) and cannot be harvested. "
        told += f"Add its papers by hand: commdex add FILE --source {source.id}"
    return f"source {source.id!r} {told}"


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
    states = Counter(source.state for source in result.sources)
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    say(console, f"Crawled {_count(len(result.sources), 'source')}: {told}.")
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
    _complete_reports(home, catalogue, console)
    return result


def keep_report(
    home: Home, run: int, catalogue: Mapping[str, Source], console: Console, *, command: str
) -> Report | None:
    """Make and keep the report of a run that has just ended; what prevents that is said, and costs nothing else."""
    reports = Reports(home)
    with _said(console, f"The report of run {run}"):
        kept = measured(home, reports.before(run))
        report = make(home, run, catalogue, load_labels(home), command=command, indexed=False, kept=kept)
        with _said(console, f"The report of run {run}"):
            reports.write(report)
            stale.write(home, catalogue)
        return report
    return None


def _complete_reports(home: Home, catalogue: Mapping[str, Source], console: Console) -> None:
    """Give the library's facts to the reports of the runs whose harvest has just been read."""
    reports = Reports(home)
    for number in reports.numbers()[:MOST_COMPLETED]:
        former = reports.read(number)
        if former is None or former.indexed:
            break
        with _said(console, f"The report of run {number}"):
            made = make(
                home, number, catalogue, load_labels(home), command=former.command, indexed=True, kept=former.archive
            )
            reports.write(made)


def say_report(home: Home, report: Report | None, console: Console) -> None:
    """Say what a report says, the newest form of it that is kept, and where it lies."""
    if report is None:
        return
    reports = Reports(home)
    kept = reports.read(report.run)
    words.show(console, kept or report)
    if kept:
        say(console, f"The whole report: {reports.path(report.run, 'html')}")
        say(console, f"See it again with: commdex runs show {report.run}")


@contextmanager
def _said(console: Console, what: str) -> Iterator[None]:
    """Whatever keeps a report from being made or written is said, and the run's own end stands."""
    try:
        yield
    except (OSError, StoreError, *STORE_ERRORS) as error:
        say(console, f"{what} could not be kept: {error}", "yellow")


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
