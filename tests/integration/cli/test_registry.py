"""Every command that asks, against a Pier One server with an image in it."""

import gzip
import io
import json
import re
import tarfile

import pytest
from tests.integration.cli.command import Home
from tests.integration.oci import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Repository, connect, digest_of
from tests.integration.server import Server

SOURCE = {"url": "git:git@example.org:app.git", "revision": "abc", "author": "bob", "status": ""}
CONFIG = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Labels": {"maintainer": "bob"}}}).encode()


def layer() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        content = json.dumps(SOURCE).encode()
        entry = tarfile.TarInfo("scm-source.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(written.getvalue())


@pytest.fixture
def repository(shared_server: Server, bare_home: Home) -> Repository:
    """A repository with the tags 1.0, 1.1 and a signature of 1.1; its registry is configured."""
    bare_home.variables["PIERONE_URL"] = shared_server.host
    with connect(shared_server.url) as api:
        pushed = Repository(api)
        config, content = pushed.push_blob(CONFIG, OCI_CONFIG), pushed.push_blob(layer(), OCI_LAYER + "+gzip")
        manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [content]}
        pushed.push("1.0", manifest)
        digest = str(pushed.push("1.1", manifest)["digest"])
        pushed.push(f"{digest.replace(':', '-')}.sig", pushed.image("signature"))
    return pushed


@pytest.fixture
def artifact(repository: Repository) -> str:
    return repository.name.removeprefix("team/")


def test_lists(bare_home: Home, artifact: str) -> None:
    assert {"name": "team"} in bare_home.pierone("teams", "-o", "json").json
    assert {"team": "team", "artifact": artifact} in bare_home.pierone("artifacts", "team", "-o", "json").json
    rows = bare_home.pierone("tags", "team", artifact, "-o", "json").json
    assert [row["tag"] for row in rows][:2] == ["1.0", "1.1"]
    assert {row["created_by"] for row in rows} == {"anonymous"}
    assert re.search(r"1\.0 +\d+s ago +anonymous", bare_home.pierone("tags", "team", artifact).out)
    [newest] = bare_home.pierone("tags", "team", artifact, "--limit", "1", "-o", "json").json
    assert newest["tag"].endswith(".sig")
    assert bare_home.pierone("latest", "team", artifact).out == "1.1\n"


def test_lists_of_what_does_not_exist(bare_home: Home, repository: Repository) -> None:
    assert bare_home.pierone("tags", "team", f"{repository.name[5:]}-not").code == 2
    done = bare_home.pierone("latest", "team", "nothing-of-this-name")
    assert (done.code, done.err) == (1, "Error: Latest tag not found\n")


def test_sources_and_details(bare_home: Home, artifact: str) -> None:
    [source] = bare_home.pierone("scm-source", "team", artifact, "1.0", "-o", "json").json
    assert {name: source[name] for name in SOURCE} == SOURCE
    table = bare_home.pierone("describe", "team", artifact, "1.0", "-o", "tsv").table
    facts = {row[0]: row[1] for row in table}
    assert facts["platforms"] == "linux/amd64"
    assert facts["labels.maintainer"] == "bob"
    assert facts["scm_source.author"] == "bob"


def test_events(bare_home: Home, artifact: str) -> None:
    rows = bare_home.pierone("events", "team", artifact, "-o", "json").json
    assert [row["tag"] for row in rows if row["kind"] == "tag_bound"][:2] == ["1.0", "1.1"]


def test_images(bare_home: Home, artifact: str) -> None:
    rows = bare_home.pierone("image", digest_of(CONFIG), "-o", "json").json
    assert {"team": "team", "artifact": artifact, "name": "1.1"} in rows
    assert bare_home.pierone("image", "sha256:" + "0" * 60).err.endswith("not found\n")
    [entry] = bare_home.pierone("inspect-contents", "team", artifact, "1.0", "-o", "json").json
    assert entry["name"] == "scm-source.json"


def test_whoami(bare_home: Home, repository: Repository) -> None:
    assert repository.name
    assert bare_home.pierone("whoami", "-o", "tsv").table[1][0] == "anonymous"
