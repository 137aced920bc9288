"""A cluster for all tests of the folder; whoever kills a part of it leaves it to the next test to heal."""

import uuid
from collections.abc import Iterator

import pytest
from tests.integration.replicas.client import RoundRobin
from tests.integration.replicas.cluster import Cluster
from tests.integration.replicas.stores import Stores, running_stores


@pytest.fixture(scope="package")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Start PostgreSQL and SeaweedFS for all tests of the folder."""
    with running_stores(tmp_path_factory.mktemp("stores")) as running:
        yield running


@pytest.fixture(scope="package")
def lasting_cluster(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Start a cluster for all tests of the folder; tag `edge` may move."""
    env = {**stores.new_settings(), "PIERONE_MUTABLE_TAGS": '["*:edge"]'}
    with Cluster(tmp_path_factory.mktemp("cluster"), env, stores.parts) as cluster:
        yield cluster


@pytest.fixture
def cluster(lasting_cluster: Cluster) -> Cluster:
    """Give the cluster with everything in it alive."""
    lasting_cluster.heal()
    return lasting_cluster


@pytest.fixture
def everywhere(cluster: Cluster) -> Iterator[RoundRobin]:
    """Connect a client that sends each request to the next replica."""
    with RoundRobin(*cluster.urls) as client:
        yield client


@pytest.fixture
def repository() -> str:
    """Name a repository that nobody has used yet."""
    return f"team/{uuid.uuid4().hex}"
