"""Blobs as files on a local disk."""

from pierone_adapters.filesystem.blob_store import FilesystemBlobStore

__all__ = ["FilesystemBlobStore"]
