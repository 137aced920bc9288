"""A process that dies between any two requests to S3: the push is repeated elsewhere, and ends as if nothing had been.

The process is a store whose proxy passes on so many requests and no more; nothing that it remembers is used again.
"""

from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.contracts.bucket import keys, multiparts
from tests.contracts.content import append, read_all
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES, PART, pointer
from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_adapters.s3 import S3BlobStore
from pierone_core.errors import RegistryError
from pierone_core.values import Digest

SMALL, LARGE = BYTES[:1000], BYTES[: PART + 100]
DIGEST = Digest.of(LARGE)
# More requests than there are do no harm: then the process does not die.
STEPS = 11


def finish(store: S3BlobStore, data: bytes, start: int, digest: Digest) -> None:
    """As `BlobPush.finish_upload`: the client sends what is missing from where the upload stands."""
    with closing(store.open_upload("upload", "sha256")) as writer:
        if not writer.is_published:
            assert writer.offset <= max(start, len(data))
            writer.write(data[writer.offset :])
        assert writer.publish(digest) == len(data)
    store.discard_upload("upload")


def die(proxy: FaultProxy, store: S3BlobStore, requests: int, data: bytes, start: int, digest: Digest) -> None:
    proxy.stop_after(requests)
    with suppress(RegistryError):
        finish(store, data, start, digest)
    proxy.treat = Exchange.pass_on


def sweep(store: S3BlobStore) -> None:
    for upload_id in store.idle_uploads(datetime.now(UTC) + timedelta(days=1)):
        store.discard_upload(upload_id)


def check_whole(store: S3BlobStore, data: bytes, digest: Digest) -> None:
    sweep(store)  # a multipart upload that died before its first state is found by its age alone
    assert read_all(store.open_blob(digest, 0, len(data))) == data
    assert list(store.all_blobs()) == [(digest, len(data))]


@pytest.mark.parametrize("requests", range(STEPS))
@pytest.mark.parametrize("before", [(PART + 1,), (3, PART + 7)], ids=["a chunk", "chunks"])
def test_a_large_push_that_dies_anywhere_is_repeated(
    replica: Replica, proxy: FaultProxy, tmp_path: Path, requests: int, before: Sequence[int]
) -> None:
    for start, stop in zip((0, *before), before, strict=False):
        append(replica(), LARGE[start:stop])
    die(proxy, replica(retries=0), requests, LARGE, sum(before[-1:]), DIGEST)
    again = replica()
    finish(again, LARGE, sum(before[-1:]), DIGEST)
    check_whole(again, LARGE, DIGEST)
    assert (keys(tmp_path), multiparts(tmp_path)) == ({pointer(DIGEST), "large/upload"}, 0)


@pytest.mark.parametrize("requests", range(5))
@pytest.mark.parametrize("before", [0, 10])
def test_a_small_push_that_dies_anywhere_is_repeated(
    replica: Replica, proxy: FaultProxy, tmp_path: Path, requests: int, before: int
) -> None:
    digest = Digest.of(SMALL)
    append(replica(), SMALL[:before])
    die(proxy, replica(retries=0), requests, SMALL, before, digest)
    again = replica()
    finish(again, SMALL, before, digest)
    check_whole(again, SMALL, digest)
    assert keys(tmp_path) == {pointer(digest)}


@pytest.mark.parametrize("requests", range(1, STEPS, 2))
def test_a_push_that_dies_and_never_comes_back_is_swept(
    replica: Replica, proxy: FaultProxy, tmp_path: Path, requests: int
) -> None:
    append(replica(), LARGE[: PART + 1])
    die(proxy, replica(retries=0), requests, LARGE, PART + 1, DIGEST)
    sweep(replica())
    assert multiparts(tmp_path) == 0
    assert keys(tmp_path) <= {pointer(DIGEST), "large/upload"}


@pytest.mark.parametrize("requests", range(2, STEPS, 2))
def test_a_push_of_what_is_there_already_that_dies_anywhere_leaves_the_blob(
    replica: Replica, proxy: FaultProxy, tmp_path: Path, requests: int
) -> None:
    with closing(replica().open_upload("first", "sha256")) as writer:
        writer.write(LARGE)
        writer.publish(DIGEST)
    replica().discard_upload("first")
    die(proxy, replica(retries=0), requests, LARGE, 0, DIGEST)
    again = replica()
    finish(again, LARGE, 0, DIGEST)
    check_whole(again, LARGE, DIGEST)
    assert (keys(tmp_path), multiparts(tmp_path)) == ({pointer(DIGEST), "large/first"}, 0)
