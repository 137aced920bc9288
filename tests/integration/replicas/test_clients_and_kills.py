"""docker, podman and skopeo push while a part of the cluster is killed: a push may fail, but it can be repeated."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.integration.clients import images
from tests.integration.clients.client import Client, ClientFailed, Pushed
from tests.integration.clients.images import digest_of, write_image
from tests.integration.clients.registry import Registry
from tests.integration.replicas.cluster import Cluster
from tests.integration.survival.waiting import wait_until

REGISTRY = Registry()
LARGE_FILE_BYTES = 12_000_000  # several parts, and long enough under way to be hit
RECOVERY_DEADLINE = 60.0


@pytest.fixture(params=["docker", "podman", "skopeo"])
def client(request: pytest.FixtureRequest) -> Client:
    """Run the test once with each client."""
    chosen: Client = request.getfixturevalue(request.param)
    return chosen


@pytest.mark.parametrize("victim", ["replica 0", "S3", "PostgreSQL"])
def test_a_push_in_which_a_part_is_killed_succeeds_in_the_end(
    cluster: Cluster,
    client: Client,
    victim: str,
    repository: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images, "LARGE_FILE_BYTES", LARGE_FILE_BYTES)
    image, reference = write_image(tmp_path / "image", repository), f"{cluster.proxy.host}/{repository}:1.0"
    client.load(image, reference)
    with ThreadPoolExecutor(1) as thread:
        pushing = thread.submit(_push_until_it_succeeds, client, reference)
        wait_until(lambda: cluster.proxy.replicas_that_answered(f"POST /v2/{repository}") != set(), "a push has begun")
        cluster.kill(victim)
        cluster.heal()
        pushed = pushing.result()
    for replica in cluster.replicas:
        held = f"{replica.host}/{repository}:1.0"
        assert digest_of(REGISTRY.manifest(held)) == pushed.digest
        assert REGISTRY.content(held) == image.content


def _push_until_it_succeeds(client: Client, reference: str) -> Pushed:
    end = time.monotonic() + RECOVERY_DEADLINE
    while True:
        try:
            return client.push(reference)
        except ClientFailed as failed:
            if "immutable" in failed.output or time.monotonic() > end:
                raise
