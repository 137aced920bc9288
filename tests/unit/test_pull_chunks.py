"""Blobs that leave in chunks: whole, or until the client hangs up; the reader is closed in any case."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from dependency_injector import providers
from tests.contracts.processes import PATIENCE, wait_for

from pierone_adapters.memory import MemoryBlobStore
from pierone_core.caller import Caller
from pierone_core.ports import BlobReader
from pierone_core.values import Digest, Repository
from pierone_http.container import Container
from pierone_http.settings import Settings
from pierone_http.v2.pull import CHUNK_BYTES

APP = Repository.parse("team/app")
PUSHER = Caller("me", unrestricted=True)
BLOB = bytes(range(250)) * (5 * CHUNK_BYTES // 250)


class SlowReader:
    """Reads when it is let; counts what it was asked for."""

    extent = None

    def __init__(self, reader: BlobReader) -> None:
        self._reader = reader
        self.reads = self.closes = 0
        self.may_read = threading.Event()

    def read(self, size: int) -> bytes:
        self.reads += 1
        assert self.may_read.wait(PATIENCE)
        return self._reader.read(size)

    def close(self) -> None:
        self.closes += 1
        self._reader.close()


class SlowStore(MemoryBlobStore):
    """Keeps the readers that it gave away."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[SlowReader] = []

    def open_blob(self, digest: Digest, start: int, stop: int) -> Any:  # noqa: ANN401 - its own kind of reader
        self.readers.append(SlowReader(super().open_blob(digest, start, stop)))
        return self.readers[-1]

    @property
    def is_read(self) -> bool:
        return bool(self.readers) and self.readers[-1].reads > 0


@pytest.fixture
def store() -> SlowStore:
    return SlowStore()


@pytest.fixture
def server(store: SlowStore) -> Iterator[uvicorn.Server]:
    container = Container(settings=Settings(storage="memory"))
    container.blob_store.override(providers.Object(store))
    container.registry().push_blobs.push_blob(PUSHER, APP, BLOB)
    server = uvicorn.Server(uvicorn.Config(container.app(), loop="uvloop", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        wait_for(lambda: server.started)
        yield server
        server.should_exit = True
        thread.join(PATIENCE)


@contextmanager
def pulling(server: uvicorn.Server, store: SlowStore) -> Iterator[socket.socket]:
    """Ask for the blob, and wait until it is read from."""
    port = server.servers[0].sockets[0].getsockname()[1]
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        request = f"GET /v2/{APP}/blobs/{Digest.of(BLOB)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        wait_for(lambda: store.is_read)
        yield connection


def test_a_blob_comes_whole_and_its_reader_is_closed(server: uvicorn.Server, store: SlowStore) -> None:
    with pulling(server, store) as connection:
        store.readers[0].may_read.set()
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert received.partition(b"\r\n\r\n")[2] == BLOB
    wait_for(lambda: store.readers[0].closes == 1)


def test_when_the_client_hangs_up_nothing_more_is_read_and_the_reader_is_closed(
    server: uvicorn.Server, store: SlowStore
) -> None:
    with pulling(server, store):
        pass
    wait_for(lambda: not server.server_state.connections)
    store.readers[0].may_read.set()
    wait_for(lambda: not server.server_state.tasks)
    wait_for(lambda: store.readers[0].closes == 1)
    assert store.readers[0].reads == 1
