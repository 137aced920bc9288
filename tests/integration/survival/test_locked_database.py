"""A database that another program locks: pushes are refused after a while, pulls go on."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from random import Random

import httpx2
import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, database_path
from tests.integration.survival.content import Image, digest_of, make_image
from tests.integration.survival.process import descriptors
from tests.integration.survival.registry import Registry, expect, expect_unavailable
from tests.integration.survival.waiting import wait_until

PROMPT_SECONDS = 3.0  # what waits for nobody is answered within this time, on a busy machine too
BOUNDED_SECONDS = 20.0  # nobody is kept waiting longer


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """Share one server."""
    return lasting_server


def test_pushes_are_refused_in_bounded_time_while_pulls_go_on(
    server: Server, registry: Registry, repository: str, stored: Image, random: Random
) -> None:
    image, blob = make_image(random, 10), random.randbytes(100)
    registry.push_blobs(repository, image)
    with _locked(server), Registry(server, BOUNDED_SECONDS) as patient, ThreadPoolExecutor() as clients:
        pushes = [
            clients.submit(patient.put_manifest, repository, "new", image),
            clients.submit(patient.push_blob, repository, blob, digest_of(blob)),
        ]
        _pull_until_done(server, repository, stored, pushes)
        for push in pushes:
            expect_unavailable(push.result())
    expect(404, registry.get_manifest(repository, "new"))
    registry.push(repository, "new", image)
    Auditor(server).check_all(registry)


def test_pulls_do_not_wait_for_many_pushes_that_wait(
    server: Server, registry: Registry, repository: str, stored: Image, random: Random
) -> None:
    blobs = [random.randbytes(100) for _ in range(40)]
    with ThreadPoolExecutor(40) as clients, Registry(server, PROMPT_SECONDS) as impatient:
        with _locked(server):
            pushes = [clients.submit(registry.push_blob, repository, blob, digest_of(blob)) for blob in blobs]
            wait_until(lambda: descriptors(server)["socket"] > len(pushes), "the server has all pushes")
            for _ in range(5):
                impatient.check_tag(repository, "stored", stored.digest)
            assert not all(push.done() for push in pushes)
        for push in pushes:
            assert push.result().status_code in {201, 503}


def test_a_closing_put_that_was_refused_can_be_sent_again(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    blob = random.randbytes(10_000)
    location = registry.start_upload(repository)
    expect(202, registry.append(location, blob))
    with _locked(server):
        expect_unavailable(registry.finish(location, digest_of(blob)))
    expect(201, registry.finish(location, digest_of(blob)))
    registry.check_blob(repository, digest_of(blob))


def _pull_until_done(server: Server, repository: str, stored: Image, pushes: list[Future[httpx2.Response]]) -> None:
    with Registry(server, PROMPT_SECONDS) as impatient:
        while not all(push.done() for push in pushes):
            expect(200, impatient.request("GET", "/v2/"))
            impatient.check_tag(repository, "stored", stored.digest)


@contextmanager
def _locked(server: Server) -> Iterator[None]:
    """Be another program that writes to the database and takes its time."""
    with closing(sqlite3.connect(database_path(server.data_dir), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
