"""Whether a server says rightly that it runs and that it can work, without asking who wants to know."""

import json
from pathlib import Path

import httpx2
import pytest
from tests.integration.oci import eventually
from tests.integration.server import Server
from tests.postgres import postgres_server

HEALTH, READY = "/.well-known/health", "/.well-known/ready"


def probe(server: Server, path: str) -> tuple[int, object]:
    answer = httpx2.get(server.url + path, trust_env=False)
    return answer.status_code, answer.json()


def test_probes_need_no_credentials(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text(json.dumps({}))
    with Server(tmp_path / "data", env={"PIERONE_USERS_FILE": str(tmp_path / "users.json")}) as server:
        assert httpx2.get(f"{server.url}/v2/", trust_env=False).status_code == 401
        assert probe(server, HEALTH) == (200, {"health": True})
        assert probe(server, READY) == (200, {"ready": True})


@pytest.mark.parametrize("directory", ["blobs", "uploads"])
def test_without_its_store_a_server_is_not_ready_until_it_is_back(tmp_path: Path, directory: str) -> None:
    with Server(tmp_path / "data") as server:
        assert probe(server, READY)[0] == 200
        (tmp_path / "data" / directory).rename(tmp_path / "away")
        eventually(lambda: probe(server, READY) == (503, {"ready": False, "silent": ["store"]}))
        assert probe(server, HEALTH) == (200, {"health": True})
        (tmp_path / "away").rename(tmp_path / "data" / directory)
        eventually(lambda: probe(server, READY) == (200, {"ready": True}))
    assert "not ready: the store does not answer" in server.log.read_text()


def test_without_its_database_a_server_is_not_ready_until_it_is_back(tmp_path: Path) -> None:
    with postgres_server(tmp_path) as database:
        url = database.database()
        with Server(tmp_path / "data", env={"PIERONE_DATABASE_URL": url}) as server:
            assert probe(server, READY)[0] == 200
            for stop, start in ((database.kill, database.start), (database.freeze, database.thaw)):
                stop()
                eventually(lambda: probe(server, READY) == (503, {"ready": False, "silent": ["database"]}))
                assert probe(server, HEALTH) == (200, {"health": True})
                start()
                eventually(lambda: probe(server, READY) == (200, {"ready": True}))
    assert "unused" not in server.log.read_text()  # the password
