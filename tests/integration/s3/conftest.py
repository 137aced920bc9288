"""Stores behind a proxy that can let S3 fail."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contracts.adapters import s3
from tests.integration.s3.proxy import FaultProxy
from tests.s3 import s3_server

from pierone_adapters.s3 import S3BlobStore

Replica = Callable[..., S3BlobStore]


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """Give a proxy that passes everything on for now."""
    with FaultProxy(s3_server().port) as listening:
        yield listening


@pytest.fixture
def replica(tmp_path: Path, proxy: FaultProxy) -> Replica:
    """Make as many stores as are asked for, all on the same content and behind the same proxy."""

    def make(**options: object) -> S3BlobStore:
        return s3(tmp_path, **{"endpoint_url": proxy.url} | options)

    return make


@pytest.fixture
def store(replica: Replica) -> S3BlobStore:
    """Make one of them."""
    return replica()
