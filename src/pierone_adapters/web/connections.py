"""The connections to a source, to be cut when it holds on to them for ever."""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakSet

# What the HTTP client tells of when there is a new socket; TLS wraps it in another.
_NEW = ("connect_tcp.complete", "start_tls.complete")


class Connections:
    """The open ones of one client; may be used by several threads."""

    def __init__(self) -> None:
        """There are none yet."""
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._mutex = threading.Lock()

    def note(self, event: str, facts: Mapping[str, Any]) -> None:
        """Look at what the client does (its `trace` extension)."""
        if event.endswith(_NEW):
            with self._mutex:
                self._sockets.add(facts["return_value"].get_extra_info("socket"))

    def cut(self) -> None:
        """End them all, whoever reads there: a reader sees the end, and the client lets go of the connection.

        They are not closed here. The number of a closed one could be another's by the time that its reader looks.
        """
        with self._mutex:
            sockets = list(self._sockets)
            self._sockets.clear()
        for each in sockets:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(each, socket.SHUT_RDWR)  # TLS must not be taken off first, as its own would
