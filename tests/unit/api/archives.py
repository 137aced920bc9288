"""Searching archives for the one file."""

import io

from tests.unit.api.layers import FILE

from pierone_core.layer_archive import Finding, find

END = b"\0" * 1024


def search(archive: bytes, max_bytes: int = 10_000) -> Finding:
    """What a search finds in `archive`."""
    return find(io.BytesIO(archive), FILE, max_bytes)
