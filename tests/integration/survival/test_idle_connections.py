"""Connections whose client does not come to the point are given up; those that are used are not."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.integration.server import Server

REQUEST = b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n"
REFUSED = b"PATCH /v2/team/app/blobs/uploads/none HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"
PATIENCE = 1.0


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data", env={"PIERONE_BODY_TIMEOUT": str(PATIENCE)}) as running:
        yield running


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side ends the connection before our time-out."""
    try:
        while connection.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


@pytest.mark.parametrize(
    "sent", [[b""], [REQUEST[:20]], [REQUEST, b"G"], [REFUSED, b"1"]], ids=["silent", "half", "next", "refused"]
)
def test_a_client_that_does_not_come_to_the_point_is_given_up(impatient: Server, sent: list[bytes]) -> None:
    with connect(impatient) as connection:
        for part in sent:
            connection.sendall(part)
            if part in (REQUEST, REFUSED):
                assert connection.recv(1 << 16)
        assert is_closed(connection)


def test_a_head_that_trickles_in_is_given_up(impatient: Server) -> None:
    with connect(impatient) as connection:
        connection.settimeout(PATIENCE / 10)
        with pytest.raises(ConnectionError):
            trickle(connection, until=time.monotonic() + 30)


def trickle(connection: socket.socket, until: float) -> None:
    """Send a head byte by byte; `ConnectionError` when the other side has gone."""
    while time.monotonic() < until:
        connection.sendall(b"G")
        try:
            gone = connection.recv(1) == b""
        except TimeoutError:
            continue
        if gone:
            raise ConnectionResetError


def test_a_connection_that_is_used_lives_longer_than_the_patience(impatient: Server) -> None:
    with httpx2.Client(base_url=impatient.url, trust_env=False) as client:
        ports = set()
        began = time.monotonic()
        while time.monotonic() - began < 3 * PATIENCE:
            answer = client.get("/v2/")
            assert answer.status_code == 200
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            time.sleep(PATIENCE / 10)
    assert len(ports) == 1
