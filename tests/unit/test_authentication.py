"""The memory of who sent a header: how long it lasts, and that requests at once share one question."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.authentication import Source, fall_silent, over, put_forward, refuse, run, turns, until

from pierone_core.caller import Caller, Credentials
from pierone_core.errors import RegistryError, Unauthorized
from pierone_http.auth import Authentication

HEADER = b"Bearer secret"


def ending_in(seconds: float) -> Source:
    return Source(lambda _: Caller("alice", expires_at=datetime.now(UTC) + timedelta(seconds=seconds)))


async def outcome(authentication: Authentication, header: bytes = HEADER) -> Caller | str:
    try:
        return await authentication.caller(header)
    except RegistryError as refusal:
        return refusal.message


@pytest.mark.parametrize("answer", [None, refuse, fall_silent], ids=["caller", "refusal", "silence"])
def test_a_hundred_requests_at_once_are_one_question(answer: Callable[[Credentials], Caller] | None) -> None:
    async def test() -> None:
        source = Source(answer)
        source.may_answer.clear()
        authentication = over(source)
        requests = [asyncio.create_task(outcome(authentication)) for _ in range(100)]
        await until(lambda: len(source.asked) > 0)
        await turns()
        source.may_answer.set()
        answers = await asyncio.gather(*requests)
        assert len(source.asked) == 1
        assert len(set(map(str, answers))) == 1

    run(test())


def test_requests_of_others_do_not_share_the_answer() -> None:
    async def test() -> None:
        authentication = over(Source(lambda credentials: Caller(getattr(credentials, "secret", ""))))
        callers = await asyncio.gather(*(authentication.caller(b"Bearer %040d" % number) for number in range(20)))
        assert [caller.name for caller in callers] == [f"{number:040}" for number in range(20)]

    run(test())


def test_a_caller_is_remembered_for_five_minutes_and_no_longer() -> None:
    async def test() -> None:
        source = Source()
        authentication = over(source)
        await authentication.caller(HEADER)
        put_forward(299)
        await authentication.caller(HEADER)
        assert len(source.asked) == 1
        put_forward(1.1)
        await authentication.caller(HEADER)
        assert len(source.asked) == 2

    run(test())


@pytest.mark.parametrize(("lifetime", "kept", "gone"), [(60, 58, 60.1), (1000, 299, 300.1), (299, 297, 299.1)])
def test_a_caller_is_not_remembered_beyond_the_end_of_the_identity(lifetime: float, kept: float, gone: float) -> None:
    async def test() -> None:
        source = ending_in(lifetime)
        authentication = over(source)
        await authentication.caller(HEADER)
        put_forward(kept)
        await authentication.caller(HEADER)
        assert len(source.asked) == 1
        put_forward(gone - kept)
        await authentication.caller(HEADER)
        assert len(source.asked) == 2

    run(test())


@pytest.mark.parametrize("lifetime", [-3600, -1, -0.001])
def test_a_caller_whose_identity_has_ended_is_not_remembered(lifetime: float) -> None:
    async def test() -> None:
        source = ending_in(lifetime)
        authentication = over(source)
        await authentication.caller(HEADER)
        await authentication.caller(HEADER)
        assert len(source.asked) == 2

    run(test())


def test_a_refusal_is_remembered_for_seconds() -> None:
    async def test() -> None:
        source = Source(refuse)
        authentication = over(source)
        assert await outcome(authentication) == "not you"
        put_forward(1)
        assert await outcome(authentication) == "not you"
        assert len(source.asked) == 1
        put_forward(10)
        source.answer = lambda _: Caller("alice")
        assert await outcome(authentication) == Caller("alice")

    run(test())


def test_a_refusal_that_is_remembered_is_the_same_as_the_first() -> None:
    async def test() -> None:
        authentication = over(Source(refuse))
        for _ in range(2):
            with pytest.raises(Unauthorized, match=r"^not you$") as raised:
                await authentication.caller(HEADER)
            assert raised.value.detail == {"why": "because"}

    run(test())


def test_silence_is_never_remembered() -> None:
    async def test() -> None:
        source = Source(fall_silent)
        authentication = over(source)
        assert await outcome(authentication) == await outcome(authentication) == "no answer"
        assert len(source.asked) == 2
        source.answer = lambda _: Caller("alice")
        assert await outcome(authentication) == Caller("alice")

    run(test())


def test_a_caller_who_is_remembered_gets_in_while_the_source_is_silent() -> None:
    async def test() -> None:
        source = Source()
        authentication = over(source)
        await authentication.caller(HEADER)
        source.answer = fall_silent
        assert await outcome(authentication) == Caller("bearer")

    run(test())


@pytest.mark.parametrize("gone", [[0], [0, 1], [2], [0, 1, 2]])
def test_requests_that_go_away_leave_the_answer_to_the_others(gone: list[int]) -> None:
    async def test() -> None:
        source = Source()
        source.may_answer.clear()
        authentication = over(source)
        requests = [asyncio.create_task(authentication.caller(HEADER)) for _ in range(3)]
        await until(lambda: len(source.asked) > 0)
        for number in gone:
            requests[number].cancel()
        await turns()
        source.may_answer.set()
        for number, request in enumerate(requests):
            if number in gone:
                with pytest.raises(asyncio.CancelledError):
                    await request
            else:
                assert await request == Caller("bearer")
        assert await authentication.caller(HEADER) == Caller("bearer")
        assert len(source.asked) == 1

    run(test())
