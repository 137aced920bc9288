"""Large content, and what lies in the bucket."""

import random

from pierone_core.values import Digest

MIB = 1 << 20
PART = 5 * MIB
BYTES = random.Random(7).randbytes(2 * PART + MIB)  # noqa: S311 - content, not a secret
DIGEST = Digest.of(BYTES)


def pointer(digest: Digest) -> str:
    """The key of a blob."""
    return f"blobs/{digest.algorithm}/{digest.encoded[:2]}/{digest.encoded}"
