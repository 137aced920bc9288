"""What `UploadSessions` promises: a session is remembered as it was, until it is removed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.content import APP, AT, OTHER
from tests.contracts.threads import MANY, all_at_once

from pierone_adapters.filesystem import FilesystemUploadSessions
from pierone_core.ports import UploadSessions
from pierone_core.records import UploadSession

SESSION = UploadSession("id-1", APP, "alice", "sha256", AT)


@pytest.mark.parametrize(
    "session",
    [
        SESSION,
        replace(SESSION, repository=OTHER, starter="ünï cödé \N{WHALE}", algorithm="sha512"),
        replace(SESSION, started_at=datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_a_session_is_found_as_it_was_added(sessions: UploadSessions, session: UploadSession) -> None:
    sessions.add(session)
    assert sessions.get(session.id) == session


def test_an_unknown_session_is_not_found(sessions: UploadSessions) -> None:
    sessions.add(SESSION)
    assert sessions.get("id-2") is None
    assert sessions.get("") is None


def test_a_removed_session_is_forgotten_and_no_other(sessions: UploadSessions) -> None:
    other = replace(SESSION, id="id-2")
    sessions.add(SESSION)
    sessions.add(other)
    sessions.remove(SESSION.id)
    assert sessions.get(SESSION.id) is None
    assert sessions.get(other.id) == other


def test_removing_an_unknown_session_is_harmless(sessions: UploadSessions) -> None:
    sessions.remove("id-1")
    sessions.add(SESSION)
    sessions.remove("id-1")
    sessions.remove("id-1")
    assert sessions.get("id-1") is None


def test_sessions_are_found_by_when_they_were_started(sessions: UploadSessions) -> None:
    second = timedelta(seconds=1)
    for number in range(4):
        sessions.add(replace(SESSION, id=f"id-{number}", started_at=AT + number * second))
    assert list(sessions.started_before(AT)) == []
    assert sorted(sessions.started_before(AT + 2 * second)) == ["id-0", "id-1"]
    assert len(sessions.started_before(AT + timedelta(days=1))) == 4


def test_the_smallest_difference_in_time_counts(sessions: UploadSessions) -> None:
    sessions.add(SESSION)
    assert list(sessions.started_before(AT)) == []
    assert list(sessions.started_before(AT + timedelta(microseconds=1))) == [SESSION.id]


def test_times_of_any_zone_are_the_same_point_in_time(sessions: UploadSessions) -> None:
    tokyo = timezone(timedelta(hours=9))
    session = replace(SESSION, started_at=AT.astimezone(tokyo))
    sessions.add(session)
    assert sessions.get(SESSION.id) == session
    assert list(sessions.started_before(AT.astimezone(tokyo) - timedelta(minutes=1))) == []
    assert list(sessions.started_before(AT + timedelta(minutes=1))) == [session.id]


def test_a_removed_session_is_not_found_by_its_time(sessions: UploadSessions) -> None:
    sessions.add(SESSION)
    sessions.remove(SESSION.id)
    assert list(sessions.started_before(AT + timedelta(days=1))) == []


def test_many_sessions_can_come_and_go_at_once(sessions: UploadSessions) -> None:
    started = [replace(SESSION, id=f"id-{number}") for number in range(MANY)]
    all_at_once([partial(sessions.add, session) for session in started])
    assert [sessions.get(session.id) for session in started] == started
    all_at_once([partial(sessions.remove, session.id) for session in started[1:]])
    assert list(sessions.started_before(AT + timedelta(days=1))) == [started[0].id]


def test_an_id_that_leads_elsewhere_is_no_session(sessions: UploadSessions) -> None:
    sessions.add(SESSION)
    for other in ("../sessions/id-1", "./id-1", "id-1/", "..", "", "i" * 300, "ID-1"):
        assert sessions.get(other) is None


def test_a_server_that_died_while_it_made_a_session_leaves_none(tmp_path: Path) -> None:
    sessions = FilesystemUploadSessions(tmp_path)
    (tmp_path / "sessions" / SESSION.id).touch()
    assert sessions.get(SESSION.id) is None
    assert list(sessions.started_before(datetime.now(UTC) + timedelta(days=1))) == [SESSION.id]
