"""`latest` in a repository whose newest tags are signatures, thousands of them."""

import hashlib
from collections.abc import Iterator

import pytest
from tests.integration.oci import OCI_INDEX, Repository, connect, digest_of, encode, index_of
from tests.integration.server import Server

SIGNATURES = 5000
TAGS_AT_ONCE = 100
VERSION, SIGNATURE = index_of(text="a version"), index_of(text="a signature")


@pytest.fixture
def signed(shared_server: Server) -> Iterator[Repository]:
    """A repository with one version and then signatures only."""
    with connect(shared_server.url) as api:
        repo = Repository(api)
        repo.push("1.0", VERSION)
        names = [f"sha256-{hashlib.sha256(str(number).encode()).hexdigest()}.sig" for number in range(SIGNATURES)]
        url = f"{repo.url}/manifests/{digest_of(encode(SIGNATURE))}"
        for start in range(0, SIGNATURES, TAGS_AT_ONCE):
            tags = {"tag": names[start : start + TAGS_AT_ONCE]}
            api.put(url, params=tags, content=encode(SIGNATURE), headers={"Content-Type": OCI_INDEX})
        yield repo


def test_latest_is_found_below_thousands_of_signatures(signed: Repository) -> None:
    assert len(signed.tags()) == SIGNATURES + 1
    assert signed.manifest("latest").content == encode(VERSION)
    signed.push("1.1", index_of(text="the next version"))
    assert signed.manifest("latest").content == encode(index_of(text="the next version"))
