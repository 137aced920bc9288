"""An upload that S3 did not take is gone from memory without a garbage collection."""

import weakref
from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from tests.garbage import Data, no_collection
from tests.integration.oci import eventually
from tests.integration.s3.concerns import is_part
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES
from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_core.errors import Unavailable
from pierone_core.ports import BlobStore


def failed(store: BlobStore) -> "weakref.ref[Data]":
    """Append in vain; `Data` stands for all that the request holds."""
    data = Data()
    with suppress(Unavailable), closing(store.open_upload("upload", "sha256")) as writer:
        writer.write(BYTES)
    return weakref.ref(data)


def closed_in_vain(store: BlobStore) -> "weakref.ref[Data]":
    """Find out only when the upload is closed."""
    data = Data()
    writer = store.open_upload("upload", "sha256")
    with suppress(Unavailable):
        writer.write(BYTES)
    with suppress(Unavailable):
        writer.close()
    return weakref.ref(data)


@pytest.mark.parametrize("push", [failed, closed_in_vain])
def test_a_part_that_fails_holds_nothing_in_memory(
    replica: Replica, proxy: FaultProxy, push: "Callable[[BlobStore], weakref.ref[Data]]"
) -> None:
    store = replica(retries=0)
    proxy.only_first(1_000_000, is_part, Exchange.slow_down)
    with no_collection():
        gone = push(store)
        eventually(lambda: gone() is None)
