"""An empty database beside blobs is refused: tags that were given away could be bound again to other images.

A database that was lost, another one by mistake, or a data directory without its volume look like a new registry. So
the first server on a database notes there whether the store had blobs already; of a registry that is new it has none.
"""

from pierone_core.ports import BlobStore, Metadata

_NOTE = "store-at-first-start"
_EMPTY, _FULL = "empty", "has blobs"


def refuse_forgotten(metadata: Metadata, store: BlobStore) -> None:
    """Raise `ValueError` if the store has blobs of a registry that the database knows nothing of.

    Raises `Unavailable` if one of the two does not answer.
    """
    if metadata.listing.repositories("", 1):
        return
    found = _FULL if next(iter(store.all_blobs()), None) else _EMPTY
    if metadata.share(_NOTE, found) == _FULL:
        raise ValueError(
            "the database is empty, but the blob store has blobs of a registry: with an empty database tags that were "
            "given away could be bound to other images. Restore the database (docs/operators/backup.md) or name the "
            "right one; for a new registry take another bucket, PIERONE_S3_PREFIX or PIERONE_DATA_DIR"
        )
