"""An upload that two replicas close at once, one with a wrong digest: it removes nothing that is the other's."""

from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import s3
from tests.contracts.bucket import keys, multiparts, pieces
from tests.contracts.content import append, publish, read_all
from tests.integration.s3.concerns import is_completion
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES, DIGEST, PART, pointer
from tests.integration.s3.finishing import finish
from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_adapters.s3 import S3BlobStore
from pierone_core.errors import BlobUploadUnknown, DigestInvalid, RegistryError, Unavailable, UploadBusy
from pierone_core.ports import UploadWriter
from pierone_core.values import Digest

OTHERS = BYTES[::-1]


@pytest.mark.parametrize(("piece", "algorithm"), [(len(BYTES), "sha512"), (PART + 1, "sha256")])
def test_a_wrong_digest_removes_nothing_of_who_publishes_with_the_right_one(
    replica: Replica, proxy: FaultProxy, tmp_path: Path, piece: int, algorithm: str
) -> None:
    for data in pieces(BYTES, piece):
        append(s3(tmp_path), data)
    published: list[int] = []

    def interfere(exchange: Exchange) -> None:
        if exchange.request.is_of("GET", "large") and not published:
            published.append(finish(s3(tmp_path)))
        exchange.pass_on()

    proxy.treat = interfere
    with pytest.raises(UploadBusy):
        finish(replica(), Digest.of(b"others", algorithm))
    assert published == [len(BYTES)]
    assert keys(tmp_path) == {"large/upload", "uploads/upload", pointer(DIGEST)}
    assert read_all(s3(tmp_path).open_blob(DIGEST, 0, len(BYTES))) == BYTES
    assert publish(s3(tmp_path), BYTES, "of-another-repository") == DIGEST
    assert keys(tmp_path) >= {"large/upload", pointer(DIGEST)}


def test_a_digest_known_to_be_wrong_does_not_forget_the_claim_of_another(
    replica: Replica, proxy: FaultProxy, tmp_path: Path
) -> None:
    append(s3(tmp_path), BYTES)

    def interfere(exchange: Exchange) -> None:
        if exchange.request.method in {"PUT", "DELETE"} and not exchange.request.is_part:
            finish(s3(tmp_path))
        exchange.pass_on()

    proxy.treat = interfere
    with pytest.raises(UploadBusy):
        finish(replica(), Digest.of(b"others"))
    assert keys(tmp_path) == {"large/upload", "uploads/upload", pointer(DIGEST)}


def test_parts_that_only_the_loser_knows_of_are_dropped(replica: Replica, tmp_path: Path) -> None:
    append(replica(), BYTES[:1])
    with closing(replica().open_upload("upload", "sha256")) as late:
        late.write(BYTES[1:])
        append(replica(), BYTES[1:2])
        with pytest.raises(UploadBusy):
            late.publish(Digest.of(b"others"))
    assert (replica().upload_size("upload"), multiparts(tmp_path)) == (2, 0)


def test_nobody_goes_on_with_an_upload_whose_bytes_are_being_removed(
    replica: Replica, proxy: FaultProxy, tmp_path: Path
) -> None:
    append(s3(tmp_path), BYTES)
    late: list[UploadWriter] = []
    refusals: list[type[RegistryError]] = []

    def interfere(exchange: Exchange) -> None:
        if exchange.request.is_of("GET", "large"):
            late.append(s3(tmp_path).open_upload("upload", "sha256"))
        if exchange.request.is_of("DELETE", "large") and not refusals:
            for attempt in (partial(late[0].publish, DIGEST), partial(finish, s3(tmp_path))):
                with pytest.raises(RegistryError) as raised:
                    attempt()
                refusals.append(raised.type)
        exchange.pass_on()

    proxy.treat = interfere
    with pytest.raises(DigestInvalid):
        finish(replica(), Digest.of(b"others", "sha512"))
    late[0].close()
    assert refusals == [UploadBusy, BlobUploadUnknown]
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 0)


def test_an_upload_that_was_dropped_and_not_removed_has_no_bytes_and_is_swept(
    replica: Replica, proxy: FaultProxy, tmp_path: Path
) -> None:
    append(replica(), BYTES)
    proxy.treat = lambda exchange: exchange.hang_up() if exchange.request.method == "DELETE" else exchange.pass_on()
    with pytest.raises(Unavailable):
        finish(replica(retries=0), Digest.of(b"others"))
    after = s3(tmp_path)
    assert after.upload_size("upload") == 0
    assert list(after.idle_uploads(datetime.now(UTC) + timedelta(days=1))) == ["upload"]
    after.discard_upload("upload")
    assert (keys(tmp_path), multiparts(tmp_path)) == (set(), 0)


def test_parts_that_come_too_late_do_not_point_to_the_bytes_of_another(replica: Replica, tmp_path: Path) -> None:
    with closing(replica().open_upload("upload", "sha256")) as late:
        late.write(OTHERS)
        store = replica()
        with closing(store.open_upload("upload", "sha256")) as first:
            first.write(BYTES)
            first.publish(DIGEST)
        store.discard_upload("upload")
        assert late.publish(Digest.of(OTHERS)) == len(OTHERS)
    assert read_all(s3(tmp_path).open_blob(DIGEST, 0, len(BYTES))) == BYTES
    assert read_all(s3(tmp_path).open_blob(Digest.of(OTHERS), 0, len(OTHERS))) == OTHERS


@pytest.mark.parametrize("digest", [Digest.of(OTHERS), Digest.of(b"nobody's", "sha512")])
def test_parts_that_come_too_late_remove_nothing_of_what_was_published(
    replica: Replica, tmp_path: Path, digest: Digest
) -> None:
    publish(replica(), OTHERS, "elsewhere")
    with closing(replica().open_upload("upload", "sha256")) as late:
        late.write(OTHERS)
        store = replica()
        assert publish(store, BYTES) == DIGEST
        store.discard_upload("upload")
        with suppress(RegistryError):
            late.publish(digest)
    assert read_all(s3(tmp_path).open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_whose_bytes_an_equal_request_removed_as_the_blob_was_there_has_succeeded(
    replica: Replica, proxy: FaultProxy, tmp_path: Path
) -> None:
    append(s3(tmp_path), BYTES)
    published: list[int] = []

    def interfere(exchange: Exchange) -> None:
        if is_completion(exchange.request) and not published:
            publish(s3(tmp_path), BYTES, "elsewhere")
            published.append(finish(s3(tmp_path)))
        exchange.pass_on()

    proxy.treat = interfere
    assert finish(replica()) == len(BYTES)
    assert published == [len(BYTES)]
    assert keys(tmp_path) == {"large/elsewhere", "uploads/elsewhere", "uploads/upload", pointer(DIGEST)}
    assert read_all(s3(tmp_path).open_blob(DIGEST, 0, len(BYTES))) == BYTES


def test_who_completes_while_an_equal_request_does_is_told_to_come_again(store: S3BlobStore, proxy: FaultProxy) -> None:
    append(store, BYTES)
    proxy.only_first(1, is_completion, Exchange.conflict)
    with pytest.raises(UploadBusy):
        finish(store)
    assert finish(store) == len(BYTES)
