"""A proxy in front of a database that can lose answers, as a network or a dying server does."""

import socket
import threading
from contextlib import suppress
from typing import Self

_BLOCK = 1 << 16


class CuttingProxy:
    """Passes bytes on both ways, until it is told to lose the next answer together with its connection."""

    def __init__(self, port: int) -> None:
        """In front of a server on that loopback port."""
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lose = threading.Event()
        self._open: list[socket.socket] = []

    def lose_next_answer(self) -> None:
        """Let the next question through; its answer arrives here and goes no further, and the connection ends."""
        self._lose.set()

    def __enter__(self) -> Self:
        """Begin to accept connections."""
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        for connection in (self._listener, *self._open):
            _shut(connection)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
                self._open += [client, server]
                for task in (self._pass_questions, self._pass_answers):
                    threading.Thread(target=task, args=(client, server), daemon=True).start()

    def _pass_questions(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(_BLOCK):
                server.sendall(data)
        _shut(server)

    def _pass_answers(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_BLOCK):
                if self._lose.is_set():
                    self._lose.clear()
                    break
                client.sendall(data)
        _shut(client)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
