"""Kept answers of directories: for how long, and for whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.identity.clock import Clock
from tests.integration.identity.directory import ACTIVE, ALICE, INACTIVE, Directory

from pierone_adapters.cache import Answers, CachedApplications, CachedTeams
from pierone_core.caller import SERVICES, Caller
from pierone_core.errors import Unavailable
from pierone_core.ports import Application

KIO = Caller("stups_kio", realm=SERVICES, token="t0ken-of-kio")


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


def test_the_oldest_answers_make_room(directory: Directory, clock: Clock) -> None:
    teams = CachedTeams(directory, Answers(3, clock))
    for team in "abcd":
        teams.has_member(team, ALICE)
    teams.has_member("d", ALICE)
    assert len(directory.asked) == 4
    teams.has_member("a", ALICE)
    assert len(directory.asked) == 5
