"""Clients that send bodies in chunks of a byte: each costs the server work, and keeps nobody else waiting."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from tests.integration.server import Server
from tests.integration.survival.raw import Connection, request_head
from tests.integration.survival.registry import Registry, expect

REPOSITORY = "team/crumbs"
CLIENTS = 10
CRUMBS = b"1\r\na\r\n" * 40_000
# What others may wait for an answer; without rests it is more than ten seconds.
BEARABLE_SECONDS = 1.0


@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "under way"])
def test_tiny_chunks_keep_nobody_else_waiting(server: Server, *, is_refused: bool) -> None:
    with Registry(server, patience=30) as registry:
        unknown = f"/v2/{REPOSITORY}/blobs/uploads/unknown"
        targets = [unknown if is_refused else registry.start_upload(REPOSITORY) for _ in range(CLIENTS)]
        with ExitStack() as stack:
            for target in targets:
                stack.enter_context(crumbling(server, target))
            waited = [seconds_for_an_answer(registry) for _ in range(50)]
            server.kill()  # megabytes of chunks that the kernel has would keep its end waiting
    assert max(waited) < BEARABLE_SECONDS


def seconds_for_an_answer(registry: Registry) -> float:
    """How long a request takes, a moment from now."""
    time.sleep(0.02)
    start = time.monotonic()
    expect(200, registry.request("GET", "/v2/"))
    return time.monotonic() - start


@contextmanager
def crumbling(server: Server, target: str) -> Iterator[None]:
    """Send a body of tiny chunks meanwhile."""
    with Connection(server) as connection:
        connection.send(request_head("PATCH", target, {"Transfer-Encoding": "chunked"}))
        sending = threading.Thread(target=send_without_end, args=(connection,))
        sending.start()
        yield
        sending.join()


def send_without_end(connection: Connection) -> None:
    """Send until the connection is no more."""
    with suppress(OSError):
        while True:
            connection.send(CRUMBS)
