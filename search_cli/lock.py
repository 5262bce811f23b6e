"""One writer at a time: crawling and indexing hold a home's lock, which names its holder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from config.home import Home
from crawler.archive import now
from search_cli.exit_codes import ExitCode, Failure


@contextmanager
def held(home: Home, purpose: str) -> Iterator[None]:
    """Hold the home's lock. Raises Failure (exit code 5) at once when another run holds it, saying which.

    The operating system gives the lock back when its holder dies, so none is ever left behind.
    """
    home.make()
    holder = home.lock_file.with_suffix(".holder")
    lock = FileLock(home.lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        try:
            who = holder.read_text(encoding="utf-8").strip()
        except OSError:
            who = "another run"
        raise Failure(
            f"{who} holds the lock of {home.folder}. Wait for it to end, or stop it.", ExitCode.LOCKED
        ) from error
    try:
        holder.write_text(
            f"commdex {purpose} (process {os.getpid()} on {socket.gethostname()}, since {now()})", "utf-8"
        )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
