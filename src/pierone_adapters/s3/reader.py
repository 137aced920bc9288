"""`BlobReader` over a ranged GET, which begins anew where it was cut."""

from typing import TYPE_CHECKING

from pierone_adapters.s3.answers import AbsentError, translated
from pierone_adapters.s3.bucket import Bucket
from pierone_core.errors import Unavailable

if TYPE_CHECKING:
    from botocore.response import StreamingBody

_TRIES = 3


class S3BlobReader:
    """Bytes [start, stop) of an object, streamed."""

    extent = None

    def __init__(self, bucket: Bucket, key: str, start: int, stop: int) -> None:
        """Begin to read; raises `Unavailable` if the object is missing or too short."""
        self._bucket, self._key, self._position, self._stop = bucket, key, start, stop
        self._body = self._open() if start < stop else None

    def _open(self) -> "StreamingBody":
        try:
            return self._bucket.stream(self._key, self._position, self._stop)
        except AbsentError as error:
            raise Unavailable(f"the object {self._key} of the storage is missing") from error

    def read(self, size: int) -> bytes:
        """See `BlobReader`."""
        tries_left = _TRIES
        while self._position < self._stop:
            body = self._body = self._body or self._open()
            tries_left -= 1
            try:
                return self._read(body, min(size, self._stop - self._position))
            except Unavailable:
                self.close()
                if not tries_left:
                    raise
        return b""

    def _read(self, body: "StreamingBody", size: int) -> bytes:
        with translated():
            data = body.read(size)
        if not data:
            raise Unavailable(f"the object {self._key} of the storage is damaged: it is too short")
        self._position += len(data)
        return data

    def close(self) -> None:
        """See `BlobReader`."""
        body, self._body = self._body, None
        if body:
            body.close()
