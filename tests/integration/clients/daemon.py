"""A daemon for one test run, which shares nothing with one of the machine."""

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from tests.integration.clients.client import find

START_DEADLINE = 30.0
STOP_DEADLINE = 30.0
POLL_INTERVAL = 0.02
LOG_TAIL_BYTES = 4000


class Daemon(ABC):
    """A program that keeps everything below `home`, whose path must be short (socket names)."""

    def __init__(self, home: Path, program: str, package: str) -> None:
        if os.geteuid() != 0:
            raise RuntimeError(f"{program} runs as root only: run its tests as root")
        self._program, self._path = program, find(program, package)
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _arguments(self) -> list[str]:
        """Write what the program reads, and say how it is called."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it is ready."""

    def __enter__(self) -> Self:
        """Start the daemon and wait until it answers."""
        self._process = self._spawned()
        deadline = time.monotonic() + START_DEADLINE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"{self._program} does not answer:\n{self._log_tail()}")
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
            raise RuntimeError(f"{self._program} did not end:\n{self._log_tail()}") from None
        finally:
            with contextlib.suppress(ProcessLookupError):  # the daemon was the last of its group
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self._home / f"{self._program}.log"

    def _spawned(self) -> subprocess.Popen[bytes]:
        command = [self._path, *self._arguments()]
        with self._log.open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a process group, to be stopped as one
            )

    def _log_tail(self) -> str:
        return self._log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
