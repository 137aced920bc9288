"""Static users (PIERONE_USERS_FILE): every user may pull, members of the team may push, an upload has one owner."""

import base64
import json
import uuid
from collections.abc import Iterator

import bcrypt
import pytest
from tests.integration.oci import (
    Repository,
    answer,
    connect,
    digest_of,
    encode,
    head,
    index_of,
    read_refusal,
    refusal,
    wire,
)
from tests.integration.server import Server

DIGEST = digest_of(b"nothing")
TEAMS = {"alice": ["team", "tools"], "bob": ["team"], "carol": ["other"], "dave": []}


def users_file(teams: dict[str, list[str]]) -> str:
    """Users whose password is their name spelled backwards; few rounds, so that the tests need not wait."""
    return json.dumps(
        {
            name: {"password": bcrypt.hashpw(name[::-1].encode(), bcrypt.gensalt(4)).decode(), "teams": of}
            for name, of in teams.items()
        }
    )


@pytest.fixture(scope="module")
def users_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("users")
    (root / "users.json").write_text(users_file(TEAMS))
    with Server(root / "data", env={"PIERONE_USERS_FILE": str(root / "users.json")}) as server:
        yield server


@pytest.fixture
def alice(users_server: Server) -> Iterator[Repository]:
    with connect(users_server.url, "alice", "ecila") as api:
        yield Repository(api)


@pytest.fixture
def bob(users_server: Server, alice: Repository) -> Iterator[Repository]:
    """The repository of alice as bob of the same team sees it."""
    with connect(users_server.url, "bob", "bob") as api:
        yield Repository(api, alice.name)


@pytest.fixture(params=["carol", "dave"])
def stranger(request: pytest.FixtureRequest, users_server: Server, alice: Repository) -> Iterator[Repository]:
    """The repository of alice as somebody outside of the team sees it."""
    with connect(users_server.url, request.param, request.param[::-1]) as api:
        yield Repository(api, alice.name)


def test_a_member_may_push_and_every_user_may_pull(alice: Repository, bob: Repository, stranger: Repository) -> None:
    image = alice.image("shared")
    pushed, layer = alice.push("1.0", image), alice.push_blob(b"layer shared")
    bob.push("2.0", image)
    for user in (alice, bob, stranger):
        assert user.manifest("1.0").content == user.manifest(pushed["digest"]).content == encode(image)
        assert user.blob(layer).content == b"layer shared"
        assert user.tags() == ["1.0", "2.0"]
        assert user.name in user.api.get(f"/v2/_catalog?last={user.name[:-1]}").json()["repositories"]
        assert user.api.get(f"{user.url}/referrers/{DIGEST}").status_code == 200


def test_who_is_not_in_the_team_may_not_push(alice: Repository, stranger: Repository) -> None:
    image = alice.image()
    pushed, layer = alice.push("1.0", image), alice.push_blob(b"a blob of the team")
    data = encode(index_of())
    refused = [
        stranger.api.post(stranger.uploads),
        stranger.api.post(stranger.uploads, params={"digest": digest_of(b"x")}, content=b"x"),
        stranger.api.post(stranger.uploads, params={"mount": str(layer["digest"])}),
        stranger.api.post(stranger.uploads, params={"mount": str(layer["digest"]), "from": alice.name}),
        stranger.put("2.0", index_of()),
        stranger.put("1.0", image),
        stranger.put("1.0", index_of()),
        stranger.put("latest", index_of()),
        stranger.put(digest_of(data), data, str(index_of()["mediaType"])),
        stranger.api.put(f"{stranger.url}/manifests/{pushed['digest']}?tag=2.0", content=encode(image)),
        stranger.put("2.0", b"not even a manifest"),
    ]
    for response in refused:
        error = refusal(response)
        assert (error.status, error.code) == (403, "DENIED")
        assert "not a member of team team" in error.message
    assert alice.tags() == ["1.0"]
    assert alice.manifest(digest_of(data)).status_code == 404
    assert alice.blob({"digest": digest_of(b"x")}).status_code == 404


@pytest.mark.parametrize("name", ["tea/app", "teams/app", "other/team", "team-tools/app", "alice/app"])
def test_only_the_first_component_is_the_team(alice: Repository, name: str) -> None:
    assert refusal(alice.api.post(f"/v2/{name}/blobs/uploads/")).code == "DENIED"


def test_a_member_pushes_below_the_team_at_any_depth(alice: Repository) -> None:
    assert alice.api.post("/v2/team/a/b/c/blobs/uploads/").status_code == 202
    assert alice.api.post("/v2/tools/app/blobs/uploads/").status_code == 202


def test_an_upload_belongs_to_who_started_it(alice: Repository, bob: Repository) -> None:
    location = alice.start_upload()
    alice.api.patch(location, content=b"of alice")
    query = {"digest": digest_of(b"of alice")}
    for response in (
        bob.api.get(location),
        bob.api.patch(location, content=b"!"),
        bob.api.put(location, params=query),
        bob.api.delete(location),
    ):
        assert (response.status_code, refusal(response).code) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert alice.api.get(location).headers["Range"] == "0-7"
    assert alice.api.put(location, params=query).status_code == 201


def test_an_upload_that_somebody_else_finished_is_not_a_push_of_a_stranger(
    alice: Repository, stranger: Repository
) -> None:
    location, query = alice.start_upload(), {"digest": digest_of(b"of alice")}
    assert alice.api.put(location, params=query, content=b"of alice").status_code == 201
    error = refusal(stranger.api.put(location, params=query, content=b"of alice"))
    assert (error.status, error.code) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_an_upload_in_a_foreign_team_is_unknown_by_every_method(
    alice: Repository, stranger: Repository, method: str
) -> None:
    for upload in (alice.start_upload(), f"{alice.uploads}{uuid.uuid4()}"):
        error = refusal(stranger.api.request(method, upload.partition("?")[0], params={"digest": DIGEST}))
        assert (error.status, error.code) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_a_token_for_another_repository_finds_an_upload_unknown(
    users_server: Server, alice: Repository, method: str
) -> None:
    location = alice.start_upload().partition("?")[0]
    with connect(users_server.url, "carol", "lorac") as api:
        token = api.get("/v2/token", params={"scope": "repository:other/app:pull,push"}).json()["token"]
    with connect(users_server.url) as api:
        headers = {"Authorization": f"Bearer {token}"}
        response = api.request(method, location, params={"digest": DIGEST}, headers=headers)
        assert (response.status_code, refusal(response).code) == (404, "BLOB_UPLOAD_UNKNOWN")
        assert api.request(method, location, params={"digest": DIGEST}).status_code == 401


def test_who_may_not_push_is_refused_before_a_manifest_is_read(alice: Repository, users_server: Server) -> None:
    basic = base64.b64encode(b"carol:lorac").decode()
    asking = (f"Authorization: Basic {basic}", "Content-Length: 5", "Expect: 100-continue")
    with wire(users_server) as connection:
        connection.sendall(head("PUT", f"{alice.url}/manifests/1.0", *asking))
        response, body = answer(connection)  # no "100 Continue" before it
    assert read_refusal(response.status, str(response.getheader("Content-Type")), body).code == "DENIED"


def test_a_refused_tag_names_who_holds_it(alice: Repository, bob: Repository) -> None:
    alice.push("1.0", index_of())
    error = refusal(bob.put("1.0", index_of(text="another")))
    assert (error.status, error.code, error.detail["author"]) == (409, "DENIED", "alice")
    assert "pushed by alice at " in error.message


def test_a_blob_is_mounted_from_a_repository_of_another_team(alice: Repository, users_server: Server) -> None:
    with connect(users_server.url, "carol", "lorac") as api:
        other = Repository(api, alice.name.replace("team/", "other/"))
        blob = other.push_blob(b"a blob of another team")
        query = {"mount": str(blob["digest"]), "from": other.name}
        assert alice.api.post(alice.uploads, params=query).status_code == 201
        assert alice.blob(blob).status_code == 200
