"""What lies in the bucket, and content in pieces."""

from collections.abc import Iterator
from pathlib import Path

from tests.contracts.adapters import s3_options
from tests.s3 import BUCKET, client_of, s3_server


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """`data` in pieces of `size` bytes."""
    return (data[start : start + size] for start in range(0, len(data), size))


def keys(directory: Path) -> set[str]:
    """Every key of the store of that directory, without the prefix, and without what is random in `large/`."""
    names = [key.rpartition("/")[0] if key.startswith("large/") else key for key in whole_keys(directory)]
    assert len(set(names)) == len(names)
    return set(names)


def large_key(directory: Path, upload_id: str) -> str:
    """The one key with the bytes of an upload, without the prefix."""
    (key,) = (key for key in whole_keys(directory) if key.startswith(f"large/{upload_id}/"))
    return key


def whole_keys(directory: Path) -> list[str]:
    """Every key of the store of that directory, without the prefix."""
    prefix = s3_options(directory).prefix
    found = client_of(s3_server().url).list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return [item["Key"].removeprefix(prefix) for item in found]


def multiparts(directory: Path) -> int:
    """How many multipart uploads are under way."""
    found = client_of(s3_server().url).list_multipart_uploads(Bucket=BUCKET, Prefix=s3_options(directory).prefix)
    return len(found.get("Uploads", []))
