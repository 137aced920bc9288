"""The ports, over each of their adapters in turn."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.contracts.adapters import BLOB_STORES, CLOCK_STEPS, METADATA, give_back, sqlite
from tests.contracts.group import Group

from pierone_adapters.filesystem import FilesystemBlobStore
from pierone_core.ports import (
    BlobStore,
    EventLog,
    Listing,
    Manifests,
    Metadata,
    RepositoryBlobs,
    UploadSessions,
)


@pytest.fixture(params=METADATA)
def metadata(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Metadata]:
    """Begin an empty metadata store of each kind."""
    with closing(METADATA[request.param](tmp_path)) as opened:
        yield opened
    give_back(tmp_path)


@pytest.fixture
def manifests(metadata: Metadata) -> Manifests:
    """Give the port of that store."""
    return metadata.manifests


@pytest.fixture
def listing(metadata: Metadata) -> Listing:
    """Give the port of that store."""
    return metadata.listing


@pytest.fixture
def events(metadata: Metadata) -> EventLog:
    """Give the port of that store."""
    return metadata.events


@pytest.fixture
def sessions(metadata: Metadata) -> UploadSessions:
    """Give the port of that store."""
    return metadata.uploads


@pytest.fixture
def blobs(metadata: Metadata) -> RepositoryBlobs:
    """Give the port of that store."""
    return metadata.blobs


@pytest.fixture(params=BLOB_STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Begin an empty blob store of each kind."""
    return BLOB_STORES[request.param](tmp_path)


@pytest.fixture
def clock_step(request: pytest.FixtureRequest) -> float:
    """Tell how long a test must wait, in seconds, for that store to see two points in time as different."""
    return CLOCK_STEPS[request.node.callspec.params["store"]]


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    """Begin a group commit on an empty file."""
    held = Group(tmp_path / "file")
    yield held
    held.commit.close()


@pytest.fixture
def disk(tmp_path: Path) -> FilesystemBlobStore:
    """Begin an empty blob store on a disk."""
    return FilesystemBlobStore(tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Metadata]:
    """Begin an empty SQLite file."""
    with closing(sqlite(tmp_path)) as opened:
        yield opened
