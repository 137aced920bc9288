"""What `EventLog` promises: every accepted change, in the order of commits, without gaps."""

import pytest
from tests.contracts.content import APP, AT, OTHER, artifact, fixed, movable, write

from pierone_core.ports import Metadata, TagRaced
from pierone_core.records import Event, EventKind

ONE, TWO = artifact("one"), artifact("two")


def test_nothing_happened_yet(metadata: Metadata) -> None:
    assert list(metadata.events.read(0, 10)) == []


def test_a_stored_manifest_is_recorded_with_all_facts(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, caller="ünï cödé"))
    assert list(metadata.events.read(0, 10)) == [
        Event(
            sequence=1,
            at=AT,
            kind=EventKind.MANIFEST_STORED,
            caller="ünï cödé",
            repository=APP,
            tag=None,
            digest=ONE.digest,
            previous=None,
            media_type=ONE.media_type,
            size=len(ONE.data),
        )
    ]


def test_a_bound_tag_is_recorded_after_its_manifest(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, fixed("1.0"), fixed("1"), caller="bob"))
    stored, first, second = metadata.events.read(0, 10)
    assert [event.kind for event in (stored, first, second)] == ["manifest_stored", "tag_bound", "tag_bound"]
    assert [str(event.tag) for event in (first, second)] == ["1.0", "1"]
    assert {(event.at, event.caller, event.digest, event.previous) for event in (stored, first, second)} == {
        (AT, "bob", ONE.digest, None)
    }


def test_a_moved_tag_is_recorded_with_what_it_held_before(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, movable("dev"), caller="alice"))
    metadata.manifests.store(write(TWO, movable("dev", ONE.digest), caller="bob"))
    moved = metadata.events.read(0, 10)[-1]
    assert (moved.kind, moved.caller, str(moved.tag)) == (EventKind.TAG_MOVED, "bob", "dev")
    assert (moved.digest, moved.previous) == (TWO.digest, ONE.digest)


def test_a_second_tag_for_a_stored_manifest_is_recorded_alone(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, fixed("1.0")))
    metadata.manifests.store(write(ONE, fixed("1")))
    assert [event.kind for event in metadata.events.read(2, 10)] == [EventKind.TAG_BOUND]


def test_the_same_write_twice_records_nothing_more(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE))
    metadata.manifests.store(write(ONE, caller="bob"))
    assert len(metadata.events.read(0, 10)) == 1
    metadata.manifests.store(write(ONE, fixed("1.0")))
    with pytest.raises(TagRaced):
        metadata.manifests.store(write(ONE, fixed("1.0")))
    assert len(metadata.events.read(0, 10)) == 2


def test_the_same_manifest_in_another_repository_is_another_event(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE))
    metadata.manifests.store(write(ONE, repository=OTHER))
    assert [event.repository for event in metadata.events.read(0, 10)] == [APP, OTHER]


def test_a_refused_write_leaves_no_gap(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, fixed("1.0")))
    for _ in range(3):
        with pytest.raises(TagRaced):
            metadata.manifests.store(write(TWO, fixed("2.0"), fixed("1.0")))
    metadata.manifests.store(write(TWO, fixed("2.0")))
    assert [event.sequence for event in metadata.events.read(0, 10)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("after", "limit", "expected"),
    [
        (0, 3, [1, 2, 3]),
        (3, 3, [4, 5, 6]),
        (9, 3, [10]),
        (10, 3, []),
        (99, 3, []),
        (0, 100, [*range(1, 11)]),
        (0, 0, []),
    ],
)
def test_the_log_is_read_in_pages(metadata: Metadata, after: int, limit: int, expected: list[int]) -> None:
    for number in range(5):
        metadata.manifests.store(write(artifact(str(number)), fixed(f"tag-{number}")))
    assert [event.sequence for event in metadata.events.read(after, limit)] == expected
