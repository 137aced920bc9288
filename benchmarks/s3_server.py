"""SeaweedFS, an S3 server in one program, for the rows in which blobs lie in a bucket."""

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.servers import HOST, START_SECONDS, StartFailedError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

WEED = Path(sys.executable).with_name("weed")
BUCKET, REGION = "bench", "us-east-1"
ACCESS_KEY, SECRET_KEY = "bench", "benchmark"
# Below the ports of outgoing connections; it listens for gRPC this far above each of its ports.
PORTS, GRPC = range(15_000, 22_000), 10_000
OFF = ("-webdav=false", "-admin.ui=false", "-master.telemetry=false", "-s3.port.lance=0", "-s3.port.iceberg=0")
POLL_SECONDS = 0.05


def settings(url: str) -> Mapping[str, str]:
    """Return what Pier One needs to keep its blobs there."""
    return {
        "PIERONE_S3_BUCKET": BUCKET,
        "PIERONE_S3_ENDPOINT_URL": url,
        "PIERONE_S3_PATH_STYLE": "true",
        "PIERONE_S3_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }


def client(url: str) -> "S3Client":
    """Return boto3's client, with its own idea of how a file is sent."""
    from boto3.session import Session  # noqa: PLC0415 - a third of a second that other rows need not wait
    from botocore.config import Config  # noqa: PLC0415

    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return Session(ACCESS_KEY, SECRET_KEY, region_name=REGION).client("s3", endpoint_url=url, config=config)


@contextmanager
def s3_server(directory: Path) -> Iterator[str]:
    """Start it on a directory, with an empty bucket, and kill it in the end; its URL."""
    data = directory / "data"
    data.mkdir(parents=True)
    identity = {"name": "bench", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]}
    (directory / "s3.json").write_text(json.dumps({"identities": [identity | {"actions": ["Admin"]}]}))
    ports = _free_ports("s3", "master", "volume", "filer", "admin")
    options = [f"-{name}.port={port}" for name, port in ports.items()]
    places = [f"-dir={data}", f"-s3.config={directory}/s3.json", f"-ip={HOST}", f"-ip.bind={HOST}"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([WEED, "mini", *places, *options, *OFF], cwd=directory, stdout=log, stderr=log)
    try:
        url = f"http://{HOST}:{ports['s3']}"
        _wait_for_bucket(process, url, directory / "log")
        yield url
    finally:
        process.kill()  # SIGTERM takes half a minute
        process.wait()


def _wait_for_bucket(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(BotoCoreError, ClientError):
            client(url).create_bucket(Bucket=BUCKET)
            # The first object waits until there is room for objects at all.
            client(url).put_object(Bucket=BUCKET, Key="first", Body=b"first")
            return
        time.sleep(POLL_SECONDS)
    message = f"SeaweedFS does not answer: {log.read_text(errors='replace')[-2000:]}"
    raise StartFailedError(message)


def _free_ports(*names: str) -> dict[str, int]:
    candidates = iter(random.SystemRandom().sample(PORTS, 200))
    return {name: next(port for port in candidates if _is_free(port) and _is_free(port + GRPC)) for name in names}


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind((HOST, port))
        return True
    return False
