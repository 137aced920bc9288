"""Large content, and what lies in the bucket."""

import random
from collections.abc import Iterator
from pathlib import Path

from tests.contracts.adapters import s3_options
from tests.s3 import BUCKET, client_of, s3_server

from pierone_core.values import Digest

MIB = 1 << 20
PART = 5 * MIB
BYTES = random.Random(7).randbytes(2 * PART + MIB)  # noqa: S311 - content, not a secret
DIGEST = Digest.of(BYTES)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """`data` in pieces of `size` bytes."""
    return (data[start : start + size] for start in range(0, len(data), size))


def keys(directory: Path) -> set[str]:
    """Every key of the store of that directory, without the prefix."""
    prefix = s3_options(directory).prefix
    found = client_of(s3_server().url).list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {item["Key"].removeprefix(prefix) for item in found}


def multiparts(directory: Path) -> int:
    """How many multipart uploads are under way."""
    found = client_of(s3_server().url).list_multipart_uploads(Bucket=BUCKET, Prefix=s3_options(directory).prefix)
    return len(found.get("Uploads", []))


def pointer(digest: Digest) -> str:
    """The key of a blob."""
    return f"blobs/{digest.algorithm}/{digest.encoded[:2]}/{digest.encoded}"
