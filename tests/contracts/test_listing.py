"""What `Listing` promises: byte order, pages by key, and referrers one at a time."""

import itertools
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

import pytest
from tests.contracts.content import APP, OTHER, artifact, fixed, movable, write

from pierone_core.ports import Listing, Metadata
from pierone_core.records import Referrer
from pierone_core.values import Digest, Repository

SUBJECT = artifact("subject").digest
# In byte order; an order of letters would have it otherwise.
TAGS = ["0", "1", "1-0", "1.0", "10", "2", "A", "Z", "_", "a", "a-b", "a.b", "a_b", "aa", "b"]
NAMES = ["a-b/c", "a.b/c", "a/b", "a/b-c", "a/b.c", "a/b/c", "a/b0", "a/b_c", "a0/b", "a_b/c", "b/a"]


def referrers(
    listing: Listing, artifact_type: str | None = None, after: str = "", repository: Repository = APP
) -> list[Referrer]:
    with closing(listing.referrers(repository, SUBJECT, artifact_type, after)) as found:
        return list(found)


def walk(page: Callable[[str, int], Sequence[str]], size: int) -> list[str]:
    found: list[str] = []
    while items := page(found[-1] if found else "", size):
        assert len(items) <= size
        found += items
    return found


@pytest.mark.parametrize("size", [1, 2, 4, 15, 16, 1000])
def test_tags_are_listed_in_byte_order_whatever_the_page(metadata: Metadata, size: int) -> None:
    for name in sorted(TAGS, key=lambda name: Digest.of(name.encode()).encoded):
        metadata.manifests.store(write(artifact(name), fixed(name)))
    metadata.manifests.store(write(artifact("other"), fixed("elsewhere"), repository=OTHER))
    assert walk(partial(metadata.listing.tags, APP), size) == TAGS


@pytest.mark.parametrize("size", [1, 2, 4, 11, 12, 1000])
def test_repositories_are_listed_in_byte_order_whatever_the_page(metadata: Metadata, size: int) -> None:
    for name in sorted(NAMES, key=lambda name: Digest.of(name.encode()).encoded):
        for about in ("one", "two"):
            metadata.manifests.store(write(artifact(about), fixed(about), repository=Repository.parse(name)))
    assert walk(metadata.listing.repositories, size) == NAMES


@pytest.mark.parametrize(("after", "first"), [("", "0"), ("1-", "1-0"), ("11", "2"), ("b", None), ("zzz", None)])
def test_a_page_begins_after_a_key_even_if_nothing_has_it(metadata: Metadata, after: str, first: str | None) -> None:
    for name in TAGS:
        metadata.manifests.store(write(artifact("one"), fixed(name)))
    assert next(iter(metadata.listing.tags(APP, after, 5)), None) == first


def test_a_page_of_none_is_empty(metadata: Metadata) -> None:
    metadata.manifests.store(write(artifact("one"), fixed("1.0")))
    assert list(metadata.listing.tags(APP, "", 0)) == []
    assert list(metadata.listing.repositories("", 0)) == []


def test_an_empty_registry_lists_nothing(listing: Listing) -> None:
    assert not listing.has_repository(APP)
    assert list(listing.repositories("", 10)) == []
    assert list(listing.tags(APP, "", 10)) == []
    assert referrers(listing) == []


def test_a_repository_is_there_once_a_manifest_was_pushed_to_it(metadata: Metadata) -> None:
    metadata.blobs.add(APP, SUBJECT, 5)
    assert not metadata.listing.has_repository(APP)
    metadata.manifests.store(write(artifact("untagged")))
    assert metadata.listing.has_repository(APP)
    assert not metadata.listing.has_repository(Repository.parse("team/ap"))
    assert list(metadata.listing.repositories("", 10)) == [APP.name]
    assert list(metadata.listing.tags(APP, "", 10)) == []


def test_a_moved_tag_is_listed_once(metadata: Metadata) -> None:
    one, two = artifact("one"), artifact("two")
    metadata.manifests.store(write(one, movable("dev")))
    metadata.manifests.store(write(two, movable("dev", one.digest)))
    assert list(metadata.listing.tags(APP, "", 10)) == ["dev"]


def test_referrers_are_the_manifests_with_that_subject_in_order_of_digest(metadata: Metadata) -> None:
    pushed = [artifact(f"signature {number}", SUBJECT) for number in range(20)]
    for manifest in (*pushed, artifact("of nothing"), artifact("of another", artifact("another").digest)):
        metadata.manifests.store(write(manifest))
    metadata.manifests.store(write(artifact("elsewhere", SUBJECT), repository=OTHER))
    digests = sorted(str(manifest.digest) for manifest in pushed)
    assert [str(referrer.digest) for referrer in referrers(metadata.listing)] == digests
    after = digests[7]
    assert [str(referrer.digest) for referrer in referrers(metadata.listing, after=after)] == digests[8:]
    assert referrers(metadata.listing, after=digests[-1]) == []


def test_a_referrer_is_listed_with_all_that_a_descriptor_shows(metadata: Metadata) -> None:
    manifest = artifact("naïve \N{WHALE} \\ \" '", SUBJECT, "application/spdx+json")
    metadata.manifests.store(write(manifest, fixed("1.0")))
    [referrer] = referrers(metadata.listing)
    assert referrer == Referrer(
        manifest.digest, manifest.media_type, len(manifest.data), "application/spdx+json", manifest.annotations
    )


@pytest.mark.parametrize(
    ("artifact_type", "count"), [(None, 4), ("a/b", 2), ("a/B", 0), ("a/%", 0), ("a/bc", 1), ("nothing/here", 0)]
)
def test_referrers_of_one_artifact_type_are_found_exactly(
    metadata: Metadata, artifact_type: str | None, count: int
) -> None:
    for about, kind in (("one", "a/b"), ("two", "a/b"), ("three", "a/bc"), ("four", None)):
        metadata.manifests.store(write(artifact(about, SUBJECT, kind)))
    found = referrers(metadata.listing, artifact_type)
    assert len(found) == count
    assert artifact_type is None or {referrer.artifact_type for referrer in found} <= {artifact_type}


def test_a_subject_need_not_exist(metadata: Metadata) -> None:
    metadata.manifests.store(write(artifact("signature", SUBJECT)))
    assert not metadata.manifests.has(APP, SUBJECT)
    assert len(referrers(metadata.listing)) == 1


def test_a_list_of_referrers_may_be_left_at_any_point_and_holds_nothing(metadata: Metadata) -> None:
    for number in range(5):
        metadata.manifests.store(write(artifact(f"signature {number}", SUBJECT)))
    for taken in itertools.islice(itertools.cycle(range(6)), 100):
        found = metadata.listing.referrers(APP, SUBJECT, None, "")
        assert len(list(itertools.islice(found, taken))) == min(taken, 5)
        found.close()
    metadata.manifests.store(write(artifact("one more", SUBJECT)))
    assert len(referrers(metadata.listing)) == 6


def test_manifests_can_be_stored_while_referrers_are_being_read(metadata: Metadata) -> None:
    for number in range(5):
        metadata.manifests.store(write(artifact(f"signature {number}", SUBJECT)))
    with closing(metadata.listing.referrers(APP, SUBJECT, None, "")) as found:
        seen = [next(found)]
        metadata.manifests.store(write(artifact("in between", SUBJECT), fixed("1.0")))
        seen += found
    assert len({referrer.digest for referrer in seen}) == len(seen)
    assert len(seen) in (5, 6)


def test_referrers_come_one_at_a_time(database: Metadata) -> None:
    heavy = "x" * 500_000
    for number in range(40):
        database.manifests.store(write(artifact(f"{number} {heavy}", SUBJECT)))
    tracemalloc.start()
    with closing(database.listing.referrers(APP, SUBJECT, None, "")) as found:
        assert next(found).annotations["about"].endswith(heavy)
        assert next(found).annotations["about"].endswith(heavy)
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * len(heavy)
