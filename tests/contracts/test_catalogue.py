"""What `Catalogue` and `History` promise: lists in pages, and figures that agree with what was pushed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from tests.contracts.content import APP, AT, OTHER, artifact, fixed, movable, write
from tests.contracts.images import image, index

from pierone_core.errors import QueryInvalid
from pierone_core.ports import Metadata, TagEntry, TagRaced, TeamFigures, Totals
from pierone_core.records import EventKind, ManifestWrite
from pierone_core.values import Digest, Repository, Tag

ONE, TWO = image(b"one"), image(b"two")
FOREIGN = Repository.parse("foreign/app/part")


def fill(metadata: Metadata) -> None:
    """Three repositories of two teams, with 2 + 1 + 1 tags."""
    metadata.manifests.store(write(ONE, fixed("1.0"), fixed("1")))
    metadata.manifests.store(write(TWO, fixed("2.0"), repository=OTHER))
    metadata.manifests.store(write(ONE, fixed("1.0"), repository=FOREIGN))


def names(entries: object) -> list[str]:
    assert isinstance(entries, list)
    return [str(entry.tag) for entry in entries]


def test_an_empty_registry_has_empty_lists_and_zeros(metadata: Metadata) -> None:
    lists, history = metadata.catalogue.lists, metadata.catalogue.history
    assert (list(lists.teams("", 9)), list(lists.artifacts("team", "", 9)), list(lists.find("", 9))) == ([], [], [])
    assert lists.team("team") == TeamFigures("team", 0, 0)
    assert lists.totals() == Totals(0, 0)
    assert lists.tag(APP, Tag("1.0")) is None
    assert list(lists.tags(APP, None, 9, newest_first=False)) == []
    assert list(history.of_repository(APP, None, 9, newest_first=True)) == []
    assert list(history.pushes(None, 9)) == []


def test_teams_are_listed_with_their_figures(metadata: Metadata) -> None:
    fill(metadata)
    expected = [TeamFigures("foreign", 1, 1), TeamFigures("team", 2, 3)]
    assert list(metadata.catalogue.lists.teams("", 9)) == expected
    assert [metadata.catalogue.lists.team(figures.team) for figures in expected] == expected
    assert metadata.catalogue.lists.totals().teams == 2


def test_teams_come_in_pages(metadata: Metadata) -> None:
    fill(metadata)
    lists = metadata.catalogue.lists
    assert [team.team for team in lists.teams("", 1)] == ["foreign"]
    assert [team.team for team in lists.teams("foreign", 1)] == ["team"]
    assert list(lists.teams("team", 1)) == []


def test_what_is_refused_counts_nowhere(metadata: Metadata) -> None:
    fill(metadata)
    before = metadata.catalogue.lists.teams("", 9), metadata.catalogue.lists.totals()
    with pytest.raises(TagRaced):
        metadata.manifests.store(write(TWO, fixed("new"), fixed("1.0")))
    with pytest.raises(TagRaced):
        metadata.manifests.store(write(artifact("x"), fixed("a", ONE.digest), repository=Repository.parse("third/app")))
    assert (metadata.catalogue.lists.teams("", 9), metadata.catalogue.lists.totals()) == before


def test_a_repeat_and_a_moved_tag_count_once(metadata: Metadata) -> None:
    metadata.manifests.store(write(ONE, movable("dev")))
    metadata.manifests.store(write(TWO, movable("dev", ONE.digest)))
    metadata.manifests.store(write(ONE))
    assert metadata.catalogue.lists.team("team") == TeamFigures("team", 1, 1)


def test_storage_counts_each_blob_once(metadata: Metadata) -> None:
    for repository, content, size in [(APP, b"a", 10), (OTHER, b"a", 10), (APP, b"a", 10), (OTHER, b"b", 300)]:
        metadata.blobs.add(repository, Digest.of(content), size)
    assert metadata.catalogue.lists.totals() == Totals(0, 310)


def test_text_that_a_database_cannot_hold_is_no_outage_of_it(metadata: Metadata) -> None:
    catalogue, listing = metadata.catalogue, metadata.listing
    calls: list[Callable[[], Sequence[object]]] = [
        lambda: catalogue.lists.teams("\0", 9),
        lambda: catalogue.lists.artifacts("\0", "", 9),
        lambda: catalogue.lists.find("\0", 9),
        lambda: catalogue.images.digests("\0", 9),
        lambda: listing.repositories("\0", 9),
    ]
    for call in calls:
        with suppress(QueryInvalid):
            assert list(call()) == []
    assert catalogue.lists.teams("", 9) == []


def test_artifacts_of_a_team_come_in_pages_and_no_others(metadata: Metadata) -> None:
    for name in ("team/a", "team/a/b", "team/a-b", "team/z", "team-2/x", "tea/y", "teams/w"):
        metadata.manifests.store(write(ONE, repository=Repository.parse(name)))
    lists = metadata.catalogue.lists
    assert list(lists.artifacts("team", "", 9)) == ["a", "a-b", "a/b", "z"]
    assert list(lists.artifacts("team", "a", 2)) == ["a-b", "a/b"]
    assert list(lists.artifacts("team", "z", 2)) == []
    assert list(lists.artifacts("none", "", 2)) == []


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("team", ["team/app", "team/other"]),
        ("team/a", ["team/app"]),
        ("app", ["foreign/app/part", "team/app"]),
        ("app/p", ["foreign/app/part"]),
        ("foreign/app/part", ["foreign/app/part"]),
        ("", ["foreign/app/part", "team/app", "team/other"]),
        ("%", []),
        ("te_m", []),
        ("APP", []),
        ("zzz", []),
    ],
)
def test_repositories_are_found_by_the_beginning_of_their_name_or_artifact(
    metadata: Metadata, prefix: str, expected: list[str]
) -> None:
    fill(metadata)
    assert [str(repository) for repository in metadata.catalogue.lists.find(prefix, 9)] == expected
    assert {str(repository) for repository in metadata.catalogue.lists.find(prefix, 1)} <= set(expected)
    assert len(metadata.catalogue.lists.find(prefix, 1)) == min(1, len(expected))


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
