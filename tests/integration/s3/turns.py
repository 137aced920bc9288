"""Two requests at two replicas that take turns: each stops before a chosen one of its requests to S3."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_core.errors import RegistryError

Result = TypeVar("Result")


class Gate:
    """Lets so many requests of a replica pass, and all others when it is opened."""

    def __init__(self, proxy: FaultProxy, requests: int) -> None:
        """`proxy`: before S3, and of one replica alone."""
        self._left, self._open = threading.Semaphore(requests), threading.Event()
        self.stopped = threading.Event()
        proxy.treat = self._treat

    def _treat(self, exchange: Exchange) -> None:
        if not self._left.acquire(blocking=False):
            self.stopped.set()
            self._open.wait()
        exchange.pass_on()

    def run(self, call: Callable[[], Result]) -> Result | RegistryError:
        """What the call returned, or was refused with; `stopped` is set then as well."""
        try:
            return call()
        except RegistryError as refusal:
            return refusal
        finally:
            self.stopped.set()

    def open(self) -> None:
        """Let everything pass."""
        self._open.set()


def in_turns(gates: Sequence[Gate], calls: Sequence[Callable[[], Result]]) -> list[Result | RegistryError]:
    """Run each call to its gate, one after the other, then each to its end; what it returned, or was refused with."""
    with ThreadPoolExecutor(len(calls)) as pool:
        running = [_started(pool, gate, call) for gate, call in zip(gates, calls, strict=True)]
        return [_ended(gate, future) for gate, future in zip(gates, running, strict=True)]


def _started(pool: ThreadPoolExecutor, gate: Gate, call: Callable[[], Result]) -> "Future[Result | RegistryError]":
    future = pool.submit(gate.run, call)
    gate.stopped.wait()
    return future


def _ended(gate: Gate, future: "Future[Result]") -> Result:
    gate.open()
    return future.result()
