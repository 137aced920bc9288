"""Finishing an upload, and what that read."""

from contextlib import closing

from tests.integration.s3.content import DIGEST
from tests.integration.s3.proxy import FaultProxy, Request

from pierone_adapters.s3 import S3BlobStore
from pierone_core.values import Digest


def finish(store: S3BlobStore, digest: Digest = DIGEST, last: bytes = b"") -> int:
    """Write `last` unless it is published already, and publish; the size of the blob."""
    with closing(store.open_upload("upload", "sha256")) as writer:
        if not writer.is_published:
            writer.write(last)
        return writer.publish(digest)


def bodies_read(proxy: FaultProxy) -> list[Request]:
    """Requests for bytes of large objects."""
    return [request for request in proxy.requests if request.is_of("GET", "large")]
