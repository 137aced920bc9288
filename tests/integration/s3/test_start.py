"""What the settings make of S3, and what is said at start if it cannot be."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError
from tests.contracts.content import publish, read_all
from tests.s3 import BUCKET, LOCKED_BUCKET, client_of, s3_server

from pierone_core.errors import Unavailable
from pierone_core.ports import BlobStore
from pierone_core.values import Digest
from pierone_http.settings import Settings
from pierone_http.storage_wiring import blob_store

DATA = b"layer of an image"


def made(tmp_path: Path, **given: object) -> BlobStore:
    return blob_store(settings(tmp_path, **given))


def settings(tmp_path: Path, **given: object) -> Settings:
    chosen: dict[str, object] = {
        "s3_bucket": BUCKET,
        "s3_endpoint_url": s3_server().url,
        "s3_region": "us-east-1",
        "s3_path_style": True,
        "s3_prefix": f"{tmp_path.name}/registry/",
    }
    return Settings.model_validate(chosen | given)


def test_the_settings_lead_to_the_bucket_below_the_prefix(tmp_path: Path) -> None:
    store = made(tmp_path)
    digest = publish(store, DATA)
    assert read_all(store.open_blob(digest, 0, len(DATA))) == DATA
    key = f"{tmp_path.name}/registry/blobs/sha256/{digest.encoded[:2]}/{digest.encoded}"
    assert client_of(s3_server().url).get_object(Bucket=BUCKET, Key=key)["Body"].read() == DATA


def test_encryption_and_storage_class_are_asked_for(tmp_path: Path) -> None:
    digest = publish(made(tmp_path, s3_encryption="AES256", s3_storage_class="STANDARD_IA"), DATA)
    key = f"{tmp_path.name}/registry/blobs/sha256/{digest.encoded[:2]}/{digest.encoded}"
    found = client_of(s3_server().url).head_object(Bucket=BUCKET, Key=key)
    assert (found["ServerSideEncryption"], found["StorageClass"]) == ("AES256", "STANDARD_IA")


def test_redirects_are_off_unless_they_are_asked_for(tmp_path: Path) -> None:
    digest = publish(made(tmp_path), DATA)
    assert made(tmp_path).url(digest) is None
    redirecting = {"s3_redirect": True, "s3_redirect_seconds": 77, "s3_redirect_endpoint_url": "http://s3.example.org"}
    url = made(tmp_path, **redirecting).url(digest)
    assert url
    assert url.startswith("http://s3.example.org/")
    assert "X-Amz-Expires=77" in url


def test_object_lock_is_asked_for(tmp_path: Path) -> None:
    store = made(tmp_path, s3_bucket=LOCKED_BUCKET, s3_lock_mode="compliance", s3_lock_days=1)
    digest = publish(store, DATA)
    key = f"{tmp_path.name}/registry/blobs/sha256/{digest.encoded[:2]}/{digest.encoded}"
    version = client_of(s3_server().url).head_object(Bucket=LOCKED_BUCKET, Key=key)["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client_of(s3_server().url).delete_object(Bucket=LOCKED_BUCKET, Key=key, VersionId=version)


def test_a_bucket_that_does_not_exist_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no S3 bucket no-such-bucket: create it"):
        made(tmp_path, s3_bucket="no-such-bucket")


def test_a_bucket_without_object_lock_cannot_lock(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without Object Lock"):
        made(tmp_path, s3_lock_mode="governance", s3_lock_days=1)


def test_a_store_that_is_down_does_not_keep_the_server_from_starting(tmp_path: Path) -> None:
    store = made(tmp_path, s3_endpoint_url="http://127.0.0.1:9", s3_retries=0)
    with pytest.raises(Unavailable):
        store.check()


def test_wrong_credentials_are_an_error_that_says_so(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIERONE_")}
    given = settings(tmp_path).model_dump(include={"s3_bucket", "s3_endpoint_url", "s3_region"})
    command = [sys.executable, "-m", "pierone_http", "serve", "--s3-path-style", "true", "--port", "0"]
    for name, value in given.items():
        command += [f"--{name.replace('_', '-')}", value]
    ended = subprocess.run(
        command, env=environment | {"AWS_SECRET_ACCESS_KEY": "wrong"}, cwd=tmp_path, capture_output=True, check=False
    )
    assert ended.returncode == 1
    assert f"S3 gives no access to the bucket {BUCKET} (403)" in ended.stderr.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"s3_lock_mode": "compliance"},
        {"s3_lock_days": 3},
        {"s3_kms_key": "key"},
        {"s3_kms_key": "key", "s3_encryption": "AES256"},
        {"s3_part_bytes": (5 << 20) - 1},
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(tmp_path, **given)


def test_boto3_is_not_loaded_without_a_bucket() -> None:
    program = (
        "import sys; from pierone_http.settings import Settings; from pierone_http.storage_wiring import blob_store; "
        "blob_store(Settings(storage='memory')); sys.exit('boto3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_bucket_that_goes_away_is_unavailable_and_its_blobs_are_not_unknown(tmp_path: Path) -> None:
    client = client_of(s3_server().url)
    client.create_bucket(Bucket="pierone-gone")
    store = made(tmp_path, s3_bucket="pierone-gone")
    client.delete_bucket(Bucket="pierone-gone")
    for call in (store.check, lambda: store.open_blob(Digest.of(DATA), 0, 1), lambda: store.upload_size("upload")):
        with pytest.raises(Unavailable, match="not there"):
            call()
    with pytest.raises(Unavailable), closing(store.open_upload("upload", "sha256")):
        pass
