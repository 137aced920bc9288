"""One boto3 client, which all threads share: how long it waits, and how often it tries again."""

import functools
import time
from io import BytesIO
from random import SystemRandom
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config

from pierone_adapters.s3.answers import RefusedError
from pierone_adapters.s3.options import S3Options

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# More connections than threads that use them: the edge's pools for pushes and pulls, and the one for parts.
_CONNECTIONS = 100
# Seconds before the second try, before the third, and before all others: a store that starts again takes some.
_PAUSES = (0.4, 3.0, 8.0)
_REDIRECTS = {301, 302, 303, 307, 308}
_CHANCE = SystemRandom()


class AtOnce(BytesIO):
    """A body that is read and sent in one piece, where urllib3 asks for 16 KiB again and again.

    A layer of 512 MiB takes 0.85 s of the server's CPU time instead of 0.95.
    """

    def read(self, _size: int | None = -1, /) -> bytes:
        """All that is left, however little is asked for."""
        return super().read()


def connect(options: S3Options, endpoint_url: str | None) -> "S3Client":
    """A client with credentials from where AWS tools look for them; nothing is sent yet."""
    config = Config(
        signature_version="s3v4",  # presigned URLs would be of version 2 otherwise, which takes no KMS keys
        connect_timeout=options.connect_timeout,
        read_timeout=options.read_timeout,
        # Its own pauses are of milliseconds; it tries no more when too many of all calls fail.
        retries={"mode": "standard", "total_max_attempts": options.retries + 1},
        max_pool_connections=_CONNECTIONS,
        s3={
            "addressing_style": "path" if options.path_style else "auto",
            # As boto3 does for bytes over https: their checksum is part of what is signed. Hashing each part for the
            # signature as well takes 0.3 s for 512 MiB, and over plain HTTP S3's answers can be forged anyway.
            "payload_signing_enabled": False,
        },
    )
    client = _session().client("s3", region_name=options.region, endpoint_url=endpoint_url, config=config)
    client.meta.events.register("request-created.s3", _pause_before_another_try)
    client.meta.events.register_first("needs-retry.s3.HeadBucket", _refuse_bare_redirect)
    return client


def _refuse_bare_redirect(response: tuple[AWSResponse, object] | None, **_: object) -> None:
    """Raise `RefusedError`: sent away without a region, boto3 asks for the bucket's region, is sent away, and so on."""
    if response and response[0].status_code in _REDIRECTS and "x-amz-bucket-region" not in response[0].headers:
        raise RefusedError("PIERONE_S3_ENDPOINT_URL only redirects: http instead of https, perhaps")


def _pause_before_another_try(request: AWSRequest, **_: object) -> None:
    """Wait half the pause at least, and for the rest by chance, so that callers do not come back all at once."""
    tries = request.context.get("retries", {}).get("attempt", 1) - 1
    if tries:
        time.sleep(_CHANCE.uniform(0.5, 1) * _PAUSES[min(tries, len(_PAUSES)) - 1])


@functools.cache
def _session() -> Session:
    # It holds the description of the whole API, which takes longer to load than everything else.
    return Session()
