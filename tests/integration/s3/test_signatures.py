"""What is signed of a part, its checksum instead of its bytes, and how these are sent: none of it more than once."""

from pathlib import Path

from botocore.awsrequest import AWSPreparedRequest
from tests.contracts.adapters import s3_options
from tests.s3 import BUCKET, s3_server

from pierone_adapters.s3.client import AtOnce, connect


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


def test_the_body_of_a_part_is_read_at_once_and_again_for_another_try() -> None:
    body = AtOnce(b"a part")
    assert [body.read(1), body.read(1)] == [b"a part", b""]
    body.seek(0)
    assert body.read(1) == b"a part"
