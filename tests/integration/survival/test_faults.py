"""Disks that are full, read-only or damaged: the registry says so, and goes on when they are well again."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, upload_files
from tests.integration.survival.content import Image, digest_of, make_image, with_padding
from tests.integration.survival.disks import full, out_of_files, read_only, small_disk
from tests.integration.survival.raw import Connection, whole_request
from tests.integration.survival.registry import Registry, expect, expect_unavailable

MEBIBYTE = 1 << 20


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """Share one server, for faults that can be mended while it runs."""
    return lasting_server


@pytest.fixture
def small(data_dir: Path) -> Iterator[Server]:
    """Run a server on a disk of 16 MiB and 200 files."""
    with small_disk(data_dir, "16m", files=200), Server(data_dir) as running:
        yield running


@pytest.fixture
def on_small(small: Server) -> Iterator[Registry]:
    """Connect to the server on the small disk."""
    with Registry(small) as connected:
        yield connected


def test_a_full_disk_refuses_content_and_loses_nothing(
    small: Server, on_small: Registry, repository: str, random: Random
) -> None:
    stored, refused = make_image(random, 100_000), make_image(random, 100_000)
    on_small.push(repository, "stored", stored)
    on_small.push_blobs(repository, refused)
    with full(small.data_dir):
        expect_unavailable(on_small.push_blob(repository, random.randbytes(MEBIBYTE), "sha256:" + "0" * 64))
        expect_unavailable(on_small.put_manifest(repository, "refused", with_padding(refused, 2 * MEBIBYTE)))
        expect(404, on_small.get_manifest(repository, "refused"))
        on_small.check_tag(repository, "stored", stored.digest)
    on_small.push(repository, "refused", refused)
    small.kill()
    small.start()
    with Registry(small) as registry:
        registry.check_tag(repository, "stored", stored.digest)
        registry.check_tag(repository, "refused", refused.digest)
        Auditor(small).check_all(registry)
    assert upload_files(small.data_dir) == set()


def test_the_same_upload_goes_on_when_a_full_disk_has_room_again(
    small: Server, on_small: Registry, repository: str, random: Random
) -> None:
    blob = random.randbytes(2 * MEBIBYTE)
    location = on_small.start_upload(repository)
    expect(202, on_small.append(location, blob[:MEBIBYTE], 0, MEBIBYTE))
    with full(small.data_dir, left=300_000):  # so that the chunk is written in part
        expect_unavailable(on_small.append(location, blob[MEBIBYTE:], MEBIBYTE, MEBIBYTE))
        assert on_small.offset(location) == MEBIBYTE
    expect(202, on_small.append(location, blob[MEBIBYTE:], MEBIBYTE, MEBIBYTE))
    expect(201, on_small.finish(location, digest_of(blob)))
    on_small.check_blob(repository, digest_of(blob))


def test_a_disk_without_room_for_another_file_refuses_to_begin_and_to_finish_an_upload(
    small: Server, on_small: Registry, repository: str, random: Random
) -> None:
    blob, other = random.randbytes(5_000), random.randbytes(5_000)
    location, empty = on_small.start_upload(repository), on_small.start_upload(repository)
    expect(202, on_small.append(location, blob))
    with out_of_files(small.data_dir):
        expect_unavailable(on_small.request("POST", f"/v2/{repository}/blobs/uploads/"))
        expect_unavailable(on_small.finish(location, digest_of(blob)))
        expect(404, on_small.get_blob(repository, digest_of(blob)))
    expect(201, on_small.finish(location, digest_of(blob)))
    expect(201, on_small.finish(empty, digest_of(other), other))
    on_small.check_blob(repository, digest_of(blob))


def test_a_read_only_data_directory_refuses_content_and_serves_what_is_there(
    server: Server, registry: Registry, repository: str, stored: Image, random: Random
) -> None:
    blob = random.randbytes(10_000)
    location = registry.start_upload(repository)
    with read_only(server.data_dir):
        expect_unavailable(registry.append(location, blob))
        expect_unavailable(registry.finish(location, digest_of(blob), blob))
        registry.check_tag(repository, "stored", stored.digest)
    expect(202, registry.append(location, blob))
    expect(201, registry.finish(location, digest_of(blob)))
    registry.check_blob(repository, digest_of(blob))


def test_a_server_on_a_read_only_data_directory_says_why_it_does_not_start(data_dir: Path) -> None:
    data_dir.mkdir()
    with read_only(data_dir), pytest.raises(RuntimeError) as failure:
        Server(data_dir).start()
    assert "pierone-server: " in str(failure.value)
    assert "Traceback" not in str(failure.value)


@pytest.mark.parametrize("size", [None, 0, 299_999], ids=["missing", "empty", "one byte short"])
def test_a_blob_whose_file_is_damaged_is_unavailable_but_not_unknown(
    server: Server, registry: Registry, repository: str, stored: Image, size: int | None
) -> None:
    layer = stored.blobs[1]
    path = _blob_path(server, layer)
    path.unlink()
    if size is not None:
        path.write_bytes(layer[:size])
    blob = f"/v2/{repository}/blobs/{digest_of(layer)}"
    expect_unavailable(registry.request("GET", blob))
    expect_unavailable(registry.request("GET", blob, headers={"Range": "bytes=299000-"}))
    expect(201, registry.push_blob(repository, layer, digest_of(layer)))
    registry.check_tag(repository, "stored", stored.digest)


def test_a_blob_that_is_cut_off_while_it_is_pulled_never_looks_complete(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    blob = random.randbytes(40 * MEBIBYTE)
    expect(201, registry.push_blob(repository, blob, digest_of(blob)))
    with Connection(server, receive_buffer=MEBIBYTE) as connection:
        pull = whole_request("GET", f"/v2/{repository}/blobs/{digest_of(blob)}", b"")
        connection.send(pull + whole_request("GET", "/v2/", b""))
        received = connection.receive(MEBIBYTE)
        with _blob_path(server, blob).open("r+b") as file:
            file.truncate(30 * MEBIBYTE)
        received += connection.drain()
    assert len(received) < 31 * MEBIBYTE
    assert received.count(b"HTTP/1.1 ") == 1, "the next answer looks like the rest of the blob"
    expect(200, registry.request("GET", "/v2/"))


def _blob_path(server: Server, blob: bytes) -> Path:
    encoded = digest_of(blob).removeprefix("sha256:")
    return server.data_dir / "blobs" / "sha256" / encoded[:2] / encoded
