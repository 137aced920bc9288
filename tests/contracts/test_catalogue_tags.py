"""What `Catalogue` and `History` promise of tags and events: what each shows, in pages in both directions."""

from datetime import timedelta

from tests.contracts.catalogue import ONE, TWO, fill
from tests.contracts.content import APP, AT, OTHER, fixed, movable, write
from tests.contracts.images import index

from pierone_core.ports import Metadata, TagEntry
from pierone_core.records import EventKind, ManifestWrite
from pierone_core.values import Digest, Tag


def names(entries: object) -> list[str]:
    assert isinstance(entries, list)
    return [str(entry.tag) for entry in entries]


def test_a_tag_is_shown_with_what_it_holds_and_who_made_it_when(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, fixed("1.0"), caller="ünï"))
    expected = TagEntry(
        repository=APP,
        tag=Tag("1.0"),
        digest=ONE.digest,
        image=Digest.of(b"one"),
        media_type=ONE.media_type,
        immutable=True,
        created=AT,
        created_by="ünï",
        bound=AT,
        bound_by="ünï",
    )
    assert metadata.catalogue.lists.tag(APP, Tag("1.0")) == expected
    assert list(metadata.catalogue.lists.tags(APP, None, 9, newest_first=False)) == [expected]


def test_a_moved_tag_keeps_its_place_and_says_since_when_it_holds_what(metadata: Metadata) -> None:
    later = AT + timedelta(hours=1)
    metadata.manifests.store(write(ONE, movable("dev"), caller="alice"))
    metadata.manifests.store(write(ONE, fixed("1.0"), caller="alice"))
    metadata.manifests.store(ManifestWrite(APP, TWO, (movable("dev", ONE.digest),), "bob", later))
    moved, other = metadata.catalogue.lists.tags(APP, None, 9, newest_first=False)
    assert (str(moved.tag), str(other.tag)) == ("dev", "1.0")
    assert (moved.created, moved.created_by, moved.bound, moved.bound_by) == (AT, "alice", later, "bob")
    assert (moved.digest, moved.image, moved.immutable) == (TWO.digest, Digest.of(b"two"), False)


def test_an_index_is_its_own_image(metadata: Metadata) -> None:
    whole = index(ONE, TWO)
    metadata.manifests.store(write(whole, fixed("1.0")))
    entry = metadata.catalogue.lists.tag(APP, Tag("1.0"))
    assert entry
    assert (entry.image, entry.digest) == (whole.digest, whole.digest)


def test_tags_come_by_creation_in_pages_in_both_directions(metadata: Metadata) -> None:
    for name in ("b", "a", "d", "c"):
        metadata.manifests.store(write(ONE, fixed(name)))
    metadata.manifests.store(write(ONE, fixed("elsewhere"), repository=OTHER))
    lists = metadata.catalogue.lists
    assert names(lists.tags(APP, None, 9, newest_first=False)) == ["b", "a", "d", "c"]
    assert names(lists.tags(APP, None, 3, newest_first=False)) == ["b", "a", "d"]
    assert names(lists.tags(APP, Tag("a"), 1, newest_first=False)) == ["d"]
    assert names(lists.tags(APP, Tag("c"), 1, newest_first=False)) == []
    assert names(lists.tags(APP, None, 2, newest_first=True)) == ["c", "d"]
    assert names(lists.tags(APP, Tag("d"), 9, newest_first=True)) == ["a", "b"]


def test_events_of_a_repository_come_in_pages_in_both_directions(metadata: Metadata) -> None:
    fill(metadata)
    history = metadata.catalogue.history
    forwards = history.of_repository(APP, None, 9, newest_first=False)
    assert [(event.sequence, event.kind) for event in forwards] == [
        (1, EventKind.MANIFEST_STORED),
        (2, EventKind.TAG_BOUND),
        (3, EventKind.TAG_BOUND),
    ]
    assert forwards == list(metadata.events.read(0, 3))
    assert [event.sequence for event in history.of_repository(APP, 1, 1, newest_first=False)] == [2]
    assert [event.sequence for event in history.of_repository(APP, None, 2, newest_first=True)] == [3, 2]
    assert [event.sequence for event in history.of_repository(APP, 2, 9, newest_first=True)] == [1]
    assert [event.sequence for event in history.of_repository(OTHER, None, 9, newest_first=False)] == [4, 5]


def test_the_newest_pushes_are_bindings_of_tags_in_all_repositories(metadata: Metadata) -> None:
    fill(metadata)
    metadata.manifests.store(write(TWO))
    metadata.manifests.store(write(TWO, movable("dev")))
    metadata.manifests.store(write(ONE, movable("dev", TWO.digest)))
    history = metadata.catalogue.history
    pushed = history.pushes(None, 9)
    assert [(str(event.repository), str(event.tag)) for event in pushed] == [
        ("team/app", "dev"),
        ("team/app", "dev"),
        ("foreign/app/part", "1.0"),
        ("team/other", "2.0"),
        ("team/app", "1"),
        ("team/app", "1.0"),
    ]
    assert list(history.pushes(pushed[1].sequence, 2)) == list(pushed[2:4])
