"""Where work runs: what blocks goes to a thread, what is answered in microseconds stays on the event loop.

A hop through a thread costs more than most reads do.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Work:
    """Runs synchronous calls of the core for asynchronous handlers."""

    def __init__(self, *, prompt: bool, threads: int = 32) -> None:
        """`prompt`: metadata reads take microseconds (`Metadata.prompt`)."""
        self._prompt = prompt
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="work")
        self._readers = ThreadPoolExecutor(threads, thread_name_prefix="read")

    async def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call in a thread: for whatever writes, waits for a disk, or computes for long."""
        return await _run(self._threads, partial(call, *args, **kwargs))

    async def read(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a read of the metadata, on the loop where that is prompt."""
        return call(*args, **kwargs) if self._prompt else await self.fetch(call, *args, **kwargs)

    async def fetch(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a read that may wait, in a thread that no write holds: pulls go on while pushes wait for a lock."""
        return await _run(self._readers, partial(call, *args, **kwargs))


async def _run(threads: ThreadPoolExecutor, call: Callable[[], R]) -> R:
    # In the caller's context: what the thread logs has the id of the request it works for.
    return await asyncio.get_running_loop().run_in_executor(threads, copy_context().run, call)
