"""`Authentication` over an identity source and a clock that tests hold in their hands."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from pierone_adapters.jwt import JwtIssuer, new_key
from pierone_core.caller import NOBODY, BearerToken, Caller, Credentials
from pierone_core.errors import Unauthorized, Unavailable
from pierone_http.auth import Authentication
from pierone_http.work import Work

WAIT_SECONDS = 20.0
KEY = new_key()


class Source:
    """`Identity` that answers when it is let to, and counts."""

    nobody = NOBODY

    def __init__(self, answer: Callable[[Credentials], Caller] | None = None) -> None:
        """`answer` may raise."""
        self.answer = answer or (lambda credentials: Caller(_name(credentials)))
        self.asked: list[Credentials] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._lock = threading.Lock()

    def authenticate(self, credentials: Credentials) -> Caller:
        """See `Identity`."""
        with self._lock:
            self.asked.append(credentials)
        assert self.may_answer.wait(WAIT_SECONDS)
        return self.answer(credentials)


def refuse(_: Credentials) -> Caller:
    """Say no."""
    raise Unauthorized("not you", {"why": "because"})


def fall_silent(_: Credentials) -> Caller:
    """Say nothing."""
    raise Unavailable("no answer")


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time can be put forward."""

    ahead = 0.0

    def time(self) -> float:
        """Seconds."""
        return super().time() + self.ahead


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run on an event loop with such a clock."""
    with asyncio.Runner(loop_factory=Clock) as runner:
        runner.run(test)


def put_forward(seconds: float) -> None:
    """Let time pass."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Clock)
    loop.ahead += seconds


def over(source: Source) -> Authentication:
    """What is tested."""
    return Authentication(source, JwtIssuer([KEY]), Work(prompt=False, threads=4))


async def turns(count: int = 20) -> None:
    """Let every task that can go on do so."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for another thread."""
    deadline = datetime.now(UTC).timestamp() + WAIT_SECONDS
    while not condition():
        assert datetime.now(UTC).timestamp() < deadline
        await asyncio.sleep(0.001)


def _name(credentials: Credentials) -> str:
    return "bearer" if isinstance(credentials, BearerToken) else credentials.user
