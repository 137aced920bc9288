"""One processor for the event loop and the threads that wait for its disk: of these only one at a time runs Python.

On two processors each system call of one lets another take the interpreter, and the first waits to get it back: 390
switches for a small image instead of 65. So while there is work the loop stays on the processor where it is, and the
threads come to it. It is let go ten times a second: where another process needs that processor, the system places it
anew. Small images pushed 112 -> 182/s, new tags 1,153 -> 1,995/s (`make bench` before and after, on 2 processors).

Where a system has no such calls, or refuses them, threads run wherever they do anyway.
"""

import asyncio
import ctypes
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

_HELD_SECONDS = 0.1
# Without letting go of the interpreter.
_processor_here: Any = getattr(ctypes.PyDLL(None), "sched_getcpu", None)
_IS_KNOWN = _processor_here is not None and hasattr(os, "sched_setaffinity")


class Together:
    """Brings the threads of some pools to the loop that gives them their calls: to one loop of a process."""

    _one: ClassVar[threading.Lock] = threading.Lock()
    # Where threads may run that are not held; empty until a loop is.
    limit: ClassVar[frozenset[int]] = frozenset()

    def __init__(self) -> None:
        self._threads: list[int] = []
        self._processor: int | None = None
        self._loop_thread: int | None = None
        self._is_held = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Do so for the thread that enters, until it leaves; for nobody if a loop of this process has it already."""
        if not (_IS_KNOWN and self._one.acquire(blocking=False)):
            yield
            return
        Together.limit = _limit()
        self._loop_thread = threading.get_ident()
        try:
            yield
        finally:
            self._let_go()
            self._loop_thread = None
            self._one.release()

    def join(self, thread: int) -> None:
        """Take a thread along from now on, by the system's number of it."""
        if not _IS_KNOWN:
            return
        self._threads.append(thread)
        _give_way(thread)
        if self._processor is not None:
            _place(thread, {self._processor})

    def gather(self) -> None:
        """Hold the loop, if its thread calls this, where it is, and bring the others."""
        if self._is_held or self._loop_thread != threading.get_ident():
            return
        self._is_held = True
        processor = _processor_here()
        _place(0, {processor})
        if processor != self._processor:
            self._processor = processor
            for thread in self._threads:
                _place(thread, {processor})
        asyncio.get_running_loop().call_later(_HELD_SECONDS, self._let_go)

    def _let_go(self) -> None:
        if self._is_held:
            self._is_held = False
            _place(0, self.limit)


def leave() -> None:
    """For a thread that goes its own way: where it was begun by one that is held, it would be held too."""
    if Together.limit:
        _place(0, Together.limit)


def _limit() -> frozenset[int]:
    """Every processor, of which the system takes those of a cpuset at any time; or what `taskset` has left of them."""
    now, every = frozenset(os.sched_getaffinity(0)), frozenset(range(os.sysconf("SC_NPROCESSORS_CONF")))
    _place(0, every)
    if os.sched_getaffinity(0) == now:
        return every
    _place(0, now)
    return now


def _give_way(thread: int) -> None:
    # Else a thread that is woken by the loop pushes it aside, finds the interpreter taken, and goes to sleep again.
    with suppress(OSError):
        if os.sched_getscheduler(thread) == os.SCHED_OTHER:
            os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))


def _place(thread: int, processors: Iterable[int]) -> None:
    # The thread has ended, or the system does not let it go there, or did not tell a place.
    with suppress(OSError, ValueError):
        os.sched_setaffinity(thread, processors)
