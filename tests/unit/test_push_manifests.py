"""Pushing manifests: what must be there before, what is bound together, and what a repeat does."""

import json

import pytest

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_core.caller import Caller
from pierone_core.errors import (
    Denied,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    TagImmutable,
)
from pierone_core.manifest import OCI_INDEX, OCI_MANIFEST
from pierone_core.registry import Registry
from pierone_core.tag_policy import MutableTags
from pierone_core.values import Digest, Repository, Tag

ALICE, EVE = Caller("alice", teams=frozenset({"team"})), Caller("eve", teams=frozenset({"other"}))
APP, TOOLS = Repository.parse("team/app"), Repository.parse("team/tools")
CONFIG, LAYER = b"{}", b"layer"
ONE, TWO, DEV = Tag.parse("1.0"), Tag.parse("2.0"), Tag.parse("dev")


def descriptor(data: bytes, media_type: str = "a/b") -> dict[str, object]:
    return {"mediaType": media_type, "digest": str(Digest.of(data)), "size": len(data)}


def image(about: str = "one") -> bytes:
    document = {
        "schemaVersion": 2,
        "config": descriptor(CONFIG),
        "layers": [descriptor(LAYER)],
        "annotations": {"about": about},
    }
    return json.dumps(document).encode()


def index(*children: bytes) -> bytes:
    manifests = [descriptor(child, OCI_MANIFEST) for child in children]
    return json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()


@pytest.fixture
def registry() -> Registry:
    """Begin a registry in memory that has the blobs of an image."""
    registry = Registry.over(memory_metadata(), MemoryBlobStore(), MutableTags.parse(["*:dev"]))
    for data in (CONFIG, LAYER):
        registry.push_blobs.push_blob(ALICE, APP, data)
    return registry


def put(registry: Registry, reference: Tag | Digest, data: bytes, *tags: Tag, caller: Caller = ALICE) -> Digest:
    media_type = OCI_INDEX if b'"manifests"' in data else OCI_MANIFEST
    return registry.push_manifests.put_manifest(caller, APP, reference, media_type, data, tags).digest


def pulled(registry: Registry, reference: Tag | Digest) -> tuple[bytes, bool]:
    stored, final = registry.pull.get_manifest(APP, reference)
    return stored.data, final


def test_an_image_is_pulled_as_it_was_pushed(registry: Registry) -> None:
    digest = put(registry, ONE, image())
    assert digest == Digest.of(image())
    assert pulled(registry, ONE) == pulled(registry, digest) == (image(), True)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_push_by_digest_is_stored_under_that_digest(registry: Registry, algorithm: str) -> None:
    digest = Digest.of(image(), algorithm)
    assert put(registry, digest, image()) == digest
    assert pulled(registry, digest) == (image(), True)
    assert registry.discovery.tags(APP).items == []


def test_a_push_by_another_digest_is_refused(registry: Registry) -> None:
    with pytest.raises(DigestInvalid, match=str(Digest.of(image()))):
        put(registry, Digest.of(b"something else"), image(), ONE)
    with pytest.raises(ManifestUnknown):
        pulled(registry, ONE)


def test_only_members_may_push(registry: Registry) -> None:
    for reference in (ONE, Digest.of(image())):
        with pytest.raises(Denied):
            put(registry, reference, image(), caller=EVE)
    assert registry.events.read(0, 10) == []


def test_who_may_not_push_learns_nothing_of_the_tag_or_the_manifest(registry: Registry) -> None:
    put(registry, ONE, image())
    with pytest.raises(Denied, match="not a member"):
        put(registry, ONE, b"not even a manifest", caller=EVE)


@pytest.mark.parametrize(("present", "missing"), [([], [CONFIG, LAYER]), ([CONFIG], [LAYER]), ([LAYER], [CONFIG])])
def test_an_image_whose_blobs_are_not_there_is_refused_with_their_digests(
    registry: Registry, present: list[bytes], missing: list[bytes]
) -> None:
    for data in present:
        registry.push_blobs.push_blob(ALICE, TOOLS, data)
    with pytest.raises(ManifestBlobUnknown, match=f"lacks {len(missing)} of what") as error:
        registry.push_manifests.put_manifest(ALICE, TOOLS, ONE, OCI_MANIFEST, image())
    assert error.value.detail == {"digests": [str(Digest.of(data)) for data in missing]}
    assert registry.events.read(0, 10) == []


def test_an_index_whose_images_are_not_there_is_refused_with_their_digests(registry: Registry) -> None:
    put(registry, ONE, image())
    with pytest.raises(ManifestBlobUnknown) as error:
        put(registry, TWO, index(image(), image("two"), image("two")))
    assert error.value.detail == {"digests": [str(Digest.of(image("two")))]}
    put(registry, Digest.of(image("two")), image("two"))
    put(registry, TWO, index(image(), image("two")))
    put(registry, Tag.parse("3.0"), index(index(image(), image("two"))))


def test_a_child_of_an_index_may_be_a_blob(registry: Registry) -> None:
    put(registry, ONE, index(LAYER))
    assert pulled(registry, ONE) == (index(LAYER), True)


@pytest.mark.parametrize("count", [1, 99, 100, 101, 5000])
def test_a_refusal_names_a_hundred_missing_digests_at_most(registry: Registry, count: int) -> None:
    with pytest.raises(ManifestBlobUnknown, match=f"lacks {count} of what") as error:
        put(registry, ONE, index(*[str(number).encode() for number in range(count)]))
    digests = error.value.detail["digests"]
    assert isinstance(digests, list)
    assert len(digests) == min(count, 100)


def test_a_repeat_of_a_push_changes_nothing_and_succeeds(registry: Registry) -> None:
    for caller in (ALICE, Caller("bob", teams=frozenset({"team"}))):
        put(registry, ONE, image(), caller=caller)
        put(registry, Digest.of(image()), image(), ONE, caller=caller)
    assert [event.caller for event in registry.events.read(0, 10)] == ["alice", "alice"]


def test_a_tag_that_is_held_refuses_another_image_and_nothing_of_it_is_stored(registry: Registry) -> None:
    put(registry, ONE, image())
    with pytest.raises(TagImmutable, match=str(Digest.of(image()))):
        put(registry, ONE, image("two"))
    assert pulled(registry, ONE) == (image(), True)
    with pytest.raises(ManifestUnknown):
        pulled(registry, Digest.of(image("two")))


def test_a_mutable_tag_moves_and_is_never_final(registry: Registry) -> None:
    put(registry, DEV, image())
    put(registry, DEV, image("two"))
    assert pulled(registry, DEV) == (image("two"), False)


def test_several_tags_are_bound_together_or_not_at_all(registry: Registry) -> None:
    put(registry, ONE, image())
    two = Digest.of(image("two"))
    with pytest.raises(TagImmutable):
        put(registry, two, image("two"), TWO, ONE, DEV)
    assert registry.discovery.tags(APP).items == ["1.0"]
    put(registry, two, image("two"), TWO, DEV, TWO)
    assert registry.discovery.tags(APP).items == ["1.0", "2.0", "dev"]
    assert [str(event.tag) for event in registry.events.read(3, 10)] == ["2.0", "dev"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", image()[:-1]])
def test_what_is_no_manifest_is_not_stored(registry: Registry, data: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        put(registry, ONE, data)
    assert registry.events.read(0, 10) == []


@pytest.mark.parametrize("tags", [["latest"], ["1.0", "latest"]])
def test_latest_cannot_be_pushed(registry: Registry, tags: list[str]) -> None:
    with pytest.raises(TagImmutable, match="latest"):
        put(registry, Digest.of(image()), image(), *map(Tag.parse, tags))
    assert registry.events.read(0, 10) == []


def test_latest_is_the_newest_version_and_never_a_signature(registry: Registry) -> None:
    latest = Tag.parse("latest")
    with pytest.raises(ManifestUnknown):
        pulled(registry, latest)
    put(registry, TWO, image())
    put(registry, DEV, image("two"))
    put(registry, Tag.parse("1.9"), image("three"))
    put(registry, DEV, image("four"))
    put(registry, Tag.parse(f"sha256-{'0' * 64}.sig"), image("signature"))
    assert pulled(registry, latest) == (image("three"), False)


@pytest.mark.parametrize("reference", [ONE, Tag.parse("latest"), Digest.of(b"x"), Digest.of(b"x", "sha512")], ids=str)
def test_what_was_never_pushed_is_unknown(registry: Registry, reference: Tag | Digest) -> None:
    with pytest.raises(ManifestUnknown, match="team/app has no manifest") as error:
        pulled(registry, reference)
    assert error.value.detail == {"reference": str(reference)}
