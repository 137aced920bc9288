"""Kept answers of directories: for how long, for whom, and that many who ask at once cost one question."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.identity.clock import Clock

from pierone_adapters.cache import Answers, CachedApplications, CachedTeams
from pierone_core.caller import SERVICES, Caller
from pierone_core.errors import Unavailable
from pierone_core.ports import Application

ALICE = Caller("alice", token="t0ken-of-alice")
KIO = Caller("stups_kio", realm=SERVICES, token="t0ken-of-kio")
ACTIVE, INACTIVE = Application("myteam", active=True), Application("myteam", active=False)
DEADLINE = 10.0


class Directory:
    """Both directories at once: answers what the test sets, and counts."""

    def __init__(self) -> None:
        """Know nothing."""
        self.answer: Callable[[], Application | None] = lambda: None
        self.asked: list[tuple[str, Caller]] = []

    def has_member(self, team: str, caller: Caller) -> bool:
        """See `TeamDirectory`."""
        return self._answer(team, caller) is not None

    def application_of(self, caller: Caller) -> Application | None:
        """See `ApplicationDirectory`."""
        return self._answer("", caller)

    def _answer(self, team: str, caller: Caller) -> Application | None:
        answer = self.answer  # as it is set when the question comes
        self.asked.append((team, caller))
        return answer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def teams(directory: Directory, clock: Clock) -> CachedTeams:
    return CachedTeams(directory, Answers(clock=clock))


@pytest.fixture
def applications(directory: Directory, clock: Clock) -> CachedApplications:
    return CachedApplications(directory, Answers(clock=clock))


def test_a_membership_is_kept_for_five_minutes(teams: CachedTeams, directory: Directory, clock: Clock) -> None:
    directory.answer = lambda: ACTIVE
    assert teams.has_member("myteam", ALICE)
    directory.answer = lambda: None
    clock.move(299)
    assert teams.has_member("myteam", ALICE)
    assert len(directory.asked) == 1
    clock.move(2)
    assert not teams.has_member("myteam", ALICE)


def test_that_somebody_is_no_member_is_kept_for_seconds(teams: CachedTeams, directory: Directory, clock: Clock) -> None:
    assert not teams.has_member("myteam", ALICE)
    assert not teams.has_member("myteam", ALICE)
    assert len(directory.asked) == 1
    directory.answer = lambda: ACTIVE
    clock.move(6)
    assert teams.has_member("myteam", ALICE)


def test_no_answer_outlives_the_identity_that_asked(teams: CachedTeams, directory: Directory, clock: Clock) -> None:
    directory.answer = lambda: ACTIVE
    leaving = replace(ALICE, expires_at=datetime.now(UTC) + timedelta(seconds=60))
    assert teams.has_member("myteam", leaving)
    clock.move(58)
    assert teams.has_member("myteam", ALICE)
    assert len(directory.asked) == 1
    clock.move(3)
    teams.has_member("myteam", ALICE)
    assert len(directory.asked) == 2


def test_an_identity_that_has_ended_leaves_no_answer(teams: CachedTeams, directory: Directory) -> None:
    directory.answer = lambda: ACTIVE
    for _ in range(2):
        teams.has_member("myteam", replace(ALICE, expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert len(directory.asked) == 2


def test_an_answer_is_for_one_caller_and_one_team(teams: CachedTeams, directory: Directory) -> None:
    directory.answer = lambda: ACTIVE
    assert teams.has_member("myteam", ALICE)
    directory.answer = lambda: None
    others = [replace(ALICE, name="bob"), replace(ALICE, realm="services"), replace(ALICE, token="")]
    assert not any(teams.has_member("myteam", other) for other in others)
    assert not teams.has_member("other", ALICE)
    assert teams.has_member("myteam", replace(ALICE, token="another token of hers"))


def test_nothing_that_is_kept_has_a_token(teams: CachedTeams, directory: Directory) -> None:
    directory.answer = lambda: ACTIVE
    teams.has_member("myteam", ALICE)
    assert ALICE.token not in repr(vars(teams._answers))  # noqa: SLF001 - the point


def test_an_application_is_kept_for_five_minutes_while_it_is_active(
    applications: CachedApplications, directory: Directory, clock: Clock
) -> None:
    directory.answer = lambda: ACTIVE
    assert applications.application_of(KIO) == ACTIVE
    clock.move(299)
    assert applications.application_of(KIO) == ACTIVE
    assert len(directory.asked) == 1
    directory.answer = lambda: INACTIVE
    clock.move(2)
    assert applications.application_of(KIO) == INACTIVE


@pytest.mark.parametrize("answer", [None, INACTIVE])
def test_an_application_without_rights_is_kept_for_seconds(
    applications: CachedApplications, directory: Directory, clock: Clock, answer: Application | None
) -> None:
    directory.answer = lambda: answer
    assert [applications.application_of(KIO) for _ in range(2)] == [answer, answer]
    assert len(directory.asked) == 1
    directory.answer = lambda: ACTIVE
    clock.move(6)
    assert applications.application_of(KIO) == ACTIVE


def test_a_failure_is_not_kept(teams: CachedTeams, directory: Directory) -> None:
    def fail() -> Application:
        raise Unavailable("the team service does not answer")

    directory.answer = fail
    for _ in range(2):
        with pytest.raises(Unavailable):
            teams.has_member("myteam", ALICE)
    directory.answer = lambda: ACTIVE
    assert teams.has_member("myteam", ALICE)


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
        wait_until(lambda: len(directory.asked) == 1)
        directory.answer = lambda: ACTIVE
        assert teams.has_member("other", ALICE)
        assert not slow.done()
        gate.set()
        assert slow.result()


def test_the_oldest_answers_make_room(directory: Directory, clock: Clock) -> None:
    teams = CachedTeams(directory, Answers(3, clock))
    for team in "abcd":
        teams.has_member(team, ALICE)
    teams.has_member("d", ALICE)
    assert len(directory.asked) == 4
    teams.has_member("a", ALICE)
    assert len(directory.asked) == 5


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
        wait_until(lambda: directory.asked != [])
        gate.set()
        return list(asking)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=DEADLINE)
    while not condition():
        assert datetime.now(UTC) < deadline
