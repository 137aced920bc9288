"""A registry in memory, and its API."""

from collections.abc import Iterator

import pytest
from dependency_injector import providers
from starlette.testclient import TestClient
from tests.unit.api.registry import Parts

from pierone_http.container import Container
from pierone_http.settings import Settings


@pytest.fixture
def parts() -> Parts:
    """Begin a registry in memory."""
    return Parts()


@pytest.fixture
def api(parts: Parts) -> Iterator[TestClient]:
    """Serve it."""
    container = Container(settings=Settings(storage="memory"))
    container.metadata.override(providers.Object(parts.metadata))
    container.blob_store.override(providers.Object(parts.store))
    with TestClient(container.app(), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client
