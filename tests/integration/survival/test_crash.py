"""kill -9 at any moment: what was acknowledged is there, what was not is whole or invisible."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, events_of_tag
from tests.integration.survival.content import MANIFEST, digest_of, make_image
from tests.integration.survival.pushers import Fuse, Pusher, go_on
from tests.integration.survival.raw import Connection, request_head, whole_request
from tests.integration.survival.registry import Registry, expect
from tests.integration.survival.waiting import wait_until

ROUNDS = 25
CLIENTS = 4
FUSE_BYTES = 24_000_000  # a round sends at most so many before the server dies
REPOSITORY = "team/survivor"


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """Share one server, which is killed and started often."""
    return lasting_server


@pytest.mark.timeout(400)  # each round starts a server, beside other tests
def test_what_was_acknowledged_survives_25_kills_during_pushes(data_dir: Path) -> None:
    seed = random.getrandbits(32)
    source = Random(seed)  # noqa: S311 - must repeat
    server = Server(data_dir)
    auditor = Auditor(server)
    pushers: list[Pusher] = []
    with ExitStack() as cleanup:
        cleanup.callback(server.kill)
        server.start()
        for number in range(ROUNDS):
            try:
                pushers += _round(server, auditor, source, number)
            except BaseException as error:
                error.add_note(f"in round {number} of seed {seed}")
                raise
        with Registry(server) as registry:
            auditor.check_all(registry)
        _check_acknowledged(auditor, pushers)
    assert sum(len(pusher.tags) for pusher in pushers) > ROUNDS, "too little was pushed to prove anything"


def test_an_upload_that_was_started_survives_a_kill(server: Server, repository: str, random: Random) -> None:
    blob = random.randbytes(100_000)
    with Registry(server) as registry:
        location = registry.start_upload(repository)
    _restart(server)
    with Registry(server) as registry:
        expect(201, registry.finish(location, digest_of(blob), blob))
        registry.check_blob(repository, digest_of(blob))


def test_an_upload_goes_on_from_its_last_acknowledged_chunk_after_a_kill(
    server: Server, repository: str, random: Random
) -> None:
    blob = random.randbytes(3_000_000)
    with Registry(server) as registry:
        location = registry.start_upload(repository)
        expect(202, registry.append(location, blob[:1_200_000], 0, 1_200_000))
        expect(202, registry.append(location, blob[1_200_000:1_900_000], 1_200_000, 700_000))
    _restart(server)
    with Registry(server) as registry:
        assert registry.offset(location) == 1_900_000
        expect(201, registry.finish(location, digest_of(blob), blob[1_900_000:]))
        registry.check_blob(repository, digest_of(blob))


def test_an_upload_goes_on_after_a_kill_in_the_middle_of_a_chunk(
    server: Server, repository: str, random: Random
) -> None:
    blob = random.randbytes(6_000_000)
    with Registry(server) as registry, Connection(server) as connection:
        location = registry.start_upload(repository)
        connection.send(request_head("PATCH", location, {"Content-Length": str(len(blob))}) + blob[:5_000_000])
        wait_until(lambda: registry.offset(location) > 0, "some of the chunk is written")
        server.kill()
    server.start()
    with Registry(server) as registry:
        assert 0 < registry.offset(location) <= 5_000_000
        go_on(registry, repository, location, blob)


def test_a_manifest_that_was_sent_right_before_a_kill_is_there_with_its_tag_and_events_or_not_at_all(
    server: Server, repository: str, random: Random
) -> None:
    for delay in (0.0, 0.001, 0.002, 0.004, 0.008):
        tag, image = f"killed-after-{delay}", make_image(random, 5_000)
        with Registry(server) as registry, Connection(server) as connection:
            registry.push_blobs(repository, image)
            path = f"/v2/{repository}/manifests/{tag}"
            connection.send(whole_request("PUT", path, image.manifest, {"Content-Type": MANIFEST}))
            time.sleep(delay)  # waits for nothing: the kill shall meet the server at different steps of its work
            server.kill()
        server.start()
        with Registry(server) as registry:
            recorded = [event.digest for event in events_of_tag(server.data_dir, repository, tag)]
            statuses = {registry.get_manifest(repository, name).status_code for name in (tag, image.digest)}
            assert (recorded, statuses) in (([], {404}), ([image.digest], {200}))
            registry.push(repository, tag, image)
            Auditor(server).check_all(registry)


def _restart(server: Server) -> None:
    server.kill()
    server.start()


def _round(server: Server, auditor: Auditor, source: Random, number: int) -> list[Pusher]:
    pushers = [
        Pusher(REPOSITORY, f"round-{number}-client-{n}", f"round-{number}", source.getrandbits(32))
        for n in range(CLIENTS)
    ]
    _kill_during(server, pushers, Fuse(source.randrange(FUSE_BYTES)), source.uniform(0, 0.03))
    server.start()
    with Registry(server) as registry:
        auditor.check_new(registry)
        _check_acknowledged(auditor, pushers)
        for pusher in pushers:
            if pusher.interrupted:
                go_on(registry, REPOSITORY, *pusher.interrupted)
        registry.push(REPOSITORY, f"round-{number}-over", make_image(source, 10_000))
    return pushers


def _kill_during(server: Server, pushers: list[Pusher], fuse: Fuse, delay: float) -> None:
    with ThreadPoolExecutor(len(pushers)) as clients:
        pushing = [clients.submit(pusher.push_until_it_breaks, server, fuse) for pusher in pushers]
        try:
            assert fuse.blown.wait(60), "the clients do not get on"
            time.sleep(delay)  # waits for nothing: the moment shall be any, also one when all wait for the server
        finally:
            fuse.blown.set()
            server.kill()
    for push in pushing:
        push.result()


def _check_acknowledged(auditor: Auditor, pushers: list[Pusher]) -> None:
    for pusher in pushers:
        assert set(pusher.blobs) <= auditor.blobs, "an acknowledged blob is gone"
        assert set(pusher.tags) <= auditor.tags, "an acknowledged tag is gone"
