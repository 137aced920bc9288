"""docker, podman and skopeo push and pull through the proxy, and every replica has a hand in it."""

from pathlib import Path

import pytest
from tests.integration.clients.client import Client, ClientFailed
from tests.integration.clients.images import write_image
from tests.integration.clients.registry import Registry
from tests.integration.replicas.cluster import Cluster

REGISTRY = Registry()


@pytest.fixture(params=["docker", "podman", "skopeo"])
def client(request: pytest.FixtureRequest) -> Client:
    """Run the test once with each client."""
    chosen: Client = request.getfixturevalue(request.param)
    return chosen


def test_what_is_pushed_through_the_proxy_is_pulled_bit_for_bit_from_every_replica(
    cluster: Cluster, client: Client, repository: str, tmp_path: Path
) -> None:
    image, reference = write_image(tmp_path / "image", repository), f"{cluster.proxy.host}/{repository}:1.0"
    client.load(image, reference)
    pushed = client.push(reference)
    assert cluster.proxy.replicas_that_answered(repository) == {replica.host for replica in cluster.replicas}
    for replica in cluster.replicas:
        assert REGISTRY.content(f"{replica.host}/{repository}:1.0") == image.content

    client.forget_everything()
    assert client.pull(reference) == pushed.digest
    assert client.content(reference) == image.content


def test_a_tag_does_not_move_whichever_replica_is_asked(
    cluster: Cluster, client: Client, repository: str, tmp_path: Path
) -> None:
    first, reference = write_image(tmp_path / "first", "first" + repository), f"{cluster.proxy.host}/{repository}:1.0"
    client.load(first, reference)
    holder = client.push(reference).digest
    client.load(write_image(tmp_path / "second", "second" + repository), reference)
    for _ in cluster.replicas:
        with pytest.raises(ClientFailed) as refused:
            client.push(reference)
        assert holder in refused.value.output
    for replica in cluster.replicas:
        assert REGISTRY.content(f"{replica.host}/{repository}:1.0") == first.content
