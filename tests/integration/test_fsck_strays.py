"""What lies among the blobs and is of none is told, and hides no damage."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contracts.adapters import s3, s3_options
from tests.contracts.content import append, publish
from tests.s3 import BUCKET, client_of, s3_server

from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_adapters.memory import memory_metadata
from pierone_core.caller import Caller
from pierone_core.fsck import Fsck
from pierone_core.ports import BlobStore
from pierone_core.registry import Registry
from pierone_core.values import Digest, Repository

ALICE = Caller("alice", realm="employees", unrestricted=True)
CONTENTS = [bytes([number]) * number for number in range(20)]
LARGE = bytes(6 << 20)
MISPLACED = f"blobs/sha256/00/{'f' * 64}"
Put = Callable[[str, bytes], None]


def place(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.encoded[:2]}/{digest.encoded}"


def on_disk(directory: Path) -> tuple[BlobStore, Put]:
    def put(name: str, data: bytes) -> None:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).unlink(missing_ok=True)
        (directory / name).write_bytes(data)

    return FilesystemBlobStore(directory), put


def in_bucket(directory: Path) -> tuple[BlobStore, Put]:
    def put(name: str, data: bytes) -> None:
        client_of(s3_server().url).put_object(Bucket=BUCKET, Key=s3_options(directory).prefix + name, Body=data)

    return s3(directory), put


def registry(store: BlobStore, *contents: bytes) -> Fsck:
    metadata = memory_metadata()
    for content in contents:
        Registry.over(metadata, store).push_blobs.push_blob(ALICE, Repository("team/app"), content)
    return Fsck(metadata, store)


def lines(fsck: Fsck, sample: int | None = 0) -> list[str]:
    return [str(finding).partition(": ")[0] for finding in fsck.run(sample)]


@pytest.mark.parametrize("kind", [on_disk, in_bucket])
@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"more"], ids=["short", "long"])
@pytest.mark.parametrize("sample", [0, None])
def test_damage_is_found_in_front_of_and_behind_what_is_misplaced(
    tmp_path: Path,
    kind: Callable[[Path], tuple[BlobStore, Put]],
    change: Callable[[bytes], bytes],
    sample: int | None,
) -> None:
    store, put = kind(tmp_path)
    fsck = registry(store, *CONTENTS)
    put(MISPLACED, b"x")
    ordered = sorted(map(Digest.of, CONTENTS[1:]), key=str)
    damaged = [ordered[0], ordered[-1]]
    for digest in damaged:
        put(place(digest), change(next(data for data in CONTENTS if Digest.of(data) == digest)))
    found = lines(fsck, sample)
    assert found[:-1] == [f"damage blob-size {digest}" for digest in damaged]
    assert found[-1].startswith("note stray ")
    assert found[-1].endswith(MISPLACED)


@pytest.mark.parametrize("kind", [on_disk, in_bucket])
def test_what_is_not_even_named_as_a_blob_is_told_too(
    tmp_path: Path, kind: Callable[[Path], tuple[BlobStore, Put]]
) -> None:
    store, put = kind(tmp_path)
    fsck = registry(store, *CONTENTS)
    names = ["blobs/README", "blobs/sha256/README", f"blobs/sha256/ab/AB{'b' * 62}", f"blobs/md5/aa/{'a' * 64}"]
    for name in names:
        put(name, b"foreign")
    found = sorted(lines(fsck))
    assert len(found) == len(names)
    assert all(any(line.startswith("note stray ") and line.endswith(name) for line in found) for name in names)


def test_a_large_object_that_no_pointer_names_is_told_unless_its_upload_goes_on(tmp_path: Path) -> None:
    store, put = in_bucket(tmp_path)
    fsck = registry(store, LARGE)
    put("large/cut-off", b"bytes of nobody")
    append(store, b"some", "goes-on")
    put("large/goes-on/part", b"bytes of somebody")
    assert lines(fsck) == [f"note stray {s3_options(tmp_path).prefix}large/cut-off"]


def test_a_pointer_to_nothing_and_one_without_size_are_found_without_reading_and_do_not_end_it(tmp_path: Path) -> None:
    store, put = in_bucket(tmp_path)
    others = [LARGE + b"1", LARGE + b"2", LARGE + b"3"]
    fsck = registry(store, *CONTENTS, *others)
    digests = sorted(map(Digest.of, others), key=str)
    client, prefix = client_of(s3_server().url), s3_options(tmp_path).prefix
    where = client.head_object(Bucket=BUCKET, Key=prefix + place(digests[0]))["Metadata"]["location"]
    client.delete_object(Bucket=BUCKET, Key=prefix + where)
    client.put_object(Bucket=BUCKET, Key=prefix + place(digests[1]), Body=b"", Metadata={"location": "large/x"})
    where = client.head_object(Bucket=BUCKET, Key=prefix + place(digests[2]))["Metadata"]["location"]
    put(where, b"too short")
    found = lines(fsck)
    assert [line for line in found if line.startswith("damage")] == [
        f"damage blob-unreadable {digest}" for digest in digests
    ]


def test_what_is_whole_has_no_strays(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    for number, (store, _) in enumerate([on_disk(tmp_path / "disk"), in_bucket(tmp_path)]):
        fsck = registry(store, *CONTENTS, LARGE)
        publish(store, LARGE, f"again-{number}")
        store.discard_upload(f"again-{number}")
        assert lines(fsck, None) == []
