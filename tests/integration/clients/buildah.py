"""buildah: containers-storage."""

from pathlib import Path

from tests.integration.clients.containers_storage import ContainersStorageClient


class Buildah(ContainersStorageClient):
    """buildah with everything it writes below `home`."""

    always_pull = ("--policy=always",)  # it would be content with an image that it has

    def __init__(self, home: Path) -> None:
        super().__init__("buildah", home)
