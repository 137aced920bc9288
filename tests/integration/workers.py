"""A server of several processes, and what the operating system knows of them."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import bcrypt
from tests.integration.oci import eventually
from tests.integration.server import Server
from tests.integration.survival.process import process_id

USER, PASSWORD = "alice", "correct horse"


@contextmanager
def serving(data_dir: Path, workers: int = 2, **variables: str) -> Iterator[Server]:
    """Run a server whose workers all serve."""
    with Server(data_dir, env={"PIERONE_WORKERS": str(workers), **variables}) as server:
        eventually(lambda: len(serving_processes(server)) == workers)
        yield server


def users(directory: Path) -> str:
    """Write a users file with one member of `team`; its path."""
    path = directory / "users.json"
    secret = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    path.write_text(json.dumps({USER: {"password": secret, "teams": ["team"]}}))
    return str(path)


def processes(server: Server) -> list[int]:
    """The ids of the workers, whether they serve already or not."""
    parent = process_id(server)
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def serving_processes(server: Server) -> list[int]:
    """The ids of the workers that say they serve."""
    log = server.log.read_text()
    return [worker for worker in processes(server) if f"Started server process [{worker}]" in log]


def sockets(process: int) -> int:
    """How many sockets a process has open."""
    found = 0
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in this moment
            found += str(descriptor.readlink()).startswith("socket:")
    return found


@contextmanager
def only(worker: int, server: Server) -> Iterator[None]:
    """Hold up all workers but one: whatever is answered is answered by this one."""
    others = [other for other in processes(server) if other != worker]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            with suppress(ProcessLookupError):
                os.kill(other, signal.SIGCONT)


def is_gone(process: int) -> bool:
    """Whether there is no such process (any more)."""
    return not Path(f"/proc/{process}").exists()
