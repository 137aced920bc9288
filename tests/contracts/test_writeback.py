"""Large uploads begin their way to the disk while they come in; nothing depends on it."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.content import read_all

from pierone_adapters.filesystem import FilesystemBlobStore, writeback
from pierone_core.values import Digest

MIB = 1 << 20
RANGE = 8 * MIB
BATCH = bytes(MIB)


def push(store: FilesystemBlobStore, batches: int) -> int:
    with closing(store.open_upload("upload", "sha256")) as writer:
        for _ in range(batches):
            writer.write(BATCH)
        return writer.offset


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    begun: list[tuple[int, int]] = []
    monkeypatch.setattr(writeback, "_sync_file_range", lambda _, start, size, __: begun.append((start, size)))
    return begun


def test_what_came_in_is_handed_to_the_disk_range_by_range(tmp_path: Path, ranges: list[tuple[int, int]]) -> None:
    push(FilesystemBlobStore(tmp_path), 20)
    assert ranges == [(0, RANGE), (RANGE, RANGE)]


def test_a_request_that_goes_on_begins_where_it_goes_on(tmp_path: Path, ranges: list[tuple[int, int]]) -> None:
    store = FilesystemBlobStore(tmp_path)
    push(store, 3)
    push(store, 8)
    assert ranges == [(3 * MIB, RANGE)]


@pytest.mark.parametrize("call", [None, "the system's own"])
def test_a_blob_is_whole_with_and_without_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str | None
) -> None:
    if call is None:
        monkeypatch.setattr(writeback, "_sync_file_range", None)
    store = FilesystemBlobStore(tmp_path)
    size = push(store, 9)
    digest = Digest.of(BATCH * 9)
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(digest) == size
    assert Digest.of(read_all(store.open_blob(digest, 0, size))) == digest
