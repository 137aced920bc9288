"""SIGTERM: requests under way finish within a bound, what is longer is cut, and the process ends."""

import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx2
import pytest
from tests.integration.bucket import in_bucket
from tests.integration.oci import Repository, connect, digest_of, eventually
from tests.integration.server import Server
from tests.integration.survival.raw import Connection, unfinished_request

BLOB = Random(4).randbytes(3_000_000)  # noqa: S311 - content, not a secret
SENT = 2_000_000
PATIENCE = 30.0


def running(server: Server) -> subprocess.Popen[bytes]:
    """The process; it must have been started."""
    assert server.process is not None
    return server.process


@contextmanager
def slow_upload(server: Server) -> Iterator[tuple[Connection, str]]:
    """Send two thirds of a blob, and wait until some of it is written; the connection and the upload's location."""
    with connect(server.url) as api, Connection(server) as connection:
        location = Repository(api, "team/slow").start_upload()
        connection.send(unfinished_request("PATCH", location, BLOB, SENT, chunked=False))
        eventually(lambda: not api.get(location).headers["Range"].endswith("-0"))
        yield connection, location


def takes_connections(server: Server) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == 0


def test_an_upload_under_way_finishes_and_nobody_new_is_taken(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        with slow_upload(server) as (connection, location):
            running(server).terminate()
            eventually(lambda: not takes_connections(server))
            connection.send(BLOB[SENT:])
            assert connection.answer().status_code == 202
            assert connection.drain() == b""
        assert running(server).wait(PATIENCE) == -signal.SIGTERM
        server.start()
        with connect(server.url) as api:
            assert api.put(location, params={"digest": digest_of(BLOB)}).status_code == 201


@pytest.mark.parametrize("storage", [dict, in_bucket], ids=["disk", "S3"])
def test_an_upload_that_takes_too_long_is_cut_and_can_go_on_later(
    tmp_path: Path, storage: Callable[[], Mapping[str, str]]
) -> None:
    with Server(tmp_path / "data", env={**storage(), "PIERONE_SHUTDOWN_SECONDS": "0.3"}) as server:
        with slow_upload(server) as (connection, location):
            running(server).terminate()
            answer = connection.answer()
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert running(server).wait(PATIENCE) == -signal.SIGTERM
        server.start()
        with connect(server.url) as api:
            kept = int(api.get(location).headers["Range"].partition("-")[2]) + 1
            assert 0 < kept <= SENT
            assert api.patch(location, content=BLOB[kept:]).status_code == 202
            assert api.put(location, params={"digest": digest_of(BLOB)}).status_code == 201
    assert "Traceback" not in server.log.read_text()


def test_idle_connections_do_not_hold_up_the_end(tmp_path: Path) -> None:
    patient = {"PIERONE_SHUTDOWN_SECONDS": "1000"}
    with Server(tmp_path / "data", env=patient) as server, Connection(server) as silent, connect(server.url) as api:
        assert api.get("/v2/").status_code == 200
        running(server).terminate()
        assert silent.drain() == b""
        assert running(server).wait(PATIENCE) == -signal.SIGTERM


def test_before_the_end_readiness_is_denied_while_everything_is_served(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env={"PIERONE_SHUTDOWN_DELAY": "1000"}) as server:
        with httpx2.Client(base_url=server.url, trust_env=False) as api:
            assert api.get("/.well-known/ready").status_code == 200
            running(server).terminate()
            eventually(lambda: api.get("/.well-known/ready").status_code == 503)
            assert api.get("/.well-known/ready").json() == {"ready": False, "ending": True}
            assert api.get("/.well-known/health").status_code == 200
            Repository(api, "team/late").push_blob(BLOB)
            assert api.get("/v2/").headers["Connection"] == "close"
        running(server).send_signal(signal.SIGINT)
        running(server).wait(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_without_work_ends_at_once_and_without_a_complaint(tmp_path: Path, number: signal.Signals) -> None:
    with Server(tmp_path / "data", env={"PIERONE_SHUTDOWN_SECONDS": "1000"}) as server:
        running(server).send_signal(number)
        running(server).wait(PATIENCE)
    assert "Traceback" not in server.log.read_text()
