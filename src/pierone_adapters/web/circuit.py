"""A source that does not answer is left alone for a while, instead of making everybody wait for it."""

import threading
import time
from collections.abc import Callable

FAILURES = 5
PAUSE = 5.0


class Circuit:
    """Opens after some failures in a row; then one call in each pause tries whether the source is back."""

    def __init__(
        self, failures: int = FAILURES, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`failures` in a row open it; `pause` in seconds."""
        self._limit, self._pause, self._clock = failures, pause, clock
        self._failures = 0
        self._next_trial = 0.0
        self._mutex = threading.Lock()

    def admits(self) -> bool:
        """Whether a call may be made now; whoever asks when the pause is over holds the trial of the next one."""
        with self._mutex:
            if self._failures < self._limit:
                return True
            if self._clock() < self._next_trial:
                return False
            self._next_trial = self._clock() + self._pause
            return True

    def succeeded(self) -> bool:
        """Note that the source answered; True if that ends an outage."""
        with self._mutex:
            was_open = self._failures >= self._limit
            self._failures = 0
            return was_open

    def failed(self) -> bool:
        """Note that the source did not answer; True if that opens the circuit."""
        with self._mutex:
            self._failures += 1
            self._next_trial = self._clock() + self._pause
            return self._failures == self._limit
