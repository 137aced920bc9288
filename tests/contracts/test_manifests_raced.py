"""What `Manifests` promises to many threads: one of them wins a tag, and the log has no gap."""

from functools import partial

import pytest
from tests.contracts.content import APP, AT, OTHER, artifact, fixed, movable, write
from tests.contracts.threads import MANY, all_at_once

from pierone_core.caller import Caller
from pierone_core.errors import TagImmutable
from pierone_core.manifest import OCI_INDEX
from pierone_core.ports import EventLog, Metadata, TagRaced
from pierone_core.push_manifests import ManifestPush
from pierone_core.records import EventKind, TagWrite
from pierone_core.registry import CLAIMS_ONLY
from pierone_core.tag_policy import MutableTags
from pierone_core.values import Tag

TAG = Tag.parse("1.0")
ONE = artifact("one")
MANIFESTS = [artifact(f"number {number}") for number in range(MANY)]


def assert_dense(events: EventLog, length: int) -> None:
    assert [event.sequence for event in events.read(0, 10_000)] == list(range(1, length + 1))


@pytest.mark.parametrize("tag", [fixed("1.0"), movable("1.0")])
def test_of_many_that_bind_a_free_tag_one_wins_and_nothing_is_kept_of_the_others(
    metadata: Metadata, tag: TagWrite
) -> None:
    outcomes = all_at_once([partial(metadata.manifests.store, write(manifest, tag)) for manifest in MANIFESTS])
    [winner] = [m for m, outcome in zip(MANIFESTS, outcomes, strict=True) if outcome is None]
    assert [type(outcome) for outcome in outcomes if outcome] == [TagRaced] * (MANY - 1)
    binding = metadata.manifests.tag(APP, TAG)
    assert binding
    assert binding.digest == winner.digest
    assert [m for m in MANIFESTS if metadata.manifests.has(APP, m.digest)] == [winner]
    assert [event.digest for event in metadata.events.read(0, 100)] == [winner.digest] * 2
    assert_dense(metadata.events, 2)


def test_of_many_that_move_a_tag_from_the_same_digest_one_wins(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, movable("1.0")))
    moves = [write(manifest, movable("1.0", ONE.digest)) for manifest in MANIFESTS]
    outcomes = all_at_once([partial(metadata.manifests.store, move) for move in moves])
    assert [type(outcome) for outcome in outcomes if outcome] == [TagRaced] * (MANY - 1)
    moved = [event for event in metadata.events.read(0, 100) if event.kind is EventKind.TAG_MOVED]
    binding = metadata.manifests.tag(APP, TAG)
    assert binding
    assert [event.digest for event in moved] == [binding.digest]
    assert_dense(metadata.events, 4)


def test_many_that_bind_different_tags_all_succeed(metadata: Metadata) -> None:
    writes = [
        write(manifest, fixed(f"tag-{number}"), repository=APP if number % 2 else OTHER)
        for number, manifest in enumerate(MANIFESTS)
    ]
    assert all_at_once([partial(metadata.manifests.store, w) for w in writes]) == [None] * MANY
    for w in writes:
        binding = metadata.manifests.tag(w.repository, w.tags[0].tag)
        assert binding
        assert binding.digest == w.manifest.digest
    assert_dense(metadata.events, 2 * MANY)


def test_many_that_store_the_same_manifest_record_it_once(metadata: Metadata) -> None:
    assert all_at_once([partial(metadata.manifests.store, write(ONE))] * MANY) == [None] * MANY
    assert [event.kind for event in metadata.events.read(0, 100)] == [EventKind.MANIFEST_STORED]


def push(metadata: Metadata, *patterns: str) -> ManifestPush:
    return ManifestPush(metadata.manifests, metadata.blobs, MutableTags.parse(patterns), CLAIMS_ONLY, lambda: AT)


def callers() -> list[Caller]:
    return [Caller(f"caller-{number}", teams=frozenset({"team"})) for number in range(MANY)]


def test_many_that_push_the_same_image_to_a_tag_all_succeed(metadata: Metadata) -> None:
    put = partial(push(metadata).put_manifest, media_type=OCI_INDEX, data=ONE.data)
    assert all_at_once([partial(put, caller, APP, TAG) for caller in callers()]) == [ONE] * MANY
    assert_dense(metadata.events, 2)


def test_of_many_that_push_different_images_to_a_tag_one_succeeds(metadata: Metadata) -> None:
    put = partial(push(metadata).put_manifest, repository=APP, reference=TAG, media_type=OCI_INDEX)
    outcomes = all_at_once([partial(put, caller, data=m.data) for caller, m in zip(callers(), MANIFESTS, strict=True)])
    [winner] = [outcome for outcome in outcomes if outcome in MANIFESTS]
    refused = [outcome for outcome in outcomes if isinstance(outcome, TagImmutable)]
    assert len(refused) == MANY - 1
    binding = metadata.manifests.tag(APP, TAG)
    assert binding
    assert winner in [m for m in MANIFESTS if m.digest == binding.digest]
    assert all(str(binding.digest) in outcome.message and binding.author in outcome.message for outcome in refused)
    assert_dense(metadata.events, 2)


def test_of_many_moves_of_a_mutable_tag_every_one_is_recorded(metadata: Metadata) -> None:
    put = partial(push(metadata, "*:*").put_manifest, repository=APP, reference=TAG, media_type=OCI_INDEX)
    few = 6  # each round of a race is won by somebody, so this many can never need more rounds than there are
    outcomes = all_at_once(
        [partial(put, caller, data=m.data) for caller, m in zip(callers()[:few], MANIFESTS, strict=False)]
    )
    assert outcomes == MANIFESTS[:few]
    moves = [event for event in metadata.events.read(0, 100) if event.tag]
    assert [event.previous for event in moves] == [None, *[event.digest for event in moves[:-1]]]
    assert {event.digest for event in moves} == {m.digest for m in MANIFESTS[:few]}
    binding = metadata.manifests.tag(APP, TAG)
    assert binding
    assert binding.digest == moves[-1].digest
