"""Who is known without asking: whom the source vouched for, as long as it did, and nobody else."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.authentication import Source, fall_silent, over, put_forward, refuse, run

from pierone_core.caller import NOBODY, Caller
from pierone_core.errors import RegistryError
from pierone_http.auth import Authentication

HEADER = b"Bearer token"


def known(authentication: Authentication, header: bytes) -> Caller | None:
    return authentication.known(header, asyncio.get_running_loop().time())


def test_a_caller_is_known_after_the_first_answer() -> None:
    async def test() -> None:
        source = Source()
        authentication = over(source)
        assert known(authentication, HEADER) is None
        caller = await authentication.caller(HEADER)
        assert known(authentication, HEADER) is caller
        assert known(authentication, HEADER + b"x") is None
        assert len(source.asked) == 1

    run(test())


@pytest.mark.parametrize("answer", [refuse, fall_silent])
def test_whoever_was_refused_or_not_answered_is_not_known(answer: object) -> None:
    async def test() -> None:
        authentication = over(Source(answer))  # type: ignore[arg-type]
        with suppress(RegistryError):
            await authentication.caller(HEADER)
        assert known(authentication, HEADER) is None

    run(test())


@pytest.mark.parametrize(("lives", "known_for"), [(None, 300), (3600, 300), (60, 60)])
def test_nobody_is_known_for_longer_than_the_source_said(lives: float | None, known_for: float) -> None:
    async def test() -> None:
        ends = datetime.now(UTC) + timedelta(seconds=lives) if lives else None
        authentication = over(Source(lambda _: Caller("short", expires_at=ends)))
        await authentication.caller(HEADER)
        put_forward(known_for - 5)
        assert known(authentication, HEADER)
        put_forward(10)
        assert known(authentication, HEADER) is None

    run(test())


def test_whoever_shows_nothing_is_nobody() -> None:
    async def test() -> None:
        assert known(over(Source()), b"") is NOBODY

    run(test())
