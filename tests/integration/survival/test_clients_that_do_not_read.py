"""Clients that do not take their answers are cut off; those that take them slowly are not."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest
from tests.integration.oci import OCI_MANIFEST
from tests.integration.server import Server
from tests.integration.survival.content import digest_of, make_image
from tests.integration.survival.raw import Connection, whole_request
from tests.integration.survival.registry import Registry, expect

REPOSITORY = "team/unread"
PATIENCE = 1
MEBIBYTE = 1 << 20
LEAST_BYTES = 2 * MEBIBYTE
# Together more than the kernel takes in for a client.
PIPELINED = 20


@pytest.fixture(scope="module", params=["filesystem", "memory"])
def impatient(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server that waits one second for a client to take something: it sends files, or what is in memory."""
    path = tmp_path_factory.mktemp("impatient") / "data"
    env = {"PIERONE_BODY_TIMEOUT": str(PATIENCE), "PIERONE_STORAGE": request.param}
    with Server(path, env=env) as running:
        yield running
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def blob(impatient: Server, random: Random) -> str:
    """Push a blob; the path to pull it by."""
    blob = random.randbytes(LEAST_BYTES)
    with Registry(impatient) as registry:
        expect(201, registry.push_blob(REPOSITORY, blob, digest_of(blob)))
    return f"/v2/{REPOSITORY}/blobs/{digest_of(blob)}"


@pytest.fixture
def manifest(impatient: Server, random: Random) -> str:
    """Push a large manifest; the path to pull it by."""
    with Registry(impatient) as registry:
        image = make_image(random, 100)
        registry.push_blobs(REPOSITORY, image)
        large = image.manifest + b" " * LEAST_BYTES
        path = f"/v2/{REPOSITORY}/manifests/{digest_of(large)}"
        expect(201, registry.request("PUT", path, large, {"Content-Type": OCI_MANIFEST}))
    return path


@pytest.mark.parametrize("what", ["blob", "manifest"])
def test_a_client_that_asks_for_much_at_once_and_reads_nothing_is_cut_off(
    impatient: Server, request: pytest.FixtureRequest, what: str
) -> None:
    with Connection(impatient, receive_buffer=65536) as connection:
        connection.send(whole_request("GET", request.getfixturevalue(what), b"") * PIPELINED)
        time.sleep(4 * PATIENCE)
        assert received(connection) < PIPELINED * LEAST_BYTES
    assert "Traceback" not in impatient.log_tail()


@pytest.mark.parametrize("what", ["blob", "manifest"])
def test_a_client_that_reads_slowly_is_not(impatient: Server, request: pytest.FixtureRequest, what: str) -> None:
    with Connection(impatient, receive_buffer=65536) as connection:
        connection.send(whole_request("GET", request.getfixturevalue(what), b"") * PIPELINED)
        for _ in range(30):  # far less than a third of what the kernel keeps in each PATIENCE
            assert connection.receive(50_000)
            time.sleep(PATIENCE / 5)
        assert received(connection) > (PIPELINED - 1) * LEAST_BYTES


def received(connection: Connection) -> int:
    """How many bytes come before the server closes."""
    size = 0
    with suppress(ConnectionError):
        while piece := connection.receive(MEBIBYTE):
            size += len(piece)
    return size
