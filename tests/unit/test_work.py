"""Work in threads: results, failures, bounds, and what a request that is given up leaves."""

import asyncio
import threading
import weakref
from contextlib import suppress
from contextvars import ContextVar

import pytest
from tests.garbage import Data, no_collection
from tests.threads import no_thread_can_begin

from pierone_core.errors import Unavailable
from pierone_http.work import Work

NAME: ContextVar[str] = ContextVar("name")
THREADS = 3


def test_what_a_call_returns_or_raises_comes_back() -> None:
    async def ask() -> int:
        work = Work(prompt=False)
        with pytest.raises(ZeroDivisionError):
            await work.run(lambda: 1 // 0)
        return await work.run(max, 3, 4)

    assert asyncio.run(ask()) == 4


def test_a_call_that_raises_what_no_future_takes_is_answered() -> None:
    async def ask() -> None:
        async with asyncio.timeout(10):
            await Work(prompt=False).run(next, iter(()))

    with pytest.raises(RuntimeError, match="StopIteration") as failure:
        asyncio.run(ask())
    assert isinstance(failure.value.__cause__, StopIteration)


def test_a_call_runs_in_the_context_of_its_request_in_another_thread() -> None:
    async def ask() -> tuple[str, int]:
        NAME.set("request")
        return await Work(prompt=True).run(lambda: (NAME.get(), threading.get_ident()))

    name, thread = asyncio.run(ask())
    assert name == "request"
    assert thread != threading.get_ident()


def test_so_many_calls_run_at_once_and_never_more() -> None:
    together = threading.Barrier(THREADS, timeout=30)
    running, most = [0], [0]
    mutex = threading.Lock()

    def call() -> None:
        with mutex:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait()
        with mutex:
            running[0] -= 1

    async def ask() -> None:
        work = Work(prompt=False, threads=THREADS)
        await asyncio.gather(*(work.run(call) for _ in range(4 * THREADS)))

    asyncio.run(ask())
    assert most == [THREADS]


def test_a_thread_that_is_idle_is_used_again() -> None:
    async def ask() -> set[int]:
        work = Work(prompt=False, threads=THREADS)
        return {await work.run(threading.get_ident) for _ in range(10)}

    assert len(asyncio.run(ask())) == 1


def test_a_call_whose_request_is_given_up_ends_and_one_that_had_not_begun_does_not_begin() -> None:
    begun, may_end, calls = threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        begun.set()
        assert may_end.wait(30)
        calls.append("slow")

    async def ask() -> None:
        work = Work(prompt=False, threads=1)
        first = asyncio.ensure_future(work.run(slow))
        second = asyncio.ensure_future(work.run(calls.append, "second"))
        await asyncio.to_thread(begun.wait, 30)
        first.cancel()
        second.cancel()
        may_end.set()
        await work.run(calls.append, "third")
        assert first.cancelled()
        assert second.cancelled()

    asyncio.run(ask())
    assert calls == ["slow", "third"]


class Opened:
    """Something open, until it is closed."""

    def __init__(self) -> None:
        self.is_closed = threading.Event()

    def close(self) -> None:
        """Close it."""
        self.is_closed.set()


@pytest.mark.parametrize("is_open", [False, True])
def test_what_is_held_is_closed_when_its_request_is_given_up_while_it_is_opened_or_closed(*, is_open: bool) -> None:
    opened, may_go_on = Opened(), threading.Event()
    if is_open:
        may_go_on.set()

    def begin() -> Opened:
        may_go_on.wait(30)
        return opened

    async def hold(work: Work) -> None:
        async with work.holding(begin):
            may_go_on.clear()
            waiting = asyncio.ensure_future(work.run(may_go_on.wait, 30))  # closing has its turn after it
            await asyncio.sleep(0)
        await waiting

    async def ask() -> None:
        holding = asyncio.create_task(hold(Work(prompt=False, threads=1)))
        await asyncio.sleep(0.1)
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding
        assert not opened.is_closed.is_set()
        may_go_on.set()
        assert await asyncio.to_thread(opened.is_closed.wait, 30)

    asyncio.run(ask())


def test_a_call_that_outlives_its_loop_leaves_the_thread_to_the_next() -> None:
    work, may_end = Work(prompt=False, threads=1), threading.Event()

    async def leave() -> None:
        waiting = asyncio.ensure_future(work.run(may_end.wait, 30))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leave())
    may_end.set()
    assert asyncio.run(work.run(max, 1, 2)) == 2


def test_reads_do_not_wait_for_threads_that_write() -> None:
    may_end = threading.Event()

    async def ask() -> int:
        work = Work(prompt=False, threads=1)
        writing = asyncio.ensure_future(work.run(may_end.wait, 30))
        await asyncio.sleep(0)
        answer = await work.fetch(max, 1, 2)
        may_end.set()
        await writing
        return answer

    assert asyncio.run(ask()) == 2


def test_a_thread_that_could_not_begin_is_begun_for_the_next_call() -> None:
    calls = list[str]()

    async def ask() -> None:
        work = Work(prompt=False, threads=1)
        with no_thread_can_begin(), pytest.raises(Unavailable):
            await work.run(calls.append, "refused")
        async with asyncio.timeout(30):
            await work.run(calls.append, "next")

    asyncio.run(ask())
    assert calls == ["next"]


def test_where_no_further_thread_can_begin_those_that_there_are_do_the_work() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert may_end.wait(30)

    async def ask() -> int:
        work = Work(prompt=False, threads=THREADS)
        first = asyncio.ensure_future(work.run(slow))
        await asyncio.to_thread(begun.wait, 30)
        with no_thread_can_begin():
            second = asyncio.ensure_future(work.run(max, 1, 2))
            await asyncio.sleep(0)
        may_end.set()
        await first
        return await second

    assert asyncio.run(ask()) == 2


def refuse(data: Data) -> None:
    raise Unavailable(str(data))


def test_what_was_refused_is_gone_with_its_answer_without_a_garbage_collection() -> None:
    async def ask(work: Work, data: Data) -> "weakref.ref[Data]":
        with suppress(Unavailable):
            await work.run(refuse, data)
        return weakref.ref(data)

    async def ask_and_wait() -> "weakref.ref[Data]":
        work = Work(prompt=False, threads=1)
        refused = await ask(work, Data())
        await work.run(max, 1, 2)  # the thread has left the call before
        return refused

    with no_collection():
        assert asyncio.run(ask_and_wait())() is None
