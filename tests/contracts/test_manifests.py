"""What `Manifests` promises: compare and set, all or nothing, and no immutable tag that ever moves."""

from contextlib import closing

import pytest
from tests.contracts.content import APP, AT, OTHER, artifact, fixed, movable, write

from pierone_core.manifest import Manifest
from pierone_core.ports import EventLog, Manifests, Metadata, TagRaced
from pierone_core.records import StoredManifest, TagBinding, TagWrite
from pierone_core.values import Digest, Repository, Tag

ONE, TWO, THREE = artifact("one"), artifact("two"), artifact("three")
RELEASE, DEV = Tag.parse("1.0"), Tag.parse("dev")


def held(manifests: Manifests, name: str, repository: Repository = APP) -> Digest | None:
    binding = manifests.tag(repository, Tag.parse(name))
    return binding.digest if binding else None


def newest_first(manifests: Manifests, repository: Repository = APP) -> list[str]:
    with closing(manifests.tags_newest_first(repository)) as bindings:
        return [binding.tag.name for binding in bindings]


def test_a_manifest_is_found_byte_for_byte_where_it_was_stored(manifests: Manifests) -> None:
    manifests.store(write(ONE))
    for _ in range(2):
        assert manifests.get(APP, ONE.digest) == StoredManifest(ONE.digest, ONE.media_type, ONE.data)
        assert manifests.has(APP, ONE.digest)


def test_a_manifest_is_not_found_in_another_repository(manifests: Manifests) -> None:
    manifests.store(write(ONE, fixed("1.0")))
    assert manifests.get(APP, ONE.digest) is not None
    assert manifests.get(OTHER, ONE.digest) is None
    assert not manifests.has(OTHER, ONE.digest)
    assert manifests.tag(OTHER, RELEASE) is None


def test_a_manifest_that_was_not_there_is_found_once_it_is_stored(manifests: Manifests) -> None:
    assert manifests.get(APP, ONE.digest) is None
    assert not manifests.has(APP, ONE.digest)
    manifests.store(write(ONE))
    assert manifests.get(APP, ONE.digest) is not None
    assert manifests.has(APP, ONE.digest)


@pytest.mark.parametrize("tag", [fixed("1.0"), movable("dev")])
def test_a_tag_is_found_with_who_bound_it_and_when(manifests: Manifests, tag: TagWrite) -> None:
    assert manifests.tag(APP, tag.tag) is None
    manifests.store(write(ONE, tag, caller="bob"))
    bound = TagBinding(APP, tag.tag, ONE.digest, tag.immutable, "bob", AT)
    assert [manifests.tag(APP, tag.tag) for _ in range(2)] == [bound, bound]


@pytest.mark.parametrize("tag", [fixed("1.0"), movable("dev")])
def test_a_tag_is_found_with_its_manifest(manifests: Manifests, tag: TagWrite) -> None:
    assert manifests.tagged(APP, tag.tag) is None
    manifests.store(write(ONE, tag))
    manifests.store(write(TWO, tag, repository=OTHER))
    found = manifests.tag(APP, tag.tag), StoredManifest(ONE.digest, ONE.media_type, ONE.data)
    assert [manifests.tagged(APP, tag.tag) for _ in range(2)] == [found, found]


def test_a_tag_that_moved_is_found_with_the_manifest_that_it_holds_now(manifests: Manifests) -> None:
    manifests.store(write(ONE, movable("dev")))
    assert manifests.tagged(APP, DEV)
    manifests.store(write(TWO, movable("dev", ONE.digest)))
    assert manifests.tagged(APP, DEV) == (manifests.tag(APP, DEV), manifests.get(APP, TWO.digest))


def test_the_same_tag_of_another_repository_is_another_tag(manifests: Manifests) -> None:
    manifests.store(write(ONE, fixed("1.0")))
    manifests.store(write(TWO, fixed("1.0"), repository=OTHER))
    assert held(manifests, "1.0") == ONE.digest
    assert held(manifests, "1.0", OTHER) == TWO.digest


@pytest.mark.parametrize("immutable", [True, False])
@pytest.mark.parametrize("expected", [None, ONE.digest, TWO.digest, THREE.digest])
@pytest.mark.parametrize("pushed", [ONE, TWO])
def test_an_immutable_tag_never_moves_whatever_is_asked(
    manifests: Manifests, events: EventLog, *, immutable: bool, expected: Digest | None, pushed: Manifest
) -> None:
    manifests.store(write(ONE, fixed("1.0"), caller="alice"))
    before = list(events.read(0, 100))
    with pytest.raises(TagRaced):
        manifests.store(write(pushed, TagWrite(RELEASE, expected, immutable=immutable), caller="mallory"))
    assert manifests.tag(APP, RELEASE) == TagBinding(
        APP, RELEASE, ONE.digest, immutable=True, author="alice", bound_at=AT
    )
    assert list(events.read(0, 100)) == before
    assert not manifests.has(APP, TWO.digest)


def test_a_mutable_tag_moves_if_it_holds_what_was_expected(manifests: Manifests) -> None:
    manifests.store(write(ONE, movable("dev")))
    manifests.store(write(TWO, movable("dev", ONE.digest), caller="bob"))
    assert manifests.tag(APP, DEV) == TagBinding(APP, DEV, TWO.digest, immutable=False, author="bob", bound_at=AT)
    assert manifests.has(APP, ONE.digest)


@pytest.mark.parametrize("expected", [None, TWO.digest, THREE.digest])
def test_a_mutable_tag_stays_if_it_holds_something_else_than_was_expected(
    manifests: Manifests, events: EventLog, expected: Digest | None
) -> None:
    manifests.store(write(ONE, movable("dev")))
    with pytest.raises(TagRaced):
        manifests.store(write(TWO, movable("dev", expected)))
    assert held(manifests, "dev") == ONE.digest
    assert not manifests.has(APP, TWO.digest)
    assert len(events.read(0, 100)) == 2


@pytest.mark.parametrize("immutable", [True, False])
def test_a_tag_that_should_hold_something_but_is_free_stays_free(manifests: Manifests, *, immutable: bool) -> None:
    with pytest.raises(TagRaced):
        manifests.store(write(TWO, TagWrite(DEV, ONE.digest, immutable=immutable)))
    assert manifests.tag(APP, DEV) is None
    assert not manifests.has(APP, TWO.digest)


def test_whether_a_tag_may_move_was_decided_when_it_was_first_bound(manifests: Manifests) -> None:
    manifests.store(write(ONE, movable("dev")))
    manifests.store(write(TWO, fixed("dev", ONE.digest)))
    binding = manifests.tag(APP, DEV)
    assert binding
    assert (binding.digest, binding.immutable) == (TWO.digest, False)


def test_several_tags_are_bound_together(manifests: Manifests) -> None:
    manifests.store(write(ONE, movable("dev")))
    manifests.store(write(TWO, fixed("2.0"), movable("dev", ONE.digest), fixed("2")))
    assert [held(manifests, name) for name in ("2.0", "2", "dev")] == [TWO.digest] * 3


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("lost", [fixed("1.0"), movable("dev"), movable("dev", THREE.digest)])
def test_of_several_tags_none_is_bound_if_one_is_lost(
    manifests: Manifests, events: EventLog, place: int, lost: TagWrite
) -> None:
    manifests.store(write(ONE, fixed("1.0"), movable("dev"), movable("edge")))
    before = list(events.read(0, 100))
    tags = [fixed("2.0"), movable("edge", ONE.digest)]
    tags.insert(place, lost)
    with pytest.raises(TagRaced):
        manifests.store(write(TWO, *tags))
    assert [held(manifests, name) for name in ("1.0", "dev", "edge", "2.0")] == [ONE.digest] * 3 + [None]
    assert not manifests.has(APP, TWO.digest)
    assert list(events.read(0, 100)) == before


def test_the_tag_created_last_comes_first(manifests: Manifests) -> None:
    assert newest_first(manifests) == []
    for name in ("b", "c", "a"):
        manifests.store(write(ONE, fixed(name)))
    manifests.store(write(ONE, fixed("z"), repository=OTHER))
    assert newest_first(manifests) == ["a", "c", "b"]


def test_of_tags_created_together_the_last_written_comes_first(manifests: Manifests) -> None:
    manifests.store(write(ONE, fixed("b"), fixed("c"), fixed("a")))
    assert newest_first(manifests) == ["a", "c", "b"]


def test_a_moved_tag_keeps_its_place(manifests: Manifests) -> None:
    manifests.store(write(ONE, movable("dev")))
    manifests.store(write(ONE, fixed("1.0")))
    manifests.store(write(TWO, movable("dev", ONE.digest)))
    assert newest_first(manifests) == ["1.0", "dev"]
    with closing(manifests.tags_newest_first(APP)) as bindings:
        assert [binding.digest for binding in bindings] == [ONE.digest, TWO.digest]


def test_tags_can_be_bound_while_others_are_being_read(metadata: Metadata) -> None:
    for number in range(50):
        metadata.manifests.store(write(ONE, fixed(f"tag-{number}")))
    for number in range(60):
        with closing(metadata.manifests.tags_newest_first(APP)) as bindings:
            assert next(bindings).tag.name == ("tag-49" if number == 0 else f"late-{number - 1}")
            metadata.manifests.store(write(ONE, fixed(f"late-{number}")))
