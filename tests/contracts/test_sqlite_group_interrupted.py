"""A writer that is interrupted, or refused, leaves nobody waiting and nothing behind."""

import random
import signal
import sqlite3
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from types import FrameType

import pytest
from tests.contracts.group import Group, Refused, take
from tests.contracts.processes import PATIENCE, process, wait_for
from tests.garbage import Data, no_collection

_INTERRUPTS = 150
_OTHERS = 3


def refuse(_: Data, _connection: sqlite3.Connection) -> None:
    raise Refused


def be_interrupted(_: sqlite3.Connection) -> None:
    raise KeyboardInterrupt


def refused_alone(group: Group) -> "weakref.ref[Data]":
    data = Data()
    with suppress(Refused):
        group.commit.run(partial(refuse, data))
    return weakref.ref(data)


def refused_with_others(group: Group) -> "weakref.ref[Data]":
    data = Data()
    assert len(group.run(partial(refuse, data), partial(take, 1), partial(refuse, data))) == 3
    return weakref.ref(data)


def test_what_was_refused_is_gone_without_a_garbage_collection(group: Group) -> None:
    with no_collection():
        assert refused_alone(group)() is None
        assert refused_with_others(group)() is None


def test_an_interrupt_is_for_the_thread_that_leads_and_fails_the_others(group: Group) -> None:
    outcomes = group.run(partial(take, 1), be_interrupted, partial(take, 3))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["KeyboardInterrupt", *["OperationalError"] * 2]
    assert group.numbers() == []
    assert group.commit.run(partial(take, 4)) == 4


def test_one_that_waits_and_is_interrupted_writes_nothing_and_holds_up_nobody(group: Group) -> None:
    def interrupt() -> None:
        wait_for(lambda: group.commit.waiting == 1)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with ThreadPoolExecutor(2) as threads:
        with group.held(2):
            interrupting = threads.submit(interrupt)
            with pytest.raises(KeyboardInterrupt):
                group.commit.run(partial(take, 1))
            interrupting.result()
            others = [threads.submit(group.commit.run, partial(take, number)) for number in (2, 3)]
        assert [other.result(PATIENCE) for other in others] == [2, 3]
    assert group.numbers() == [2, 3]


def test_interrupts_at_any_moment_hold_up_nobody(tmp_path: Path) -> None:
    with process(be_interrupted_often, tmp_path / "file") as running:
        running.join(PATIENCE)
        assert running.exitcode == 0


class Interrupts:
    """One signal for each write of the main thread, at any moment; it counts where the group commit's code runs."""

    def __init__(self) -> None:
        self.count = 0
        signal.signal(signal.SIGALRM, self._arrive)

    def arm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 2e-3))  # noqa: S311 - a moment, no secret

    def _arrive(self, _: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_filename.endswith("sqlite_group.py"):
            self.count += 1
            raise KeyboardInterrupt


def be_interrupted_often(path: Path) -> None:
    """Write from the main thread, interrupted, and from others; fail if anybody waits in vain or was lied to."""
    group, interrupts, over, told = Group(path), Interrupts(), threading.Event(), list[int]()

    def write_on(first: int) -> None:
        number = first
        while not over.is_set():
            with suppress(sqlite3.OperationalError):
                told.append(group.commit.run(partial(take, number)))
            number += _OTHERS + 1

    with ThreadPoolExecutor(_OTHERS) as threads:
        others = [threads.submit(write_on, first) for first in range(1, _OTHERS + 1)]
        number = 0
        while interrupts.count < _INTERRUPTS:
            interrupts.arm()
            with suppress(KeyboardInterrupt):
                group.commit.run(partial(take, number))
            number += _OTHERS + 1
        over.set()
        for other in others:
            other.result()
    with closing(group.connection):
        assert set(told) <= set(group.numbers())
