"""Blobs in S3, with boto3; see ADR 9 for what lies where and in which order it is written."""

from pierone_adapters.s3.blob_store import S3BlobStore
from pierone_adapters.s3.options import ObjectLock, S3Options

__all__ = ["ObjectLock", "S3BlobStore", "S3Options"]
