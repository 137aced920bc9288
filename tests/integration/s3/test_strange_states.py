"""What should not be in the bucket, or not like that: it is noticed, and no wrong bytes come of it."""

import dataclasses
import json
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.contracts.adapters import s3, s3_options
from tests.contracts.content import append, publish, read_all
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES, DIGEST, MIB, PART
from tests.integration.s3.finishing import finish
from tests.integration.s3.proxy import Exchange, FaultProxy
from tests.s3 import BUCKET, client_of, s3_server

from pierone_adapters.s3.state import UploadState
from pierone_core.errors import BlobUnknown, BlobUploadUnknown, RegistryError, Unavailable
from pierone_core.values import Digest

SMALL = b"layer of an image"


def replace(directory: Path, key: str, data: bytes) -> None:
    client_of(s3_server().url).put_object(Bucket=BUCKET, Key=s3_options(directory).prefix + key, Body=data)


def stored(directory: Path, key: str) -> bytes:
    found = client_of(s3_server().url).get_object(Bucket=BUCKET, Key=s3_options(directory).prefix + key)
    return found["Body"].read()


@pytest.mark.parametrize(("kept", "instead"), [(slice(-1), b"!"), (slice(0), b"!"), (slice(0), b"")])
def test_a_damaged_state_is_never_gone_on_with(tmp_path: Path, kept: slice, instead: bytes) -> None:
    append(s3(tmp_path), SMALL)
    replace(tmp_path, "uploads/upload", stored(tmp_path, "uploads/upload")[kept] + instead)
    with pytest.raises(Unavailable, match="damaged"):
        s3(tmp_path).open_upload("upload", "sha256")
    s3(tmp_path).discard_upload("upload")
    assert publish(s3(tmp_path), SMALL) == Digest.of(SMALL)


def test_another_object_where_the_parts_are_to_become_one_is_noticed(tmp_path: Path) -> None:
    append(s3(tmp_path), BYTES)
    state = json.loads(stored(tmp_path, "uploads/upload").partition(b"\n")[0])
    replace(tmp_path, state["key"].removeprefix(s3_options(tmp_path).prefix), SMALL)
    with closing(s3(tmp_path).open_upload("upload", "sha256")) as writer, pytest.raises(Unavailable, match="has 17"):
        writer.publish(DIGEST)
    with pytest.raises(BlobUnknown):
        s3(tmp_path).open_blob(DIGEST, 0, 1)


def test_an_upload_whose_parts_are_gone_is_unknown(tmp_path: Path) -> None:
    append(s3(tmp_path), BYTES)
    state = stored(tmp_path, "uploads/upload")
    s3(tmp_path).discard_upload("upload")
    replace(tmp_path, "uploads/upload", state)
    with closing(s3(tmp_path).open_upload("upload", "sha256")) as writer, pytest.raises(BlobUploadUnknown):
        writer.publish(DIGEST)


@pytest.mark.parametrize("rest", [0, 1, MIB])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_state_with_a_full_part_that_was_not_sent_is_gone_on_from(tmp_path: Path, rest: int, algorithm: str) -> None:
    append(s3(tmp_path), BYTES[: PART + 1])
    begun, whole = UploadState.decode(stored(tmp_path, "uploads/upload")), BYTES[: 2 * PART + rest]
    full, known = BYTES[PART : 2 * PART], str(Digest.of(BYTES[: 2 * PART]))
    state = dataclasses.replace(begun, tail=full, offset=2 * PART, digest=known)
    replace(tmp_path, "uploads/upload", state.encode())
    digest = Digest.of(whole, algorithm)
    assert finish(s3(tmp_path), digest, whole[2 * PART :]) == len(whole)
    assert read_all(s3(tmp_path).open_blob(digest, 0, len(whole))) == whole


def test_a_blob_that_became_shorter_is_damaged(tmp_path: Path) -> None:
    digest = publish(s3(tmp_path), SMALL)
    seen_before = s3(tmp_path)
    seen_before.open_blob(digest, 0, 1).close()
    replace(tmp_path, f"blobs/sha256/{digest.encoded[:2]}/{digest.encoded}", SMALL[:-1])
    for store in (seen_before, s3(tmp_path)):
        with pytest.raises(Unavailable, match="damaged"):
            store.open_blob(digest, 0, len(SMALL))


def test_what_is_no_blob_is_not_told_among_them(tmp_path: Path) -> None:
    digest = publish(s3(tmp_path), SMALL)
    for key in ("blobs/README", "blobs/md5/aa/aa", "blobs/sha256/aa/aa"):
        replace(tmp_path, key, b"not a blob")
    assert list(s3(tmp_path).all_blobs()) == [(digest, len(SMALL))]


def test_a_claim_that_another_replaced_while_the_bytes_were_read_back_gets_no_pointer(
    replica: Replica, proxy: FaultProxy, tmp_path: Path
) -> None:
    append(replica(), BYTES[: PART + 1])
    append(replica(), BYTES[PART + 1 :])
    was_read = threading.Event()

    def interfere(exchange: Exchange) -> None:
        if exchange.request.is_of("GET", "large"):
            was_read.set()
        elif was_read.is_set() and exchange.request.method == "PUT":
            was_read.clear()
            with closing(s3(tmp_path).open_upload("upload", "sha256")) as other, suppress(RegistryError):
                other.publish(Digest.of(b"others"))
        exchange.pass_on()

    proxy.treat = interfere
    with closing(replica().open_upload("upload", "sha256")) as writer, pytest.raises(RegistryError):
        writer.publish(DIGEST)
    with pytest.raises(BlobUnknown):
        s3(tmp_path).open_blob(DIGEST, 0, 1)


def test_an_upload_whose_claim_could_not_be_saved_takes_more_bytes(replica: Replica, proxy: FaultProxy) -> None:
    store = replica(retries=0)
    append(store, BYTES[: PART + MIB])
    proxy.only_first(1, lambda request: request.is_of("PUT", "uploads"), Exchange.slow_down)
    with closing(store.open_upload("upload", "sha256")) as writer:
        writer.write(BYTES[PART + MIB : PART + 2 * MIB])
        with pytest.raises(Unavailable):
            writer.publish(Digest.of(BYTES[: PART + 2 * MIB]))
    append(store, BYTES[store.upload_size("upload") :])
    with closing(store.open_upload("upload", "sha256")) as writer:
        assert writer.publish(DIGEST) == len(BYTES)
    assert read_all(store.open_blob(DIGEST, 0, len(BYTES))) == BYTES
