"""A pull that is repeated while the server ends: every answer is whole, and the last says that it is the last."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.integration.oci import PATIENCE, Repository, connect, head, wire
from tests.integration.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data", env={"PIERONE_SHUTDOWN_DELAY": "1000"}) as running:
        yield running
        process(running).send_signal(signal.SIGINT)  # the second signal: do not wait for the delay


def process(server: Server) -> subprocess.Popen[bytes]:
    assert server.process is not None
    return server.process


def test_whoever_repeats_a_pull_is_told_of_the_end(server: Server) -> None:
    with connect(server.url) as api:
        repository = Repository(api)
        repository.push("1.0", repository.image())
        target = f"{repository.url}/manifests/1.0"
        whole = api.get(target).content
        with httpx2.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as client:
            assert client.get(target).content == whole
            process(server).terminate()
            while (answer := client.get(target)).headers.get("Connection") != "close":
                assert answer.content == whole
            assert (answer.status_code, answer.content) == (200, whole)
    with wire(server) as connection:
        connection.sendall(head("GET", target) * 2)
        received = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert received.count(b"HTTP/1.1 200") == 1
