"""Where work runs: what blocks goes to a thread, what is answered in microseconds stays on the event loop.

A hop through a thread costs more than most reads do.
"""

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import Context, copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, Protocol, TypeVar

from pierone_core.errors import RegistryError, Unavailable
from pierone_http.together import Together, leave

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
C = TypeVar("C", bound="_Closes")
# A third of a millisecond of hashing.
_BULK_BYTES = 512 << 10
_Call = tuple[Context, Callable[[], Any], "asyncio.Future[Any]"]


class _Closes(Protocol):
    def close(self) -> None: ...


class Work:
    """Runs synchronous calls of the core for asynchronous handlers."""

    def __init__(
        self, *, prompt: bool, threads: int = 32, waiting: float = math.inf, together: Together | None = None
    ) -> None:
        """`prompt`: metadata reads take microseconds (`Metadata.prompt`); `waiting`: so many may wait for `run`.

        `together`: what is called waits for no network, so its threads stay where the loop is.
        """
        self._prompt = prompt
        self._threads = _Threads(threads, "work", waiting, together)
        self._readers = _Threads(threads, "read", together=together)
        self._bulk = _Threads(threads, "bulk")

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call in a thread: for whatever writes, waits for a disk, or computes for long.

        Raises `Unavailable` if too many calls wait for a thread.
        """
        return await self._threads.run(partial(call, *args, **kwargs))

    async def run_on(self, data: bytes, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call as `run` does what hashes and writes `data`: if that takes long, on any processor.

        It does so without the interpreter, beside everything else.
        """
        if len(data) < _BULK_BYTES:
            return await self.run(call, *args, **kwargs)
        return await self._bulk.run(partial(call, *args, **kwargs))

    @asynccontextmanager
    async def holding(self, call: Callable[P, C], *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[C]:
        """Call what opens something, and close it in the end, at whatever instant the caller is cancelled.

        Raises as `run` does.
        """
        opening = asyncio.ensure_future(self.run(call, *args, **kwargs))
        try:
            yield await asyncio.shield(opening)
        finally:
            closing = asyncio.ensure_future(self._close(opening))
            if opening.done():  # else it may hang
                await asyncio.shield(closing)

    async def _close(self, opening: "asyncio.Future[C]") -> None:
        try:
            opened = await opening
        except RegistryError:  # there is nothing to close
            return
        await self.run(opened.close)

    async def read(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a read of the metadata, on the loop where that is prompt."""
        return call(*args, **kwargs) if self._prompt else await self.fetch(call, *args, **kwargs)

    async def fetch(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a read that may wait, in a thread that no write holds: pulls go on while pushes wait for a lock."""
        return await self._readers.run(partial(call, *args, **kwargs))


class _Threads:
    """Threads that wait for calls; another one begins when none is idle, up to a bound.

    Of 8 visits at a time each costs 6 us of CPU time where `ThreadPoolExecutor`, with a future and several locks for
    each, takes 24. They are daemons: what a process leaves undone at its end is what a crash would leave.
    """

    def __init__(self, most: int, name: str, waiting: float = math.inf, together: Together | None = None) -> None:
        self._most, self._name, self._waiting, self._together = most, name, waiting, together
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._begun = self._unfinished = 0

    def run(self, call: Callable[[], R]) -> "asyncio.Future[R]":
        """Call in a thread, in the caller's context: what the thread logs has the id of its request.

        Whoever is cancelled while the call runs does not stop it. For one event loop at a time. Raises `Unavailable`
        if there is no thread and none can begin.
        """
        if self._unfinished >= self._most + self._waiting:
            raise Unavailable("the registry is busy with what others asked before; ask again in a while")
        if self._begun < min(self._unfinished + 1, self._most):
            self._begin()
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._unfinished += 1
        if self._together:
            self._together.gather()
        self._calls.put((copy_context(), call, future))
        return future

    def _begin(self) -> None:
        """Begin a thread; where the system has none left, those that there are do the work, if there are any."""
        try:
            threading.Thread(target=self._serve, name=f"{self._name}_{self._begun + 1}", daemon=True).start()
        except RuntimeError as error:
            if self._begun:
                return
            raise Unavailable("the registry has no thread left to work in; try again") from error
        self._begun += 1

    def _serve(self) -> None:
        leave()
        if self._together:
            self._together.join(threading.get_native_id())
        while True:
            self._serve_one(*self._calls.get())

    def _serve_one(self, context: Context, call: Callable[[], R], future: "asyncio.Future[R]") -> None:
        finish: Callable[[], object] = future.cancel
        if not future.cancelled():
            try:
                finish = partial(_give, future, future.set_result, context.run(call))
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked
                finish = partial(_give, future, future.set_exception, _settled(error))
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            future.get_loop().call_soon_threadsafe(self._end, finish)
        # An error holds this frame by its traceback: what holds the error would stay until a full garbage collection,
        # and so would what was refused.
        del finish, future

    def _end(self, finish: Callable[[], object]) -> None:
        self._unfinished -= 1
        finish()


def _settled(error: BaseException) -> BaseException:
    """What a future takes: it refuses `StopIteration`, and its caller would wait for ever (as in PEP 479)."""
    if not isinstance(error, StopIteration):
        return error
    settled = RuntimeError("the call raised StopIteration")
    settled.__cause__ = error
    return settled


def _give(future: "asyncio.Future[R]", give: Callable[[T], object], outcome: T) -> None:
    if not future.cancelled():
        give(outcome)
