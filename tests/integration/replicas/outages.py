"""Requests that are sent again while a part of the cluster is dead, as good clients send them."""

import time
from collections.abc import Callable

import httpx2

# What a proxy says of a dead replica, and a replica of a dead database or store.
OUTAGE = frozenset({502, 503, 504})
RECOVERY_DEADLINE = 60.0
PAUSE = 0.05


def insist(send: Callable[[], httpx2.Response]) -> httpx2.Response:
    """Send until the answer is none of an outage; fail if the cluster does not recover by itself."""
    end = time.monotonic() + RECOVERY_DEADLINE
    answer = attempt(send)
    while answer is None:
        assert time.monotonic() < end, "the cluster did not recover"
        time.sleep(PAUSE)
        answer = attempt(send)
    return answer


def attempt(send: Callable[[], httpx2.Response]) -> httpx2.Response | None:
    """Send once; None if a part of the cluster was dead."""
    try:
        answer = send()
    except httpx2.TransportError:
        return None
    return None if answer.status_code in OUTAGE else answer
