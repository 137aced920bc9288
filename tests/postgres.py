"""A PostgreSQL server for tests: the real one, from a wheel, in a directory that goes with it.

    with postgres_server(directory) as server:
        url = server.database()

The server listens on loopback and on a socket; its log lies in `directory`.
"""

import atexit
import functools
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from tests.integration.server import free_port
from tests.postgres_programs import Programs

from pierone_adapters.sql import upgrade_postgres

_PATIENCE = 30.0
_TEMPLATE = "migrated"
# What a test gains by not waiting for the disk is lost if power fails, never if the server is killed.
_QUICK = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=300", "shared_buffers=64MB")


class PostgresServer:
    """One server with any number of databases, each a copy of one that is migrated already."""

    def __init__(self, directory: Path) -> None:
        """Nothing runs until `start()`."""
        self.port = free_port()
        self.log = directory / "postgres.log"
        # Not in `directory`: pytest closes its own to other users, and a socket's path must be short.
        self.root = Path(tempfile.mkdtemp(prefix="pier-pg-"))
        self._programs = Programs(self.root)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        options = ("-U", "pier", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with self.log.open("ab") as log:
            if self._programs.start("initdb", *options, log=log).wait(_PATIENCE):
                raise RuntimeError(f"PostgreSQL made no directory of data:\n{self.log.read_text()[-4000:]}")

    def start(self) -> None:
        """Start the server (again, with all its data) and wait until it answers."""
        settings = [f"unix_socket_directories={self.root}", "listen_addresses=127.0.0.1", f"port={self.port}", *_QUICK]
        options = [word for setting in settings for word in ("-c", setting)]
        with self.log.open("ab") as log:
            self._process = self._programs.start("postgres", *options, log=log)
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End the server at once but in order; clients are cut off."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server as a crash would."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGSTOP)  # it must not begin another one now
            children = _children(process.pid)
            self._end(signal.SIGKILL)
            for child in children:
                _kill(child)

    def freeze(self) -> None:
        """Have the server take connections and bytes, and answer nothing."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def remove(self) -> None:
        """End the server, frozen or not, and leave no files but the log."""
        self.kill()
        shutil.rmtree(self.root)

    def database(self, *, migrated: bool = True) -> str:
        """A new database, with the newest schema or with none; its URL."""
        name = f"test_{next(self._numbers)}"
        if migrated and not self.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'"):
            self.execute(f"CREATE DATABASE {_TEMPLATE}")
            upgrade_postgres(self.url(_TEMPLATE))
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template1'}")
        return self.url(name)

    def url(self, database: str, *, socket: bool = False) -> str:
        """How to reach a database over TCP, or over the socket."""
        if socket:
            return f"postgresql:///{database}?host={self.root}&port={self.port}&user=pier"
        return f"postgresql://pier:unused@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, url: str | None = None) -> list[tuple[object, ...]]:
        """Run SQL as the owner of everything; the rows, if there are any."""
        with psycopg.connect(url or self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self.log.read_text()[-4000:]}") from None
                time.sleep(0.02)
            else:
                return

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_PATIENCE)

    def _signal_all(self, what: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("PostgreSQL does not run")
        for pid in (self._process.pid, *_children(self._process.pid)):
            with suppress(ProcessLookupError):  # one of a connection that ended just now
                os.kill(pid, what)


@functools.cache
def shared_postgres() -> PostgresServer:
    """One server for all tests of this process that only need a database; it ends with the process."""
    log = Path(tempfile.mkdtemp(prefix="pier-pg-log-"))
    atexit.register(shutil.rmtree, log)
    server = PostgresServer(log)
    atexit.register(server.remove)
    server.start()
    return server


@contextmanager
def postgres_server(directory: Path) -> Iterator[PostgresServer]:
    """Run a server while the context is open; its log lies in `directory`."""
    server = PostgresServer(directory)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def _kill(pid: int) -> None:
    """Kill, and wait for the end: what it holds until then would keep the next server from starting."""
    deadline = time.monotonic() + _PATIENCE
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
