"""Removes unfinished uploads that nobody goes on with, while the server runs.

Of servers that share a database one sweeps at a time, and another one when that dies.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from datetime import timedelta

from pierone_core.errors import RegistryError
from pierone_core.push_blobs import BlobPush
from pierone_http.work import Work

Alone = Callable[[str], AbstractContextManager[bool]]

_LOG = logging.getLogger(__name__)


class Sweeper:
    """Sweeps at start and then again and again."""

    def __init__(self, push: BlobPush, alone: Alone, work: Work, max_age: float, interval: float) -> None:
        """`alone`: of `Metadata`; `max_age` and `interval` in seconds."""
        self._push, self._alone, self._work = push, alone, work
        self._max_age, self._interval = timedelta(seconds=max_age), interval

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweep in the background while the context is open."""
        task = asyncio.create_task(self._sweep_for_ever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                removed = await self._work.run(self._sweep)
                if removed:
                    _LOG.info("removed %s unfinished uploads", removed)
            except RegistryError as error:
                _LOG.warning("could not remove unfinished uploads: %s", error.message)
            except Exception:  # noqa: BLE001 - nobody else would begin again
                _LOG.exception("could not remove unfinished uploads")
            await asyncio.sleep(self._interval)

    def _sweep(self) -> int:
        with self._alone("sweep") as is_ours:
            if is_ours:
                return self._push.sweep(self._max_age)
        _LOG.debug("another server removes unfinished uploads at this moment")
        return 0
