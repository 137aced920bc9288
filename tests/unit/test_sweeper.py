"""The sweeper goes on, whatever happens to one sweep."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_core.errors import Unavailable
from pierone_core.registry import Registry
from pierone_http.sweeper import Sweeper
from pierone_http.work import Work

PATIENCE = 30.0


@pytest.mark.parametrize("failure", [Unavailable("no route to the database"), OSError("No locks available")])
def test_a_sweep_that_fails_is_told_and_not_the_last(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    swept = []

    @contextmanager
    def alone(name: str) -> Iterator[bool]:
        swept.append(name)
        if len(swept) == 1:
            raise failure
        yield False

    async def sweep() -> None:
        push = Registry.over(memory_metadata(), MemoryBlobStore()).push_blobs
        sweeper = Sweeper(push, alone, Work(prompt=False), max_age=1.0, interval=0.01)
        async with asyncio.timeout(PATIENCE), sweeper.running():
            while len(swept) < 2:  # noqa: ASYNC110 - a thread appends
                await asyncio.sleep(0.01)

    asyncio.run(sweep())
    assert "could not remove unfinished uploads" in caplog.text
    assert str(failure) in caplog.text
