"""`PIERONE_WORKERS`: several processes are one registry, and one that dies is replaced."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.integration.oci import Repository, connect, digest_of, eventually, index_of
from tests.integration.server import Server
from tests.integration.survival.process import process_id
from tests.integration.test_server_command import command
from tests.integration.test_shutdown import BLOB, PATIENCE, SENT
from tests.integration.workers import (
    PASSWORD,
    USER,
    is_gone,
    only,
    processes,
    serving,
    serving_processes,
    sockets,
    users,
)

MANY = 300
# Connections that go to either by chance leave one further ahead than this, sooner or later (5 of 5 times seen).
FAIR = 6
# For another worker, at each connection.
WAIT_SECONDS = 0.005


def test_each_worker_serves_alone_what_the_others_were_sent(tmp_path: Path) -> None:
    with serving(tmp_path / "data", workers=3) as server:
        for worker in processes(server):
            with only(worker, server), connect(server.url) as api:
                Repository(api, "team/shared").push(f"by-{worker}", index_of())
        for worker in processes(server):
            with only(worker, server), connect(server.url) as api:
                assert len(Repository(api, "team/shared").tags()) == 3


def test_connections_are_shared_out(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server, ExitStack() as stack:
        first, second = processes(server)
        before = sockets(first), sockets(second)

        def taken() -> tuple[int, int]:
            return sockets(first) - before[0], sockets(second) - before[1]

        # One after the other: on a busy machine a worker may come too late for all that are opened at once.
        for _ in range(100):
            count = sum(taken())
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            eventually(partial(_is_more, taken, count))
            assert abs(taken()[0] - taken()[1]) <= FAIR


def _is_more(taken: Callable[[], tuple[int, int]], count: int) -> bool:
    return sum(taken()) > count


def test_a_token_that_one_worker_issued_is_honoured_by_the_other(tmp_path: Path) -> None:
    with serving(tmp_path / "data", PIERONE_USERS_FILE=users(tmp_path)) as server:
        first, second = processes(server)
        with only(first, server), connect(server.url, USER, PASSWORD) as api:
            token = api.get("/v2/token", params={"scope": "repository:team/app:pull,push"}).json()["token"]
        with only(second, server), connect(server.url) as api:
            api.headers["Authorization"] = f"Bearer {token}"
            Repository(api, "team/app").push_blob(BLOB)


def test_an_upload_goes_on_at_the_other_worker(tmp_path: Path) -> None:
    with serving(tmp_path / "data", PIERONE_USERS_FILE=users(tmp_path)) as server:
        first, second = processes(server)
        with only(first, server), connect(server.url, USER, PASSWORD) as api:
            location = Repository(api, "team/app").start_upload()
            location = api.patch(location, content=BLOB[:SENT]).headers["Location"]
        with only(second, server), connect(server.url, USER, PASSWORD) as api:
            location = api.patch(location, content=BLOB[SENT:]).headers["Location"]
            assert api.put(location, params={"digest": digest_of(BLOB)}).status_code == 201


def test_a_worker_that_is_killed_is_replaced_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        victim, survivor = processes(server)
        pushed = []
        for number in range(20):
            with connect(server.url) as api:
                if number == 10:
                    os.kill(victim, signal.SIGKILL)
                    eventually(lambda: is_gone(victim))
                pushed.append(Repository(api, "team/kept").push(f"1.{number}", index_of(number=number))["digest"])
        eventually(lambda: len(serving_processes(server)) == 2)
        assert survivor in processes(server)
        assert f"worker {victim} died (-9)" in server.log.read_text()
        for worker in processes(server):
            with only(worker, server), connect(server.url) as api:
                kept = Repository(api, "team/kept")
                assert [digest_of(kept.manifest(f"1.{number}").content) for number in range(20)] == pushed


def test_a_worker_that_does_not_come_back_is_not_waited_for(tmp_path: Path) -> None:
    known = users(tmp_path)
    with serving(tmp_path / "data", PIERONE_USERS_FILE=known) as server, ExitStack() as stack:
        Path(known).write_text("[]")
        os.kill(processes(server)[0], signal.SIGKILL)
        eventually(lambda: "died (1)" in server.log.read_text())
        began = time.monotonic()
        for _ in range(MANY):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE))
            connection.sendall(b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 401")
        assert time.monotonic() - began < MANY * WAIT_SECONDS / 2


@contextmanager
def ignoring(number: signal.Signals) -> Iterator[None]:
    """Ignore a signal here and in what is begun meanwhile."""
    usual = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, usual)


def test_workers_are_replaced_whatever_the_server_inherits(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with ignoring(signal.SIGCHLD):
            server = stack.enter_context(serving(tmp_path / "data"))
        victim, _ = processes(server)
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: victim not in processes(server) and len(serving_processes(server)) == 2)


def test_settings_that_no_worker_can_serve_end_the_server_with_a_sentence_said_once(tmp_path: Path) -> None:
    broken = tmp_path / "users.json"
    broken.write_text("[]")
    server = Server(tmp_path / "data", env={"PIERONE_WORKERS": "2", "PIERONE_USERS_FILE": str(broken)})
    with pytest.raises(RuntimeError, match="ended with code 1"):
        server.start()
    log = server.log.read_text()
    assert log.count("is not a JSON object of users") == 1
    assert "Traceback" not in log


def test_a_port_that_is_taken_is_refused_before_anything_starts(tmp_path: Path, shared_server: Server) -> None:
    place = {"PIERONE_PORT": str(shared_server.port), "PIERONE_DATA_DIR": str(tmp_path / "data")}
    ended = command("serve", "--workers=2", **place)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {shared_server.port}: Address already in use" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_each_line_of_the_log_tells_the_process(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        lines = server.log.read_text().splitlines()
        told = {int(line.rpartition("pid=")[2]) for line in lines}
        assert told == {process_id(server), *processes(server)}
