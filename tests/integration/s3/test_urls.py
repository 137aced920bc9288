"""Presigned URLs: whoever has one reads that blob, for a while, with ranges and without any other credentials."""

import time
from pathlib import Path

import httpx2
import pytest
from tests.contracts.adapters import s3
from tests.contracts.content import publish
from tests.integration.s3.content import BYTES, PART
from tests.s3 import s3_server

from pierone_core.errors import BlobUnknown
from pierone_core.values import Digest

SMALL = b"layer of an image"


def get(url: str | None, **headers: str) -> httpx2.Response:
    assert url
    return httpx2.get(url, headers=headers, trust_env=False)


@pytest.mark.parametrize("data", [SMALL, BYTES], ids=["small", "large"])
def test_a_url_gives_the_whole_blob(tmp_path: Path, data: bytes) -> None:
    store = s3(tmp_path, url_seconds=60)
    answer = get(store.url(publish(store, data)))
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_range_is_read_by_a_url(tmp_path: Path) -> None:
    store = s3(tmp_path, url_seconds=60)
    answer = get(store.url(publish(store, BYTES)), Range=f"bytes={PART - 2}-{PART + 1}")
    assert (answer.status_code, answer.content) == (206, BYTES[PART - 2 : PART + 2])
    assert answer.headers["content-range"] == f"bytes {PART - 2}-{PART + 1}/{len(BYTES)}"


def test_a_url_is_refused_when_its_time_is_over(tmp_path: Path) -> None:
    store = s3(tmp_path, url_seconds=1)
    url = store.url(publish(store, SMALL))
    deadline = time.monotonic() + 20
    while (answer := get(url)).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert answer.status_code == 403


def test_a_url_is_good_for_one_blob_only(tmp_path: Path) -> None:
    store = s3(tmp_path, url_seconds=60)
    first, second = publish(store, SMALL, "first"), publish(store, SMALL + b"!", "second")
    url = store.url(first)
    assert url
    assert get(url.replace(first.encoded, second.encoded)).status_code == 403


def test_a_url_names_the_store_as_clients_reach_it(tmp_path: Path) -> None:
    theirs = s3_server().url.replace("127.0.0.1", "localhost")
    url = s3(tmp_path, url_seconds=60, url_endpoint=theirs).url(publish(s3(tmp_path), SMALL))
    assert url
    assert url.startswith(f"{theirs}/")
    assert get(url).content == SMALL


def test_without_redirects_there_is_no_url(tmp_path: Path) -> None:
    store = s3(tmp_path)
    assert store.url(publish(store, SMALL)) is None


def test_what_nobody_pushed_has_no_url(tmp_path: Path) -> None:
    with pytest.raises(BlobUnknown):
        s3(tmp_path, url_seconds=60).url(Digest.of(b"never pushed"))
