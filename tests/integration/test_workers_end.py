"""The end of a server of several processes: by a signal, or because the one that watches is gone."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.integration.oci import eventually
from tests.integration.server import Server, free_port
from tests.integration.test_server_command import environment
from tests.integration.test_shutdown import BLOB, PATIENCE, SENT, running, slow_upload, takes_connections
from tests.integration.workers import is_gone, only, processes, serving


def test_sigterm_ends_all_workers_and_lets_them_finish(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        workers = processes(server)
        with slow_upload(server) as (connection, _):
            running(server).terminate()
            eventually(lambda: not takes_connections(server))
            connection.send(BLOB[SENT:])
            assert connection.answer().status_code == 202
        assert running(server).wait(PATIENCE) == -signal.SIGTERM
        assert all(is_gone(worker) for worker in workers)
        assert "died" not in server.log.read_text()


def test_sigterm_cuts_what_takes_too_long_in_every_worker(tmp_path: Path) -> None:
    with serving(tmp_path / "data", PIERONE_SHUTDOWN_SECONDS="0.3") as server, ExitStack() as stack:
        connections = []
        for worker in processes(server):
            with only(worker, server):
                connections.append(stack.enter_context(slow_upload(server))[0])
        running(server).terminate()
        assert [connection.answer().status_code for connection in connections] == [503, 503]
        assert running(server).wait(PATIENCE) == -signal.SIGTERM


def test_a_second_sigint_ends_all_at_once(tmp_path: Path) -> None:
    with serving(tmp_path / "data", PIERONE_SHUTDOWN_DELAY="1000") as server:
        running(server).send_signal(signal.SIGINT)
        for worker in processes(server):
            with only(worker, server):
                eventually(lambda: not is_ready(server))
        running(server).send_signal(signal.SIGINT)
        running(server).wait(PATIENCE)
        assert "Traceback" not in server.log.read_text()


def is_ready(server: Server) -> bool:
    return httpx2.get(f"{server.url}/.well-known/ready", trust_env=False).status_code == 200


def test_workers_end_when_the_process_that_watches_them_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        workers = processes(server)
        server.kill()
        eventually(lambda: all(is_gone(worker) for worker in workers))
        assert not takes_connections(server)


@contextmanager
def waiting_for_its_database(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run two workers, the first of which has no answer from its database yet."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = {"PIERONE_PORT": str(free_port()), "PIERONE_DATA_DIR": str(directory), "PIERONE_WORKERS": "2"}
        place["PIERONE_DATABASE_URL"] = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/db"
        program = [sys.executable, "-m", "pierone_http", "serve", "--database-connect-timeout=60"]
        with subprocess.Popen(program, env=environment(place)) as process, silent.accept()[0]:
            yield process
            process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
def test_a_server_that_waits_for_its_database_ends_at_once(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with waiting_for_its_database(tmp_path) as process:
        process.send_signal(number)
        assert process.wait(PATIENCE) == code
