"""Unfinished uploads do not stay for ever: the server removes those that nobody goes on with."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import upload_files
from tests.integration.survival.content import digest_of
from tests.integration.survival.raw import Connection, unfinished_request
from tests.integration.survival.registry import Registry, error_of, expect
from tests.integration.survival.waiting import wait_until

REPOSITORY = "team/swept"
MAX_AGE = 2.0
ENVIRONMENT = {"PIERONE_UPLOAD_MAX_AGE": str(MAX_AGE), "PIERONE_SWEEP_INTERVAL": "0.2"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that sweeps often."""
    with Server(tmp_path_factory.mktemp("swept") / "data", env=ENVIRONMENT) as running:
        yield running


def test_uploads_that_nobody_goes_on_with_are_removed(server: Server, registry: Registry, random: Random) -> None:
    empty, begun = registry.start_upload(REPOSITORY), registry.start_upload(REPOSITORY)
    expect(202, registry.append(begun, random.randbytes(5_000)))
    stray = server.data_dir / "uploads" / "stray"
    stray.write_bytes(b"left behind by nobody knows whom")
    wait_until(lambda: _is_gone(registry, empty) and _is_gone(registry, begun), "old uploads are removed")
    wait_until(lambda: not stray.exists(), "stray files are removed")
    assert error_of(registry.status(begun))["code"] == "BLOB_UPLOAD_UNKNOWN"
    assert not upload_files(server.data_dir) & {_upload_id(empty), _upload_id(begun)}
    expect(404, registry.append(begun, random.randbytes(5_000)))


def test_uploads_that_are_gone_on_with_stay(server: Server, registry: Registry, random: Random) -> None:
    blob, pieces = random.randbytes(50_000), [b"first"]
    with Connection(server) as connection:
        written, often = registry.start_upload(REPOSITORY), registry.start_upload(REPOSITORY)
        expect(202, registry.append(often, pieces[0]))
        request = unfinished_request("PATCH", written, blob, 20_000, chunked=False)
        connection.send(request)
        witness = registry.start_upload(REPOSITORY)

        def witness_is_gone() -> bool:
            pieces.append(str(len(pieces)).encode())
            expect(202, registry.append(often, pieces[-1]))
            return _is_gone(registry, witness)

        # What was begun before an upload that has been removed would be gone as well if nobody had gone on with it.
        wait_until(witness_is_gone, "an old upload is removed")
        connection.send(blob[20_000:])
        expect(202, connection.answer())
    expect(201, registry.finish(written, digest_of(blob)))
    expect(201, registry.finish(often, digest_of(b"".join(pieces))))


def test_uploads_left_by_a_killed_server_are_removed_by_the_next(server: Server, random: Random) -> None:
    with Registry(server) as registry, Connection(server) as connection:
        location = registry.start_upload(REPOSITORY)
        connection.send(unfinished_request("PATCH", location, random.randbytes(3_000_000), 2_000_000, chunked=True))
        wait_until(lambda: registry.offset(location) > 0, "some of it is written")
        server.kill()
    server.start()
    with Registry(server) as registry:
        wait_until(lambda: _is_gone(registry, location), "the old upload is removed")
    assert _upload_id(location) not in upload_files(server.data_dir)


def test_a_server_sweeps_before_it_has_run_for_long(data_dir: Path, random: Random) -> None:
    with Server(data_dir) as server, Registry(server) as registry:
        expect(202, registry.append(registry.start_upload(REPOSITORY), random.randbytes(100)))
    [name] = upload_files(data_dir)
    long_ago = time.time() - 2 * 86_400
    os.utime(data_dir / "uploads" / name, (long_ago, long_ago))
    with Server(data_dir):
        wait_until(lambda: upload_files(data_dir) == set(), "an upload of two days ago is removed")


def _upload_id(location: str) -> str:
    return location.rpartition("/")[2]


def _is_gone(registry: Registry, location: str) -> bool:
    return registry.status(location).status_code == 404
