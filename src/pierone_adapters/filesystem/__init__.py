"""Blobs as files on a local disk."""

from pierone_adapters.filesystem.blob_store import FilesystemBlobStore
from pierone_adapters.filesystem.upload_sessions import FilesystemUploadSessions

__all__ = ["FilesystemBlobStore", "FilesystemUploadSessions"]
