"""A docker daemon for one test run: it shares nothing with a daemon of the machine and has no network."""

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.integration.clients.client import find

START_DEADLINE = 30.0
STOP_DEADLINE = 30.0
POLL_INTERVAL = 0.02
LOG_TAIL_BYTES = 4000


class Dockerd:
    """`dockerd` with the classic image store below `home`, whose path must be short (socket names)."""

    def __init__(self, home: Path) -> None:
        if os.geteuid() != 0:
            raise RuntimeError("dockerd runs as root only: run the docker tests as root")
        self._program = find("dockerd", "docker.io")
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What `DOCKER_HOST` should be."""
        return f"unix://{self._home / 'docker.sock'}"

    def __enter__(self) -> Self:
        """Start the daemon and wait until it answers."""
        (self._home / "daemon.json").write_text("{}")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_DEADLINE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"dockerd does not answer:\n{self._log_tail()}")
            time.sleep(POLL_INTERVAL)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the daemon."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"dockerd did not end:\n{self._log_tail()}") from None

    @property
    def _log(self) -> Path:
        return self._home / "dockerd.log"

    def _command(self) -> list[str]:
        return [
            self._program,
            f"--config-file={self._home / 'daemon.json'}",
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

    def _log_tail(self) -> str:
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
