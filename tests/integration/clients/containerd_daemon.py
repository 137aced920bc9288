"""A containerd for one test run; it runs no containers."""

import contextlib
import socket
from pathlib import Path

from tests.integration.clients.daemon import Daemon

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


class ContainerdDaemon(Daemon):
    """`containerd`, which takes connections when all is loaded."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, "containerd", "containerd")

    @property
    def address(self) -> str:
        """What `ctr --address` should be."""
        return str(self._home / "containerd.sock")

    def _arguments(self) -> list[str]:
        configuration = self._home / "config.toml"
        configuration.write_text(CONFIGURATION.format(home=self._home))
        return [f"--config={configuration}", "--log-level=warn"]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as grpc, contextlib.suppress(OSError):
            grpc.connect(self.address)
            return True
        return False
