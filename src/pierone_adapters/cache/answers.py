"""Answers that are kept for a time. Who asks the same while an answer is on its way waits for that one."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Value = TypeVar("Value")

_MAX_ANSWERS = 10_000


class Answers(Generic[Value]):
    """At most `max_answers` of them; the oldest go first. Failures are not kept."""

    def __init__(self, max_answers: int = _MAX_ANSWERS, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds."""
        self._max, self._clock = max_answers, clock
        self._kept: dict[Hashable, tuple[Value, float]] = {}
        self._awaited: dict[Hashable, Future[Value]] = {}
        self._mutex = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[], Value], seconds: Callable[[Value], float]) -> Value:
        """The answer kept under `key`, or what `ask` answers, which is then kept for `seconds` of it."""
        with self._mutex:
            kept = self._kept.get(key)
            if kept is not None and self._clock() < kept[1]:
                return kept[0]
            mine: Future[Value] = Future()
            awaited = self._awaited.setdefault(key, mine)
        try:
            return self._ask(key, mine, ask, seconds) if awaited is mine else awaited.result()
        finally:
            del mine, awaited  # a failure holds this frame by its traceback, and would hold itself

    def _ask(
        self, key: Hashable, future: Future[Value], ask: Callable[[], Value], seconds: Callable[[Value], float]
    ) -> Value:
        try:
            value = ask()
            self._keep(key, value, seconds(value))
            future.set_result(value)
        except BaseException as error:
            future.set_exception(error)
            raise
        finally:
            with self._mutex:
                del self._awaited[key]
            del future  # as above
        return value

    def _keep(self, key: Hashable, value: Value, seconds: float) -> None:
        with self._mutex:
            self._kept.pop(key, None)
            self._kept[key] = (value, self._clock() + seconds)
            if len(self._kept) > self._max:
                del self._kept[next(iter(self._kept))]
