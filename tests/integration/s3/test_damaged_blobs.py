"""A blob in the bucket that is not whole: a push of the same is not taken for done, and heals it once it is removed."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import s3, s3_options
from tests.contracts.bucket import large_key, multiparts
from tests.contracts.content import append, publish, read_all
from tests.integration.s3.content import BYTES, DIGEST, pointer
from tests.s3 import BUCKET, client_of, s3_server

from pierone_adapters.s3 import S3BlobStore
from pierone_core.errors import Unavailable
from pierone_core.values import Digest

SMALL = b"layer of an image"


class Operator:
    """Who may do everything with the bucket."""

    def __init__(self, directory: Path) -> None:
        """For the store of that directory."""
        self._prefix = s3_options(directory).prefix
        self._client = client_of(s3_server().url)

    def put(self, key: str, data: bytes, **notes: str) -> None:
        """Write an object, whatever is there."""
        self._client.put_object(Bucket=BUCKET, Key=self._prefix + key, Body=data, Metadata=notes)

    def remove(self, key: str) -> None:
        """Remove an object."""
        self._client.delete_object(Bucket=BUCKET, Key=self._prefix + key)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def finish(store: S3BlobStore, digest: Digest) -> int:
    with closing(store.open_upload("second", "sha256")) as writer:
        return writer.publish(digest)


@pytest.mark.parametrize("instead", [SMALL[:-1], SMALL + b"!", b""], ids=["too short", "too long", "empty"])
def test_a_small_blob_is_not_acknowledged_while_another_lies_in_its_place(
    tmp_path: Path, operator: Operator, instead: bytes
) -> None:
    store, digest = s3(tmp_path), Digest.of(SMALL)
    operator.put(pointer(digest), instead)
    append(store, SMALL, "second")
    for _ in range(2):
        with pytest.raises(Unavailable, match="operator"):
            finish(store, digest)
    operator.remove(pointer(digest))
    assert finish(store, digest) == len(SMALL)
    assert read_all(store.open_blob(digest, 0, len(SMALL))) == SMALL


def test_a_large_blob_is_not_acknowledged_while_the_object_of_its_pointer_is_gone(
    tmp_path: Path, operator: Operator
) -> None:
    store, other = s3(tmp_path), s3(tmp_path)
    publish(store, BYTES, "first")
    read_all(other.open_blob(DIGEST, 0, 1))
    operator.remove(large_key(tmp_path, "first"))
    append(store, BYTES, "second")
    for _ in range(2):
        with pytest.raises(Unavailable, match="operator"):
            finish(store, DIGEST)
    assert multiparts(tmp_path) == 1
    operator.remove(pointer(DIGEST))
    assert finish(store, DIGEST) == len(BYTES)
    with pytest.raises(Unavailable, match="missing"):  # where its bytes were; then it looks again
        other.open_blob(DIGEST, 0, 1)
    for replica in (store, other, s3(tmp_path)):
        assert read_all(replica.open_blob(DIGEST, 0, len(BYTES))) == BYTES


@pytest.mark.parametrize("facts", [{"size": "7"}, {"location": "large/other"}], ids=["size", "location"])
def test_a_large_blob_is_not_acknowledged_while_its_pointer_leads_astray(
    tmp_path: Path, operator: Operator, facts: dict[str, str]
) -> None:
    store = s3(tmp_path)
    publish(store, BYTES, "first")
    operator.put("large/other", SMALL)
    right = {"location": large_key(tmp_path, "first"), "size": str(len(BYTES))}
    operator.put(pointer(DIGEST), b"", **right | facts)
    append(store, BYTES, "second")
    with pytest.raises(Unavailable, match="operator"):
        finish(store, DIGEST)
    assert multiparts(tmp_path) == 1


@pytest.mark.parametrize("size", [{}, {"size": "many"}, {"size": "-1"}], ids=["none", "a word", "negative"])
def test_a_pointer_without_a_size_is_damage_for_readers_and_writers(
    tmp_path: Path, operator: Operator, size: dict[str, str]
) -> None:
    operator.put(pointer(DIGEST), b"", location="large/first", **size)
    store = s3(tmp_path)
    with pytest.raises(Unavailable, match=r"pointer .* is damaged"):
        store.open_blob(DIGEST, 0, 1)
    append(store, BYTES, "second")
    with pytest.raises(Unavailable, match=r"pointer .* is damaged"):
        finish(store, DIGEST)
    assert list(store.all_blobs()) == [(DIGEST, None)]
