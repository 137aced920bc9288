"""A source that is down, slow or broken never lets anybody in who is not known, and stops nobody who is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.identity.stand_in import HANG, HANG_UP, Reply, StandIn, reply_always
from tests.integration.identity_facts import ALICE, BOB, KEY, bearer, reason_of
from tests.integration.identity_world import World, searched

APP, TEAM_SCOPE = "myteam/app", "repository:myteam/app:pull,push"
KIO, CI = bearer("t0ken-of-kio"), bearer("t0ken-of-ci")
OUTAGES = {
    "down": None,
    "nothing": HANG,
    "hang up": HANG_UP,
    "drip": Reply(body={"uid": "alice", "realm": "/employees", "member": ["alice", "bob"]}, drip=0.3),
    "500": Reply(500, {"uid": "alice"}),
    "503": Reply(503),
    "redirect": Reply(302, headers={"Location": "http://127.0.0.1:9/"}),
    "too many": Reply(429),
    "HTML": Reply(body=b"<html>alice</html>"),
    "another shape": Reply(body=[{"uid": "alice", "realm": "employees"}]),
    "endless": Reply(body=b" " * (2 << 20) + b'{"uid": "alice", "realm": "employees"}'),
}


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("outages"), PIERONE_SOURCE_READ_TIMEOUT="0.25"))


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The world just after a start: nothing is remembered, and all is well again afterwards."""
    well = {service: service.answer for service in (shared_world.tokeninfo, shared_world.teams, shared_world.kio)}
    shared_world.restart()
    yield shared_world
    for service, answer in well.items():
        service.answer = answer


def push(world: World, authorization: str) -> int:
    return world.ask("POST", f"/v2/{APP}/blobs/uploads/", authorization).status_code


def pull(world: World, authorization: str) -> int:
    """404: let in, and told that nothing is there."""
    return world.ask("GET", f"/v2/{APP}/tags/list", authorization).status_code


class Outage:
    """A service that fails as `kind` says, for a while."""

    def __init__(self, service: StandIn, kind: str) -> None:
        self._service, self._reply, self._well = service, OUTAGES[kind], service.answer

    def __enter__(self) -> None:
        if self._reply is None:
            self._service.stop()
        else:
            self._service.answer = reply_always(self._reply)

    def __exit__(self, *_: object) -> None:
        self._service.stop()  # whoever still waits is let go
        self._service.answer = self._well
        self._service.start()


@pytest.mark.parametrize("kind", OUTAGES)
def test_without_tokeninfo_nobody_new_is_let_in_and_who_is_known_goes_on(world: World, kind: str) -> None:
    issued = bearer(world.issue(BOB, "repository:other/app:pull,push"))
    questions = len(world.tokeninfo.asked)
    with Outage(world.tokeninfo, kind):
        assert (push(world, ALICE), pull(world, ALICE)) == (503, 503)
        response = world.ask("GET", f"/v2/token?scope={TEAM_SCOPE}", ALICE)
        assert (reason_of(response)[:2], response.headers["Retry-After"]) == ((503, "TOOMANYREQUESTS"), "5")
        assert "tokeninfo" in reason_of(response)[2]
        assert (pull(world, BOB), push(world, bearer(KEY.token()))) == (404, 202)
        assert world.ask("POST", "/v2/other/app/blobs/uploads/", issued).status_code == 202
        assert world.ask("GET", "/v2/", "Basic !").status_code == 401
    assert (push(world, ALICE), pull(world, ALICE)) == (202, 404)
    assert len(world.tokeninfo.asked) > questions


@pytest.mark.parametrize("kind", OUTAGES)
def test_without_the_team_service_employees_pull_and_do_not_push(world: World, kind: str) -> None:
    assert push(world, bearer("t0ken-of-anna")) == 202
    with Outage(world.teams, kind):
        assert (push(world, ALICE), pull(world, ALICE)) == (503, 404)
        assert world.ask("GET", f"/v2/token?scope={TEAM_SCOPE}", ALICE).status_code == 503
        assert world.ask("GET", "/v2/token?scope=repository:myteam/app:pull", ALICE).status_code == 200
        assert (push(world, bearer("t0ken-of-anna")), push(world, KIO), push(world, CI)) == (202, 202, 202)
        assert push(world, bearer(KEY.token({"sub": "erin", "groups": ["/myteam"]}))) == 202
    assert push(world, ALICE) == 202


@pytest.mark.parametrize("kind", OUTAGES)
def test_without_kio_services_pull_and_push_only_with_the_scope_for_all(world: World, kind: str) -> None:
    with Outage(world.kio, kind):
        assert (push(world, KIO), pull(world, KIO)) == (503, 404)
        assert (push(world, CI), push(world, ALICE)) == (202, 202)
        assert push(world, bearer("t0ken-of-kio-reader")) == 403
    assert push(world, KIO) == 202


@pytest.mark.parametrize("kind", ["down", "nothing", "500"])
def test_without_the_keys_of_the_issuer_nobody_new_is_let_in(tmp_path: Path, kind: str) -> None:
    for world in searched(World(tmp_path)):
        with Outage(world.jwks, kind):
            assert push(world, bearer(KEY.token())) == 503
            assert push(world, ALICE) == 202


def test_with_public_read_nobody_in_particular_pulls_without_any_source(tmp_path: Path) -> None:
    for world in searched(World(tmp_path, PIERONE_PUBLIC_READ="True")):
        with Outage(world.tokeninfo, "down"):
            assert world.ask("GET", "/v2/_catalog").status_code == 200
            assert world.ask("GET", "/v2/_catalog", ALICE).status_code == 503
            token = bearer(world.issue(None, TEAM_SCOPE))
            assert (pull(world, token), push(world, token)) == (404, 401)
