"""A blob may come slowly, but not so slowly that it never ends; whoever reads it may take any time."""

import time
from collections.abc import Iterator

import httpx2
import pytest

from pierone_cli.web import flowing

SECONDS = 10.0


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr("pierone_cli.web.ANSWER_SECONDS", SECONDS)
    return clock


def arriving(clock: Clock, seconds: float, *pieces: bytes) -> Iterator[bytes]:
    for piece in pieces:
        clock.now += seconds
        yield piece


def test_pieces_that_bring_enough_come_through_whatever_it_takes(clock: Clock) -> None:
    pieces = [b"x" * 5 * 1024] * 100
    assert list(flowing(arriving(clock, 5.0, *pieces))) == pieces


@pytest.mark.parametrize("before", [[], [b"x" * 1_000_000]], ids=["from-the-start", "after-much"])
def test_pieces_that_bring_too_little_end(clock: Clock, before: list[bytes]) -> None:
    found = flowing(arriving(clock, 5.0, *before, *[b"x"] * 100))
    with pytest.raises(httpx2.ReadTimeout):
        assert len(list(found)) < 10


def test_who_reads_slowly_loses_nothing(clock: Clock) -> None:
    count = 0
    for _ in flowing(arriving(clock, 0.0, *[b"x"] * 100)):
        clock.now += SECONDS
        count += 1
    assert count == 100
