"""A docker daemon for one test run; it has no network."""

import contextlib
import socket
from pathlib import Path

from tests.integration.clients.daemon import START_DEADLINE, Daemon


class Dockerd(Daemon):
    """`dockerd` with the classic image store."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, "dockerd", "docker.io")

    @property
    def address(self) -> str:
        """What `DOCKER_HOST` should be."""
        return f"unix://{self._home / 'docker.sock'}"

    def _arguments(self) -> list[str]:
        configuration = self._home / "daemon.json"
        configuration.write_text("{}")
        return [
            f"--config-file={configuration}",
            f"--data-root={self._home / 'root'}",
            f"--exec-root={self._home / 'exec'}",
            f"--pidfile={self._home / 'docker.pid'}",
            f"--host={self.address}",
            "--storage-driver=vfs",
            "--iptables=false",
            "--ip6tables=false",
            "--bridge=none",
            "--log-level=warn",
        ]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as http, contextlib.suppress(OSError):
            http.settimeout(START_DEADLINE)
            http.connect(str(self._home / "docker.sock"))
            http.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return http.recv(12) == b"HTTP/1.0 200"
        return False
