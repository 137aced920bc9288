"""Judging pushes while a directory does not answer: who waits for it, and who does not."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from tests.integration.oci import eventually

from pierone_core.access_policy import WRITE, AccessPolicy
from pierone_core.caller import INSTANCES, SERVICES, Caller, Grants
from pierone_core.errors import Denied
from pierone_core.ports import Application
from pierone_core.values import Repository
from pierone_http.judgement import Judgement

OUR_APP = Repository("ours/app")
# More than there are threads.
MANY = 40
ROBOT = Caller("robot", realm=SERVICES, scopes=frozenset({WRITE}))


class Hanging:
    """Both directories: they answer when `over` is set, and note who was asked about."""

    def __init__(self) -> None:
        self.over, self.asked = threading.Event(), list[str]()

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        self.asked.append(caller.name)
        assert self.over.wait(30)
        return team == "ours"

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        self.asked.append(caller.name)
        assert self.over.wait(30)
        return Application("ours", active=True)


def judge_meanwhile(
    callers: list[Caller], meanwhile: Callable[[Judgement, Hanging], Awaitable[None]], repository: Repository = OUR_APP
) -> list[BaseException | None]:
    """What becomes of pushes of `callers`, which wait for a directory until `meanwhile` is over."""

    async def judge() -> list[BaseException | None]:
        directory = Hanging()
        judgement = Judgement(AccessPolicy(directory, directory))
        pushes = [asyncio.ensure_future(judgement.check_push(caller, repository)) for caller in callers]
        try:
            async with asyncio.timeout(20):
                await asyncio.to_thread(eventually, lambda: directory.asked != [])
                await meanwhile(judgement, directory)
            assert not any(push.done() for push in pushes)
        finally:
            directory.over.set()
        return await asyncio.gather(*pushes, return_exceptions=True)

    return asyncio.run(judge())


def test_where_the_rules_alone_decide_nobody_waits_for_a_directory() -> None:
    async def decide(judgement: Judgement, _: Hanging) -> None:
        await judgement.check_push(Caller("member by token", teams=frozenset({"ours"})), OUR_APP)
        await judgement.check_push(Caller("by grant", grants=Grants(frozenset({("ours/app", "push")}))), OUR_APP)
        with pytest.raises(Denied, match="realm instances may only pull"):
            await judgement.check_push(Caller("instance", realm=INSTANCES), OUR_APP)

    assert judge_meanwhile([Caller(f"caller {number}") for number in range(MANY)], decide) == [None] * MANY


def test_of_one_caller_one_question_is_asked_at_a_time() -> None:
    async def ask_for_another(judgement: Judgement, directory: Hanging) -> None:
        other = asyncio.ensure_future(judgement.check_push(ROBOT, OUR_APP))
        await asyncio.to_thread(eventually, lambda: "robot" in directory.asked)
        assert directory.asked == ["greedy", "robot"]
        assert not other.done()
        others.append(other)

    others: list[asyncio.Future[None]] = []
    assert judge_meanwhile([Caller("greedy")] * MANY, ask_for_another) == [None] * MANY
    assert [other.result() for other in others] == [None]


def test_who_may_not_push_by_the_directory_is_told_why() -> None:
    async def wait(_: Judgement, __: Hanging) -> None:
        await asyncio.sleep(0)

    [refusal] = judge_meanwhile([Caller("stranger")], wait, Repository("theirs/app"))
    assert isinstance(refusal, Denied)
    assert "not a member of team theirs" in refusal.message
