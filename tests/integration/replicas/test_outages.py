"""While the database or the store is dead every replica says so, and nothing is said to be missing that is there."""

from collections.abc import Iterator
from random import Random

import pytest
from tests.integration.replicas.checks import check_blob_on_every_replica, check_tag_on_every_replica
from tests.integration.replicas.client import RoundRobin
from tests.integration.replicas.cluster import Cluster
from tests.integration.replicas.outages import insist
from tests.integration.replicas.stores import PART_BYTES
from tests.integration.survival.content import Image, digest_of, make_image, variants
from tests.integration.survival.registry import expect, expect_unavailable, offset_of
from tests.integration.survival.waiting import wait_until


@pytest.fixture
def image(cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random) -> Iterator[Image]:
    """Push an image as `1.0` and `edge`, pull it from every replica, and heal the cluster afterwards."""
    pushed = make_image(random, 50_000)
    everywhere.push(repository, "1.0", pushed)
    expect(201, everywhere.put_manifest(repository, "edge", pushed))
    check_tag_on_every_replica(cluster, repository, "1.0", pushed.digest)
    yield pushed
    cluster.heal()


def test_without_database_what_is_in_memory_is_served_and_everything_else_is_unavailable(
    cluster: Cluster, everywhere: RoundRobin, repository: str, image: Image
) -> None:
    other = variants(image, 1)[0]
    cluster.kill("PostgreSQL")
    for _ in cluster.replicas:
        assert digest_of(expect(200, everywhere.get_manifest(repository, "1.0")).content) == image.digest
        for asked_for in ("edge", "latest", "unknown", other.digest):
            expect_unavailable(everywhere.get_manifest(repository, asked_for))
        expect_unavailable(everywhere.put_manifest(repository, "2.0", other))
        expect_unavailable(everywhere.request("POST", f"/v2/{repository}/blobs/uploads/"))
        expect_unavailable(everywhere.request("GET", f"/v2/{repository}/tags/list"))
    cluster.heal()
    for _ in cluster.replicas:
        expect(404, everywhere.get_manifest(repository, "unknown"))
        expect(404, everywhere.get_manifest(repository, "2.0"))
    check_tag_on_every_replica(cluster, repository, "edge", image.digest)


def test_without_store_what_is_in_memory_is_served_and_other_blobs_are_unavailable(
    cluster: Cluster, everywhere: RoundRobin, repository: str, image: Image
) -> None:
    expect(201, everywhere.push_blob(repository, b"never pulled", digest_of(b"never pulled")))
    cluster.kill("S3")
    for _ in cluster.replicas:
        for tag in ("1.0", "edge", "latest"):
            assert digest_of(expect(200, everywhere.get_manifest(repository, tag)).content) == image.digest
        assert expect(200, everywhere.get_blob(repository, digest_of(image.blobs[1]))).content == image.blobs[1]
        expect_unavailable(everywhere.get_blob(repository, digest_of(b"never pulled")))
        expect_unavailable(everywhere.push_blob(repository, b"a new blob", digest_of(b"a new blob")))
    cluster.heal()
    for _ in cluster.replicas:
        expect(201, insist(lambda: everywhere.push_blob(repository, b"a new blob", digest_of(b"a new blob"))))
    for blob in (b"a new blob", b"never pulled", *image.blobs):
        check_blob_on_every_replica(cluster, repository, blob)


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize("dead", ["S3", "PostgreSQL"])
def test_an_upload_goes_on_where_it_stood_after_an_outage(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random, dead: str
) -> None:
    blob = random.randbytes(3 * PART_BYTES)
    location = everywhere.start_upload(repository)
    expect(202, everywhere.append(location, blob[: PART_BYTES + 1]))
    cluster.kill(dead)
    for _ in cluster.replicas:
        expect_unavailable(everywhere.append(location, blob[PART_BYTES + 1 :]))
        expect_unavailable(everywhere.status(location))
    cluster.heal()
    offset = offset_of(expect(204, insist(lambda: everywhere.status(location))))
    assert offset >= PART_BYTES + 1
    expect(201, insist(lambda: everywhere.finish(location, digest_of(blob), blob[offset:])))
    check_blob_on_every_replica(cluster, repository, blob)


def test_a_replica_that_is_not_ready_says_so_and_is_ready_again_by_itself(
    cluster: Cluster, everywhere: RoundRobin
) -> None:
    for dead in ("S3", "PostgreSQL"):
        wait_until(lambda: _ready(cluster, everywhere) == {200}, "all replicas are ready")
        cluster.kill(dead)
        wait_until(lambda: _ready(cluster, everywhere) == {503}, "no replica is ready")
        for _ in cluster.replicas:
            expect(200, everywhere.request("GET", "/.well-known/health"))
        cluster.heal()
    wait_until(lambda: _ready(cluster, everywhere) == {200}, "all replicas are ready again")


def _ready(cluster: Cluster, everywhere: RoundRobin) -> set[int]:
    return {everywhere.request("GET", "/.well-known/ready").status_code for _ in cluster.replicas}
