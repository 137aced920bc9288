"""An upload belongs to no replica: whichever gets the next request goes on where the last one stopped."""

import os
import signal
from random import Random

import pytest
from tests.integration.replicas.checks import check_blob_on_every_replica
from tests.integration.replicas.client import RoundRobin
from tests.integration.replicas.cluster import Cluster
from tests.integration.replicas.stores import PART_BYTES
from tests.integration.survival.content import digest_of
from tests.integration.survival.process import process_id
from tests.integration.survival.pushers import go_on
from tests.integration.survival.raw import Connection, request_head
from tests.integration.survival.registry import Registry, error_of, expect
from tests.integration.survival.waiting import wait_until


def test_every_request_of_an_upload_goes_to_another_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    blob = random.randbytes(100_000)
    location = everywhere.start_upload(repository)
    expect(202, everywhere.append(location, blob))
    assert everywhere.offset(location) == len(blob)
    expect(201, everywhere.finish(location, digest_of(blob)))
    check_blob_on_every_replica(cluster, repository, blob)


@pytest.mark.parametrize("chunk_bytes", [70_001, PART_BYTES // 2 + 1, PART_BYTES, PART_BYTES + 1])
def test_the_chunks_of_a_blob_are_spread_over_replicas(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random, chunk_bytes: int
) -> None:
    blob = random.randbytes(3 * chunk_bytes + 17)
    location = everywhere.start_upload(repository)
    for start in range(0, len(blob), chunk_bytes):
        chunk = blob[start : start + chunk_bytes]
        expect(202, everywhere.append(location, chunk, start, len(chunk)))
    assert everywhere.offset(location) == len(blob)
    expect(201, everywhere.finish(location, digest_of(blob)))
    check_blob_on_every_replica(cluster, repository, blob)


# Of the larger one no replica has hashed all bytes when the last request comes.
@pytest.mark.parametrize("size", [1_000, 2 * PART_BYTES + 2])
def test_wrong_bytes_spread_over_replicas_are_refused_and_kept_nowhere(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random, size: int
) -> None:
    blob, claimed = random.randbytes(size), digest_of(random.randbytes(size))
    location = everywhere.start_upload(repository)
    expect(202, everywhere.append(location, blob[: size // 2]))
    expect(202, everywhere.append(location, blob[size // 2 :]))
    assert error_of(expect(400, everywhere.finish(location, claimed)))["code"] == "DIGEST_INVALID"
    for digest in (claimed, digest_of(blob)):
        assert {everywhere.get_blob(repository, digest).status_code for _ in cluster.replicas} == {404}


def test_a_chunk_that_comes_again_at_another_replica_is_refused(
    everywhere: RoundRobin, repository: str, random: Random
) -> None:
    blob = random.randbytes(50_000)
    location = everywhere.start_upload(repository)
    expect(202, everywhere.append(location, blob, 0, len(blob)))
    expect(416, everywhere.append(location, blob, 0, len(blob)))
    assert everywhere.offset(location) == len(blob)


def test_an_upload_cancelled_at_one_replica_is_gone_at_all(
    cluster: Cluster, everywhere: RoundRobin, repository: str
) -> None:
    location = everywhere.start_upload(repository)
    expect(202, everywhere.append(location, b"some bytes"))
    expect(204, everywhere.request("DELETE", location))
    assert {everywhere.status(location).status_code for _ in cluster.replicas} == {404}


def test_the_last_request_of_an_upload_may_be_repeated_at_another_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    blob = random.randbytes(2 * PART_BYTES)
    location = everywhere.start_upload(repository)
    for _ in cluster.replicas:
        expect(201, everywhere.finish(location, digest_of(blob), blob))
    check_blob_on_every_replica(cluster, repository, blob)


@pytest.mark.parametrize("size", [400_000, 4 * PART_BYTES])
def test_an_upload_goes_on_at_another_replica_when_its_own_is_killed_between_two_chunks(
    cluster: Cluster, repository: str, random: Random, size: int
) -> None:
    blob = random.randbytes(size)
    first, second, _ = cluster.replicas
    with Registry(first) as registry:
        location = registry.start_upload(repository)
        expect(202, registry.append(location, blob[: size // 2 + 1]))
    cluster.kill("replica 0")
    with Registry(second) as registry:
        assert registry.offset(location) == size // 2 + 1
        expect(201, registry.finish(location, digest_of(blob), blob[size // 2 + 1 :]))
    cluster.heal()
    check_blob_on_every_replica(cluster, repository, blob)


def test_an_upload_goes_on_at_another_replica_when_its_own_is_killed_in_the_middle_of_a_chunk(
    cluster: Cluster, repository: str, random: Random
) -> None:
    blob = random.randbytes(12 * PART_BYTES)  # a replica notes how far it is every eight parts
    first, second, _ = cluster.replicas
    with Registry(second) as elsewhere, Connection(first) as connection:
        location = elsewhere.start_upload(repository)
        connection.send(request_head("PATCH", location, {"Content-Length": str(len(blob))}) + blob[: 11 * PART_BYTES])
        wait_until(lambda: elsewhere.offset(location) > 0, "some of the chunk is written")
        cluster.kill("replica 0")
        assert 0 < elsewhere.offset(location) < len(blob)
        go_on(elsewhere, repository, location, blob)
    cluster.heal()
    check_blob_on_every_replica(cluster, repository, blob)


def test_a_replica_that_slept_in_the_middle_of_a_chunk_changes_nothing_when_it_wakes(
    cluster: Cluster, repository: str, random: Random
) -> None:
    blob = random.randbytes(12 * PART_BYTES)
    sleeper, other, _ = cluster.replicas
    with Registry(other) as elsewhere, Connection(sleeper) as connection:
        location = elsewhere.start_upload(repository)
        connection.send(request_head("PATCH", location, {"Content-Length": str(len(blob))}) + blob[: 11 * PART_BYTES])
        wait_until(lambda: elsewhere.offset(location) > 0, "some of the chunk is written")
        os.kill(process_id(sleeper), signal.SIGSTOP)
        try:
            go_on(elsewhere, repository, location, blob)
        finally:
            os.kill(process_id(sleeper), signal.SIGCONT)
        connection.send(blob[11 * PART_BYTES :])
        assert connection.answer().status_code in {404, 409}
    check_blob_on_every_replica(cluster, repository, blob)


def test_a_blob_that_several_replicas_get_at_the_same_time_is_whole(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    blob = random.randbytes(2 * PART_BYTES + 3)
    locations = [everywhere.start_upload(repository) for _ in cluster.replicas]
    for location in locations:
        expect(202, everywhere.append(location, blob[:PART_BYTES]))
    for location in locations:
        expect(201, everywhere.finish(location, digest_of(blob), blob[PART_BYTES:]))
    check_blob_on_every_replica(cluster, repository, blob)
