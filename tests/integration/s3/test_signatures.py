"""What is signed of a request: its checksum instead of its bytes, so that these are not hashed once more."""

from pathlib import Path

from botocore.awsrequest import AWSPreparedRequest
from tests.contracts.adapters import s3_options
from tests.s3 import BUCKET, s3_server

from pierone_adapters.s3.client import connect


def test_the_checksum_is_signed_and_the_bytes_are_not(tmp_path: Path) -> None:
    options, sent = s3_options(tmp_path), list[dict[str, str]]()

    def look_at(request: AWSPreparedRequest, **_: object) -> None:
        sent.append({name: _text(value) for name, value in request.headers.items()})

    client = connect(options, s3_server().url)
    client.meta.events.register("before-send.s3.PutObject", look_at)
    client.put_object(Bucket=BUCKET, Key=f"{options.prefix}key", Body=b"data", ChecksumCRC32="rfPzYw==")
    (headers,) = sent
    assert headers["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"
    signed = headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"x-amz-checksum-crc32", "x-amz-content-sha256"} <= set(signed)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
