"""What every replica must answer alike; each is asked by itself."""

from tests.integration.replicas.cluster import Cluster
from tests.integration.replicas.outages import insist
from tests.integration.survival.content import digest_of
from tests.integration.survival.registry import Registry, expect


def check_tag_on_every_replica(cluster: Cluster, repository: str, tag: str, digest: str) -> None:
    """Pull every byte of the tag from each replica; twice, as the second answer may come from its memory."""
    for replica in cluster.replicas:
        with Registry(replica) as registry:
            for _ in range(2):
                registry.check_tag(repository, tag, digest)


def check_blob_on_every_replica(cluster: Cluster, repository: str, blob: bytes) -> None:
    """Pull the blob from each replica, which may not yet have recovered from an outage that is over."""
    for replica in cluster.replicas:
        with Registry(replica) as registry:
            answer = insist(lambda at=registry: at.get_blob(repository, digest_of(blob)))  # type: ignore[misc]
            assert digest_of(expect(200, answer).content) == digest_of(blob)
