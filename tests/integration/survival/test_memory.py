"""Memory does not grow with the size of a blob: 2 GiB go through a server that may have 300 MB."""

import hashlib
import resource
from collections.abc import Iterator
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.process import memory, process_id
from tests.integration.survival.raw import Connection, request_head, whole_request
from tests.integration.survival.registry import Registry, expect

REPOSITORY = "team/large"
LIMIT_BYTES = 300_000_000
PIECE_BYTES = 1 << 20
LAYER_PIECES = 2048


class Layer:
    """Content that is made while it is sent, so that this process does not hold it either."""

    def __init__(self, random: Random) -> None:
        """Make every piece of the same random bytes and its number."""
        self._bytes = random.randbytes(PIECE_BYTES - 8)
        self._hash = hashlib.sha256()

    def pieces(self) -> Iterator[bytes]:
        """Make the pieces, once."""
        for number in range(LAYER_PIECES):
            piece = number.to_bytes(8) + self._bytes
            self._hash.update(piece)
            yield piece

    @property
    def digest(self) -> str:
        """The digest of the pieces so far."""
        return f"sha256:{self._hash.hexdigest()}"


@pytest.fixture
def limited(server: Server) -> Server:
    """Let the server have 300 MB and no more.

    RLIMIT_DATA bounds what a process can call its own: heap, stacks and anonymous mappings, touched or not. Unlike
    RLIMIT_AS it leaves out the files of the interpreter's libraries, and unlike a control group it needs no privilege
    and nothing to be mounted, so that the limit is there wherever the tests run.
    """
    resource.prlimit(process_id(server), resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES))
    return server


def test_a_layer_of_2_gib_goes_through_a_server_limited_to_300_mb(limited: Server, random: Random) -> None:
    layer = Layer(random)
    with Registry(limited, patience=100) as registry:  # until 2 GiB are on a slow disk
        location = registry.start_upload(REPOSITORY)
        _push(limited, location, layer)
        expect(201, registry.finish(location, layer.digest))
    assert _pulled_digest(limited, f"/v2/{REPOSITORY}/blobs/{layer.digest}") == layer.digest
    assert memory(limited, "VmHWM") < LIMIT_BYTES


def _push(server: Server, location: str, layer: Layer) -> None:
    with Connection(server) as connection:
        size = LAYER_PIECES * PIECE_BYTES
        connection.send(request_head("PATCH", location, {"Content-Length": str(size)}))
        for piece in layer.pieces():
            connection.send(piece)
        expect(202, connection.answer())


def _pulled_digest(server: Server, path: str) -> str:
    pulled = hashlib.sha256()
    with Connection(server) as connection:
        connection.send(whole_request("GET", path, b""))
        with connection.streamed_answer() as answer:
            while piece := answer.read(PIECE_BYTES):
                pulled.update(piece)
    return f"sha256:{pulled.hexdigest()}"
