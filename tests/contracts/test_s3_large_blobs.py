"""Blobs of several parts, whatever the pieces in which they come; the smallest parts of S3 stand for larger ones."""

import base64
import hashlib
import random
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import s3, s3_options
from tests.contracts.bucket import keys, large_key, multiparts, pieces
from tests.contracts.content import append, publish, read_all
from tests.s3 import BUCKET, client_of, s3_server

from pierone_adapters.s3 import S3BlobStore
from pierone_core.errors import BlobUnknown, BlobUploadInvalid, ContentTooLarge, DigestInvalid
from pierone_core.values import Digest

PART = 5 << 20
MIB = 1 << 20
BYTES = random.Random(4).randbytes(3 * PART + 1)  # noqa: S311 - content, not a secret


@pytest.fixture
def bucket(tmp_path: Path) -> S3BlobStore:
    return s3(tmp_path)


@pytest.mark.parametrize("size", [PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1, 3 * PART])
def test_a_blob_around_the_size_of_a_part_is_there_bit_for_bit(bucket: S3BlobStore, size: int) -> None:
    digest = publish(bucket, BYTES[:size])
    assert read_all(bucket.open_blob(digest, 0, size)) == BYTES[:size]
    assert list(bucket.all_blobs()) == [(digest, size)]


@pytest.mark.parametrize("step", [MIB, 3 * MIB - 7, PART, 3 * PART])
def test_whatever_the_pieces_all_parts_but_the_last_have_the_same_size(
    bucket: S3BlobStore, tmp_path: Path, step: int
) -> None:
    with closing(bucket.open_upload("upload", "sha256")) as writer:
        for piece in pieces(BYTES, step):
            writer.write(piece)
        writer.publish(Digest.of(BYTES))
    key = s3_options(tmp_path).prefix + large_key(tmp_path, "upload")
    client = client_of(s3_server().url)
    sizes = [client.head_object(Bucket=BUCKET, Key=key, PartNumber=part)["ContentLength"] for part in range(1, 5)]
    assert sizes == [PART, PART, PART, 1]


def test_chunks_in_requests_of_their_own_become_one_blob(bucket: S3BlobStore, tmp_path: Path) -> None:
    sent = 0
    for piece in pieces(BYTES, 2 * MIB + 1):
        append(bucket, piece)
        sent += len(piece)
        assert bucket.upload_size("upload") == sent
    with closing(bucket.open_upload("upload", "sha256")) as writer:
        assert writer.publish(Digest.of(BYTES)) == len(BYTES)
    assert read_all(bucket.open_blob(Digest.of(BYTES), 0, len(BYTES))) == BYTES
    assert multiparts(tmp_path) == 0


@pytest.mark.parametrize(("size", "kept"), [(PART, PART), (2 * PART, 0), (2 * PART + 7, 7), (3 * PART, 0)])
def test_a_full_part_behind_the_first_is_sent_and_not_kept_in_the_state(
    bucket: S3BlobStore, tmp_path: Path, size: int, kept: int
) -> None:
    append(bucket, BYTES[:size])
    state = client_of(s3_server().url).head_object(Bucket=BUCKET, Key=s3_options(tmp_path).prefix + "uploads/upload")
    assert kept <= state["ContentLength"] < kept + 4096


def test_a_small_blob_is_one_object_under_its_digest(bucket: S3BlobStore, tmp_path: Path) -> None:
    digest = Digest.of(BYTES[:PART])
    with closing(bucket.open_upload("upload", "sha256")) as writer:
        writer.write(BYTES[:PART])
        writer.publish(digest)
    key = f"blobs/sha256/{digest.encoded[:2]}/{digest.encoded}"
    assert keys(tmp_path) == {key}
    key = s3_options(tmp_path).prefix + key
    found = client_of(s3_server().url).head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    assert base64.b64decode(found["ChecksumSHA256"]).hex() == digest.encoded


def test_a_large_blob_is_one_object_and_a_pointer_of_no_bytes(bucket: S3BlobStore, tmp_path: Path) -> None:
    digest = publish(bucket, BYTES)
    bucket.discard_upload("upload")
    pointer = f"blobs/sha256/{digest.encoded[:2]}/{digest.encoded}"
    assert keys(tmp_path) == {pointer, "large/upload"}
    found = client_of(s3_server().url).head_object(Bucket=BUCKET, Key=s3_options(tmp_path).prefix + pointer)
    location = large_key(tmp_path, "upload")
    assert (found["ContentLength"], found["Metadata"]) == (0, {"location": location, "size": str(len(BYTES))})


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (PART - 1, PART + 1), (2 * PART, 3 * PART + 1), (7, 7)])
def test_ranges_cross_the_borders_of_parts(bucket: S3BlobStore, start: int, stop: int) -> None:
    digest = publish(bucket, BYTES)
    assert read_all(bucket.open_blob(digest, start, stop), MIB) == BYTES[start:stop]


@pytest.mark.parametrize("requests", [1, 2, 5])
def test_large_bytes_with_another_digest_leave_nothing(bucket: S3BlobStore, tmp_path: Path, requests: int) -> None:
    for piece in pieces(BYTES, len(BYTES) // requests + 1):
        append(bucket, piece)
    with closing(bucket.open_upload("upload", "sha256")) as writer, pytest.raises(DigestInvalid):
        writer.publish(Digest.of(b"others"))
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 0)
    for digest in (Digest.of(b"others"), Digest.of(BYTES)):
        with pytest.raises(BlobUnknown):
            bucket.open_blob(digest, 0, 1)


def test_a_large_upload_that_is_discarded_leaves_nothing(bucket: S3BlobStore, tmp_path: Path) -> None:
    append(bucket, BYTES)
    assert multiparts(tmp_path) == 1
    bucket.discard_upload("upload")
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 0)


def test_discarding_a_large_upload_leaves_one_whose_name_goes_on(bucket: S3BlobStore) -> None:
    append(bucket, BYTES, "upload")
    append(bucket, BYTES, "upload-2")
    bucket.discard_upload("upload")
    with closing(bucket.open_upload("upload-2", "sha256")) as writer:
        assert writer.publish(Digest.of(BYTES)) == len(BYTES)


def test_an_algorithm_that_was_not_announced_is_computed_from_the_stored_bytes(bucket: S3BlobStore) -> None:
    digest = Digest("sha512", hashlib.sha512(BYTES).hexdigest())
    append(bucket, BYTES)
    with closing(bucket.open_upload("upload", "sha256")) as writer:
        assert writer.publish(digest) == len(BYTES)
    assert read_all(bucket.open_blob(digest, 0, len(BYTES))) == BYTES


def test_a_wrong_digest_of_an_algorithm_that_was_not_announced_leaves_nothing(
    bucket: S3BlobStore, tmp_path: Path
) -> None:
    append(bucket, BYTES)
    with closing(bucket.open_upload("upload", "sha256")) as writer, pytest.raises(DigestInvalid):
        writer.publish(Digest.of(b"others", "sha512"))
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 0)


def test_a_large_blob_that_is_there_already_is_kept_once(bucket: S3BlobStore, tmp_path: Path) -> None:
    for name in ("first", "second"):
        publish(bucket, BYTES, name)
        bucket.discard_upload(name)
    digest = Digest.of(BYTES)
    pointer = f"blobs/sha256/{digest.encoded[:2]}/{digest.encoded}"
    assert (keys(tmp_path), multiparts(tmp_path)) == ({pointer, "large/first"}, 0)


def test_a_large_upload_that_is_published_takes_no_more_bytes_anywhere(bucket: S3BlobStore, tmp_path: Path) -> None:
    publish(bucket, BYTES)
    for store in (bucket, s3(tmp_path)):
        with closing(store.open_upload("upload", "sha256")) as writer:
            assert (writer.is_published, writer.offset) == (True, len(BYTES))
            with pytest.raises(BlobUploadInvalid, match="complete"):
                writer.write(b"more")
            assert writer.publish(Digest.of(BYTES)) == len(BYTES)


def test_a_published_large_upload_has_no_other_digest(bucket: S3BlobStore, tmp_path: Path) -> None:
    publish(bucket, BYTES)
    with closing(s3(tmp_path).open_upload("upload", "sha256")) as writer:
        with pytest.raises(BlobUploadInvalid, match=str(Digest.of(BYTES))):
            writer.publish(Digest.of(BYTES, "sha512"))
        with pytest.raises(DigestInvalid):
            writer.publish(Digest.of(b"others"))
    assert read_all(bucket.open_blob(Digest.of(BYTES), 0, len(BYTES))) == BYTES


def test_another_digest_for_what_is_published_drops_the_upload_and_keeps_the_blob(
    bucket: S3BlobStore, tmp_path: Path
) -> None:
    publish(bucket, BYTES)
    with closing(bucket.open_upload("upload", "sha256")) as writer, pytest.raises(DigestInvalid):
        writer.publish(Digest.of(b"others"))
    assert "uploads/upload" not in keys(tmp_path)
    assert bucket.upload_size("upload") == 0
    assert read_all(bucket.open_blob(Digest.of(BYTES), 0, len(BYTES))) == BYTES


def test_more_bytes_than_fit_ten_thousand_parts_are_refused_before_they_are_taken(
    bucket: S3BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pierone_adapters.s3.upload.MAX_PARTS", 2)
    with closing(bucket.open_upload("upload", "sha256")) as writer:
        writer.write(BYTES[: PART + 1])
        with pytest.raises(ContentTooLarge, match=str(2 * PART)):
            writer.write(BYTES[PART + 1 : 2 * PART + 1])
        writer.write(BYTES[PART + 1 : 2 * PART])
        assert writer.publish(Digest.of(BYTES[: 2 * PART])) == 2 * PART


def test_an_upload_goes_on_with_parts_of_the_size_that_it_began_with(tmp_path: Path) -> None:
    append(s3(tmp_path), BYTES[: PART + 1])
    larger = s3(tmp_path, part_bytes=8 * MIB)
    append(larger, BYTES[PART + 1 :])
    digest = Digest.of(BYTES)
    with closing(larger.open_upload("upload", "sha256")) as writer:
        assert writer.publish(digest) == len(BYTES)
    assert read_all(larger.open_blob(digest, 0, len(BYTES))) == BYTES
