"""The keys with which the registry signs: published, kept over restarts, and rotated."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jose import jwt
from tests.integration.identity_facts import ALICE, bearer
from tests.integration.identity_world import World, searched

from pierone_adapters.jwt import kept_key

APP = "repository:myteam/app:pull,push"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("keys")))


def push(world: World, authorization: str) -> int:
    return world.ask("POST", "/v2/myteam/app/blobs/uploads/", authorization).status_code


def test_the_keys_of_tokens_are_published_and_only_their_public_halves(world: World) -> None:
    keys = world.ask("GET", "/.well-known/jwks.json").json()["keys"]
    token = world.issue(ALICE, APP)
    assert [key.keys() & {"d", "k", "p", "q"} for key in keys] == [set()]
    assert jwt.get_unverified_header(token)["kid"] == keys[0]["kid"]
    assert jwt.decode(token, keys[0], algorithms=["ES256"], audience="pierone")["sub"] == "alice"


def test_a_token_outlives_a_restart(world: World) -> None:
    token = bearer(world.issue(ALICE, APP))
    world.restart()
    assert push(world, token) == 202


def test_keys_are_rotated_without_a_token_lost(tmp_path: Path) -> None:
    old, new = str(tmp_path / "old.pem"), str(tmp_path / "new.pem")
    kids = [kept_key(Path(path)).kid for path in (old, new)]
    for world in searched(World(tmp_path, PIERONE_TOKEN_KEY_FILES=json.dumps([old]))):
        first = world.issue(ALICE, APP)
        world.restart(PIERONE_TOKEN_KEY_FILES=json.dumps([new, old]))
        second = world.issue(ALICE, APP)
        assert [jwt.get_unverified_header(token)["kid"] for token in (first, second)] == kids
        published = world.ask("GET", "/.well-known/jwks.json").json()["keys"]
        assert [key["kid"] for key in published] == kids[::-1]
        assert [push(world, bearer(token)) for token in (first, second)] == [202, 202]
        world.restart(PIERONE_TOKEN_KEY_FILES=json.dumps([new]))
        assert [push(world, bearer(token)) for token in (first, second)] == [401, 202]
