"""nginx in front of replicas, with the configuration of `deploy/nginx/` but for addresses, paths and TLS."""

import contextlib
import re
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.integration.clients.client import find
from tests.integration.server import free_port

SHIPPED = Path(__file__).parents[3] / "deploy" / "nginx" / "nginx.conf"
ADDRESS = re.compile(r"127\.0\.0\.1:\d+")
START_DEADLINE = 15.0
POLL_INTERVAL = 0.02


class Nginx:
    """One nginx that hands each request to the next replica; a replica that refuses connections is left out."""

    def __init__(self, directory: Path, replicas: Sequence[str]) -> None:
        """`directory` must exist; `replicas` are `address:port`."""
        self._program = find("nginx", "nginx-light")
        self._directory, self._replicas = directory, replicas
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """The `host:port` that stands at the front of an image reference."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{self.host}"

    def __enter__(self) -> Self:
        """Start nginx and wait until it listens."""
        configuration, errors = self._directory / "nginx.conf", self._directory / "errors.log"
        configuration.write_text(_adapted(SHIPPED.read_text(), self._directory, self.host, self._replicas))
        command = [self._program, "-e", str(errors), "-c", str(configuration), "-g", "daemon off; master_process off;"]
        with self._log.open("ab") as log, errors.open("ab") as complaints:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=complaints)
        deadline = time.monotonic() + START_DEADLINE
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"nginx does not answer:\n{errors.read_text()}")
            time.sleep(POLL_INTERVAL)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop nginx."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_DEADLINE)

    def replicas_that_answered(self, request: str) -> set[str]:
        """Name the replicas that answered requests whose method and path contain `request`."""
        lines = self._log.read_text().splitlines()
        # A replica that refused the connection stands before the one that answered.
        return {ADDRESS.findall(line)[-1] for line in lines if request in line}

    @property
    def _log(self) -> Path:
        return self._directory / "access.log"

    def _listens(self) -> bool:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.connect(("127.0.0.1", self.port))
            return True
        return False


def _adapted(shipped: str, directory: Path, address: str, replicas: Sequence[str]) -> str:
    """Return the configuration for this machine: plain HTTP, other addresses, files below `directory`."""
    servers = "".join(f"        server {replica} fail_timeout=1s;\n" for replica in replicas)
    for pattern, replacement in (
        (r"(?m)^ +server registry-1:.*\n +server registry-2:.*\n", servers),
        (r"(?m)^ +ssl_.*\n", ""),
        (r"listen \d+ ssl;", f"listen {address};"),
        (r"/tmp/", f"{directory}/"),  # noqa: S108 - what the container writes to
    ):
        shipped, found = re.subn(pattern, replacement, shipped)
        assert found, f"{SHIPPED} no longer has {pattern}"
    return shipped
