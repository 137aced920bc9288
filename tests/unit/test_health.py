"""Readiness: asked once for everybody, bounded in time, and never of a part that is still being asked."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest
from starlette.responses import JSONResponse
from tests.contracts.processes import process

from pierone_core.errors import Unavailable
from pierone_http.health import Readiness

LONG, SHORT = 60.0, 0.01
READY = (200, {"ready": True})


class Store:
    """Counts how often it is asked, and answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False
        self.answers = threading.Event()
        self.answers.set()

    def check(self) -> None:
        """Answer, or raise."""
        self.asked += 1
        self.answers.wait(LONG)
        if self.fails:
            raise Unavailable("no route to the store")


@pytest.fixture
def store() -> Iterator[Store]:
    """Give a store that answers, at the end in any case."""
    made = Store()
    yield made
    made.answers.set()


def read(response: JSONResponse) -> tuple[int, object]:
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, json.loads(bytes(response.body))


async def reports(readiness: Readiness, status: int) -> None:
    """Wait until the answer is another one."""
    async with asyncio.timeout(LONG):
        while (await readiness.response()).status_code != status:  # noqa: ASYNC110 - nobody tells when it changes
            await asyncio.sleep(0.02)


def run(probes: Callable[[], Awaitable[None]]) -> None:
    async def probe() -> None:
        await probes()

    asyncio.run(probe())


def test_everybody_who_asks_within_a_moment_shares_one_answer(store: Store) -> None:
    readiness = Readiness({"store": store.check}, LONG)

    async def probes() -> None:
        answers = await asyncio.gather(*(readiness.response() for _ in range(100)))
        assert {read(answer)[0] for answer in [*answers, await readiness.response()]} == {200}

    run(probes)
    assert store.asked == 1


def test_an_answer_is_not_kept_for_long(store: Store) -> None:
    readiness = Readiness({"store": store.check}, LONG)

    async def probes() -> None:
        assert read(await readiness.response()) == READY
        store.fails = True
        await reports(readiness, 503)
        assert read(await readiness.response()) == (503, {"ready": False, "silent": ["store"]})

    run(probes)
    assert store.asked == 2


def test_a_part_that_hangs_is_named_and_not_asked_again_until_it_answers(store: Store) -> None:
    other = Store()
    readiness = Readiness({"database": other.check, "store": store.check}, SHORT)
    store.answers.clear()

    async def probes() -> None:
        for _ in range(10):
            assert read(await readiness.response()) == (503, {"ready": False, "silent": ["store"]})
        assert store.asked == 1
        store.answers.set()
        await reports(readiness, 200)

    run(probes)


def test_a_change_is_told_once_with_its_reason(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    readiness = Readiness({"store": store.check}, LONG)
    store.fails = True

    async def probes() -> None:
        for _ in range(3):
            assert read(await readiness.response())[0] == 503
        store.fails = False
        await reports(readiness, 200)

    run(probes)
    assert caplog.messages == ["not ready: the store does not answer: no route to the store", "the store answers again"]


def test_a_server_that_ends_is_not_ready_whatever_its_parts_say(store: Store) -> None:
    readiness = Readiness({"store": store.check}, LONG)
    readiness.end()

    async def probes() -> None:
        assert read(await readiness.response()) == (503, {"ready": False, "ending": True})

    run(probes)
    assert store.asked == 0


def probe_a_store_that_hangs() -> None:
    store = Store()
    store.answers.clear()
    readiness = Readiness({"store": store.check}, SHORT)

    async def probe() -> None:
        assert read(await readiness.response())[0] == 503

    run(probe)


def test_a_process_ends_whatever_part_hangs() -> None:
    with process(probe_a_store_that_hangs) as probing:
        probing.join(LONG / 2)
        assert probing.exitcode == 0
