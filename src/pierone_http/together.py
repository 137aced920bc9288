"""One processor for the event loop and the threads that push: of these only one at a time runs Python.

On two processors each system call of one lets another take the interpreter, and the first waits to get it back: 390
switches for a small image instead of 90. So while pushes go on the loop stays on the processor where it is, and the
threads come to it. It is let go ten times a second: where another process needs that processor, the system places it
anew. Pushes of small images 116 -> 178/s, new tags 1,450 -> 2,000/s (on 2 processors, the load generator beside it).

Where a system has no such calls, or refuses them, threads run wherever they do anyway.
"""

import asyncio
import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_HELD_SECONDS = 0.1
# Without letting go of the interpreter.
_processor_here: Any = getattr(ctypes.PyDLL(None), "sched_getcpu", None)
_IS_KNOWN = _processor_here is not None and hasattr(os, "sched_setaffinity")
_ANYWHERE = os.sched_getaffinity(0) if _IS_KNOWN else set()


class Together:
    """Brings the threads of some pools to the loop that gives them their calls."""

    def __init__(self) -> None:
        self._threads: list[int] = []
        self._processor: int | None = None
        self._is_running = self._is_held = False
        self._allowed: set[int] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Do so for the thread that enters, until it leaves."""
        self._is_running = _IS_KNOWN
        try:
            yield
        finally:
            self._is_running = False
            self._let_go()

    def join(self, thread: int) -> None:
        """Take a thread along from now on, by the system's number of it."""
        if not _IS_KNOWN:
            return
        self._threads.append(thread)
        _yield(thread)
        if self._processor is not None:
            _place(thread, {self._processor})

    def gather(self) -> None:
        """Hold the loop, whose thread calls this, where it is, and bring the others."""
        if not self._is_running or self._is_held:
            return
        self._allowed, processor = os.sched_getaffinity(0), _processor_here()
        self._is_held = True
        _place(0, {processor})
        if processor != self._processor:
            self._processor = processor
            for thread in self._threads:
                _place(thread, {processor})
        asyncio.get_running_loop().call_later(_HELD_SECONDS, self._let_go)

    def _let_go(self) -> None:
        if self._is_held:
            self._is_held = False
            _place(0, self._allowed)


def leave() -> None:
    """For a thread that goes its own way: where it was begun by one that is held, it would be held too."""
    if _IS_KNOWN:
        _place(0, _ANYWHERE)


def _yield(thread: int) -> None:
    # Else a thread that is woken by the loop pushes it aside, finds the interpreter taken, and goes to sleep again.
    with suppress(OSError):
        if os.sched_getscheduler(thread) == os.SCHED_OTHER:
            os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))


def _place(thread: int, processors: set[int]) -> None:
    with suppress(OSError):  # the thread has ended, or the system does not let it go there
        os.sched_setaffinity(thread, processors)
