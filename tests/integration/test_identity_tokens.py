"""The Docker token flow from end to end: what the registry issues, to whom, for what, and what that is good for."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from jose import jwt
from tests.integration.identity_blob import BLOB, pull, push
from tests.integration.identity_facts import ALICE, BOB, basic, bearer, challenge_of, reason_of
from tests.integration.identity_world import World, searched
from tests.integration.oci import digest_of

APP, OTHER = "repository:myteam/app:pull,push", "repository:other/app:pull,push"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("tokens")))


@pytest.fixture(scope="module")
def public_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for public in searched(World(tmp_path_factory.mktemp("public"), PIERONE_PUBLIC_READ="True")):
        assert push(public, ALICE, "myteam/app") == 201
        yield public


@pytest.fixture
def own_world(tmp_path: Path) -> Iterator[World]:
    """One that a test may stop, and whose questions it may count."""
    yield from searched(World(tmp_path))


def post(world: World, authorization: str | None = None, **form: str | list[str]) -> tuple[int, str]:
    """Ask for a token by POST; status and token."""
    response = world.ask("POST", "/v2/token", authorization, urlencode(form, doseq=True).encode())
    return response.status_code, response.json().get("token", "")


def test_a_token_has_the_form_that_clients_read(world: World) -> None:
    response = world.ask("GET", f"/v2/token?service=x&scope={APP}&account=alice&client_id=docker", ALICE)
    body = response.json()
    assert body["token"] == body["access_token"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    assert response.headers["Cache-Control"] == "no-store"


def test_a_token_ends_with_the_access_token_that_it_was_bought_with(world: World) -> None:
    short = bearer(world.newcomer(expires_in=140))
    body = world.ask("GET", f"/v2/token?scope={APP}", short).json()
    assert 60 < body["expires_in"] <= 140
    claims = jwt.get_unverified_claims(body["token"])
    assert claims["exp"] - claims["iat"] <= 140


@pytest.mark.parametrize(
    "scopes", [[f"{APP} repository:myteam/two:push"], [APP, "repository:myteam/two:push"]], ids=["spaces", "repeated"]
)
def test_a_token_covers_every_scope_that_was_asked_for(world: World, scopes: list[str]) -> None:
    answers = [
        (200, world.issue(ALICE, *scopes)),
        post(world, ALICE, scope=scopes),
        post(world, grant_type="password", username="oauth2", password="t0ken-of-alice", scope=scopes),
        post(world, grant_type="refresh_token", refresh_token="t0ken-of-alice", scope=scopes),
    ]
    assert {status for status, _ in answers} == {200}
    for token in (bearer(token) for _, token in answers):
        assert (push(world, token, "myteam/app"), push(world, token, "myteam/two")) == (201, 201)
        assert (pull(world, token, "myteam/two"), push(world, token, "myteam/three")) == (401, 401)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "password", "username": "oauth2", "password": "garbage"}, 401),
        ({"grant_type": "password", "username": "alice", "password": "t0ken-of-alice"}, 401),
        ({"grant_type": "password"}, 401),
        ({"grant_type": "refresh_token", "refresh_token": "t0ken-that-ended"}, 401),
        ({"grant_type": "refresh_token", "refresh_token": ""}, 401),
        ({"grant_type": "authorization_code", "code": "t0ken-of-alice"}, 400),
        ({"grant_type": ["client_credentials", "password"], "password": "t0ken-of-alice"}, 400),
        ({}, 401),
        ({"scope": "x" * (300 << 10)}, 413),
    ],
)
def test_a_form_that_proves_nothing_gets_no_token(world: World, form: dict[str, str], status: int) -> None:
    assert post(world, **form) == (status, "")


def test_a_form_is_judged_by_what_stands_in_it_alone(world: World) -> None:
    assert post(world, ALICE, grant_type="password", username="oauth2", password="garbage", scope=APP)[0] == 401
    status, token = post(world, ALICE, grant_type="refresh_token", refresh_token="t0ken-of-bob", scope=APP)
    assert (status, push(world, bearer(token), "myteam/app")) == (200, 403)


def test_with_public_read_nobody_gets_a_token_that_only_pulls(public_world: World) -> None:
    token = bearer(public_world.issue(None, APP))
    assert (pull(public_world, token, "myteam/app"), pull(public_world, token, "myteam/base")) == (200, 401)
    response = public_world.ask("POST", "/v2/myteam/app/blobs/uploads/", token)
    assert reason_of(response)[:2] == (401, "UNAUTHORIZED")
    assert challenge_of(response)["scope"] == APP
    assert post(public_world, scope=APP)[0] == post(public_world, grant_type="password", username="")[0] == 200
    assert public_world.ask("GET", "/v2/token", bearer("garbage")).status_code == 401


def test_without_public_read_nobody_gets_a_token(world: World) -> None:
    for response in (world.ask("GET", f"/v2/token?scope={APP}"), world.ask("POST", "/v2/token")):
        assert reason_of(response)[:2] == (401, "UNAUTHORIZED")


def test_the_root_asks_for_a_login_also_with_public_read(public_world: World) -> None:
    for path in ("/v2/", "/v2"):
        response = public_world.ask("GET", path)
        assert (response.status_code, "scope" in challenge_of(response)) == (401, False)
    assert public_world.ask("GET", "/v2/_catalog").status_code == 200


def test_a_token_is_honoured_without_another_look_up(own_world: World) -> None:
    token = bearer(own_world.issue(ALICE, APP))
    questions = own_world.questions()
    for service in (own_world.tokeninfo, own_world.teams, own_world.kio, own_world.jwks):
        service.stop()
    for _ in range(10):
        assert push(own_world, token, "myteam/app") == 201
    assert questions == own_world.questions() == 2


def test_whoever_may_not_push_is_told_why_and_not_to_log_in(world: World) -> None:
    response = world.ask("POST", "/v2/myteam/app/blobs/uploads/", bearer(world.issue(BOB, APP)))
    assert reason_of(response)[:2] == (403, "DENIED")
    assert "bob may not push to myteam/...: not a member of team myteam" in reason_of(response)[2]
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "myteam/app/tags/list", "repository:myteam/app:pull"),
        ("POST", "myteam/app/blobs/uploads/", APP),
        ("PUT", "myteam/app/manifests/1.0", APP),
        (
            "POST",
            f"myteam/app/blobs/uploads/?mount={digest_of(BLOB)}&from=other/app",
            f"{APP} repository:other/app:pull",
        ),
    ],
)
def test_a_token_that_does_not_reach_is_answered_with_the_scope_that_does(
    world: World, method: str, path: str, scope: str
) -> None:
    response = world.ask(method, f"/v2/{path}", bearer(world.issue(ALICE, "repository:myteam/app2:pull,push")), b"{}")
    assert reason_of(response)[:2] == (401, "UNAUTHORIZED")
    challenge = challenge_of(response)
    assert (challenge["scope"], challenge["error"]) == (scope, "insufficient_scope")
    assert world.ask(method, f"/v2/{path}", bearer(world.issue(ALICE, scope)), b"{}").status_code != 401


def test_a_token_is_exchanged_for_no_other(world: World) -> None:
    token = world.issue(ALICE, "repository:myteam/app:pull")
    assert world.ask("GET", f"/v2/token?scope={APP}", bearer(token)).status_code == 401
    assert world.ask("GET", f"/v2/token?scope={APP}", basic("oauth2", token)).status_code == 401
    assert post(world, bearer(token), scope=APP) == (401, "")
    assert post(world, grant_type="refresh_token", refresh_token=token, scope=APP) == (401, "")
    assert post(world, grant_type="password", username="oauth2", password=token, scope=APP) == (401, "")
