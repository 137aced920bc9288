"""Every endpoint, every kind of caller, with and without public read: generated from a table of rules.

A new route without a row here fails.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from unittest.mock import MagicMock

import httpx2
import pytest
from tests.integration.identity_callers import CALLERS, GOOD, KNOWN_CALLERS, TEAM_REPOSITORY, Rights
from tests.integration.identity_facts import ALICE, basic, challenge_of, reason_of
from tests.integration.identity_world import World, searched
from tests.integration.oci import digest_of, encode, index_of

from pierone_http.v2.app import routes

MANIFEST = encode(index_of())
MANIFEST_TYPE = str(index_of()["mediaType"])
BLOB = b"a blob that everybody may pull"
NAME, DIGEST = f"/v2/{TEAM_REPOSITORY}", digest_of(BLOB)
ARTIFACT = "/teams/myteam/artifacts/app"


@dataclass(frozen=True)
class Row:
    """What an endpoint needs (a field of `Rights`, or nothing), and its answer to whoever has it."""

    needs: str
    good: int
    path: str
    content: bytes = b""


ROWS: Mapping[tuple[str, str], list[Row]] = {
    ("manifest", "GET"): [
        Row("pull", 200, f"{NAME}/manifests/1.0"),
        Row("pull", 200, f"{NAME}/manifests/{digest_of(MANIFEST)}"),
    ],
    ("manifest", "HEAD"): [Row("pull", 200, f"{NAME}/manifests/1.0")],
    ("manifest", "PUT"): [
        Row("push", 201, f"{NAME}/manifests/1.0", MANIFEST),
        Row("push", 409, f"{NAME}/manifests/latest", MANIFEST),
        Row("push", 201, f"{NAME}/manifests/{digest_of(MANIFEST)}?tag=1.0", MANIFEST),
    ],
    ("blob", "GET"): [Row("pull", 200, f"{NAME}/blobs/{DIGEST}")],
    ("blob", "HEAD"): [Row("pull", 200, f"{NAME}/blobs/{DIGEST}")],
    ("uploads", "POST"): [
        Row("push", 202, f"{NAME}/blobs/uploads/"),
        Row("push", 201, f"{NAME}/blobs/uploads/?digest={DIGEST}", BLOB),
        Row("mount", 201, f"{NAME}/blobs/uploads/?mount={DIGEST}&from=myteam/base"),
        Row("mount", 201, f"{NAME}/blobs/uploads/?mount={DIGEST}"),
    ],
    ("upload", "PATCH"): [Row("upload", 202, "", b"chunk")],
    ("upload", "PUT"): [Row("upload", 201, "?digest")],
    ("upload", "GET"): [Row("upload", 204, "")],
    ("upload", "DELETE"): [Row("upload", 204, "")],
    ("tags", "GET"): [Row("pull", 200, f"{NAME}/tags/list")],
    ("tags", "HEAD"): [Row("pull", 200, f"{NAME}/tags/list")],
    ("referrers", "GET"): [Row("pull", 200, f"{NAME}/referrers/{DIGEST}")],
    ("referrers", "HEAD"): [Row("pull", 200, f"{NAME}/referrers/{DIGEST}")],
}
OTHER_ROWS: Mapping[tuple[str, str], list[Row]] = {
    ("root", "GET"): [Row("root", 200, "/v2/"), Row("root", 200, "/v2")],
    ("root", "HEAD"): [Row("root", 200, "/v2/")],
    ("root", "POST"): [Row("method", 405, "/v2/")],
    ("catalog", "GET"): [Row("catalog", 200, "/v2/_catalog")],
    ("catalog", "HEAD"): [Row("catalog", 200, "/v2/_catalog")],
    ("catalog", "DELETE"): [Row("method", 405, "/v2/_catalog")],
    ("token", "GET"): [Row("exchange", 200, "/v2/token"), Row("exchange", 200, "/v2/token?scope=x")],
    ("token", "POST"): [Row("exchange", 200, "/v2/token", b"scope=x")],
    ("token", "HEAD"): [Row("", 405, "/v2/token")],
    ("token", "PUT"): [Row("", 405, "/v2/token")],
    ("manifest", "DELETE"): [Row("method", 405, f"{NAME}/manifests/1.0")],
    ("manifest", "OPTIONS"): [Row("method", 405, f"{NAME}/manifests/1.0")],
    ("blob", "DELETE"): [Row("method", 405, f"{NAME}/blobs/{DIGEST}")],
    ("tags", "POST"): [Row("method", 405, f"{NAME}/tags/list")],
    ("referrers", "PUT"): [Row("method", 405, f"{NAME}/referrers/{DIGEST}")],
    ("uploads", "PUT"): [Row("method", 405, f"{NAME}/blobs/uploads/")],
    ("upload", "POST"): [Row("method", 405, f"{NAME}/blobs/uploads/x")],
    ("health", "GET"): [Row("", 200, "/.well-known/health")],
    ("ready", "GET"): [Row("", 200, "/.well-known/ready")],
    ("keys", "GET"): [Row("", 200, "/.well-known/jwks.json")],
    ("api", "GET"): [
        Row("catalog", 200, "/teams"),
        Row("catalog", 200, "/teams/myteam/artifacts"),
        Row("pull", 200, f"{ARTIFACT}/tags"),
        Row("pull", 200, f"{ARTIFACT}/tags/1.0"),
        Row("pull", 404, f"{ARTIFACT}/tags/1.0/scm-source"),
        Row("pull", 200, f"{ARTIFACT}/events"),
        Row("catalog", 200, "/pushes"),
        Row("catalog", 200, f"/tags/{digest_of(MANIFEST)}"),
        Row("catalog", 404, "/tags/sha256:0"),
        Row("catalog", 400, "/teams?limit=0"),
        Row("catalog", 200, "/stats"),
        Row("catalog", 200, "/stats/teams"),
        Row("catalog", 200, "/stats/teams/myteam"),
        Row("pull", 200, "/v1/repositories/myteam/app/tags"),
        Row("pull", 200, "/v1/repositories/myteam/app/tags/1.0"),
        Row("catalog", 200, "/v1/search?q=my"),
        Row("", 200, "/v1/_ping"),
        Row("", 302, "/"),
        Row("", 302, "/ui/"),
        Row("", 200, "/swagger.json"),
        Row("", 200, "/.well-known/schema-discovery"),
    ],
    ("api", "PUT"): [Row("", 405, "/v1/repositories/myteam/app/"), Row("", 405, "/teams")],
}
ENDPOINTS = [(method, row) for (_, method), rows in [*ROWS.items(), *OTHER_ROWS.items()] for row in rows]
CODES = {401: "UNAUTHORIZED", 403: "DENIED", 405: "UNSUPPORTED", 409: "DENIED"}
# One of each kind of check, for what is about credentials only.
FEW = [(method, row) for method, row in ENDPOINTS if row.path in ("/v2/", "/v2/token", f"{NAME}/manifests/1.0")]


@pytest.fixture(scope="module", params=[False, True], ids=["closed", "public read"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("matrix")
    for running in searched(World(root, PIERONE_PUBLIC_READ=str(request.param))):
        running.api.headers["Content-Type"] = MANIFEST_TYPE
        for repository in (TEAM_REPOSITORY, "myteam/base"):
            pushed = [
                running.ask("POST", f"/v2/{repository}/blobs/uploads/?digest={DIGEST}", ALICE, BLOB),
                running.ask("PUT", f"/v2/{repository}/manifests/1.0", ALICE, MANIFEST),
            ]
            assert [response.status_code for response in pushed] == [201, 201]
        yield running


@pytest.fixture
def reads(world: World) -> Mapping[str, bool]:
    return {"public_read": world.is_public}


def test_every_route_has_its_rows(world: World) -> None:
    assert {(kind, method) for kind, methods in routes(MagicMock()).items() for method in methods} == ROWS.keys()
    described = world.ask("GET", "/openapi.json").json()["paths"]
    # A parameter with slashes stands for one without.
    patterns = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + r"(\?.*)?") for path in described}
    paths = [row.path for _, row in ENDPOINTS]
    assert [path for path, pattern in patterns.items() if not any(map(pattern.fullmatch, paths))] == []


@pytest.mark.parametrize("kind", CALLERS)
def test_every_endpoint_answers_each_kind_of_caller_as_the_rules_say(
    world: World, reads: Mapping[str, bool], kind: str
) -> None:
    authorization = CALLERS[kind].authorization(world)
    check(world, authorization, CALLERS[kind].may(**reads), ENDPOINTS)


@pytest.mark.parametrize("kind", [kind for kind in KNOWN_CALLERS if not kind.endswith("instance")])
def test_a_token_is_as_good_in_every_scheme(world: World, reads: Mapping[str, bool], kind: str) -> None:
    token = str(KNOWN_CALLERS[kind].authorization(world)).removeprefix("Bearer ")
    endpoints = ENDPOINTS if kind in ("member", "issued") else FEW
    for authorization in (f"Token {token}", f"bearer  {token}", basic("oauth2", token)):
        check(world, authorization, KNOWN_CALLERS[kind].may(**reads), endpoints)


def check(world: World, authorization: str | None, rights: Rights, endpoints: list[tuple[str, Row]]) -> None:
    expected, found = {}, {}
    for method, row in endpoints:
        asked = _with_upload(world, row) if row.needs == "upload" else row
        response = world.ask(method, asked.path, authorization, asked.content)
        request = f"{method} {row.path} for {row.needs}"
        expected[request], found[request] = _status(rights, method, row), response.status_code
        _check_refusal(method, response)
    assert found == expected


def _status(rights: Rights, method: str, row: Row) -> int:
    needed: int = getattr(rights, row.needs, GOOD)
    if row.needs == "upload" and method == "PUT" and needed == 404:
        return rights.late
    if row.needs == "mount":
        return rights.push or needed or row.good
    return needed or row.good


def _with_upload(world: World, row: Row) -> Row:
    """The row for an upload that alice just began, without the pass."""
    location = world.start_upload(ALICE, TEAM_REPOSITORY).partition("?")[0]
    content = row.content or uuid.uuid4().bytes
    query = f"?digest={digest_of(content)}" if row.path else ""
    return replace(row, path=location + query, content=content)


def _check_refusal(method: str, response: httpx2.Response) -> None:
    """Who is refused reads why, and who is to log in learns where."""
    if response.status_code == 401:
        assert challenge_of(response)["realm"] == f"{response.url.scheme}://{response.url.netloc.decode()}/v2/token"
    if response.status_code >= 400 and method != "HEAD":
        code = response.json()["code"] if "code" in response.json() else reason_of(response)[1]
        assert code == CODES.get(response.status_code, code)
