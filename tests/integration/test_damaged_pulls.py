"""A small blob that is to be kept in memory is compared with its digest first, so that damage is never kept."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from tests.integration.damage import LAYER, NAME, blob_file, lose_blob
from tests.integration.oci import Repository, connect, digest_of
from tests.integration.server import Server

Pull = Callable[..., httpx2.Response]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def pull(data: Path) -> Iterator[Pull]:
    with Server(data) as server, connect(server.url) as api:
        repository = Repository(api, NAME)
        assert repository.push_blob(LAYER)
        url = f"{server.url}{repository.url}/blobs/{digest_of(LAYER)}"
        yield lambda **headers: httpx2.get(url, headers=headers)


def test_other_bytes_of_the_same_size_are_refused_until_they_are_mended(pull: Pull, data: Path) -> None:
    blob_file(data, LAYER).write_bytes(LAYER[::-1])
    for _ in range(2):
        refused = pull()
        assert refused.status_code == 503
        assert f"blob {digest_of(LAYER)} is damaged" in refused.json()["errors"][0]["message"]
    blob_file(data, LAYER).write_bytes(LAYER)
    assert pull().content == LAYER


def test_what_was_read_once_is_given_out_whatever_becomes_of_the_file(pull: Pull, data: Path) -> None:
    assert pull().content == LAYER
    lose_blob(data)
    assert pull().content == LAYER
    assert pull(Range="bytes=0-1").status_code == 503
