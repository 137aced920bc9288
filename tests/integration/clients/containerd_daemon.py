"""A containerd for one test run: it shares nothing with one of the machine, and runs no containers."""

import contextlib
import os
import signal
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

# CRI would open ports for Kubernetes, and `opt` makes a directory in /opt. The temporary directory is where
# layers are mounted while they are unpacked.
CONFIGURATION = """\
version = 2
root = "{home}/root"
state = "{home}/state"
temp = "{home}/tmp"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "{home}/containerd.sock"
[ttrpc]
address = "{home}/ttrpc.sock"
"""


class ContainerdDaemon:
    """`containerd` with everything it writes below `home`, whose path must be short (socket names)."""

    def __init__(self, home: Path) -> None:
        if os.geteuid() != 0:
            raise RuntimeError("containerd runs as root only: run the containerd tests as root")
        self._program = find("containerd", "containerd")
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What `ctr --address` should be."""
        return str(self._home / "containerd.sock")

    def __enter__(self) -> Self:
        """Start the daemon and wait until it takes connections, which it does when all is loaded."""
        self._process = self._spawned()
        deadline = time.monotonic() + START_DEADLINE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"containerd does not answer:\n{self._log_tail()}")
            time.sleep(POLL_INTERVAL)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the daemon and whatever it has started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"containerd did not end:\n{self._log_tail()}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):  # the daemon was the last of its group
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self._home / "containerd.log"

    def _spawned(self) -> subprocess.Popen[bytes]:
        configuration = self._home / "config.toml"
        configuration.write_text(CONFIGURATION.format(home=self._home))
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [self._program, f"--config={configuration}", "--log-level=warn"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group, to be stopped as one
            )

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as grpc, contextlib.suppress(OSError):
            grpc.connect(self.address)
            return True
        return False

    def _log_tail(self) -> str:
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
