"""Whether a server still holds anything for clients that are gone."""

from collections import Counter

from tests.integration.server import Server
from tests.integration.survival.audit import upload_files
from tests.integration.survival.process import descriptors, memory, threads
from tests.integration.survival.waiting import wait_until

# 32 for writes, 32 for reads, few for passwords, the loop, and what libraries start for themselves.
MOST_THREADS = 80
# Allocators keep some of what was freed; a leak of what the tests send would be many times more.
MOST_GROWTH_BYTES = 48 << 20


class LeakDetector:
    """Compares a server with what it was when nobody was connected to it."""

    def __init__(self, server: Server) -> None:
        """Nobody must be connected now."""
        self._server = server
        self._descriptors = descriptors(server)
        self._uploads = upload_files(server.data_dir)
        self._memory: int | None = None

    def warm_up(self) -> None:
        """Say that the server has its threads and buffers now, and should not grow much more. Only once counts."""
        if self._memory is None:
            self._memory = memory(self._server, "VmRSS")

    def check(self) -> None:
        """Check that nothing is left. Nobody must be connected; what is still being cleared away is waited for."""
        wait_until(lambda: not self._left_open(), "files and sockets are closed")
        assert threads(self._server) <= MOST_THREADS
        self.check_memory()
        assert b"Traceback" not in self._server.log.read_bytes(), self._server.log_tail()

    def check_memory(self, for_connected: int = 0) -> None:
        """Check that the server has not grown since `warm_up`, but for so many bytes for connected clients."""
        self.warm_up()
        growth = memory(self._server, "VmRSS") - (self._memory or 0)
        assert growth <= MOST_GROWTH_BYTES + for_connected, f"the server has grown by {growth:,} bytes"

    def _new_uploads(self) -> set[str]:
        """List the uploads that are under way now and were not at the beginning."""
        return upload_files(self._server.data_dir) - self._uploads

    def check_uploads(self) -> None:
        """Check that no upload is under way that was not at the beginning; one that is cancelled now is waited for."""
        wait_until(lambda: not self._new_uploads(), "uploads that are over are removed")

    def _left_open(self) -> Counter[str]:
        return descriptors(self._server) - self._descriptors
