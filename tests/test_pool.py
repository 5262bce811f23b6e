"""The pool of workers stands whatever an original does to its reader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.pool import PoolError, read_all
from indexer.reading import Reading, Task, TextState

READERS = """
import ctypes, os, signal, time
from indexer.reading import Reading, TextState

def read(task):
    what = task.address
    if task.options.get("second") and what.endswith(" once"):
        return Reading(TextState.READ, "second", pages=("mended",))
    if what.startswith("crash"):
        os._exit(3)
    if what.startswith("segfault"):
        ctypes.string_at(0)
    if what.startswith("hang"):
        time.sleep(600)
    if what.startswith("memory"):
        return bytearray(10**10)
    if what.startswith("raise"):
        raise LookupError("what a library says")
    if what.startswith("print"):
        print("noise", flush=True)
    return Reading(TextState.READ, "toy", pages=(f"{what} by {os.getpid()}",))
"""
LIMITS = {"workers": 2, "memory": 2_000_000_000, "reader": "toy_readers:read"}


@pytest.fixture(autouse=True)
def _toy_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy_readers.py").write_text(READERS)
    monkeypatch.syspath_prepend(str(tmp_path))


def task(what: str) -> Task:
    return Task(sha256=what, path="", kind="text", address=what)


def results(*what: str, seconds: float = 30) -> dict[str, Reading]:
    found = read_all([task(one) for one in what], seconds=seconds, **LIMITS)  # type: ignore[arg-type]
    return {done.address: reading for done, reading in found}


def test_every_task_comes_back_once_with_its_reading() -> None:
    found = results(*(f"good {number}" for number in range(12)))
    assert len(found) == 12
    assert all(reading.state is TextState.READ for reading in found.values())
    assert all(reading.pages[0].startswith(what) for what, reading in found.items())


def test_no_tasks_start_no_workers() -> None:
    assert results() == {}


def test_a_crash_costs_one_document_and_nobody_else() -> None:
    found = results("good 1", "crash", "good 2", "segfault", "good 3")
    assert found["crash"].state is TextState.GAVE_UP
    assert found["crash"].reason == "its reader crashed"
    assert found["segfault"].reason == "its reader crashed"
    assert {found[f"good {number}"].state for number in (1, 2, 3)} == {TextState.READ}


def test_a_hanging_reader_is_stopped_at_its_limit() -> None:
    found = results("hang", "good", seconds=0.5)
    assert found["hang"].state is TextState.GAVE_UP
    assert found["hang"].reason == "took longer than 0.5 s"
    assert found["good"].state is TextState.READ


def test_an_answer_that_was_in_time_counts_however_late_it_is_asked_for() -> None:
    found = read_all([task("good 1"), task("good 2"), task("good 3")], seconds=0.5, **LIMITS)  # type: ignore[arg-type]
    states = []
    for _, reading in found:
        states.append(reading.state)
        time.sleep(0.7)
    assert states == [TextState.READ] * 3


def test_a_reader_that_eats_memory_is_stopped() -> None:
    found = results("memory", "good")
    assert found["memory"].state is TextState.GAVE_UP
    assert found["memory"].reason == "needed more than 2000 MB"
    assert found["good"].state is TextState.READ


def test_what_failed_once_is_tried_again_with_the_second_reader() -> None:
    found = results("crash once", "hang once", seconds=1)
    assert [found[what].reader for what in ("crash once", "hang once")] == ["second", "second"]


def test_an_exception_becomes_a_reason() -> None:
    found = results("raise")
    assert found["raise"].state is TextState.UNREADABLE
    assert "LookupError: what a library says" in found["raise"].reason


def test_what_readers_print_does_not_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert results("print")["print"].state is TextState.READ
    assert "noise" not in "".join(capfd.readouterr())


def test_workers_are_replaced_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.pool.TASKS_PER_WORKER", 2)
    found = results(*(f"good {number}" for number in range(6)))
    assert len({reading.pages[0].split(" by ")[1] for reading in found.values()}) >= 3


def test_a_reader_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(PoolError, match="no_such_module"):
        list(read_all([task("x")], workers=1, seconds=5, memory=2_000_000_000, reader="no_such_module:read"))


def test_tasks_are_taken_as_workers_come_free_and_workers_end_with_the_iterator() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[Task]:
        for number in range(1000):
            taken.append(number)
            yield task(f"good {number}")

    found = read_all(tasks(), seconds=30, **LIMITS)  # type: ignore[arg-type]
    _, reading = next(found)
    found.close()  # type: ignore[attr-defined]
    assert len(taken) < 10
    assert not _alive(int(reading.pages[0].split(" by ")[1]))


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_workers_die_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "from indexer.pool import read_all\nfrom indexer.reading import Task\n"
        "def tasks():\n    yield Task('a', '', 'text', 'good')\n    yield Task('b', '', 'text', 'hang')\n"
        "if __name__ == '__main__':\n"
        "    limits = dict(workers=1, seconds=500, memory=2_000_000_000, reader='toy_readers:read')\n"
        "    for _, reading in read_all(tasks(), **limits):\n"
        "        print(reading.pages[0].split(' by ')[1], flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parent.parent)])}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    for _ in range(200):
        if not _alive(worker):
            return
        time.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("a worker outlived its parent")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")  # one that has ended but was not waited for is not alive
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")
