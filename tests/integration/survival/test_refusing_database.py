"""A database that refuses a single statement, as it does when its disk fails just then: a push is whole or not at all.

A trigger that another connection adds stands for the disk: it fails exactly one step of a push, every time.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, database_path, events
from tests.integration.survival.content import digest_of, make_image
from tests.integration.survival.registry import Registry, expect, expect_unavailable


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """Share one server."""
    return lasting_server


@pytest.mark.parametrize(
    "step", ["INSERT ON manifests", "INSERT ON tags", "INSERT ON events WHEN NEW.kind = 'tag_bound'"]
)
def test_a_manifest_is_not_stored_without_its_tag_and_both_not_without_their_events(
    server: Server, registry: Registry, repository: str, random: Random, step: str
) -> None:
    image, before = make_image(random, 10), events(server.data_dir)
    registry.push_blobs(repository, image)
    with _refusing(server, step):
        expect_unavailable(registry.put_manifest(repository, "1.0", image))
    expect(404, registry.get_manifest(repository, "1.0"))
    expect(404, registry.get_manifest(repository, image.digest))
    assert events(server.data_dir) == before
    expect(201, registry.put_manifest(repository, "1.0", image))
    Auditor(server).check_all(registry)


@pytest.mark.parametrize("step", ["INSERT ON blobs", "DELETE ON uploads"])
@pytest.mark.parametrize("last", [0, 2_000], ids=["no body", "last chunk"])
def test_a_closing_put_that_failed_at_any_step_can_be_sent_again(
    server: Server, registry: Registry, repository: str, random: Random, step: str, last: int
) -> None:
    blob = random.randbytes(10_000)
    first, rest = blob[: len(blob) - last], blob[len(blob) - last :]
    location = registry.start_upload(repository)
    expect(202, registry.append(location, first))
    with _refusing(server, step):
        answer = registry.finish(location, digest_of(blob), rest)
    if answer.status_code != 201:
        expect_unavailable(answer)
        expect(201, registry.finish(location, digest_of(blob), rest))
    registry.check_blob(repository, digest_of(blob))


@contextmanager
def _refusing(server: Server, step: str) -> Iterator[None]:
    with closing(sqlite3.connect(database_path(server.data_dir), isolation_level=None)) as connection:
        connection.execute(f"CREATE TRIGGER refusal BEFORE {step} BEGIN SELECT RAISE(ABORT, 'disk error'); END")
        try:
            yield
        finally:
            connection.execute("DROP TRIGGER refusal")
