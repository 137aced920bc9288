"""The calls of S3 that the store is made of: conditional, with checksums that S3 verifies, errors translated."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pierone_adapters.s3.answers import AbsentError, ConflictError, RefusedError, translated
from pierone_adapters.s3.client import AtOnce, connect
from pierone_adapters.s3.extras import Extras, crc, sha256
from pierone_adapters.s3.options import S3Options
from pierone_core.errors import Unavailable

if TYPE_CHECKING:
    from botocore.response import StreamingBody

_TRIES = 3
_CONFLICT_PAUSES = (0.1, 0.4, 1.6)


class Stored(NamedTuple):
    """Facts of an object: size in bytes, what its writer noted, and the tag of exactly this version."""

    size: int
    notes: Mapping[str, str]
    etag: str


class Listed(NamedTuple):
    """An object as a listing shows it."""

    key: str
    size: int
    written_at: datetime


class Begun(NamedTuple):
    """A multipart upload that is neither complete nor aborted."""

    key: str
    multipart: str
    begun_at: datetime


class Part(NamedTuple):
    """A part as S3 has it."""

    etag: str
    checksum: str


class Bucket:
    """One bucket; every method may raise `Unavailable`."""

    def __init__(self, options: S3Options) -> None:
        self._name, self._extras = options.bucket, Extras(options)
        self._client = connect(options, options.endpoint_url)
        # The host is part of what is signed, so it must be the one that clients will use.
        self._signer = connect(options, options.url_endpoint) if options.url_endpoint else self._client

    def exists(self) -> bool:
        """Whether there is such a bucket."""
        try:
            with translated():
                self._client.head_bucket(Bucket=self._name)
        except AbsentError:
            return False
        return True

    def check(self) -> None:
        """Raise `Unavailable` unless the bucket answers."""
        if not self.exists():
            raise Unavailable(f"the registry's storage, the S3 bucket {self._name}, is not there")

    def has_lock(self) -> bool:
        """Whether objects can be written with retention."""
        try:
            with translated():
                self._client.get_object_lock_configuration(Bucket=self._name)
        except RefusedError as error:
            if error.reason == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return True

    def head(self, key: str) -> Stored:
        """Facts of an object; raises `AbsentError`, also if the whole bucket is gone: see `check`."""
        with translated():
            found = self._client.head_object(Bucket=self._name, Key=key)
            return Stored(found["ContentLength"], found["Metadata"], found["ETag"])

    def get(self, key: str) -> tuple[bytes, str]:
        """A whole object and its tag; raises `AbsentError`."""
        tries_left = _TRIES
        while True:
            with translated():
                found = self._client.get_object(Bucket=self._name, Key=key)
            tries_left -= 1
            try:
                with translated():
                    return found["Body"].read(), found["ETag"]
            except Unavailable:  # boto3 tries again until it has an answer, and no more once its body has begun
                if not tries_left:
                    raise

    def stream(self, key: str, start: int, stop: int) -> "StreamingBody":
        """Bytes [start, stop) of an object, at least one; raises `AbsentError`, `Unavailable` if it is shorter."""
        with translated():
            found = self._client.get_object(Bucket=self._name, Key=key, Range=f"bytes={start}-{stop - 1}")
        if found["ContentLength"] != stop - start:
            found["Body"].close()
            raise Unavailable(f"the object {key} of the storage is damaged: it is too short")
        return found["Body"]

    def put_blob(self, key: str, data: bytes) -> None:
        """Write a blob; raises `TakenError` if there is one."""
        # The whole of a blob's own digest is what S3 verifies before it keeps a byte.
        checksum = sha256(data)
        self._put(key, data, {"IfNoneMatch": "*"} | checksum | self._extras.content() | self._extras.retention())

    def put_note(self, key: str, notes: Mapping[str, str]) -> None:
        """Write an object of no bytes that stays for ever; raises `TakenError` if there is one."""
        extras = crc(b"") | self._extras.encryption() | self._extras.retention()
        self._put(key, b"", {"IfNoneMatch": "*", "Metadata": notes} | extras)

    def put_state(self, key: str, data: bytes, notes: Mapping[str, str], etag: str | None) -> str:
        """Write in place of the version `etag` (None: of nothing); raises `TakenError` or `AbsentError` otherwise."""
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        return self._put(key, data, condition | {"Metadata": notes} | crc(data) | self._extras.encryption())

    def _put(self, key: str, data: bytes, options: Mapping[str, Any]) -> str:
        for pause in _CONFLICT_PAUSES:
            try:
                with translated():
                    return self._client.put_object(Bucket=self._name, Key=key, Body=data, **options)["ETag"]
            except ConflictError:
                time.sleep(pause)
        raise Unavailable("others write the same object to the registry's storage (S3) all the time; try again")

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        with translated():
            self._client.delete_object(Bucket=self._name, Key=key)

    def url(self, key: str, seconds: int) -> str:
        """Where anybody may read the object for so long."""
        asked = {"Bucket": self._name, "Key": key, "ResponseContentType": "application/octet-stream"}
        with translated():
            return self._signer.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)

    def begin(self, key: str) -> str:
        """Begin a multipart upload; return its id."""
        options = self._extras.content() | self._extras.retention()
        with translated():
            return self._client.create_multipart_upload(
                Bucket=self._name, Key=key, ChecksumAlgorithm="CRC32", **options
            )["UploadId"]

    def put_part(self, key: str, multipart: str, number: int, data: bytes) -> Part:
        """Write a part, counted from 1; raises `AbsentError`."""
        body, checksum = AtOnce(data), crc(data)["ChecksumCRC32"]
        with translated():
            stored = self._client.upload_part(
                Bucket=self._name, Key=key, UploadId=multipart, PartNumber=number, Body=body, ChecksumCRC32=checksum
            )
            return Part(stored["ETag"], checksum)

    def complete(self, key: str, multipart: str, parts: tuple[Part, ...]) -> None:
        """Make one object of all parts; raises `AbsentError`, `TakenError`, `ConflictError`, `PartsChangedError`."""
        named: Any = [
            {"PartNumber": number, "ETag": part.etag, "ChecksumCRC32": part.checksum}
            for number, part in enumerate(parts, 1)
        ]
        with translated():
            self._client.complete_multipart_upload(
                Bucket=self._name, Key=key, UploadId=multipart, MultipartUpload={"Parts": named}, IfNoneMatch="*"
            )

    def abort(self, key: str, multipart: str) -> None:
        """Drop a multipart upload and its parts; raises `AbsentError`."""
        with translated():
            self._client.abort_multipart_upload(Bucket=self._name, Key=key, UploadId=multipart)

    def objects(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """All objects below `prefix`, from the first key behind `after` on, in the order of their keys."""
        with translated():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._name, Prefix=prefix, StartAfter=after):
                for found in page.get("Contents", ()):
                    yield Listed(found["Key"], found["Size"], found["LastModified"])

    def multiparts(self, prefix: str) -> Iterator[Begun]:
        """All multipart uploads to keys that begin with `prefix`."""
        with translated():
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._name, Prefix=prefix):
                for found in page.get("Uploads", ()):
                    yield Begun(found["Key"], found["UploadId"], found["Initiated"])
