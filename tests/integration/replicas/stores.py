"""The one database server and the one S3 server that all replicas share; both are made to be killed."""

import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests import s3
from tests.integration.replicas.cluster import Part
from tests.postgres import PostgresServer, postgres_server

PART_BYTES = 5 << 20  # as small as can be, so that blobs of some megabytes have several


class KillableS3(s3.S3Server):
    """SeaweedFS, which is never ended in another way."""

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.stop()


class Stores:
    """PostgreSQL and SeaweedFS."""

    def __init__(self, database: PostgresServer, blobs: KillableS3) -> None:
        """Both run already."""
        self._database, self._blobs = database, blobs

    @property
    def parts(self) -> Mapping[str, Part]:
        """What can be killed, by name."""
        return {"PostgreSQL": self._database, "S3": self._blobs}

    def new_settings(self) -> dict[str, str]:
        """Make an empty database and name a part of the bucket that nobody uses; return what tells replicas of them."""
        return {
            **s3.ENVIRONMENT,
            "PIERONE_DATABASE_URL": self._database.database(),
            "PIERONE_S3_BUCKET": s3.BUCKET,
            "PIERONE_S3_ENDPOINT_URL": self._blobs.url,
            "PIERONE_S3_PATH_STYLE": "true",
            "PIERONE_S3_PART_BYTES": str(PART_BYTES),
            "PIERONE_S3_PREFIX": f"{uuid.uuid4().hex}/",
            "PIERONE_S3_REGION": s3.REGION,
        }

    def unfinished_uploads(self, settings: Mapping[str, str]) -> list[str]:
        """List what the bucket holds of uploads that are no blobs yet."""
        prefix, client = settings["PIERONE_S3_PREFIX"], s3.client_of(self._blobs.url)
        states = client.list_objects_v2(Bucket=s3.BUCKET, Prefix=f"{prefix}uploads/").get("Contents", [])
        begun = client.list_multipart_uploads(Bucket=s3.BUCKET, Prefix=prefix).get("Uploads", [])
        return [found["Key"] for found in states] + [found["Key"] for found in begun]


@contextmanager
def running_stores(directory: Path) -> Iterator[Stores]:
    """Start both for the time of the block."""
    with postgres_server(directory) as database, _running_s3() as blobs:
        yield Stores(database, blobs)


@contextmanager
def _running_s3() -> Iterator[KillableS3]:
    blobs = KillableS3()
    try:
        blobs.start()
        yield blobs
    finally:
        blobs.stop()
        shutil.rmtree(blobs.directory)
