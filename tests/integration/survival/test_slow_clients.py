"""Clients that take their time, and clients that stop: neither keeps anything from anybody else."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.content import digest_of, make_image
from tests.integration.survival.leaks import LeakDetector
from tests.integration.survival.pushers import go_on
from tests.integration.survival.raw import Connection, unfinished_request, whole_request
from tests.integration.survival.registry import Registry, error_of, expect

REPOSITORY = "team/slow"
CLIENTS = 100
PIECES = 10
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that waits one second for the next byte."""
    path = tmp_path_factory.mktemp("impatient") / "data"
    with Server(path, env={"PIERONE_BODY_TIMEOUT": "1"}) as running:
        yield running
    shutil.rmtree(path)


def test_100_slow_uploads_at_once_succeed_and_keep_nobody_waiting(server: Server, random: Random) -> None:
    leaks = LeakDetector(server)
    blobs = [random.randbytes(100_000 + n) for n in range(CLIENTS)]
    with Registry(server, patience=10) as registry:
        locations = [registry.start_upload(REPOSITORY) for _ in range(CLIENTS // 2)]
        paths = [f"{location}?digest={digest_of(blob)}" for location, blob in zip(locations, blobs, strict=False)]
        paths += [f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest_of(blob)}" for blob in blobs[CLIENTS // 2 :]]
        methods = ["PUT"] * (CLIENTS // 2) + ["POST"] * (CLIENTS // 2)
        _upload_slowly(server, [whole_request(*what) for what in zip(methods, paths, blobs, strict=True)], registry)
        for blob in blobs:
            registry.check_blob(REPOSITORY, digest_of(blob))
    leaks.check()
    leaks.check_uploads()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("sent", [10_000, 2_500_000])
def test_an_upload_whose_client_stalls_is_given_up_keeps_what_had_arrived_and_can_go_on(
    impatient: Server, random: Random, sent: int, *, chunked: bool
) -> None:
    leaks = LeakDetector(impatient)
    blob = random.randbytes(3_000_000)
    with Registry(impatient) as registry, Connection(impatient) as patching, Connection(impatient) as putting:
        patched, put = registry.start_upload(REPOSITORY), registry.start_upload(REPOSITORY)
        patching.send(unfinished_request("PATCH", patched, blob, sent, chunked=chunked))
        putting.send(unfinished_request("PUT", f"{put}?digest={digest_of(blob)}", blob, sent, chunked=chunked))
        for connection in (patching, putting):
            _check_given_up(connection)
        assert [registry.offset(location) for location in (patched, put)] == [sent, sent]
        go_on(registry, REPOSITORY, patched, blob)
        go_on(registry, REPOSITORY, put, blob)
    leaks.check()
    leaks.check_uploads()


def test_single_posts_and_manifests_whose_clients_stall_leave_nothing(impatient: Server, random: Random) -> None:
    leaks = LeakDetector(impatient)
    blob, image = random.randbytes(3_000_000), make_image(random, 100)
    with Registry(impatient) as registry, Connection(impatient) as posting, Connection(impatient) as putting:
        registry.push_blobs(REPOSITORY, image)
        path = f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest_of(blob)}"
        posting.send(unfinished_request("POST", path, blob, 2_500_000, chunked=False))
        putting.send(unfinished_request("PUT", f"/v2/{REPOSITORY}/manifests/1.0", image.manifest, 50, chunked=True))
        for connection in (posting, putting):
            _check_given_up(connection)
        expect(404, registry.get_blob(REPOSITORY, digest_of(blob)))
        expect(404, registry.get_manifest(REPOSITORY, "1.0"))
        expect(201, registry.push_blob(REPOSITORY, blob, digest_of(blob)))
        registry.push(REPOSITORY, "1.0", image)
    leaks.check()
    leaks.check_uploads()


def test_a_client_that_stops_reading_a_blob_is_cut_off(impatient: Server, random: Random) -> None:
    leaks = LeakDetector(impatient)
    blob = random.randbytes(16 * MEBIBYTE)
    with Registry(impatient) as registry:
        expect(201, registry.push_blob(REPOSITORY, blob, digest_of(blob)))
    with Connection(impatient, receive_buffer=65536) as connection:
        connection.send(whole_request("GET", f"/v2/{REPOSITORY}/blobs/{digest_of(blob)}", b""))
        assert connection.receive(10_000)
        leaks.check()


def _upload_slowly(server: Server, requests: list[bytes], registry: Registry) -> None:
    """Send all requests piece by piece in turn, so that all are under way until the last piece."""
    with ExitStack() as open_connections:
        connections = [open_connections.enter_context(Connection(server)) for _ in requests]
        for n in range(PIECES):
            for connection, request in zip(connections, requests, strict=True):
                connection.send(request[len(request) * n // PIECES : len(request) * (n + 1) // PIECES])
            expect(200, registry.request("GET", "/v2/"))
            blob = f"quick {n}".encode()
            expect(201, registry.push_blob(REPOSITORY, blob, digest_of(blob)))
        for connection in connections:
            expect(201, connection.answer())


def _check_given_up(connection: Connection) -> None:
    answer = connection.answer()
    assert error_of(expect(408, answer))["code"] == "BLOB_UPLOAD_INVALID"
    assert not connection.drain(), "the connection stays open, and the rest of the body would be a request"
