"""What every client can do, and how its commands are run."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.integration.clients.images import Content, Image

COMMAND_DEADLINE = 60.0
DAEMON_PATH = "/usr/local/sbin:/usr/sbin:/sbin"  # a plain user's PATH lacks it


class ClientFailed(AssertionError):
    """A client ended with an error; `output` is what its user reads."""

    def __init__(self, command: list[str], code: int, output: str) -> None:
        super().__init__(f"{' '.join(command)} ended with code {code}:\n{output}")
        self.output = output


@dataclass(frozen=True, slots=True)
class Pushed:
    """The manifest digest that the client says it pushed, and everything it printed."""

    digest: str
    output: str


class Client(Protocol):
    """A client with a storage and a login file of its own; references are `host/repository[:tag]`."""

    mounted: str
    """A pattern of what the client prints when a layer was mounted from another repository (`debug` is needed)."""

    def load(self, image: Image, reference: str) -> None:
        """Take an image into the client's storage and name it."""

    def push(self, reference: str, *, debug: bool = False) -> Pushed:
        """Push what is named so; `ClientFailed` if the registry refuses."""

    def pull(self, reference: str) -> str:
        """Pull a tag or digest and return the manifest digest that the client says it has."""

    def forget_everything(self) -> None:
        """Empty the client's storage, so that the next pull has to fetch every byte."""

    def content(self, reference: str) -> Content:
        """Return what the client's storage holds."""

    def login(self, host: str, user: str, password: str) -> None:
        """Log in; `ClientFailed` if the registry refuses."""

    def logout(self) -> None:
        """Forget all passwords."""


def find(command: str, package: str) -> str:
    """Return the path of a client's program; without it the tests fail and name the Debian package."""
    path = shutil.which(command, path=f"{os.environ['PATH']}:{DAEMON_PATH}")
    if path is None:
        raise RuntimeError(f"{command} is missing: apt-get install --no-install-recommends {package}")
    return path


def run(command: list[str], environment: Mapping[str, str], *, typed: bytes = b"") -> str:
    """Run a command and return what it printed to both streams; `typed` is its standard input."""
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=COMMAND_DEADLINE,
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise ClientFailed(command, done.returncode, output)
    return output


def read_word(file: Path) -> str:
    """Return what a client wrote into a file such as `--digestfile`."""
    return file.read_text().strip()
