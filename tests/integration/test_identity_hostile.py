"""Callers who mean harm: paths that mean two things, headers that come twice, huge tokens, secrets that stay secret."""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.integration.identity_facts import ALICE, BOB, basic, bearer
from tests.integration.identity_world import World, searched
from tests.integration.oci import answer, digest_of, head, wire

BLOB = b"a secret of myteam"
PUSH, PULL = "blobs/uploads/", f"blobs/{digest_of(BLOB)}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    for running in searched(World(tmp_path_factory.mktemp("hostile"))):
        assert running.ask("POST", f"/v2/myteam/app/{PUSH}?digest={digest_of(BLOB)}", ALICE, BLOB).status_code == 201
        yield running


def send(world: World, method: str, target: str, *headers: str) -> tuple[int, bytes]:
    """Send a request just as it is written; the status, 0 if the server hangs up, and the body."""
    with wire(world.server) as connection:
        connection.sendall(head(method, target, *headers))
        if not connection.recv(1, socket.MSG_PEEK):
            return 0, b""
        response, body = answer(connection, method)
        return response.status, body


# How a path of another team may be written so that one reader sees bob's own repository and another sees this.
TRICKS = [
    "/v2/other/../myteam/app/",
    "/v2/other/app/../../myteam/app/",
    "/v2/other/app/blobs/uploads/../../../../myteam/app/",
    "/v2/other/%2e%2e/myteam/app/",
    "/v2/other/..%2fmyteam/app/",
    "/v2/other%2f..%2fmyteam%2fapp/",
    "/v2/other%252f..%252fmyteam/app/",
    "/v2/other/..%5cmyteam/app/",
    "/v2/other/..\\myteam/app/",
    "/v2/myteam%2fapp/",
    "/v2/myteam%2Fapp/",
    "/v2//myteam/app/",
    "/v2/./myteam/app/",
    "/v2/myteam//app/",
    "/v2/myteam/./app/",
    "/v2/myteam/app//",
    "/v2/myteam/app/./",
    "/v2/MYTEAM/app/",
    "/v2/Myteam/app/",
    "/v2/myteam%20/app/",
    "/v2/%20myteam/app/",
    "/v2/myteam%00/app/",
    "/v2/myteam%0a/app/",
    "/v2/myteam%0d%0aX:y/app/",
    "/v2/myteam;x/app/",
    "/v2/%ef%bd%8dyteam/app/",
    "/v2/myte%c3%a4m/app/",
    "/v2/%ff%fe/app/",
    "/v2/other/app?x=/../myteam/app/",
    "/v2/other/app#/../myteam/app/",
    "/v2/" + "myteam/app/" * 1000,
    "/v2/myteam/" + "a" * 60_000 + "/",
    "/v2/token/../myteam/app/",
    "/v2/_catalog/../myteam/app/",
    "/.well-known/../v2/myteam/app/",
    "//v2/myteam/app/",
    "/V2/myteam/app/",
    "/v2%2fmyteam/app/",
    "v2/myteam/app/",
    "http://x/v2/other/../myteam/app/",
]


@pytest.mark.parametrize("path", TRICKS, ids=[trick[:40] for trick in TRICKS])
def test_no_way_to_write_a_path_lets_somebody_into_a_repository(world: World, path: str) -> None:
    before = world.uploads()
    for authorization in (BOB, bearer(world.issue(BOB, "repository:other/app:pull,push"))):
        status, body = send(world, "POST", path + PUSH, f"Authorization: {authorization}", "Content-Length: 0")
        assert status == 0 or 400 <= status < 500, (status, body)
        assert world.uploads() == before
    status, body = send(world, "GET", path + PULL)
    assert status == 0 or 400 <= status < 500
    assert BLOB not in body


def test_the_same_without_a_trick_does_let_them_in(world: World) -> None:
    for prefix in ("", "http://x"):
        header = f"Authorization: {ALICE}"
        assert send(world, "GET", f"{prefix}/v2/myteam/app/{PULL}", header) == (200, BLOB)


SMUGGLED = {
    "the second counts for nothing": ([f"Authorization: {BOB}", f"Authorization: {ALICE}"], 403),
    "not after garbage": (["Authorization: Bearer garbage", f"Authorization: {ALICE}"], 401),
    "not after an empty one": (["Authorization: Basic Og==", f"Authorization: {ALICE}"], 401),
    "two in one": ([f"Authorization: {BOB}, {ALICE}"], 401),
    "two tokens": ([f"Authorization: {ALICE} t0ken-of-bob"], 401),
    "space before the colon": ([f"Authorization : {ALICE}"], 400),
    "a line that is folded": (["Authorization: Bearer garbage", f" {ALICE}"], 400),
    "NUL in the name": ([f"Author\0ization: {ALICE}"], 400),
    "a bare line feed": ([f"X: y\nAuthorization: {ALICE}"], 400),
    "a bare carriage return": ([f"X: y\rAuthorization: {ALICE}"], 400),
    "underscore": ([f"HTTP_AUTHORIZATION: {ALICE}"], 401),
    "another name": ([f"Proxy-Authorization: {ALICE}", f"X-Authorization: {ALICE}"], 401),
    "what proxies say": (["X-Remote-User: alice", "X-Forwarded-User: alice", "Remote-User: alice"], 401),
    "what STUPS proxies say": (["X-Subject: alice", "X-Realm: /employees", "X-Consumer-Username: alice"], 401),
    "cookie": (["Cookie: token=t0ken-of-alice; session=alice"], 401),
    "another method": ([f"Authorization: {BOB}", "X-HTTP-Method-Override: GET"], 403),
    "another path": ([f"Authorization: {BOB}", "X-Original-URL: /v2/other/app/blobs/uploads/"], 403),
}


@pytest.mark.parametrize(("headers", "status"), SMUGGLED.values(), ids=SMUGGLED)
def test_no_way_to_write_a_header_makes_somebody_of_the_team(world: World, headers: list[str], status: int) -> None:
    assert send(world, "POST", "/v2/myteam/app/blobs/uploads/", *headers, "Content-Length: 0")[0] == status


@pytest.mark.parametrize(
    "query", ["access_token=t0ken-of-alice", "token=t0ken-of-alice", "authorization=Bearer%20t0ken-of-alice"]
)
def test_a_token_in_the_url_is_none(world: World, query: str) -> None:
    assert send(world, "POST", f"/v2/myteam/app/blobs/uploads/?{query}", "Content-Length: 0")[0] == 401
    assert send(world, "GET", f"/v2/token?{query}")[0] == 401


@pytest.mark.parametrize(
    "token", ["a" * 100_000, "a." * 50_000, "é" * 50_000, "e30.e30." + "A" * 100_000, "=" * 99_999]
)
def test_a_huge_token_is_refused_and_goes_nowhere(world: World, token: str) -> None:
    asked = len(world.tokeninfo.asked)
    for authorization in (f"Bearer {token}", f"Token {token}", basic("oauth2", token), basic(token, "x"), token):
        assert send(world, "GET", "/v2/", f"Authorization: {authorization}")[0] == 401
    form = f"grant_type=refresh_token&refresh_token={token}".encode()
    assert world.ask("POST", "/v2/token", None, form).status_code == 401
    assert asked == len(world.tokeninfo.asked)


def test_a_header_of_megabytes_is_cut_off(world: World) -> None:
    with wire(world.server) as connection:
        connection.sendall(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ")
        with pytest.raises(ConnectionError):
            connection.sendall(b"a" * (64 << 20))
    assert send(world, "GET", "/v2/", f"Authorization: {ALICE}")[0] == 200


def test_what_is_recorded_of_a_push_names_its_caller_and_no_secret(world: World) -> None:
    manifest = b'{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}'
    issued = bearer(world.issue(ALICE, "repository:myteam/app:pull,push"))
    for tag, authorization in (("1", ALICE), ("2", basic("oauth2", "t0ken-of-anna")), ("3", issued)):
        world.api.headers["Content-Type"] = "application/vnd.oci.image.index.v1+json"
        pushed = world.ask("PUT", f"/v2/myteam/app/manifests/{tag}", authorization, manifest)
        assert pushed.status_code == 201
    with closing(sqlite3.connect(world.server.data_dir / "pierone.sqlite")) as database:
        rows = list(database.execute("SELECT tag, caller FROM events WHERE tag IS NOT NULL ORDER BY tag"))
        assert rows == [("1", "alice"), ("2", "anna"), ("3", "alice")]
        written = "\n".join(database.iterdump())
    assert not [secret for secret in world.secrets if secret in written]
