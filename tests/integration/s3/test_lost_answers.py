"""S3 did what it was asked for, and whoever asked does not know, or knows too late: nothing is removed that counts."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import s3
from tests.contracts.bucket import pieces
from tests.contracts.content import publish
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES, DIGEST, PART
from tests.integration.s3.finishing import finish
from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_adapters.s3 import upload
from pierone_core.errors import Unavailable, UploadBusy
from pierone_core.ports import UploadWriter
from pierone_core.values import Digest

LONG = 3 * BYTES


def write_until_s3_is_away(writer: UploadWriter) -> None:
    for piece in pieces(LONG, PART):
        writer.write(piece)


def test_an_upload_whose_state_was_saved_without_an_answer_goes_on(
    replica: Replica, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "_PARTS_BETWEEN_SAVES", 1)
    is_away: list[bool] = []

    def lose_the_first_state(exchange: Exchange) -> None:
        if is_away:
            exchange.hang_up()
        elif exchange.request.is_of("PUT", "uploads"):
            is_away.append(True)
            exchange.lose_answer()
        else:
            exchange.pass_on()

    proxy.treat = lose_the_first_state
    writer = replica(read_timeout=2, retries=1).open_upload("upload", "sha256")
    with pytest.raises(Unavailable):
        write_until_s3_is_away(writer)
    proxy.treat = Exchange.pass_on
    with pytest.raises(UploadBusy):
        writer.close()
    with closing(s3(tmp_path).open_upload("upload", "sha256")) as going_on:
        assert 0 < going_on.offset < len(LONG)
        going_on.write(LONG[going_on.offset :])
        assert going_on.publish(Digest.of(LONG)) == len(LONG)


def test_who_reads_back_what_an_equal_request_did_not_need_comes_again(
    replica: Replica, proxy: FaultProxy, tmp_path: Path
) -> None:
    for piece in pieces(BYTES, PART + 1):
        with closing(s3(tmp_path).open_upload("upload", "sha256")) as writer:
            writer.write(piece)
    finished: list[int] = []

    def be_faster(exchange: Exchange) -> None:
        if exchange.request.is_of("GET", "large") and not finished:
            publish(s3(tmp_path), BYTES, "of-another-team")
            finished.append(finish(s3(tmp_path)))
        exchange.pass_on()

    proxy.treat = be_faster
    store = replica()
    with pytest.raises(UploadBusy):
        finish(store)
    assert finish(store) == len(BYTES)
    assert finished == [len(BYTES)]
    assert publish(s3(tmp_path), BYTES, "again") == DIGEST
