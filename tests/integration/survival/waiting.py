"""Waiting for what another process does."""

import time
from collections.abc import Callable

DEADLINE = 20.0
POLL_INTERVAL = 0.02


def wait_until(condition: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    """Return as soon as `condition` holds; fail with `what` did not happen after `deadline` seconds."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"not within {deadline:g} s: {what}"
        time.sleep(POLL_INTERVAL)
