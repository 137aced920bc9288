"""A real S3 server for the tests: SeaweedFS, one process for each process of the tests that asks for it.

It verifies signatures and checksums, and has conditional writes and Object Lock. What is in it is gone at the end.
"""

import atexit
import contextlib
import functools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

WEED = Path(sys.executable).with_name("weed")
START_DEADLINE = 30.0
ACCESS_KEY, SECRET_KEY = "test", "testtest"
REGION = "us-east-1"
# As AWS tools take them; nothing of the machine's own configuration may come in.
ENVIRONMENT: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
BUCKET, LOCKED_BUCKET = "pierone", "pierone-locked"
_PORTS = range(15_000, 22_000)  # below those from which Linux picks, with those of gRPC
# SeaweedFS listens for gRPC this far above each of its ports.
_GRPC = 10_000
_TRIES = 5


class PortTakenError(Exception):
    """Another process was faster at one of the ports that were free a moment ago."""


class S3Server:
    """One server; `start` after `stop` finds what was stored before."""

    def __init__(self, policies: Mapping[str, object] = MappingProxyType({})) -> None:
        """`policies` are IAM's, each of a user who has its name for both keys; everybody else may do everything."""
        self.directory = Path(tempfile.mkdtemp(prefix="s3-"))
        self.port, *self._others = free_ports(5)
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        owner = _identity(ACCESS_KEY, SECRET_KEY) | {"actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        users = [_identity(name, name) | {"policyNames": [name]} for name in policies]
        known = [{"name": name, "content": json.dumps(policy)} for name, policy in policies.items()]
        (self.directory / "s3.json").write_text(json.dumps({"identities": [owner, *users], "policies": known}))
        (self.directory / "data").mkdir()

    def start(self) -> None:
        """Start and wait until it answers; both buckets are there then."""
        master, volume, filer, admin = self._others
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    WEED,
                    "mini",
                    f"-dir={self.directory}/data",
                    "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1",
                    f"-s3.port={self.port}",
                    f"-s3.config={self.directory}/s3.json",
                    f"-master.port={master}",
                    f"-volume.port={volume}",
                    f"-filer.port={filer}",
                    "-webdav=false",
                    "-admin.ui=false",
                    f"-admin.port={admin}",
                    "-master.telemetry=false",
                    "-s3.port.lance=0",
                    "-s3.port.iceberg=0",
                ],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_DEADLINE
        while not self._answers():
            if self._process.poll() is not None:
                raise PortTakenError((self.directory / "log").read_text()[-2000:])
            if time.monotonic() > deadline:
                raise RuntimeError("the S3 server does not answer")
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it, as SIGTERM takes half a minute; again is harmless."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(BotoCoreError, ClientError):
            for name in (BUCKET, LOCKED_BUCKET):
                self._make(name)
            return True
        return False

    def _make(self, name: str) -> None:
        client = client_of(self.url)
        try:
            client.head_bucket(Bucket=name)
        except ClientError:
            client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=name == LOCKED_BUCKET)


def _identity(access_key: str, secret_key: str) -> dict[str, object]:
    return {"name": access_key, "credentials": [{"accessKey": access_key, "secretKey": secret_key}]}


def client_of(url: str, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> "S3Client":
    """A client that tries everything once."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return Session(access_key, secret_key, region_name=REGION).client("s3", endpoint_url=url, config=config)


@functools.cache
def s3_server() -> S3Server:
    """The server of this process; the credentials are in the environment from now on."""
    server = started()
    os.environ.update(ENVIRONMENT)
    os.environ.pop("AWS_PROFILE", None)
    return server


def started(policies: Mapping[str, object] = MappingProxyType({})) -> S3Server:
    """A server that runs until this process ends; `policies` as `S3Server`."""
    for _ in range(_TRIES):
        server = S3Server(policies)
        atexit.register(_remove, server)
        with contextlib.suppress(PortTakenError):
            server.start()
            return server
    raise RuntimeError("no ports are free for an S3 server")


def _remove(server: S3Server) -> None:
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Ports that are free, as are those of SeaweedFS's gRPC above them."""
    # Plugins of the tests seed the ordinary generator alike in every process.
    ports = random.SystemRandom().sample(_PORTS, 100)
    return [port for port in ports if _is_free(port) and _is_free(port + _GRPC)][:count]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
