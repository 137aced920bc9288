"""Scopes of token requests that try to get more than the rules give."""

from collections.abc import Iterator

import pytest
from jose import jwt
from tests.integration.identity_blob import pull, push
from tests.integration.identity_facts import ALICE, BOB, bearer
from tests.integration.identity_world import World, searched

APP, OTHER = "repository:myteam/app:pull,push", "repository:other/app:pull,push"
WIDE = [
    "*",
    "repository:*:push",
    "repository:*/*:pull,push",
    "repository:myteam/*:push",
    "repository:myteam:push",
    "repository:myteam/app",
    "repository:myteam/app:*",
    "repository:myteam/app:PUSH",
    "repository:myteam/app2/../app:push",
    "repository:/myteam/app:push",
    "repository:myteam//app:push",
    "repository:myteam%2Fapp:push",
    "repository(plugin):myteam/app:push",
    "registry:catalog:*",
    "repository:127.0.0.1:1/myteam/app:push",
    "repository:myteam/app\t:push",
    "repository:myteam/app\x00:push",
    "repository:ｍyteam/app:push",  # noqa: RUF001 - a letter that looks like another
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("scopes")))


@pytest.mark.parametrize("scope", [*WIDE, " ".join(WIDE)])
def test_a_scope_that_is_not_understood_grants_nothing(world: World, scope: str) -> None:
    token = world.issue(ALICE, scope)
    assert jwt.get_unverified_claims(token)["access"] == []
    assert (push(world, bearer(token), "myteam/app"), pull(world, bearer(token), "myteam/app")) == (401, 401)


def test_no_wording_gets_more_than_the_rules_give(world: World) -> None:
    token = bearer(world.issue(BOB, OTHER, APP, "repository:myteam/app:push repository:other/app:push", *WIDE))
    assert (push(world, token, "other/app"), push(world, token, "myteam/app")) == (201, 403)
