"""The servers that are compared, started as their users start them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from benchmarks.address import Address
from benchmarks.loads.connection import Connection

START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.002
LOG_TAIL = 2000
HOST = "127.0.0.1"


class StartFailedError(Exception):
    """A server ended, or did not answer in time."""


@dataclass(frozen=True)
class Launch:
    """A command line, and what it needs in the environment."""

    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A server program; `launch` prepares one start of it on a data directory and a port.

    `has_tag_links` says that its tags are distribution's link files below the directory; `authorization` is the
    header without which it refuses, or empty for a server that knows nobody.
    """

    name: str
    launch: Callable[[Path, int], Launch]
    has_tag_links: bool = False
    authorization: str = ""


def _launch_null(_: Path, port: int) -> Launch:
    return Launch([sys.executable, "-m", "benchmarks.null_server", str(port)])


NULL = Kind("null server", _launch_null)


@dataclass(frozen=True)
class Server:
    """A running server."""

    kind: Kind
    directory: Path
    address: Address
    process: "subprocess.Popen[bytes]"
    start_ms: float

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return self.address.url

    def resident_mib(self) -> float:
        """Return the resident memory of the process and all that it started."""
        return sum(_resident_kib(pid) for pid in _family(self.process.pid)) / 1024


@contextmanager
def running(kind: Kind, directory: Path) -> Iterator[Server]:
    """Start a server on a directory, a new one or one it has had before, and stop it in the end.

    Its caller has been seen once then: whatever it costs to verify credentials is over.
    """
    directory.mkdir(exist_ok=True)
    address = Address(HOST, _free_port(), kind.authorization)
    launch = kind.launch(directory, address.port)
    log = directory.with_suffix(".log")
    with log.open("wb") as output:
        begin = time.monotonic()
        environment = {**_environment(), **launch.environment}
        process = subprocess.Popen(launch.command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for_answer(process, address.port, log)
        start_ms = (time.monotonic() - begin) * 1e3
        _show_credentials(address)
        yield Server(kind, directory, address, process, start_ms)
    finally:
        _stop(process)


def _environment() -> dict[str, str]:
    """Leave out settings of the caller's own registries: the defaults are what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PIERONE_", "REGISTRY_"))}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_answer(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            message = f"{process.args!r} does not answer: {log.read_text(errors='replace')[-LOG_TAIL:]}"
            raise StartFailedError(message)
        time.sleep(POLL_SECONDS)


def _answers(port: int) -> bool:
    try:
        return _status(Address(HOST, port)) in (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED)
    except OSError:
        return False


def _show_credentials(address: Address) -> None:
    """Raise StartFailedError unless the server knows its caller, and only its caller where it is to know one."""
    anybody = HTTPStatus.UNAUTHORIZED if address.authorization else HTTPStatus.OK
    if (_status(Address(HOST, address.port)), _status(address)) != (anybody, HTTPStatus.OK):
        message = f"{address.url} takes no credentials, or others than the generators send"
        raise StartFailedError(message)


def _status(address: Address) -> int:
    with Connection(address) as connection:
        return connection.request("GET", "/v2/", tuple(HTTPStatus)).status


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _family(int(child))


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
