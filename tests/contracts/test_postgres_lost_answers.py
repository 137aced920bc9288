"""What PostgreSQL metadata promise when an answer is lost, and nobody knows what was done: nothing is done twice."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import give_back, postgres_url
from tests.contracts.content import APP, AT, artifact, fixed, movable, write
from tests.contracts.cutting import CuttingProxy
from tests.contracts.everything import fill
from tests.contracts.postgres_calls import calls
from tests.postgres import shared_postgres

from pierone_adapters.sql import postgres_metadata
from pierone_core.caller import Caller
from pierone_core.errors import Unavailable
from pierone_core.manifest import OCI_INDEX
from pierone_core.ports import Metadata, TagRaced
from pierone_core.push_manifests import ManifestPush
from pierone_core.registry import CLAIMS_ONLY
from pierone_core.tag_policy import MutableTags
from pierone_core.values import Tag

TWO, THREE = artifact("two"), artifact("three")


@pytest.fixture
def proxy() -> Iterator[CuttingProxy]:
    """Put a proxy in front of the server."""
    with CuttingProxy(shared_postgres().port) as running:
        yield running


@pytest.fixture
def behind(tmp_path: Path, proxy: CuttingProxy) -> Iterator[Metadata]:
    """Open the database through the proxy."""
    through = postgres_url(tmp_path).replace(f":{shared_postgres().port}/", f":{proxy.port}/")
    with closing(postgres_metadata(through, pool_size=1)) as opened:
        fill(opened)
        yield opened
    give_back(tmp_path)


def push(metadata: Metadata, data: bytes, tag: str, *patterns: str) -> None:
    use_case = ManifestPush(metadata.manifests, metadata.blobs, MutableTags.parse(patterns), CLAIMS_ONLY, lambda: AT)
    use_case.put_manifest(Caller("alice", teams=frozenset({"team"})), APP, Tag.parse(tag), OCI_INDEX, data)


def test_a_push_whose_answer_was_lost_after_it_was_committed_succeeds_and_is_recorded_once(
    behind: Metadata, proxy: CuttingProxy
) -> None:
    before = len(behind.events.read(0, 100))
    row = write(THREE, fixed("3.0"))
    behind.manifests.tag(APP, Tag.parse("3.0"))
    proxy.lose_next_answer()
    with pytest.raises(TagRaced):  # the rule then finds the tag as it was asked for
        behind.manifests.store(row)
    push(behind, THREE.data, "3.0")
    assert len(behind.events.read(0, 100)) == before + 2


def test_a_move_whose_answer_was_lost_is_unavailable_and_not_done_twice(behind: Metadata, proxy: CuttingProxy) -> None:
    before = len(behind.events.read(0, 100))
    proxy.lose_next_answer()
    with pytest.raises(Unavailable):
        behind.manifests.store(write(THREE, movable("dev", TWO.digest)))
    assert len(behind.events.read(0, 100)) == before + 2
    held = behind.manifests.tag(APP, Tag.parse("dev"))
    assert held
    assert held.digest == THREE.digest


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
def test_what_is_harmless_to_repeat_is_repeated_when_its_answer_is_lost(
    behind: Metadata, proxy: CuttingProxy, number: int
) -> None:
    proxy.lose_next_answer()
    calls(behind)[number]()
