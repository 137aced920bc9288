"""A database that is gone or another one: nothing is pushed as if nothing had been there, nothing is forgotten."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, database_path
from tests.integration.survival.content import Image, digest_of, make_image
from tests.integration.survival.registry import Registry, expect, expect_unavailable


def test_a_database_that_is_gone_refuses_pushes_until_it_is_back(
    server: Server, registry: Registry, repository: str, stored: Image, random: Random
) -> None:
    image = make_image(random, 10)
    registry.push_blobs(repository, image)
    away = _move_away(server)
    _check_refused(registry, repository, stored, image)
    away.rename(database_path(server.data_dir))
    _check_well(server, registry, repository, stored, image)


def test_a_database_that_was_replaced_by_an_old_copy_is_not_written_to(
    server: Server, repository: str, random: Random
) -> None:
    stored, other = make_image(random, 10), make_image(random, 10)
    with Registry(server) as registry:
        old = _copy(server)
        registry.push_blobs(repository, other)
        registry.push(repository, "stored", stored)
        away = _move_away(server)
        old.rename(database_path(server.data_dir))
        _check_refused(registry, repository, stored, other)
        assert registry.put_manifest(repository, "stored", other).status_code in {409, 503}
        away.replace(database_path(server.data_dir))
        expect(409, registry.put_manifest(repository, "stored", other))
        _check_well(server, registry, repository, stored, other)


def test_a_server_whose_database_is_gone_does_not_start_as_if_nothing_had_ever_been_pushed(
    server: Server, repository: str, stored: Image
) -> None:
    server.stop()
    away = _move_away(server)
    with pytest.raises(RuntimeError, match=r"pierone\.sqlite is missing although blobs are there") as failure:
        server.start()
    assert "Traceback" not in str(failure.value)
    away.rename(database_path(server.data_dir))
    server.start()
    with Registry(server) as registry:
        registry.check_tag(repository, "stored", stored.digest)


def test_a_server_whose_database_is_no_database_says_so_and_does_not_start(
    server: Server, repository: str, stored: Image
) -> None:
    server.stop()
    away = _move_away(server)
    database_path(server.data_dir).write_bytes(b"no database" * 1000)
    with pytest.raises(RuntimeError, match="pierone-server: ") as failure:
        server.start()
    assert "Traceback" not in str(failure.value)
    away.replace(database_path(server.data_dir))
    server.start()
    with Registry(server) as registry:
        registry.check_tag(repository, "stored", stored.digest)


def _check_refused(registry: Registry, repository: str, stored: Image, image: Image) -> None:
    """Check that nothing can be pushed, and that nothing that was pushed is said to be unknown."""
    blob = image.blobs[1] + b"another"
    expect_unavailable(registry.put_manifest(repository, "new", image))
    expect_unavailable(registry.push_blob(repository, blob, digest_of(blob)))
    assert registry.get_manifest(repository, "stored").status_code in {200, 503}
    assert registry.get_manifest(repository, stored.digest).status_code in {200, 503}
    assert registry.get_blob(repository, digest_of(stored.blobs[0])).status_code in {200, 503}


def _check_well(server: Server, registry: Registry, repository: str, stored: Image, image: Image) -> None:
    registry.check_tag(repository, "stored", stored.digest)
    registry.push(repository, "new", image)
    registry.check_tag(repository, "new", image.digest)
    Auditor(server).check_all(registry)


def _move_away(server: Server) -> Path:
    return database_path(server.data_dir).rename(server.data_dir / "away")


def _copy(server: Server) -> Path:
    copy = server.data_dir / "old"
    with closing(sqlite3.connect(database_path(server.data_dir))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
