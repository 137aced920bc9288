"""Blobs in S3."""
