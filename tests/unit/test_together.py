"""Threads that push are where the event loop is, while they push; everything else goes anywhere."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pierone_http import together
from pierone_http.together import Together
from pierone_http.work import Work

ANYWHERE = os.sched_getaffinity(0)
LARGE = bytes(1 << 20)


def places() -> set[int]:
    return os.sched_getaffinity(0)


def apart(ask: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it in a loop of a thread of its own: what is left of it ends with the thread."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(ask())
        except BaseException as failure:  # noqa: BLE001 - raised below
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def test_calls_run_on_the_processor_of_the_loop() -> None:
    async def ask() -> None:
        company = Together()
        work = Work(prompt=True, together=company)
        with company.running():
            for _ in range(100):
                for called in work.run, work.fetch:
                    there = await called(places)
                    assert len(there) == 1
                    assert places() in (there, ANYWHERE)  # let go in between

    apart(ask)


def test_threads_that_wait_are_taken_along_when_the_loop_has_moved() -> None:
    async def ask() -> None:
        company = Together()
        work = Work(prompt=True, together=company)
        with company.running():
            for processor in sorted(ANYWHERE) * 2:
                await asyncio.sleep(0.15)
                os.sched_setaffinity(0, {processor})
                assert await work.run(places) == {processor}

    apart(ask)


def test_threads_that_are_woken_do_not_push_the_loop_aside() -> None:
    async def ask() -> None:
        work = Work(prompt=True, together=Together())
        assert await work.run(os.sched_getscheduler, 0) == os.SCHED_BATCH
        assert os.sched_getscheduler(0) == os.SCHED_OTHER
        assert await work.run_on(LARGE, os.sched_getscheduler, 0) == os.SCHED_OTHER

    apart(ask)


def test_the_loop_is_let_go_soon_and_at_the_end() -> None:
    async def ask() -> None:
        company = Together()
        work = Work(prompt=True, together=company)
        with company.running():
            await work.run(time.sleep, 0)
            await work.run(time.sleep, 0)
            assert len(places()) == 1
            await asyncio.sleep(0.15)
            assert places() == ANYWHERE
            await work.run(time.sleep, 0)
        assert places() == ANYWHERE
        await work.run(time.sleep, 0)  # a loop that goes on, such as an embedder's
        assert places() == ANYWHERE

    apart(ask)


def test_what_is_large_and_what_is_not_near_goes_anywhere_though_a_held_loop_began_the_thread() -> None:
    async def ask() -> None:
        company = Together()
        work, passwords = Work(prompt=True, together=company), Work(prompt=False)
        with company.running():
            await work.run(time.sleep, 0)
            assert len(places()) == 1
            assert await work.run_on(LARGE, places) == ANYWHERE
            assert len(await work.run_on(b"small", places)) == 1
            assert await passwords.run(places) == ANYWHERE

    apart(ask)


def test_what_taskset_left_of_the_processors_is_kept() -> None:
    async def ask() -> None:
        left = {max(ANYWHERE)}
        os.sched_setaffinity(0, left)
        company = Together()
        work = Work(prompt=True, together=company)
        with company.running():
            await work.run(time.sleep, 0)
            assert await work.run_on(LARGE, places) == left
        assert places() == left

    apart(ask)


def test_processors_that_a_cpuset_may_gain_are_not_refused() -> None:
    async def ask() -> None:
        with Together().running():
            assert {*Together.limit} in ({*range(os.sysconf("SC_NPROCESSORS_CONF"))}, ANYWHERE)
            os.sched_setaffinity(0, Together.limit)
            assert places() == ANYWHERE

    apart(ask)


def test_of_two_applications_in_a_process_one_holds_its_loop_and_both_leave_it_as_it_was() -> None:
    async def ask() -> None:
        first, second = Together(), Together()
        works = [Work(prompt=True, together=company) for company in (first, second)]
        with first.running():
            with second.running():
                for work, there in zip(works, (1, len(ANYWHERE)), strict=True):
                    assert len(await work.run(places)) == there
                    assert len(places()) == 1
            await asyncio.sleep(0.15)
            assert places() == ANYWHERE
        assert places() == ANYWHERE

    apart(ask)


def test_a_loop_in_another_thread_is_left_alone() -> None:
    company = Together()
    work = Work(prompt=True, together=company)

    async def ask() -> None:
        with company.running():
            await work.run(time.sleep, 0)
            assert places() == ANYWHERE

    with company.running():
        apart(ask)
    assert places() == ANYWHERE


def test_a_thread_that_has_ended_is_passed_over() -> None:
    async def ask() -> None:
        company = Together()
        company.join(1 << 22)  # above every number that Linux gives
        with company.running():
            company.gather()
            assert len(places()) == 1

    apart(ask)


def test_where_the_system_has_no_such_call_threads_run_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_IS_KNOWN", False)

    async def ask() -> None:
        company = Together()
        work = Work(prompt=True, together=company)
        with company.running():
            assert await work.run(places) == ANYWHERE
            assert await work.run(os.sched_getscheduler, 0) == os.SCHED_OTHER
            assert places() == ANYWHERE

    apart(ask)
