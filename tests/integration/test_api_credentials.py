"""With static users (PIERONE_USERS_FILE) nothing is answered without credentials that prove who is calling."""

import base64
import json
import re
import socket
from collections.abc import Iterator
from unittest.mock import MagicMock

import bcrypt
import httpx2
import pytest
from tests.integration.oci import answer, connect, digest_of, head, read_refusal, refusal, wire
from tests.integration.server import Server

from pierone_http.v2.app import routes

CHALLENGE = re.compile(r'Bearer realm="http://([\w.:]+)/v2/token",service="\1"(,scope="repository:[^"]+")?')
DIGEST = digest_of(b"nothing")
# bcrypt sees 72 bytes of a password; a longer one must not do for the one that it begins with.
LONG = "x" * 72
PASSWORDS = {"alice": "ecila", "bob": "bob", "jörg": "gröj", LONG: LONG}
# What stands behind `/v2/<name>/` for each kind of path that the server knows; a new kind needs a line here.
PATHS = {
    "manifest": ["manifests/1.0", f"manifests/{DIGEST}", f"manifests/{DIGEST}?tag=a"],
    "blob": [f"blobs/{DIGEST}"],
    "uploads": ["blobs/uploads/", f"blobs/uploads/?digest={DIGEST}", f"blobs/uploads/?mount={DIGEST}"],
    "upload": ["blobs/uploads/1", f"blobs/uploads/1?digest={DIGEST}"],
    "tags": ["tags/list"],
    "referrers": [f"referrers/{DIGEST}"],
}
ENDPOINTS = [
    (method, f"/v2/team/app/{path}")
    for kind, methods in routes(MagicMock()).items()
    for method in [*methods, "DELETE", "OPTIONS"]
    for path in PATHS[kind]
] + [(method, path) for path in ("/v2/", "/v2", "/v2/_catalog", "/v2/nothing") for method in ("GET", "HEAD", "POST")]


@pytest.fixture(scope="module")
def users_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("credentials")
    # Few rounds, so that the tests need not wait.
    hashes = {name: bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)) for name, password in PASSWORDS.items()}
    users = {name: {"password": hashed.decode(), "teams": ["team"]} for name, hashed in hashes.items()}
    (root / "users.json").write_text(json.dumps(users))
    with Server(root / "data", env={"PIERONE_USERS_FILE": str(root / "users.json")}) as server:
        yield server


@pytest.fixture
def nobody(users_server: Server) -> Iterator[httpx2.Client]:
    with connect(users_server.url) as api:
        yield api


def test_every_kind_of_path_is_known_here() -> None:
    assert routes(MagicMock()).keys() == PATHS.keys()


@pytest.mark.parametrize(("method", "path"), dict.fromkeys(ENDPOINTS))
def test_nothing_is_answered_without_credentials(nobody: httpx2.Client, method: str, path: str) -> None:
    response = nobody.request(method, path, content=b"{}" if method in ("PUT", "POST", "PATCH") else None)
    assert response.status_code == 401
    assert CHALLENGE.fullmatch(response.headers["WWW-Authenticate"])
    if method != "HEAD":
        assert refusal(response).code == "UNAUTHORIZED"


def test_a_client_that_asks_before_it_sends_is_told_to_log_in(users_server: Server) -> None:
    with wire(users_server) as connection:
        connection.sendall(head("PUT", "/v2/team/app/manifests/1.0", "Content-Length: 5", "Expect: 100-continue"))
        assert connection.recv(13, socket.MSG_WAITALL) == b"HTTP/1.1 401 "


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


MALFORMED = {
    "empty": b"",
    "scheme alone": b"Basic",
    "scheme and space": b"Basic ",
    "no base64": b"Basic !!!!",
    "bad padding": b"Basic YWxpY2U6ZWNpbGE",
    "rest after base64": basic("alice:ecila") + b" x",
    "no colon": basic("alice"),
    "no text": b"Basic " + base64.b64encode(b"\xff\xfe:\xff"),
    "byte above ASCII": b"Basic \xe9",
    "byte above ASCII in the scheme": b"\xff " + basic("alice:ecila")[6:],
    "another scheme": b"Digest " + basic("alice:ecila")[6:],
    "scheme left out": basic("alice:ecila")[6:],
    "token": b"Bearer ecila",
    "empty token": b"Bearer ",
}
WRONG = {
    "password": basic("alice:wrong"),
    "no password": basic("alice:"),
    "password of another": basic("alice:bob"),
    "password with more": basic("alice:ecila "),
    "password with a colon": basic("alice:ecila:"),
    "password with NUL": basic("alice:ecila\0"),
    "NUL alone": basic("alice:\0"),
    "long password": basic("alice:" + "ecila" * 1000),
    "password cut by bcrypt": basic(f"{LONG}:{LONG}x"),
    "unknown user": basic("mallory:ecila"),
    "no user": basic(":ecila"),
    "neither": basic(":"),
    "case of the user": basic("Alice:ecila"),
    "user with a space": basic(" alice:ecila"),
    "user with NUL": basic("alice\0:ecila"),
    "team as user": basic("team:team"),
    "hash as password": basic("alice:$2b$04$"),
}


@pytest.mark.parametrize("header", [*MALFORMED.values(), *WRONG.values()], ids=[*MALFORMED, *WRONG])
def test_credentials_that_prove_nothing_are_refused(users_server: Server, header: bytes) -> None:
    with wire(users_server) as connection:
        connection.sendall(head("GET", "/v2/")[:-2] + b"Authorization: " + header + b"\r\n\r\n")
        response, body = answer(connection)
    assert CHALLENGE.fullmatch(str(response.getheader("WWW-Authenticate")))
    error = read_refusal(response.status, str(response.getheader("Content-Type")), body)
    assert (error.status, error.code) == (401, "UNAUTHORIZED")
    assert "ecila" not in error.message


@pytest.mark.parametrize(
    "header", [basic("alice:ecila"), b"basic" + basic("alice:ecila")[5:], basic("jörg:gröj"), basic(f"{LONG}:{LONG}")]
)
def test_good_credentials_are_taken(users_server: Server, header: bytes) -> None:
    for _ in range(2):
        with wire(users_server) as connection:
            connection.sendall(head("GET", "/v2/")[:-2] + b"Authorization: " + header + b"\r\n\r\n")
            assert answer(connection)[0].status == 200
