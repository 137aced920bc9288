"""docker: the command line, talking to a daemon of our own."""

import re
from pathlib import Path

from tests.integration.clients.archive import read_archive, write_archive
from tests.integration.clients.client import Pushed, find, run
from tests.integration.clients.dockerd import Dockerd
from tests.integration.clients.images import Content, Image

DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})", re.IGNORECASE)


class Docker:
    """docker with the daemon's storage and a configuration below `home`."""

    mounted = "Mounted from"

    def __init__(self, home: Path, daemon: Dockerd) -> None:
        self._program = find("docker", "docker.io")
        self._home = home
        self.environment = {
            "DOCKER_HOST": daemon.address,
            "DOCKER_CONFIG": str(home / "config"),
            "DOCKER_BUILDKIT": "0",  # Debian has no buildx
        }

    def load(self, image: Image, reference: str) -> None:
        """`docker load`."""
        self.run("load", typed=write_archive(image, reference))

    def build(self, directory: Path, reference: str) -> None:
        """`docker build` of a directory with a Dockerfile."""
        self.run("build", "--tag", reference, str(directory))

    def push(self, reference: str, *, debug: bool = False) -> Pushed:
        """Push; docker prints the digest as its last line."""
        output = self.run(*(["--debug"] if debug else []), "push", reference)
        return Pushed(_printed_digest(output), output)

    def pull(self, reference: str) -> str:
        """Pull and return the digest that docker prints."""
        return _printed_digest(self.run("pull", reference))

    def forget_everything(self) -> None:
        """Remove all images."""
        self.run("image", "prune", "--all", "--force")

    def content(self, reference: str) -> Content:
        """`docker save`."""
        archive = self._home / "saved.tar"
        self.run("save", "--output", str(archive), reference)
        return read_archive(archive)

    def login(self, host: str, user: str, password: str) -> None:
        """Log in with the password on standard input."""
        self.run("login", "--username", user, "--password-stdin", host, typed=password.encode())

    def logout(self) -> None:
        """Forget all passwords."""
        (self._home / "config" / "config.json").unlink(missing_ok=True)  # `docker logout` wants a host

    def run(self, *arguments: str, typed: bytes = b"") -> str:
        """Run docker and return what it prints."""
        return run([self._program, *arguments], self.environment, typed=typed)


def _printed_digest(output: str) -> str:
    printed = DIGEST.findall(output)
    if len(printed) != 1:
        raise AssertionError(f"docker did not print one digest:\n{output}")
    return str(printed[0])
