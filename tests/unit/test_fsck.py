"""fsck over a registry in memory: what it looks at, how much it verifies, and what it is not misled by."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_core.caller import Caller
from pierone_core.errors import BlobUnknown, Unavailable
from pierone_core.fsck import Finding, Fsck, Kind
from pierone_core.ports import BlobReader, Metadata
from pierone_core.registry import Registry
from pierone_core.values import Digest, Repository

ALICE = Caller("alice", realm="employees", unrestricted=True)
APP = Repository("team/app")
BLOB = b"some content"


class Broken(MemoryBlobStore):
    """A store that lists its blobs, but fails when they are read."""

    def __init__(self, failure: Exception) -> None:
        """Raise `failure` for every blob."""
        super().__init__()
        self._failure = failure
        self.is_out = False

    def open_blob(self, *_: object) -> BlobReader:  # type: ignore[override]  # it reads nothing
        """Fail."""
        raise self._failure

    def check(self) -> None:
        """Fail if the whole store is out."""
        if self.is_out:
            raise Unavailable("the store does not answer")


class Listed(MemoryBlobStore):
    """A store that was listed before anything came in."""

    was_listed = False

    def all_blobs(self, after: str = "") -> Iterator[tuple[Digest, int]]:
        """Nothing the first time."""
        found = list(super().all_blobs(after))
        yield from found if self.was_listed else ()
        self.was_listed = True


class Unordered(MemoryBlobStore):
    """A store that lists its blobs in an order of its own."""

    def all_blobs(self, after: str = "") -> Iterator[tuple[Digest, int]]:
        """From the last to the first."""
        yield from reversed(list(super().all_blobs(after)))


class Sizeless(MemoryBlobStore):
    """A store that cannot tell how large its blobs are."""

    def all_blobs(self, after: str = "") -> Iterator[tuple[Digest, None]]:  # type: ignore[override]  # none has one
        """Without sizes."""
        yield from ((digest, None) for digest, _ in super().all_blobs(after))


def pushed(store: MemoryBlobStore, *blobs: bytes) -> Metadata:
    metadata = memory_metadata()
    registry = Registry.over(metadata, store)
    for blob in blobs:
        registry.push_blobs.push_blob(ALICE, APP, blob)
    return metadata


def kinds(findings: Iterator[Finding]) -> list[Kind]:
    return [finding.kind for finding in findings]


def test_an_empty_registry_is_clean() -> None:
    assert list(Fsck(memory_metadata(), MemoryBlobStore()).run()) == []


@pytest.mark.parametrize(("sample", "expected"), [(None, 2500), (0, 0), (7, 7), (2500, 2500), (9999, 2500)])
def test_of_many_blobs_so_many_are_verified_as_asked_for(sample: int | None, expected: int) -> None:
    store = MemoryBlobStore()
    fsck = Fsck(pushed(store, *(str(number).encode() for number in range(2500))), store)
    assert list(fsck.run(sample)) == []
    assert (fsck.tally.blobs, fsck.tally.verified_blobs) == (2500, expected)


def test_a_sample_is_taken_by_chance_from_all() -> None:
    store = MemoryBlobStore()
    blobs = [str(number).encode() for number in range(50)]
    metadata = pushed(store, *blobs)
    for blob in blobs:  # damage that only those see who read it
        store._blobs[Digest.of(blob)] = bytes(len(blob))  # noqa: SLF001 - there is no way for damage but by hand
    seen: set[str] = set()
    for _ in range(2000):
        seen |= {finding.subject for finding in Fsck(metadata, store).run(1)}
    assert len(seen) == len(blobs)


def test_a_blob_that_was_pushed_after_the_store_was_listed_is_not_missing() -> None:
    store = Listed()
    assert list(Fsck(pushed(store, BLOB, b""), store).run(0)) == []
    assert kinds(Fsck(pushed(store, BLOB), MemoryBlobStore()).run(0)) == [Kind.BLOB_MISSING]


def test_blobs_that_come_out_of_order_are_not_taken_for_clean() -> None:
    store = Unordered()
    with pytest.raises(Unavailable, match="out of order"):
        list(Fsck(pushed(store, BLOB, b"other"), store).run(0))


def test_a_blob_that_is_listed_without_a_size_is_damage_whatever_reading_tells() -> None:
    store = Sizeless()
    assert kinds(Fsck(pushed(store, BLOB), store).run(0)) == [Kind.BLOB_UNREADABLE]


def test_a_blob_that_is_listed_without_bytes_is_missing() -> None:
    store = Broken(BlobUnknown("not there"))
    assert kinds(Fsck(pushed(store, BLOB), store).run()) == [Kind.BLOB_MISSING]


def test_a_blob_that_cannot_be_read_is_told_and_the_rest_is_looked_at() -> None:
    store = Broken(Unavailable("bad sector"))
    findings = list(Fsck(pushed(store, BLOB, b"other"), store).run())
    assert [(finding.kind, finding.message) for finding in findings] == [(Kind.BLOB_UNREADABLE, "bad sector")] * 2


def test_a_store_that_does_not_answer_is_not_taken_for_damage() -> None:
    store = Broken(Unavailable("reset"))
    store.is_out = True
    with pytest.raises(Unavailable, match="does not answer"):
        list(Fsck(pushed(store, BLOB), store).run())


def test_an_unreadable_database_is_not_taken_for_damage() -> None:
    class Silent:
        """A record that cannot be read."""

        def read(self, after: int, limit: int) -> list[object]:
            """Fail."""
            raise Unavailable(f"no events {after} to {limit}")

    with pytest.raises(Unavailable):
        list(Fsck(replace(memory_metadata(), events=Silent()), MemoryBlobStore()).run())  # type: ignore[arg-type]
