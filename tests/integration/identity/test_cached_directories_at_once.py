"""Many who ask directories at once: the same costs one question, and others do not wait."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.integration.identity.directory import ACTIVE, ALICE, Directory
from tests.integration.oci import eventually

from pierone_adapters.cache import CachedTeams
from pierone_core.errors import Unavailable
from pierone_core.ports import Application

DEADLINE = 10.0


def test_many_who_ask_the_same_at_once_share_one_question(teams: CachedTeams, directory: Directory) -> None:
    answers = ask_at_once(teams, directory, lambda: ACTIVE)
    assert answers == [True] * 8
    assert len(directory.asked) == 1


def test_many_who_ask_at_once_share_a_failure_and_the_next_one_asks_anew(
    teams: CachedTeams, directory: Directory
) -> None:
    def fail() -> Application:
        raise Unavailable("the team service does not answer")

    assert ask_at_once(teams, directory, fail) == ["the team service does not answer"] * 8
    directory.answer = lambda: ACTIVE
    assert teams.has_member("myteam", ALICE)


def test_other_questions_do_not_wait(teams: CachedTeams, directory: Directory) -> None:
    gate = threading.Event()
    directory.answer = lambda: ACTIVE if gate.wait(DEADLINE) else None
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(teams.has_member, "myteam", ALICE)
        eventually(lambda: len(directory.asked) == 1)
        directory.answer = lambda: ACTIVE
        assert teams.has_member("other", ALICE)
        assert not slow.done()
        gate.set()
        assert slow.result()


def ask_at_once(teams: CachedTeams, directory: Directory, answer: Callable[[], Application | None]) -> list[bool | str]:
    """What eight threads hear who ask while the first question is under way."""
    gate, waiting = threading.Event(), threading.Semaphore(0)

    def answer_later() -> Application | None:
        gate.wait(DEADLINE)
        return answer()

    def ask(_: int) -> bool | str:
        waiting.release()
        try:
            return teams.has_member("myteam", ALICE)
        except Unavailable as failure:
            return failure.message

    directory.answer = answer_later
    with ThreadPoolExecutor(8) as threads:
        asking = threads.map(ask, range(8))
        assert all(waiting.acquire(timeout=DEADLINE) for _ in range(8))
        eventually(lambda: directory.asked != [])
        gate.set()
        return list(asking)
