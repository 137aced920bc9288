"""A source that is down, slow or broken never lets anybody in who is not known, and stops nobody who is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.identity.stand_in import HANG, HANG_UP, Reply, StandIn, reply_always
from tests.integration.identity_facts import ALICE, KEY, WRITE, WRITE_ALL, bearer, reason_of
from tests.integration.identity_world import World, searched

APP, TEAM_SCOPE = "myteam/app", "repository:myteam/app:pull,push"
OUTAGES = {
    "down": None,
    "nothing": HANG,
    "hang up": HANG_UP,
    "500": Reply(500, {"uid": "alice"}),
    "503": Reply(503),
    "redirect": Reply(302, headers={"Location": "http://127.0.0.1:9/"}),
    "too many": Reply(429),
    "HTML": Reply(body=b"<html>alice</html>"),
    "another shape": Reply(body=[{"uid": "alice", "realm": "employees"}]),
    "endless": Reply(body=b" " * (2 << 20) + b'{"uid": "alice", "realm": "employees"}'),
}

# What only tokeninfo may say of a token: to the others it was shown as a good one.
REFUSALS = {"400": Reply(400, {}), "401": Reply(401, {}), "403": Reply(403, {})}
TOKEN_REFUSED = ("401", "403")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("outages"), PIERONE_SOURCE_READ_TIMEOUT="1"))


def employee(world: World) -> str:
    return bearer(world.newcomer())


def service(world: World) -> str:
    return bearer(world.newcomer(WRITE, realm="services"))


def push(world: World, authorization: str) -> int:
    return world.ask("POST", f"/v2/{APP}/blobs/uploads/", authorization).status_code


def pull(world: World, authorization: str) -> int:
    """404: let in, and told that nothing is there."""
    return world.ask("GET", f"/v2/{APP}/tags/list", authorization).status_code


class Outage:
    """A service that fails as `kind` says, for a while."""

    def __init__(self, service: StandIn, kind: str) -> None:
        """It is well until it is entered."""
        self._service, self._reply, self._well = service, (OUTAGES | REFUSALS)[kind], service.answer

    def __enter__(self) -> None:
        """Fail."""
        self._service.answer = reply_always(self._reply or HANG_UP)  # kept connections outlive whoever listens
        if self._reply is None:
            self._service.stop()

    def __exit__(self, *_: object) -> None:
        """Let go of whoever waits, and be well."""
        self._service.stop()
        self._service.answer = self._well
        self._service.start()


@pytest.mark.parametrize("kind", OUTAGES)
def test_without_tokeninfo_nobody_new_is_let_in_and_who_is_known_goes_on(world: World, kind: str) -> None:
    new, known = employee(world), employee(world)
    issued = bearer(world.issue(known, TEAM_SCOPE))
    with Outage(world.tokeninfo, kind):
        assert (push(world, new), pull(world, new)) == (503, 503)
        response = world.ask("GET", f"/v2/token?scope={TEAM_SCOPE}", new)
        assert (reason_of(response)[:2], response.headers["Retry-After"]) == ((503, "TOOMANYREQUESTS"), "5")
        assert "tokeninfo" in reason_of(response)[2]
        assert (push(world, known), pull(world, known), push(world, issued)) == (202, 404, 202)
        assert (push(world, bearer(KEY.token())), pull(world, "Basic !")) == (202, 401)
    assert (push(world, new), pull(world, new)) == (202, 404)


@pytest.mark.parametrize("kind", [*OUTAGES, *REFUSALS])
def test_without_the_team_service_employees_pull_and_do_not_push(world: World, kind: str) -> None:
    new, known, refused = employee(world), employee(world), 403 if kind in TOKEN_REFUSED else 503
    assert push(world, known) == 202
    with Outage(world.teams, kind):
        assert (push(world, new), pull(world, new), push(world, known)) == (refused, 404, 202)
        assert world.ask("GET", f"/v2/token?scope={TEAM_SCOPE}", new).status_code == (200 if refused == 403 else 503)
        assert world.ask("GET", "/v2/token?scope=repository:myteam/app:pull", new).status_code == 200
        assert push(world, service(world)) == 202
        assert push(world, bearer(KEY.token({"sub": "erin", "groups": ["/myteam"]}))) == 202
    assert push(world, new) == 202


@pytest.mark.parametrize("kind", [*OUTAGES, *REFUSALS])
def test_without_kio_services_pull_and_push_only_with_the_scope_for_all(world: World, kind: str) -> None:
    new, known, anywhere = service(world), service(world), bearer(world.newcomer(WRITE_ALL, realm="services"))
    refused = 403 if kind in TOKEN_REFUSED else 503
    assert push(world, known) == 202
    with Outage(world.kio, kind):
        assert (push(world, new), pull(world, new), push(world, known)) == (refused, 404, 202)
        assert (push(world, anywhere), push(world, employee(world))) == (202, 202)
        assert push(world, bearer(world.newcomer(realm="services"))) == 403
    assert push(world, new) == 202


@pytest.mark.parametrize("kind", ["down", "nothing", "500"])
def test_without_the_keys_of_the_issuer_nobody_new_is_let_in(tmp_path: Path, kind: str) -> None:
    for world in searched(World(tmp_path, PIERONE_SOURCE_READ_TIMEOUT="1")):
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
