"""A small supervised pool: originals are read in worker processes, because any of them may crash, hang or eat memory.

Standard pools (`ProcessPoolExecutor`, `multiprocessing.Pool`) break or stall for everybody when one worker dies. Here
each worker has a pipe of its own, a wall clock and a memory bound, and costs one document's text when it fails.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from indexer.reading import Reading, Task, TextState

# A worker is replaced after so many originals, so that what libraries leak does not add up.
TASKS_PER_WORKER = 200
# Seconds that a worker may take to start; one that cannot start at all is the installation's fault, not a document's.
START_SECONDS = 60.0
# Seconds beyond the limit after which a worker ends itself, should nobody be left to end it.
GRACE_SECONDS = 10.0


class PoolError(Exception):
    """Workers cannot be started; the message says why."""


class OutOfMemory:
    """What a worker answers instead of a reading when the memory bound stopped it."""


@dataclass
class _Job:
    """A task on its way: `failure` is how the first attempt ended, "" before that."""

    task: Task
    failure: str = ""

    @property
    def attempt(self) -> Task:
        return replace(self.task, options={**self.task.options, "second": True}) if self.failure else self.task


@dataclass
class _Worker:
    """A process, our end of its pipe, what it is doing and until when (by the monotonic clock)."""

    process: SpawnProcess
    pipe: Connection
    deadline: float
    ready: bool = False
    job: _Job | None = None
    done: int = 0

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def read_all(
    tasks: Iterable[Task], *, workers: int, seconds: float, memory: int, reader: str = "indexer.readers:read"
) -> Iterator[tuple[Task, Reading]]:
    """Read `tasks` in `workers` processes and yield each with its reading, in the order in which they are done.

    Tasks are taken from the iterable as workers come free. Each has `seconds` of wall clock and `memory` bytes; one
    that crashes, hangs or outgrows them is tried once more with `options["second"]`, then recorded as given up.
    `reader` is "module:function". Raises PoolError when workers cannot start. No worker outlives the iterator.
    """
    pool = _Pool(iter(tasks), max(1, workers), seconds, memory, reader)
    try:
        yield from pool.run()
    finally:
        pool.kill()


class _Pool:
    def __init__(self, tasks: Iterator[Task], size: int, seconds: float, memory: int, reader: str):
        self._tasks = tasks
        self._size = size
        self._seconds = seconds
        self._memory = memory
        self._reader = reader
        self._again: deque[_Job] = deque()
        self._workers: list[_Worker] = []

    def kill(self) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def run(self) -> Iterator[tuple[Task, Reading]]:
        waiting = self._next()
        while waiting or self._busy():
            waiting = self._hand_out(waiting)
            for worker in self._heard():
                finished = self._hear(worker)
                if finished:
                    yield finished
            for worker in self._overdue():
                finished = self._lose(worker, f"took longer than {self._seconds:g} s")
                if finished:
                    yield finished
            waiting = waiting or self._next()

    def _overdue(self) -> list[_Worker]:
        """The workers past their deadline; one whose answer lies in the pipe was in time, we were slow to ask."""
        now = time.monotonic()
        return [worker for worker in self._workers if now >= worker.deadline and not worker.pipe.poll()]

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.job]

    def _next(self) -> _Job | None:
        if self._again:
            return self._again.popleft()
        task = next(self._tasks, None)
        return _Job(task) if task else None

    def _hand_out(self, waiting: _Job | None) -> _Job | None:
        """Give every free worker something to do; what is left over, None when nothing is."""
        while waiting:
            free = next((worker for worker in self._workers if worker.ready and not worker.job), None)
            if free is None:
                starting = [worker for worker in self._workers if not worker.ready]
                if not starting and len(self._workers) < self._size:
                    self._workers.append(self._start())
                return waiting
            free.job, free.deadline = waiting, time.monotonic() + self._seconds
            try:
                free.pipe.send(waiting.attempt)
            except OSError:  # it died while it was idle, which is no fault of this task
                free.job = None
                self._drop(free)
                continue
            waiting = self._next()
        return None

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self._reader, self._seconds, self._memory)
        process = context.Process(target=_work, args=arguments, name="commdex-reader", daemon=True)
        with _interrupts_held():
            process.start()
        theirs.close()  # or the end of the worker would not be the end of the pipe
        return _Worker(process, ours, time.monotonic() + START_SECONDS)

    def _heard(self) -> list[_Worker]:
        """The workers with something to say, after waiting for that or for the first deadline."""
        now = time.monotonic()
        active = [worker for worker in self._workers if worker.job or not worker.ready]
        patience = min((worker.deadline - now for worker in active), default=0.0)
        heard = wait([worker.pipe for worker in self._workers], max(0.0, patience)) if self._workers else []
        return [worker for worker in self._workers if worker.pipe in heard]

    def _hear(self, worker: _Worker) -> tuple[Task, Reading] | None:
        try:
            answer = worker.pipe.recv()
        except (EOFError, OSError):
            return self._lose(worker, "its reader crashed")
        if not worker.ready:
            if answer:
                raise PoolError(f"a worker process cannot start: {answer}")
            worker.ready, worker.deadline = True, float("inf")
            return None
        if isinstance(answer, OutOfMemory):
            return self._lose(worker, f"needed more than {self._memory // 1_000_000} MB")
        job, worker.job, worker.deadline = worker.job, None, float("inf")
        worker.done += 1
        if worker.done >= TASKS_PER_WORKER:
            self._drop(worker)
        return (job.task, answer) if job else None

    def _lose(self, worker: _Worker, failure: str) -> tuple[Task, Reading] | None:
        """Put an end to a worker that failed; its task goes round again, or is given up."""
        job = worker.job
        starting = not worker.ready
        self._drop(worker)
        if starting:
            raise PoolError("a worker process ended, or did not answer, before it could read anything")
        if job is None:
            return None
        if not job.failure:
            self._again.append(_Job(job.task, failure))
            return None
        reason = failure if failure == job.failure else f"{job.failure}; at the second attempt {failure}"
        return job.task, Reading(TextState.GAVE_UP, reader="none", reason=reason)

    def _drop(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.kill()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while a worker starts, which inherits that: interrupts are for the parent to answer."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# in the worker


def _work(pipe: Connection, reader: str, seconds: float, memory: int) -> None:
    """A worker's life: say "" when ready (or why not), then answer each task until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    warnings.simplefilter("ignore")
    try:
        _bound_memory(memory)
        module, _, function = reader.partition(":")
        read: Callable[[Task], Reading] = getattr(import_module(module), function)
        _silence()
    except (ImportError, AttributeError, OSError, ValueError) as error:
        pipe.send(f"{type(error).__name__}: {error}")
        return
    pipe.send("")
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        _alarm(seconds + GRACE_SECONDS)
        try:
            answer: Reading | OutOfMemory = read(task)
        except MemoryError:
            answer = OutOfMemory()
        except Exception as error:  # noqa: BLE001 - the process boundary: whatever a library raises costs one document
            why = f"its reader failed ({type(error).__name__}: {error})"[:500]
            answer = Reading(TextState.UNREADABLE, reader="none", reason=why)
        _alarm(0)
        try:
            pipe.send(answer)
        except OSError:
            return


def _bound_memory(memory: int) -> None:
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        bound = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_AS, (bound, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _alarm(seconds: float) -> None:
    """Have the system end this process after `seconds`, even one that is deep in a library's loop; 0 calls it off."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _silence() -> None:
    """Point standard output and error nowhere: what libraries print would tear up the progress display.

    Nothing is lost by it: how each original fared comes back as a reading.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
