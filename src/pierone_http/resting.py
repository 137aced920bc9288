"""Connections whose bodies come in tiny chunks rest in between, so that everybody else has a turn.

A chunk of one byte costs a third of a microsecond, and the event loop reads up to 32 times 256 KB from a connection in
one turn. Ten connections that send such chunks kept `/.well-known/health` waiting for 15 s; with rests it is 80 ms at
the most (`tests/integration/survival/test_clients_with_tiny_chunks.py`). Chunks of a usual size never rest.
"""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl

# Of one reading: chunks of 4 KiB make as many.
PIECES_FREE = 64
# Sixty times what a piece costs: so many connections share the event loop.
_REST_SECONDS = 20e-6


class RestingFlow(FlowControl):
    """uvicorn's control of one connection's flow, with more reasons not to read."""

    # Whether requests wait for an answer before theirs: whoever is asked whether its client is there would read on.
    waits = False

    def __init__(self, transport: asyncio.Transport) -> None:
        """Control the flow of `transport`."""
        super().__init__(transport)
        self._is_full = False
        self._rests = False

    def rest_after(self, pieces: int) -> None:
        """Read nothing for a while if what was read last had many `pieces`."""
        if pieces > PIECES_FREE:
            super().pause_reading()
            self._rests = True
            asyncio.get_running_loop().call_later(pieces * _REST_SECONDS, self._wake)

    def pause_reading(self) -> None:
        """Read nothing until `resume_reading`."""
        self._is_full = True
        super().pause_reading()

    def resume_reading(self) -> None:
        """Read on, as soon as the connection has rested and no request waits."""
        self._is_full = False
        if not self._rests and not self.waits:
            super().resume_reading()

    def _wake(self) -> None:
        self._rests = False
        if not self._is_full and not self.waits:
            super().resume_reading()
