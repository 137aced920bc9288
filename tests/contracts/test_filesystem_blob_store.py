"""What `FilesystemBlobStore` promises beyond its port: its layout, other processes, crashes, disks that fail."""

import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contracts.content import append, publish, read_all
from tests.contracts.processes import die_while_uploading, discard_all, process
from tests.threads import no_thread_can_begin

from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_core.errors import BlobUnknown, DigestInvalid, Unavailable, UploadBusy
from pierone_core.values import Digest

DATA = b"layer of an image"
LONG = bytes(range(256)) * 10_000  # longer than two reads of a file that is hashed again


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_blob_lies_under_its_digest_and_nobody_may_write_to_it(
    disk: FilesystemBlobStore, tmp_path: Path, algorithm: str
) -> None:
    digest = Digest.of(DATA, algorithm)
    writer = disk.open_upload("upload", "sha256")
    writer.write(DATA)
    writer.publish(digest)
    writer.close()
    place = f"blobs/{algorithm}/{digest.encoded[:2]}/{digest.encoded}"
    assert files(tmp_path) == {place, "uploads/upload"}
    disk.discard_upload("upload")
    assert files(tmp_path) == {place}
    assert (tmp_path / place).read_bytes() == DATA
    assert stat.S_IMODE((tmp_path / place).stat().st_mode) == 0o444


def test_after_a_mismatch_no_file_is_left(disk: FilesystemBlobStore, tmp_path: Path) -> None:
    append(disk, DATA)
    writer = disk.open_upload("upload", "sha256")
    with pytest.raises(DigestInvalid):
        writer.publish(Digest.of(b"something else"))
    writer.close()
    assert files(tmp_path) == set()


def test_another_process_goes_on_with_an_upload(tmp_path: Path) -> None:
    append(FilesystemBlobStore(tmp_path), LONG[:-5])
    second = FilesystemBlobStore(tmp_path)
    assert second.upload_size("upload") == len(LONG) - 5
    append(second, LONG[-5:])
    writer = FilesystemBlobStore(tmp_path).open_upload("upload", "sha256")
    assert writer.publish(Digest.of(LONG)) == len(LONG)
    writer.close()
    assert read_all(second.open_blob(Digest.of(LONG), 0, len(LONG))) == LONG


def test_an_upload_is_held_against_other_processes_too(tmp_path: Path) -> None:
    first, second = FilesystemBlobStore(tmp_path), FilesystemBlobStore(tmp_path)
    holder = first.open_upload("upload", "sha256")
    with pytest.raises(UploadBusy):
        second.open_upload("upload", "sha256")
    with pytest.raises(UploadBusy):
        second.discard_upload("upload")
    holder.close()
    second.discard_upload("upload")


def test_what_an_upload_was_before_another_process_discarded_it_is_forgotten(tmp_path: Path) -> None:
    first, second = FilesystemBlobStore(tmp_path), FilesystemBlobStore(tmp_path)
    append(first, b"old bytes")
    second.discard_upload("upload")
    append(second, b"new bytes")
    writer = first.open_upload("upload", "sha256")
    with pytest.raises(DigestInvalid):
        writer.publish(Digest.of(b"old bytes"))
    writer.close()


def test_an_upload_of_a_killed_process_is_free_and_has_all_that_was_written(
    disk: FilesystemBlobStore, tmp_path: Path
) -> None:
    with process(die_while_uploading, tmp_path, "upload", DATA[:7]) as running:
        running.join(60)
    assert disk.upload_size("upload") == 7
    append(disk, DATA[7:])
    writer = disk.open_upload("upload", "sha256")
    assert writer.publish(Digest.of(DATA)) == len(DATA)
    writer.close()


def test_idle_uploads_can_be_asked_for_while_another_process_takes_them_away(
    disk: FilesystemBlobStore, tmp_path: Path
) -> None:
    for number in range(3000):
        (tmp_path / "uploads" / str(number)).touch()
    with process(discard_all, tmp_path) as running:
        while running.is_alive():
            disk.idle_uploads(datetime.now(UTC) + timedelta(days=1))
        assert running.exitcode == 0
    assert list(disk.idle_uploads(datetime.now(UTC) + timedelta(days=1))) == []


@pytest.mark.parametrize("size", [20, 1 << 20])
def test_a_batch_that_does_not_fit_is_not_written_at_all(disk: FilesystemBlobStore, size: int) -> None:
    writer = disk.open_upload("upload", "sha256")
    writer.write(DATA)
    with files_of_at_most(len(DATA) + 5), pytest.raises(Unavailable):
        writer.write(bytes(size))
    assert writer.offset == disk.upload_size("upload") == len(DATA)
    writer.write(b"!")
    assert writer.publish(Digest.of(DATA + b"!")) == len(DATA) + 1
    writer.close()


def test_the_thread_that_hashes_a_large_upload_ends_with_it(disk: FilesystemBlobStore) -> None:
    writer = disk.open_upload("upload", "sha256")
    writer.write(bytes(1 << 20))
    [hashing] = [thread for thread in threading.enumerate() if thread.name == "hash"]
    writer.close()
    hashing.join(30)
    assert not hashing.is_alive()


def test_a_large_batch_is_hashed_also_where_no_thread_can_begin(disk: FilesystemBlobStore) -> None:
    writer, batch = disk.open_upload("upload", "sha256"), bytes(1 << 20)
    with no_thread_can_begin():
        writer.write(batch)
    writer.write(batch)
    assert writer.publish(Digest.of(2 * batch)) == 2 << 20
    writer.close()


def test_a_damaged_blob_is_reported_and_never_sent_short(disk: FilesystemBlobStore) -> None:
    digest = publish(disk, DATA)
    damaged = disk.blob_path(digest)
    damaged.unlink()
    damaged.write_bytes(DATA[:-1])
    with pytest.raises(Unavailable, match="damaged"):
        disk.open_blob(digest, 0, len(DATA))


def test_a_blob_that_is_pushed_again_after_damage_is_whole_again(disk: FilesystemBlobStore) -> None:
    digest = publish(disk, DATA, "first")
    disk.blob_path(digest).unlink()
    with pytest.raises(BlobUnknown):
        disk.open_blob(digest, 0, len(DATA))
    publish(disk, DATA, "second")
    assert read_all(disk.open_blob(digest, 0, len(DATA))) == DATA


def test_a_root_that_cannot_be_a_directory_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        FilesystemBlobStore(tmp_path / "file" / "root")


def test_a_root_that_went_away_is_unavailable_and_comes_back(disk: FilesystemBlobStore, tmp_path: Path) -> None:
    digest = publish(disk, DATA)
    (tmp_path / "uploads").rename(tmp_path / "elsewhere")
    for call in (lambda: disk.open_upload("upload", "sha256"), lambda: disk.idle_uploads(datetime.now(UTC))):
        with pytest.raises(Unavailable):
            call()
    (tmp_path / "elsewhere").rename(tmp_path / "uploads")
    assert publish(disk, DATA, "another") == digest


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system writes up to `size` and then refuses, as it does on a disk that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
