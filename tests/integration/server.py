"""A Pier One server as a process of its own, for tests that need the real thing.

The server listens on a loopback port that stays the same over restarts, and writes its log beside the
data directory. Nothing is inherited from `PIERONE_*` variables of the shell that runs the tests.
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx2

PROGRAM = Path(sys.executable).with_name("pierone-server")
START_DEADLINE = 60
STOP_DEADLINE = 20.0
POLL_INTERVAL = 0.02
LOG_TAIL_BYTES = 4000

# Below the range from which Linux picks ports of outgoing connections (32768 and up), so that no client
# takes the port while the server is down between `kill()` and `start()`.
PORTS = range(15000, 32000)


class Server:
    """One `pierone-server serve`; open mode and file-system storage unless `env` says otherwise."""

    def __init__(self, data_dir: Path, *, env: Mapping[str, str] | None = None, port: int | None = None) -> None:
        """`env` is added to (and wins over) the settings this class makes; nothing runs until `start()`."""
        self.data_dir = data_dir
        self.log = data_dir.with_name(data_dir.name + ".log")
        self.port = port if port is not None else free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._env = dict(env or {})

    @property
    def host(self) -> str:
        """The `host:port` that stands at the front of an image reference."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{self.host}"

    def start(self) -> None:
        """Start and wait until the server answers; `RuntimeError` with the log's tail if it does not."""
        if self._running():
            raise RuntimeError(f"the server of {self.data_dir} already runs")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_it_answers(self.process)

    def stop(self) -> None:
        """Ask the server to end and wait for it; a server that does not end is killed and is an error."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the server did not end within {STOP_DEADLINE} s:\n{self.log_tail()}") from None

    def kill(self) -> None:
        """End the server at once, as a power cut would (SIGKILL)."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def log_tail(self) -> str:
        """Return the end of what the server wrote, for failure messages."""
        return self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.stop()

    def _running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PIERONE_")}
        own = {
            "PIERONE_HOST": "127.0.0.1",
            "PIERONE_PORT": str(self.port),
            "PIERONE_DATA_DIR": str(self.data_dir),
        }
        return inherited | own | self._env

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_DEADLINE
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with code {process.returncode}:\n{self.log_tail()}")
            if self._answers():
                return
            time.sleep(POLL_INTERVAL)
        self.kill()
        raise RuntimeError(f"the server did not answer within {START_DEADLINE} s:\n{self.log_tail()}")

    def _answers(self) -> bool:
        with contextlib.suppress(httpx2.TransportError):
            return httpx2.get(f"{self.url}/v2/", trust_env=False).status_code in {200, 401}
        return False


def free_port() -> int:
    """Return a loopback port that nobody listens on; random, so that parallel test runs do not meet."""
    system = random.SystemRandom()  # test plugins seed the ordinary generator alike in every process
    while True:
        port = system.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
