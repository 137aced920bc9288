"""Connections that are taken while the server ends are ended, too."""

import asyncio
import socket

from pierone_http.acceptor import Acceptor, Share

PATIENCE = 5.0


class Connections(set[asyncio.Protocol]):
    """Those that are open."""

    def made(self) -> asyncio.Protocol:
        return _Connection(self)


class _Connection(asyncio.Protocol):
    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def connection_made(self, _: asyncio.BaseTransport) -> None:
        self._connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.remove(self)


def test_a_connection_that_was_being_opened_at_the_end_is_closed() -> None:
    connections, counts = Connections(), [0, 0]

    async def end_meanwhile(listening: socket.socket, client: socket.socket) -> None:
        acceptor = Acceptor([listening], connections.made, connections, Share(counts, 0))
        while not counts[0]:  # noqa: ASYNC110 - it is the acceptor's number
            await asyncio.sleep(0)
        assert not connections
        acceptor.close()
        assert await asyncio.to_thread(client.recv, 1) == b""

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname(), PATIENCE) as client,
    ):
        asyncio.run(end_meanwhile(listening, client))
