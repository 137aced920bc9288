"""The keys of replicas over one PostgreSQL: kept there, or brought along and compared."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.postgres import shared_postgres

from pierone_adapters.jwt import SigningKey, kept_key, read_key
from pierone_http.container import Container
from pierone_http.settings import Settings

WARNING = "give all of them the same PIERONE_TOKEN_KEY_FILES"


@pytest.fixture
def database() -> str:
    """Make an empty database; its URL."""
    return shared_postgres().database()


def key_file(directory: Path, name: str) -> str:
    kept_key(directory / name)
    return str(directory / name)


def start(path: Path, database: str, *key_files: str) -> Sequence[SigningKey]:
    """The keys of a replica that starts now."""
    files = [Path(file) for file in key_files]
    container = Container(settings=Settings(data_dir=path, database_url=SecretStr(database), token_key_files=files))
    try:
        return container.keys()
    finally:
        container.metadata().close()


def warns(caplog: pytest.LogCaptureFixture, path: Path, database: str, *key_files: str) -> bool:
    """Whether a replica that starts now does so."""
    caplog.clear()
    start(path, database, *key_files)
    return WARNING in caplog.text


def test_replicas_that_start_at_once_sign_with_one_key_that_lies_in_the_database(tmp_path: Path, database: str) -> None:
    with ThreadPoolExecutor(8) as starting:
        replicas = list(starting.map(lambda number: start(tmp_path / str(number), database), range(8)))
    secrets = {key.secret for keys in [*replicas, start(tmp_path / "later", database)] for key in keys}
    assert len(secrets) == 1
    assert not list(tmp_path.rglob("token-key.pem"))


def test_what_is_logged_of_a_key_is_its_id(caplog: pytest.LogCaptureFixture, tmp_path: Path, database: str) -> None:
    assert not warns(caplog, tmp_path, database)
    assert warns(caplog, tmp_path, database, key_file(tmp_path, "own.pem"))
    assert "PRIVATE KEY" not in caplog.text


def test_a_replica_with_other_keys_says_so(caplog: pytest.LogCaptureFixture, tmp_path: Path, database: str) -> None:
    ours, others = key_file(tmp_path, "ours.pem"), key_file(tmp_path, "others.pem")
    assert not warns(caplog, tmp_path, database, ours)
    assert warns(caplog, tmp_path, database, others)
    assert not warns(caplog, tmp_path, database, ours)


def test_keys_are_rotated_without_a_warning(caplog: pytest.LogCaptureFixture, tmp_path: Path, database: str) -> None:
    old, new = key_file(tmp_path, "old.pem"), key_file(tmp_path, "new.pem")
    assert not [files for files in [(old,), (new, old), (new,)] if warns(caplog, tmp_path, database, *files)]


def test_on_one_machine_the_key_stays_in_its_file(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    container = Container(settings=Settings(data_dir=tmp_path))
    [key] = container.keys()
    container.metadata().close()
    assert key.kid == read_key(tmp_path / "token-key.pem").kid
    assert WARNING not in caplog.text
