"""What `UploadSessions` promises: a session is found by whoever started it, until it is removed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.content import APP, AT, OTHER
from tests.contracts.threads import MANY, all_at_once

from pierone_adapters.filesystem import FilesystemUploadSessions
from pierone_core.errors import Unavailable
from pierone_core.ports import UploadSessions
from pierone_core.records import UploadSession
from pierone_core.values import Repository

Start = Callable[..., UploadSession]
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def start(sessions: UploadSessions) -> Start:
    """Give what starts alice's upload, but for what is given."""

    def started(starter: str = "people/alice", at: datetime = AT) -> UploadSession:
        return sessions.start(APP, starter, "sha256", at)

    return started


def find(sessions: UploadSessions, session: UploadSession) -> UploadSession | None:
    return sessions.find(session.id, session.repository, session.starter)


@pytest.mark.parametrize(
    ("repository", "starter", "algorithm"),
    [
        (APP, "people/alice", "sha256"),
        (OTHER, "services/ünï cödé \N{WHALE}", "sha512"),
        (Repository("a/" + "b" * 200), "p" * 2000, "sha256"),
    ],
)
def test_a_session_is_found_as_it_was_started(
    sessions: UploadSessions, repository: Repository, starter: str, algorithm: str
) -> None:
    session = sessions.start(repository, starter, algorithm, AT)
    assert session == UploadSession(session.id, repository, starter, algorithm)
    assert find(sessions, session) == session


def test_a_session_is_found_by_nobody_else_and_nowhere_else(sessions: UploadSessions, start: Start) -> None:
    session = start()
    assert sessions.find(session.id, APP, "people/bob") is None
    assert sessions.find(session.id, APP, "services/alice") is None
    assert sessions.find(session.id, OTHER, session.starter) is None
    start(starter="people/bob")
    assert sessions.find(session.id, APP, "people/bob") is None


def test_no_session_has_the_id_of_another(start: Start) -> None:
    assert len({start().id for _ in range(20)}) == 20


def test_an_unknown_session_is_not_found(sessions: UploadSessions, start: Start) -> None:
    known = start()
    unknown = known.id[:-1] + ("0" if known.id[-1] != "0" else "1")
    outside = [f"../uploads/{known.id}", f"./{known.id}", f"{known.id}/", "..", "", "i" * 300]
    for other in (unknown, known.id[1:], known.id.upper(), *outside):
        assert sessions.find(other, known.repository, known.starter) is None


def test_a_removed_session_is_forgotten_and_no_other(sessions: UploadSessions, start: Start) -> None:
    session, other = start(), start()
    sessions.remove(session.id)
    assert find(sessions, session) is None
    assert find(sessions, other) == other


def test_removing_an_unknown_session_is_harmless(sessions: UploadSessions, start: Start) -> None:
    session = start()
    sessions.remove(session.id)
    sessions.remove(session.id)
    assert find(sessions, session) is None


def test_sessions_are_found_by_when_they_were_started(sessions: UploadSessions, start: Start) -> None:
    ids = [start(at=AT + number * SECOND).id for number in range(4)]
    assert list(sessions.started_before(AT)) == []
    assert sorted(sessions.started_before(AT + 2 * SECOND)) == sorted(ids[:2])
    assert sorted(sessions.started_before(AT + DAY)) == sorted(ids)


def test_the_smallest_difference_in_time_counts(sessions: UploadSessions, start: Start) -> None:
    latest = datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    for at in (AT, latest):
        session = start(at=at)
        assert session.id not in sessions.started_before(at)
        assert session.id in sessions.started_before(at + timedelta(microseconds=1))


def test_times_of_any_zone_are_the_same_point_in_time(sessions: UploadSessions, start: Start) -> None:
    tokyo = timezone(timedelta(hours=9))
    session = start(at=AT.astimezone(tokyo))
    assert list(sessions.started_before(AT.astimezone(tokyo) - timedelta(minutes=1))) == []
    assert list(sessions.started_before(AT + timedelta(minutes=1))) == [session.id]


def test_a_removed_session_is_not_found_by_its_time(sessions: UploadSessions, start: Start) -> None:
    sessions.remove(start().id)
    assert list(sessions.started_before(AT + DAY)) == []


def test_many_sessions_can_come_and_go_at_once(sessions: UploadSessions, start: Start) -> None:
    started: list[UploadSession] = []
    all_at_once([lambda: started.append(start()) for _ in range(MANY)])
    assert [find(sessions, session) for session in started] == started
    all_at_once([partial(sessions.remove, session.id) for session in started[1:]])
    assert list(sessions.started_before(AT + DAY)) == [started[0].id]


def test_an_upload_on_a_disk_that_cannot_be_asked_is_not_taken_for_unknown(tmp_path: Path) -> None:
    sessions = FilesystemUploadSessions(tmp_path)
    session = sessions.start(APP, "people/alice", "sha256", AT)
    (tmp_path / "uploads").rename(tmp_path / "away")
    (tmp_path / "uploads").touch()
    with pytest.raises(Unavailable):
        find(sessions, session)
