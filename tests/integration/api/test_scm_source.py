"""X-SCM-Source by real requests: who may send it, that a bad one stores nothing, and that it outlives crashes."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx2
import pytest
from tests.integration.identity_facts import ALICE, bearer
from tests.integration.identity_world import World, searched
from tests.integration.oci import digest_of, encode, index_of

MANIFEST, OTHER = encode(index_of()), encode(index_of(annotations={"about": "another"}))
MANIFEST_TYPE = str(index_of()["mediaType"])
SOURCE = {"url": "git:git@github.com:zalando/pierone.git", "revision": "9f1cfcd", "author": "Jörg", "status": ""}
HEADER = quote(json.dumps(SOURCE))
WRITE, TRUSTED = "application.write", "application.write_all_trusted"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("scm")))


def push(
    world: World, authorization: str, tag: str, header: str | None = HEADER, manifest: bytes = MANIFEST
) -> httpx2.Response:
    headers = {"Authorization": authorization, "Content-Type": MANIFEST_TYPE}
    headers |= {} if header is None else {"X-SCM-Source": header}
    return world.api.put(f"/v2/myteam/app/manifests/{tag}", content=manifest, headers=headers)


def source(world: World, tag: str) -> httpx2.Response:
    return world.ask("GET", f"/teams/myteam/artifacts/app/tags/{tag}/scm-source", ALICE)


def code_of(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["code"]


@pytest.fixture
def trusted(world: World) -> str:
    return bearer(world.newcomer(WRITE, TRUSTED, realm="services"))


def test_a_trusted_service_says_where_an_image_comes_from(world: World, trusted: str) -> None:
    assert push(world, trusted, "said").status_code == 201
    shown = source(world, "said").json()
    assert {key: shown[key] for key in SOURCE} == SOURCE
    assert (shown["origin"], shown["layer"]) == ("header", "")
    assert push(world, trusted, "said").status_code == 201
    refused = push(world, trusted, "said", quote(json.dumps(SOURCE | {"revision": "other"})))
    assert code_of(refused) == (409, "DENIED")
    assert source(world, "said").json() == shown


@pytest.mark.parametrize(
    "header", ["", "x", "null", "{}", '{"url": ""}', "%7B", "%ff%fe", '{"url": "git:x", "surprise": "1"}', '{"url": 5}']
)
def test_a_bad_header_is_a_400_and_nothing_is_stored(world: World, trusted: str, header: str) -> None:
    assert push(world, trusted, "bad", header).status_code == 400
    assert world.ask("GET", "/v2/myteam/app/manifests/bad", ALICE).status_code == 404


@pytest.mark.parametrize(
    "who", ["member", "service without the scope", "trusted without push", "token of the registry"]
)
def test_others_are_refused_with_the_scope_they_lack_and_nothing_is_stored(world: World, who: str) -> None:
    own = bearer(world.newcomer(WRITE, TRUSTED, realm="services"))
    authorization = {
        "member": ALICE,
        "service without the scope": bearer(world.newcomer(WRITE, realm="services")),
        "trusted without push": bearer(world.newcomer(TRUSTED, realm="services")),
        "token of the registry": bearer(world.issue(own, "repository:myteam/app:pull,push")),
    }[who]
    refused = push(world, authorization, "others")
    assert code_of(refused) == (403, "DENIED")
    assert "application.write" in refused.json()["errors"][0]["message"]
    assert world.ask("GET", "/v2/myteam/app/manifests/others", ALICE).status_code == 404


def test_a_refused_push_leaves_no_source_behind(world: World, trusted: str) -> None:
    assert push(world, trusted, "taken", None).status_code == 201
    assert code_of(push(world, trusted, "taken", manifest=OTHER)) == (409, "DENIED")
    assert source(world, "taken").status_code == 404
    assert push(world, trusted, "latest").status_code == 409


def test_a_source_cannot_be_said_of_a_tag_afterwards_but_the_same_again(world: World, trusted: str) -> None:
    assert push(world, trusted, "late", None).status_code == 201
    assert code_of(push(world, trusted, "late")) == (409, "DENIED")
    assert source(world, "late").status_code == 404
    assert push(world, trusted, "late", None).status_code == 201


def test_a_source_can_be_said_of_all_tags_of_a_push_by_digest(world: World, trusted: str) -> None:
    assert push(world, trusted, f"{digest_of(MANIFEST)}?tag=a&tag=b").status_code == 201
    assert [source(world, tag).json()["origin"] for tag in "ab"] == ["header", "header"]
    refused = push(world, trusted, digest_of(MANIFEST))
    assert code_of(refused) == (400, "UNSUPPORTED")


def test_what_was_said_and_counted_is_there_after_a_crash(world: World, trusted: str) -> None:
    assert push(world, trusted, "kept").status_code == 201
    paths = ["/stats", "/stats/teams", "/pushes", "/teams/myteam/artifacts/app/tags/kept/scm-source"]
    before = [world.ask("GET", path, ALICE).json() for path in paths]
    world.server.kill()
    world.server.start()
    assert [world.ask("GET", path, ALICE).json() for path in paths] == before
