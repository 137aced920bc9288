"""`PIERONE_WORKERS`: several processes are one registry, and one that dies is replaced."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.integration.oci import Repository, connect, digest_of, eventually, index_of
from tests.integration.server import Server, free_port
from tests.integration.survival.process import process_id
from tests.integration.test_server_command import command, environment
from tests.integration.test_shutdown import BLOB, PATIENCE, SENT, running, slow_upload, takes_connections
from tests.integration.workers import PASSWORD, USER, only, processes, serving, serving_processes, sockets, users


def is_gone(process: int) -> bool:
    return not Path(f"/proc/{process}").exists()


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
        before = {worker: sockets(worker) for worker in processes(server)}
        for _ in range(40):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        eventually(lambda: sum(map(sockets, before)) == sum(before.values()) + 40)
        assert all(sockets(worker) - before[worker] >= 10 for worker in before)


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


def test_settings_that_no_worker_can_serve_end_the_server_with_a_sentence_said_once(tmp_path: Path) -> None:
    broken = tmp_path / "users.json"
    broken.write_text("[]")
    server = Server(tmp_path / "data", env={"PIERONE_WORKERS": "2", "PIERONE_USERS_FILE": str(broken)})
    with pytest.raises(RuntimeError, match="ended with code 1"):
        server.start()
    log = server.log.read_text()
    assert log.count("is not a JSON object of users") == 1
    assert "Traceback" not in log


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
