"""A server's settings for blobs in S3."""

import uuid
from collections.abc import Mapping

from tests.s3 import BUCKET, ENVIRONMENT, REGION, s3_server


def in_bucket(**more: str) -> Mapping[str, str]:
    """Variables for a server that keeps blobs under a prefix of its own, in parts as small as can be."""
    s3 = {
        "PIERONE_S3_BUCKET": BUCKET,
        "PIERONE_S3_ENDPOINT_URL": s3_server().url,
        "PIERONE_S3_REGION": REGION,
        "PIERONE_S3_PATH_STYLE": "true",
        "PIERONE_S3_PREFIX": f"{uuid.uuid4().hex}/",
        "PIERONE_S3_PART_BYTES": str(5 << 20),
    }
    return {**ENVIRONMENT, **s3, **more}
