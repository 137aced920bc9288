"""What goes with the bytes of an object: checksums that S3 verifies, and what the operator chose."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from pierone_adapters.s3.options import S3Options


class Extras:
    """Parameters of the calls that write."""

    def __init__(self, options: S3Options) -> None:
        self._options = options

    def encryption(self) -> dict[str, Any]:
        """For every object."""
        chosen = {"ServerSideEncryption": self._options.encryption, "SSEKMSKeyId": self._options.kms_key}
        return {name: value for name, value in chosen.items() if value}

    def content(self) -> dict[str, Any]:
        """For the bytes of blobs: states are too short-lived and pointers too small for the cheaper classes."""
        chosen = self._options.storage_class
        return self.encryption() | ({"StorageClass": chosen} if chosen else {})

    def retention(self) -> dict[str, Any]:
        """For what is to stay, counted from now."""
        lock = self._options.lock
        if not lock:
            return {}
        until = datetime.now(UTC) + timedelta(days=lock.days)
        return {"ObjectLockMode": lock.mode.upper(), "ObjectLockRetainUntilDate": until}


def sha256(data: bytes) -> dict[str, str]:
    """A strong checksum, for objects that are written at once."""
    return {"ChecksumSHA256": _base64(hashlib.sha256(data).digest())}


def crc(data: bytes) -> dict[str, str]:
    """A quick one, where the bytes are compared with a digest as well."""
    return {"ChecksumCRC32": _base64(zlib.crc32(data).to_bytes(4))}


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
