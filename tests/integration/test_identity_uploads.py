"""A push that outlives its token: the pass in its Location lets the caller finish it, and is worth nothing else."""

import base64
import uuid
from collections.abc import Iterator

import httpx2
import pytest
from tests.integration.identity_facts import ALICE, ANNA, BOB, KEY, basic, bearer
from tests.integration.identity_world import World, searched
from tests.integration.oci import digest_of, encode, index_of

APP = "myteam/app"
# A service user that is called like an employee.
NAMESAKE = bearer("t0ken-of-alice-the-service")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("uploads")))


@pytest.fixture(params=["nothing", "empty", "issued", "JWT", "tokeninfo", "garbage"])
def expired(world: World, request: pytest.FixtureRequest) -> str | None:
    """What a client shows whose token ended, or that shows none where it did not ask for one."""
    shown = {
        "nothing": None,
        "empty": basic("", ""),
        "issued": bearer(world.old_token("alice", APP)),
        "JWT": bearer(KEY.token({"exp": 1_700_000_000})),
        "tokeninfo": bearer("t0ken-that-ended"),
        "garbage": "Basic !",
    }
    return shown[str(request.param)]


def send(world: World, method: str, location: str, authorization: str | None = None, content: bytes = b"") -> int:
    return world.ask(method, location, authorization, content).status_code


def test_a_push_goes_on_after_its_token_ended(world: World, expired: str | None) -> None:
    location = world.start_upload(ALICE, APP)
    data = uuid.uuid4().bytes
    for chunk in (data[:8], data[8:]):
        response = world.ask("PATCH", location, expired, chunk)
        assert response.status_code == 202
        location = response.headers["Location"]
    assert send(world, "GET", location, expired) == 204
    assert send(world, "PUT", f"{location}&digest={digest_of(data)}", expired) == 201
    assert world.ask("GET", f"/v2/{APP}/blobs/{digest_of(data)}", BOB).content == data


def test_a_push_is_cancelled_after_its_token_ended(world: World, expired: str | None) -> None:
    location = world.start_upload(ALICE, APP)
    assert (send(world, "DELETE", location, expired), send(world, "GET", location, ALICE)) == (204, 404)


def test_without_the_pass_the_same_is_refused(world: World, expired: str | None) -> None:
    location = world.start_upload(ALICE, APP).partition("?")[0]
    statuses = [send(world, method, location, expired, b"x") for method in ("PATCH", "PUT", "GET", "DELETE")]
    assert statuses == [401] * 4


def test_a_push_goes_on_while_the_source_of_identity_does_not_answer(world: World) -> None:
    location = world.start_upload(ALICE, APP)
    world.tokeninfo.stop()
    try:
        assert send(world, "PATCH", location, bearer("a token that cannot be judged now"), b"x") == 202
    finally:
        world.tokeninfo.start()


def test_a_pass_is_worth_nothing_elsewhere(world: World) -> None:
    location = world.start_upload(ALICE, APP)
    path, _, query = location.partition("?")
    upload, blob = path.rpartition("/")[2], digest_of(b"x")
    assert send(world, "POST", f"/v2/{APP}/blobs/uploads/?digest={blob}", ALICE, b"x") == 201
    elsewhere = [
        ("PATCH", world.start_upload(ALICE, APP).partition("?")[0]),
        ("PATCH", world.start_upload(ANNA, APP).partition("?")[0]),
        ("PATCH", f"/v2/myteam/app2/blobs/uploads/{upload}"),
        ("PATCH", f"/v2/other/app/blobs/uploads/{upload}"),
        ("GET", f"/v2/{APP}/blobs/uploads/{uuid.uuid4()}"),
        ("POST", f"/v2/{APP}/blobs/uploads/"),
        ("PUT", f"/v2/{APP}/manifests/1.0"),
        ("PUT", f"/v2/{APP}/manifests/{upload}"),
        ("GET", f"/v2/{APP}/blobs/{blob}"),
        ("HEAD", f"/v2/{APP}/blobs/{blob}"),
        ("GET", f"/v2/{APP}/tags/list"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/"),
        ("GET", "/v2/token"),
    ]
    for method, other in elsewhere:
        for name in ("pass", "digest=&pass"):
            target = f"{other}?{query.replace('pass', name, 1)}"
            assert send(world, method, target, content=encode(index_of())) == 401, target
    assert send(world, "GET", location) == 204


def test_a_last_request_that_comes_again_succeeds_for_who_could_push(world: World) -> None:
    location, data = world.start_upload(ALICE, APP), uuid.uuid4().bytes
    finish = f"{location}&digest={digest_of(data)}"
    assert [send(world, "PUT", finish, None, data), send(world, "PUT", finish, ALICE, data)] == [201, 201]
    assert send(world, "PUT", finish, None, data) == 401


@pytest.mark.parametrize("other", [ANNA, BOB, NAMESAKE, bearer("t0ken-of-ci"), bearer("t0ken-of-customer")])
def test_somebody_else_cannot_use_a_pass(world: World, other: str) -> None:
    location = world.start_upload(ALICE, APP)
    for authorization in (other, bearer(world.issue(other, f"repository:{APP}:pull,push"))):
        statuses = [send(world, method, location, authorization, b"x") for method in ("PATCH", "GET", "DELETE")]
        assert statuses == [404] * 3
        finish = f"{location}&digest={digest_of(b'x' + uuid.uuid4().bytes)}"
        assert send(world, "PUT", finish, authorization) in (403, 404)
    assert world.ask("GET", location, ALICE).headers["Range"] == "0-0"


def _forgeries(world: World, location: str) -> Iterator[str]:
    upload = location.partition("?")[0].rpartition("/")[2]
    name, ends, mac = httpx2.URL(location).params["pass"].split(".")
    anna = base64.urlsafe_b64encode(b"employees/anna").decode()
    yield from (f"{anna}.{ends}.{mac}", f"{name}.{int(ends) + 1}.{mac}", f"{name}.{ends}.{mac[::-1]}")
    yield from (f"{name}.{ends}.{mac[:-2]}", f"{name}.{ends}.{mac}A", f"{name}.{ends}.", f"{name}.{ends}", "", "..")
    yield from (f"{name}.+{ends}.{mac}", f"{name}.{ends[:1]}_{ends[1:]}.{mac}", f"%20{name}.{ends}.{mac}", "é.é.é")
    yield from (f"{name}.{'9' * 5000}.{mac}", f"{name}.{ends}.{mac}&pass=x", "\ufffd", "%00", "%ff", "A" * 50_000)
    yield world.own_passes(-1).issue("employees/alice", APP, upload)
    yield world.own_passes(60).issue("employees/anna", APP, upload) + "x"
    yield world.own_passes(60).issue("employees/alice", "myteam/app2", upload)
    yield world.own_passes(60).issue("employees/alice", APP, str(uuid.uuid4()))


def test_a_pass_that_was_altered_or_ended_is_none(world: World) -> None:
    location = world.start_upload(ALICE, APP)
    for forgery in _forgeries(world, location):
        assert send(world, "GET", f"{location.partition('?')[0]}?pass={forgery}") == 401, forgery[:200]
    upload = location.partition("?")[0].rpartition("/")[2]
    for stranger in ("alice", "services/alice", "/alice", "employees~1alice/"):
        pass_ = world.own_passes(60).issue(stranger, APP, upload)
        assert send(world, "GET", f"{location.partition('?')[0]}?pass={pass_}") == 404, stranger
    genuine = world.own_passes(60).issue("employees/alice", APP, upload)
    assert send(world, "GET", f"{location.partition('?')[0]}?pass={genuine}") == 204


def test_a_pass_outlives_a_restart(world: World) -> None:
    location = world.start_upload(ALICE, APP)
    world.restart()
    assert send(world, "PATCH", location, None, b"x") == 202
