"""The rights that docs/operators/database.md gives to the role of a server are enough, and no more than that."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest
from tests.integration.oci import OCI_MANIFEST, Repository, connect, digest_of, encode
from tests.integration.server import Server
from tests.postgres import shared_postgres

from pierone_http.__main__ import main

PAGE = Path(__file__).parents[2] / "docs/operators/database.md"
GRANTS = re.findall(r"^```sql\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def role() -> str:
    """Name a role of its own; roles belong to a whole server of databases."""
    return f"server_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def url(role: str) -> Iterator[str]:
    """Connect as a role that has the rights of the page and no others."""
    owner = shared_postgres().database()
    [grants] = GRANTS
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute(grants.replace("TO server", f"TO {role}").encode())
        yield owner.replace("pier:", f"{role}:")
        connection.execute(f"DROP OWNED BY {role}".encode())
        connection.execute(f"DROP ROLE {role}".encode())


def test_a_server_with_the_rights_of_the_page_takes_every_kind_of_change(tmp_path: Path, url: str, role: str) -> None:
    env = {"PIERONE_DATABASE_URL": url, "PIERONE_MUTABLE_TAGS": '["*:edge"]'}
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)
    with Server(tmp_path, env=env) as server, connect(server.url) as api:
        repository = Repository(api, "team/app")
        for tag, content in (("1.0", "one"), ("edge", "one"), ("edge", "two")):
            repository.push(tag, repository.image(content))
        source = '{"url": "git:x", "revision": "1", "author": "a", "status": ""}'
        headers = {"X-SCM-Source": source, "Content-Type": OCI_MANIFEST}
        claimed = encode(repository.image("three"))
        assert api.put(f"{repository.url}/manifests/1.1", content=claimed, headers=headers).status_code == 201
        assert api.delete(repository.start_upload()).status_code == 204
        for path in ("/teams", "/stats", "/teams/team/artifacts/app/tags", "/teams/team/artifacts/app/tags/1.1"):
            assert api.get(path).status_code == 200


def test_the_rights_of_the_page_are_enough_for_a_rebuild(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIERONE_DATABASE_URL", url)
    monkeypatch.setenv("PIERONE_DATA_DIR", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main(["fsck", "--rebuild"])
    assert ended.value.code == 0


def test_a_server_that_lacks_a_right_says_which_in_its_log(tmp_path: Path, url: str, role: str) -> None:
    shared_postgres().execute(f"REVOKE INSERT ON blobs FROM {role}", url.replace(role, "pier"))
    with Server(tmp_path, env={"PIERONE_DATABASE_URL": url}) as server:
        uploads = f"{server.url}/v2/team/app/blobs/uploads/"
        answer = httpx2.post(uploads, params={"digest": digest_of(b"")}, trust_env=False)
        assert (answer.status_code, "right" in answer.json()["errors"][0]["message"]) == (503, True)
        assert "permission denied for table blobs" in server.log_tail()
