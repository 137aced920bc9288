"""What `Catalogue` promises: lists of teams and repositories in pages, and figures that agree with what was pushed."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from tests.contracts.catalogue import ONE, TWO, fill
from tests.contracts.content import APP, OTHER, artifact, fixed, movable, write

from pierone_core.errors import QueryInvalid
from pierone_core.ports import Metadata, TagRaced, TeamFigures, Totals
from pierone_core.values import Digest, Repository, Tag


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
