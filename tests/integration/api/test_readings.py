"""A path that can be read in two ways shows nothing that the caller may not read by either."""

from collections.abc import Iterator

import pytest
from tests.integration.identity_facts import ALICE, bearer
from tests.integration.identity_world import World, searched
from tests.integration.oci import encode, index_of

MANIFEST = encode(index_of())
PATHS = "/teams/myteam/artifacts/app/tags/tags", "/v1/repositories/myteam/app/tags/tags"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from searched(World(tmp_path_factory.mktemp("readings")))


@pytest.mark.parametrize("path", PATHS)
def test_a_token_for_one_repository_does_not_read_the_other(world: World, path: str) -> None:
    headers = {"Authorization": ALICE, "Content-Type": str(index_of()["mediaType"])}
    assert world.api.put("/v2/myteam/app/manifests/tags", content=MANIFEST, headers=headers).status_code == 201
    longer, shorter = "repository:myteam/app/tags:pull", "repository:myteam/app:pull"
    allowed = [world.ask("GET", path, bearer(world.issue(ALICE, *scopes))) for scopes in ([longer], [longer, shorter])]
    assert [answer.status_code for answer in allowed] == [404, 200]
