"""A whole server over S3: push and pull through HTTP, by redirect where that is on."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.contracts.bucket import pieces
from tests.integration.oci import digest_of
from tests.integration.s3.content import BYTES, MIB
from tests.integration.server import Server
from tests.s3 import BUCKET, s3_server

SMALL = b"layer of an image"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    environment = {
        "PIERONE_S3_BUCKET": BUCKET,
        "PIERONE_S3_ENDPOINT_URL": s3_server().url,
        "PIERONE_S3_REGION": "us-east-1",
        "PIERONE_S3_PATH_STYLE": "true",
        "PIERONE_S3_PREFIX": f"{tmp_path.name}/",
        "PIERONE_S3_PART_BYTES": str(5 * MIB),
    }
    with Server(tmp_path / "data", env=environment) as running:
        yield running


@pytest.fixture
def http(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        yield client


def start(http: httpx2.Client) -> str:
    return http.post("/v2/team/app/blobs/uploads/").headers["Location"]


@pytest.mark.parametrize("data", [b"", SMALL, BYTES], ids=["empty", "small", "large"])
def test_a_blob_in_one_put_is_pulled_whole_and_in_ranges(http: httpx2.Client, data: bytes) -> None:
    digest = digest_of(data)
    assert http.put(start(http), params={"digest": digest}, content=data).status_code == 201
    assert http.get(f"/v2/team/app/blobs/{digest}", follow_redirects=True).content == data
    assert http.head(f"/v2/team/app/blobs/{digest}").headers["Content-Length"] == str(len(data))
    if data:
        ranged = http.get(f"/v2/team/app/blobs/{digest}", headers={"Range": "bytes=3-9"}, follow_redirects=True)
        assert (ranged.status_code, ranged.content) == (206, data[3:10])


@pytest.mark.parametrize("step", [MIB - 3, 6 * MIB])
def test_a_blob_in_chunks_is_pulled_whole(http: httpx2.Client, step: int) -> None:
    location, sent = start(http), 0
    for piece in pieces(BYTES, step):
        answer = http.patch(location, content=piece, headers={"Content-Range": f"{sent}-{sent + len(piece) - 1}"})
        assert answer.status_code == 202
        location, sent = answer.headers["Location"], sent + len(piece)
        assert http.get(location).headers["Range"] == f"0-{sent - 1}"
    assert http.put(location, params={"digest": digest_of(BYTES)}).status_code == 201
    assert http.get(f"/v2/team/app/blobs/{digest_of(BYTES)}", follow_redirects=True).content == BYTES


def test_wrong_bytes_are_refused(http: httpx2.Client) -> None:
    answer = http.put(start(http), params={"digest": digest_of(SMALL)}, content=BYTES)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "DIGEST_INVALID")
    assert http.get(f"/v2/team/app/blobs/{digest_of(SMALL)}").status_code == 404
