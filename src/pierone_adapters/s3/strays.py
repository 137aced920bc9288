"""What lies in the bucket and is of no blob: told, and left alone."""

from collections.abc import Iterator
from contextlib import suppress

from pierone_adapters.s3.answers import AbsentError
from pierone_adapters.s3.blobs import Blobs, PointerDamagedError
from pierone_adapters.s3.bucket import Bucket
from pierone_adapters.s3.options import Layout

_MISPLACED = "no blob is looked for under this name"
_UNNAMED = "no pointer names it: a push broke off before its end, or lost a race to one of the same blob"


def strays(bucket: Bucket, layout: Layout, blobs: Blobs) -> Iterator[tuple[str, str]]:
    """See `BlobStore`; holds the keys of large objects in memory."""
    # Listed before the pointers: what is published in between is named by one when these are read.
    unnamed = {found.key for found in bucket.objects(layout.large_blobs)}
    for found in bucket.objects(layout.blobs):
        digest = layout.digest(found.key)
        if digest is None:
            yield found.key, _MISPLACED
        elif found.size == 0:
            with suppress(PointerDamagedError):
                place = blobs.find(digest)
                unnamed.discard(place.key if place else "")
    for key in sorted(unnamed):
        if not _is_under_way(bucket, layout, key):
            yield key, _UNNAMED


def _is_under_way(bucket: Bucket, layout: Layout, key: str) -> bool:
    try:
        bucket.head(layout.upload(layout.upload_id(key)))
    except AbsentError:
        return False
    return True
