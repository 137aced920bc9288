"""A push that breaks off anywhere between bytes and metadata: it can be repeated, and nothing is left of it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import BLOB_STORES, sqlite
from tests.contracts.content import APP, append, publish, read_all
from tests.contracts.processes import (
    PATIENCE,
    die_while_finishing,
    open_what_is_finished_meanwhile,
    process,
    push_without_rights,
)
from tests.contracts.threads import all_at_once

from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_core.caller import Caller
from pierone_core.errors import BlobUploadUnknown, RangeInvalid, Unavailable
from pierone_core.ports import BlobStore
from pierone_core.registry import Registry
from pierone_core.values import Digest

ALICE = Caller("alice", unrestricted=True)
FIRST, LAST = b"layer of ", b"an image"
DIGEST = Digest.of(FIRST + LAST)


def registry(directory: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Registry:
    return Registry.over(sqlite(directory), FilesystemBlobStore(directory), now=now)


def start(pushing: Registry) -> str:
    session = pushing.push_blobs.start_upload(ALICE, APP)
    with closing(pushing.push_blobs.open_upload(session)) as writer:
        writer.write(FIRST)
    return session.id


def finish(pushing: Registry, upload_id: str) -> int:
    """Close the upload as clients do: if it stands elsewhere than they thought, from there."""
    session = pushing.push_blobs.resume(ALICE, APP, upload_id)
    try:
        return pushing.push_blobs.finish_upload(session, DIGEST, LAST, len(FIRST))
    except RangeInvalid as error:
        rest = (FIRST + LAST)[error.offset :]
        return pushing.push_blobs.finish_upload(session, DIGEST, rest, error.offset)


def uploads(directory: Path) -> list[str]:
    return [path.name for path in (directory / "uploads").iterdir()]


def sweep_tomorrow(directory: Path) -> None:
    registry(directory, lambda: datetime.now(UTC) + timedelta(days=1)).push_blobs.sweep(timedelta(hours=1))


# Making two directories, setting the mode, linking, renaming, removing: more steps than there are do no harm.
@pytest.mark.parametrize("step", range(1, 11))
def test_a_push_that_was_killed_at_any_change_of_the_disk_can_be_repeated(tmp_path: Path, step: int) -> None:
    upload_id = start(registry(tmp_path))
    with process(die_while_finishing, tmp_path, upload_id, step) as running:
        running.join(PATIENCE)
        assert running.exitcode in (0, -9)
    again = registry(tmp_path)
    try:
        assert finish(again, upload_id) == len(FIRST + LAST)
    except BlobUploadUnknown:
        assert running.exitcode == 0 or again.pull.blob_size(APP, DIGEST) == len(FIRST + LAST)
    assert again.pull.get_blob(APP, DIGEST) == FIRST + LAST
    sweep_tomorrow(tmp_path)
    assert uploads(tmp_path) == []


def test_a_push_whose_metadata_could_not_be_written_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pierone_adapters.sql.sqlite._WRITE_PATIENCE", 50)
    pushing = registry(tmp_path)
    upload_id = start(pushing)
    with closing(sqlite3.connect(tmp_path / "pierone.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(Unavailable):
                finish(pushing, upload_id)
        other.execute("ROLLBACK")
    assert finish(pushing, upload_id) == len(FIRST + LAST)
    assert pushing.pull.get_blob(APP, DIGEST) == FIRST + LAST
    assert uploads(tmp_path) == []


def test_a_server_without_the_rights_of_root_can_push(tmp_path: Path) -> None:
    with process(push_without_rights, tmp_path, FIRST + LAST) as running:
        running.join(PATIENCE)
        assert running.exitcode == 0
    assert read_all(FilesystemBlobStore(tmp_path).open_blob(DIGEST, 0, len(FIRST + LAST))) == FIRST + LAST
    assert uploads(tmp_path) == []


def test_an_upload_that_is_finished_while_it_is_opened_is_unknown(tmp_path: Path) -> None:
    append(FilesystemBlobStore(tmp_path), FIRST + LAST)
    with process(open_what_is_finished_meanwhile, tmp_path, FIRST + LAST) as running:
        running.join(PATIENCE)
        assert running.exitcode == 0
    assert uploads(tmp_path) == []


@pytest.mark.parametrize("kind", BLOB_STORES)
def test_an_upload_stays_published_when_another_brings_the_same_blob(tmp_path: Path, kind: str) -> None:
    store: BlobStore = BLOB_STORES[kind](tmp_path)
    publish(store, FIRST + LAST, "first")
    publish(store, FIRST + LAST, "second")
    for name in ("first", "second"):
        with closing(store.open_upload(name, "sha256")) as writer:
            assert writer.is_published
            assert writer.publish(DIGEST) == len(FIRST + LAST)
    assert read_all(store.open_blob(DIGEST, 0, len(FIRST + LAST))) == FIRST + LAST


def test_an_upload_that_a_backup_links_to_goes_on(tmp_path: Path) -> None:
    store = FilesystemBlobStore(tmp_path)
    append(store, FIRST)
    (tmp_path / "snapshot").hardlink_to(tmp_path / "uploads" / "upload")
    append(store, LAST)
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(DIGEST) == len(FIRST + LAST)


def test_several_servers_may_sweep_at_once(tmp_path: Path) -> None:
    pushing = registry(tmp_path)
    for _ in range(100):
        start(pushing)
    assert all_at_once([partial(sweep_tomorrow, tmp_path)] * 4) == [None] * 4
    assert uploads(tmp_path) == []
