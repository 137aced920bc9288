"""What an operator chooses about S3, and where each kind of object lies in the bucket."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from pierone_core.errors import DigestInvalid
from pierone_core.values import Digest


class ObjectLock(NamedTuple):
    """Retention of every blob that is written."""

    mode: Literal["governance", "compliance"]
    days: int


@dataclass(frozen=True, slots=True)
class S3Options:
    """How the bucket is reached (times in seconds, sizes in bytes) and how blobs are written to it."""

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    path_style: bool = False
    part_bytes: int = 16 << 20
    connect_timeout: float = 2
    read_timeout: float = 10
    retries: int = 2
    url_seconds: int | None = None
    url_endpoint: str | None = None
    encryption: Literal["AES256", "aws:kms"] | None = None
    kms_key: str | None = None
    storage_class: str | None = None
    lock: ObjectLock | None = None


class Layout:
    """Keys: `blobs/<algorithm>/<2 hex>/<hex>`, `large/<upload id>/<random>`, `uploads/<upload id>`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.blobs, self.large_blobs, self.uploads = (f"{prefix}{kind}/" for kind in ("blobs", "large", "uploads"))

    def blob(self, digest: Digest) -> str:
        """Where the bytes of a small blob lie, or the pointer to those of a large one."""
        return f"{self.blobs}{digest.algorithm}/{digest.encoded[:2]}/{digest.encoded}"

    def large(self, upload_id: str) -> str:
        """Below which the parts of an upload become one object, which stays when it is published."""
        return f"{self.large_blobs}{upload_id}/"

    def upload_id(self, key: str) -> str:
        """Whose parts become one object at `key`."""
        return key.removeprefix(self.large_blobs).partition("/")[0]

    def upload(self, upload_id: str) -> str:
        """Where an upload's state lies between two requests."""
        return self.uploads + upload_id

    def digest(self, key: str) -> Digest | None:
        """Whose blob lies at `key`; None if nobody looks for one there, as under the first letters of another."""
        algorithm, _, encoded = key.removeprefix(self.blobs).replace("/", ":", 1).partition(":")
        try:
            digest = Digest.parse(f"{algorithm}:{encoded.partition('/')[2]}")
        except DigestInvalid:
            return None
        return digest if key == self.blob(digest) else None
