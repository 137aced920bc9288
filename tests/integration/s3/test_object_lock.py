"""Object Lock on the real server: nobody can remove a blob before its time; uploads under way are not locked."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from tests.contracts.adapters import s3, s3_options
from tests.contracts.content import append, publish, read_all
from tests.integration.s3.content import BYTES, DIGEST, PART, pointer
from tests.s3 import LOCKED_BUCKET, client_of, s3_server

from pierone_adapters.s3 import ObjectLock, S3BlobStore
from pierone_core.errors import BlobUnknown, DigestInvalid
from pierone_core.values import Digest

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

SMALL = b"layer of an image"


@pytest.fixture
def client() -> "S3Client":
    return client_of(s3_server().url)


@pytest.fixture
def store(tmp_path: Path) -> S3BlobStore:
    return s3(tmp_path, bucket=LOCKED_BUCKET, lock=ObjectLock("compliance", 2))


def head(client: "S3Client", tmp_path: Path, key: str) -> "HeadObjectOutputTypeDef":
    return client.head_object(Bucket=LOCKED_BUCKET, Key=s3_options(tmp_path).prefix + key)


def check_locked(client: "S3Client", tmp_path: Path, key: str) -> None:
    found = head(client, tmp_path, key)
    now = datetime.now(UTC)
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert timedelta(days=1.9) < found["ObjectLockRetainUntilDate"] - now < timedelta(days=2)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=LOCKED_BUCKET, Key=s3_options(tmp_path).prefix + key, VersionId=found["VersionId"])


def test_a_small_blob_cannot_be_removed(store: S3BlobStore, client: "S3Client", tmp_path: Path) -> None:
    digest = publish(store, SMALL)
    check_locked(client, tmp_path, pointer(digest))
    assert read_all(store.open_blob(digest, 0, len(SMALL))) == SMALL


def test_neither_the_bytes_of_a_large_blob_nor_its_pointer_can_be_removed(
    store: S3BlobStore, client: "S3Client", tmp_path: Path
) -> None:
    publish(store, BYTES)
    check_locked(client, tmp_path, head(client, tmp_path, pointer(DIGEST))["Metadata"]["location"])
    check_locked(client, tmp_path, pointer(DIGEST))
    assert read_all(store.open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_an_upload_under_way_is_not_locked_and_goes_away(
    store: S3BlobStore, client: "S3Client", tmp_path: Path
) -> None:
    append(store, BYTES[: PART + 1])
    assert "ObjectLockMode" not in head(client, tmp_path, "uploads/upload")
    store.discard_upload("upload")
    assert store.upload_size("upload") == 0


def test_what_is_pushed_again_is_not_written_again(store: S3BlobStore, client: "S3Client", tmp_path: Path) -> None:
    for name in ("first", "second"):
        publish(store, SMALL, name)
        publish(store, BYTES, f"{name}-large")
    for digest in (Digest.of(SMALL), DIGEST):
        key = s3_options(tmp_path).prefix + pointer(digest)
        assert len(client.list_object_versions(Bucket=LOCKED_BUCKET, Prefix=key)["Versions"]) == 1
    assert {size for _, size in store.all_blobs()} == {len(SMALL), len(BYTES)}


def test_wrong_bytes_that_are_locked_are_no_blob(store: S3BlobStore) -> None:
    append(store, BYTES)
    with closing(store.open_upload("upload", "sha256")) as writer, pytest.raises(DigestInvalid):
        writer.publish(Digest.of(b"others", "sha512"))
    for digest in (DIGEST, Digest.of(b"others", "sha512")):
        with pytest.raises(BlobUnknown):
            store.open_blob(digest, 0, 1)


def test_governance_is_what_was_asked_for(client: "S3Client", tmp_path: Path) -> None:
    store = s3(tmp_path, bucket=LOCKED_BUCKET, lock=ObjectLock("governance", 1))
    digest = publish(store, SMALL)
    assert head(client, tmp_path, pointer(digest))["ObjectLockMode"] == "GOVERNANCE"
