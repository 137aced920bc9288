"""fsck over PostgreSQL and S3: the bucket and the manifests are enough to make pulls work again."""

from dataclasses import dataclass

import pytest
from tests.integration.bucket import in_bucket
from tests.integration.oci import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, descriptor, digest_of, encode
from tests.postgres import shared_postgres
from tests.s3 import BUCKET, client_of, s3_server

from pierone_core.caller import Caller
from pierone_core.values import Digest, Repository, Tag
from pierone_http.__main__ import main
from pierone_http.container import Container
from pierone_http.settings import Settings

APP = Repository("team/app")
ALICE = Caller("alice", realm="employees", unrestricted=True)
CONFIG, SMALL, LARGE = b"{}", b"layer one", bytes(range(256)) * (24 << 10)


@dataclass
class Shared:
    """A registry of which no machine keeps anything."""

    database: str
    prefix: str

    def forget_blobs(self) -> None:
        """Empty the table of blobs, past its guards."""
        without_guards = "DISABLE TRIGGER ALL; DELETE FROM blobs; ALTER TABLE blobs ENABLE TRIGGER ALL"
        shared_postgres().execute(f"ALTER TABLE blobs {without_guards}", self.database)

    def remove(self, key: str) -> None:
        """Remove the object that begins with `key` from the bucket."""
        client = client_of(s3_server().url)
        [found] = client.list_objects_v2(Bucket=BUCKET, Prefix=self.prefix + key)["Contents"]
        client.delete_object(Bucket=BUCKET, Key=found["Key"])


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Shared:
    """Push an image with a small and a large layer."""
    database = shared_postgres().database()
    env = in_bucket(PIERONE_DATABASE_URL=database)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    push()
    return Shared(database, env["PIERONE_S3_PREFIX"])


def push() -> None:
    container = Container(settings=Settings())
    registry = container.registry()
    for content in (CONFIG, SMALL, LARGE):
        registry.push_blobs.push_blob(ALICE, APP, content)
    layers = [descriptor(content, OCI_LAYER) for content in (SMALL, LARGE)]
    image = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(CONFIG, OCI_CONFIG), "layers": layers}
    registry.push_manifests.put_manifest(ALICE, APP, Tag("1"), OCI_MANIFEST, encode(image))
    container.metadata().close()


def fsck(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[object, list[str]]:
    with pytest.raises(SystemExit) as ended:
        main(["fsck", *options])
    return ended.value.code, capsys.readouterr().out.splitlines()[:-1]


def test_what_was_left_alone_is_clean(shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    assert shared.prefix
    assert fsck(capsys, "--verify", "all") == (0, [])


def test_a_blob_that_is_gone_from_the_bucket_is_named(shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    shared.remove(f"blobs/sha256/{digest_of(SMALL)[7:9]}/{digest_of(SMALL)[7:]}")
    status, [found] = fsck(capsys)
    assert status == 1
    assert found.startswith(f"damage blob-missing {digest_of(SMALL)}: ")


def test_a_large_object_that_is_gone_is_found_without_reading(
    shared: Shared, capsys: pytest.CaptureFixture[str]
) -> None:
    shared.remove("large/")
    status, [found] = fsck(capsys, "--verify", "none")
    assert status == 1
    assert found.startswith(f"damage blob-unreadable {digest_of(LARGE)}: ")


def test_pulls_work_again_after_a_rebuild_from_the_bucket(shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    shared.forget_blobs()
    assert fsck(capsys)[0] == 1
    status, findings = fsck(capsys, "--rebuild", "--verify", "all")
    assert status == 0
    assert sum(found.startswith("note blob-rebuilt") for found in findings) == 3
    container = Container(settings=Settings())
    assert container.metadata().catalogue.lists.totals().storage == sum(map(len, (CONFIG, SMALL, LARGE)))
    for content in (SMALL, LARGE):
        assert container.registry().pull.get_blob(APP, Digest.of(content)) == content
    container.metadata().close()
