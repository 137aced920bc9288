"""Who is given what is kept: whoever is known and may have it; the others are judged by the application."""

import asyncio
import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.oci import digest_of, eventually
from tests.unit.authentication import Source
from tests.unit.hot_server import ALICE, HOT, IMAGE, TAG, HotServer

from pierone_adapters.identity import OpenIdentity
from pierone_core.caller import ANONYMOUS, PULL, Caller, Credentials, Grants, Password
from pierone_core.errors import Unauthorized

WRONG = "Authorization: Basic " + base64.b64encode(b"alice:guess").decode()
MALLORY = "Authorization: Basic " + base64.b64encode(b"mallory:secret").decode()
BEARER = "Authorization: Bearer short"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HotServer]:
    with HotServer(tmp_path, asyncio.new_event_loop) as running:
        server = running.fill()
        for method, target in HOT:
            assert not server.answers_itself(method, target) or method == "HEAD"
        yield server


def status(server: HotServer, *fields: str, method: str = "GET", target: str = TAG) -> int:
    """What a request with no fields but these is answered."""
    with server.wire() as wire:
        wire.send(method, target, *fields)
        return int(wire.answer(method).split()[1])


@pytest.mark.parametrize(("method", "target"), HOT)
@pytest.mark.parametrize("field", [WRONG, MALLORY, BEARER, "Authorization: nonsense", "X: y"])
def test_nobody_else_is_given_what_is_kept(server: HotServer, method: str, target: str, field: str) -> None:
    assert status(server, field, method=method, target=target) == 401
    assert status(server, field, method=method, target=target) == 401  # the refusal is remembered, too


def test_the_first_of_two_authorizations_counts(server: HotServer) -> None:
    assert status(server, WRONG, ALICE) == 401
    assert status(server, ALICE, WRONG) == 200


def test_trailer_fields_are_no_header_fields(server: HotServer) -> None:
    trailers = "Transfer-Encoding: chunked\r\n\r\n0"  # what is sent next comes behind the body
    assert status(server, trailers, ALICE) == 401
    assert status(server, ALICE, trailers, f'If-None-Match: "{digest_of(IMAGE)}"') == 200


def test_with_public_read_anybody_is_given_what_is_kept(tmp_path: Path) -> None:
    with HotServer(tmp_path, asyncio.new_event_loop, public_read=True) as running:
        server = running.fill()
        assert not server.answers_itself("GET", TAG)
        server.asked.clear()
        assert status(server) == 200
        assert server.asked == []
        assert status(server, WRONG) == 401


def test_a_registry_without_identity_answers_everybody(tmp_path: Path) -> None:
    with HotServer(tmp_path, asyncio.new_event_loop, OpenIdentity()) as running:
        server = running.fill()
        assert [status(server), status(server, WRONG)] == [200, 200]
        server.asked.clear()
        assert status(server) == 200
        assert server.asked == []
        assert status(server, WRONG) == 200


def test_whoever_becomes_known_elsewhere_is_given_what_was_kept_for_others(tmp_path: Path) -> None:
    source = Source()
    source.answer = lambda _: Caller("somebody", teams=frozenset({"team"}))
    with HotServer(tmp_path, asyncio.new_event_loop, source) as running:
        server = running.fill()
        assert not server.answers_itself("GET", TAG)
        server.asked.clear()
        assert status(server, MALLORY, target="/v2/") == 200
        assert status(server, MALLORY) == 200
    assert server.asked == ["GET /v2/"]


def test_an_identity_that_ended_is_asked_about_again(tmp_path: Path) -> None:
    source = Source()
    source.answer = lambda _: Caller(
        "short", teams=frozenset({"team"}), expires_at=datetime.now(UTC) + timedelta(seconds=0.5)
    )
    with HotServer(tmp_path, asyncio.new_event_loop, source) as running:
        server = running.fill()
        assert status(server, ALICE) == 200
        source.answer = _refuse
        eventually(lambda: status(server, ALICE) == 401)


def _refuse(_: Credentials) -> Caller:
    raise Unauthorized("it ended")


def _granted(credentials: Credentials) -> Caller:
    if isinstance(credentials, Password):
        return Caller("alice", teams=frozenset({"team"}))
    realm = ANONYMOUS if credentials.secret.startswith("anonymous") else "employees"
    repository = credentials.secret.partition("-")[2]
    return Caller("granted", realm=realm, grants=Grants(frozenset({(repository, PULL)})))


def test_a_token_opens_the_repository_that_it_names_and_no_other(tmp_path: Path) -> None:
    with HotServer(tmp_path, asyncio.new_event_loop, Source(_granted)) as running:
        server = running.fill()
        assert not server.answers_itself("GET", TAG)
        for token, expected in {"x-team/app": 200, "x-team/other": 401, "anonymous-team/app": 401}.items():
            for _ in range(2):
                assert status(server, f"Authorization: Bearer {token}") == expected, token


def test_a_token_for_the_repository_is_answered_without_the_application(tmp_path: Path) -> None:
    field = "Authorization: Bearer x-team/app"
    with HotServer(tmp_path, asyncio.new_event_loop, Source(_granted)) as running:
        server = running.fill()
        assert status(server, field) == 200
        server.asked.clear()
        with server.wire() as wire:
            wire.send("GET", TAG, field)
            assert wire.answer().endswith(IMAGE)
    assert server.asked == []
