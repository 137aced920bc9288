"""All that a server says on a bare connection."""

import socket


def all_of(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    received = []
    while more := connection.recv(1 << 16):
        received.append(more)
    return b"".join(received)


def statuses(connection: socket.socket) -> list[int]:
    """The statuses of all answers until the server closes the connection."""
    return [int(part.split(b" ", 1)[0]) for part in all_of(connection).split(b"HTTP/1.1 ")[1:]]
