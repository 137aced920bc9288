"""podman: containers-storage, and a state directory that it would otherwise share with the machine."""

from pathlib import Path

from tests.integration.clients.containers_storage import ContainersStorageClient


class Podman(ContainersStorageClient):
    """podman with everything it writes below `home`."""

    def __init__(self, home: Path) -> None:
        super().__init__("podman", home, "--tmpdir", str(home / "tmp"), "--events-backend=none")
