"""ORAS: artifacts that are no images, and artifacts that refer to others."""

import json
from pathlib import Path

import httpx2
import oras.client
import oras.oci
import pytest
from tests.integration.clients.images import digest_of
from tests.integration.clients.registry import Registry, split
from tests.integration.server import Server

SBOM = "application/vnd.example.sbom.v1+json"
SIGNATURE = "application/vnd.example.signature.v1+json"
CHUNK_BYTES = 100_000
REGISTRY = Registry()


@pytest.fixture
def client(shared_server: Server) -> oras.client.OrasClient:
    return oras.client.OrasClient(hostname=shared_server.host, insecure=True)


def push(client: oras.client.OrasClient, reference: str, file: Path, *, kind: str = SBOM, subject: str = "") -> str:
    """Push one file as an artifact and return the digest that the registry answers."""
    answer = client.push(
        target=reference,
        files=[f"{file}:text/plain"],
        manifest_config=f":{kind}",
        subject=oras.oci.Subject.from_manifest(client.get_manifest(subject)) if subject else None,
        disable_path_validation=True,
    )
    return str(answer.headers["Docker-Content-Digest"])


def referrers(reference: str, digest: str, query: str = "") -> httpx2.Response:
    host, repository, _ = split(reference)
    answer = httpx2.get(f"http://{host}/v2/{repository}/referrers/{digest}{query}", trust_env=False)
    assert answer.status_code == 200
    return answer


@pytest.fixture
def document(tmp_path: Path, repository: str) -> Path:
    """Write a file that no other test pushes."""
    file = tmp_path / "document.txt"
    file.write_text(f"all about {repository}\n" * 5000)
    return file


def test_an_artifact_is_pushed_and_pulled_bit_for_bit(
    client: oras.client.OrasClient, repository: str, document: Path, tmp_path: Path
) -> None:
    digest = push(client, f"{repository}:1.0", document)
    stored = REGISTRY.manifest(f"{repository}:1.0")
    assert digest_of(stored) == digest
    assert json.loads(stored)["config"]["mediaType"] == SBOM

    for reference, directory in ((f"{repository}:1.0", "by-tag"), (f"{repository}@{digest}", "by-digest")):
        [pulled] = client.pull(target=reference, outdir=str(tmp_path / directory))
        assert Path(pulled).read_bytes() == document.read_bytes()


def test_an_artifact_is_pushed_in_chunks(client: oras.client.OrasClient, repository: str, document: Path) -> None:
    assert document.stat().st_size > 2 * CHUNK_BYTES
    client.push(
        target=f"{repository}:1.0",
        files=[str(document)],
        disable_path_validation=True,
        do_chunked=True,
        chunk_size=CHUNK_BYTES,
    )
    [layer] = json.loads(REGISTRY.manifest(f"{repository}:1.0"))["layers"]
    assert REGISTRY.blob(f"{repository}:1.0", layer["digest"]) == document.read_bytes()


def test_an_artifact_with_a_subject_is_listed_among_its_referrers(
    client: oras.client.OrasClient, repository: str, document: Path, tmp_path: Path
) -> None:
    reference = f"{repository}:1.0"
    subject = push(client, reference, document)
    assert referrers(reference, subject).json()["manifests"] == []

    (tmp_path / "signature.txt").write_text("signed")
    signature = push(client, f"{repository}:signed", tmp_path / "signature.txt", kind=SIGNATURE, subject=reference)
    sbom = push(client, f"{repository}:sbom", tmp_path / "signature.txt", kind=SBOM, subject=reference)

    listed = referrers(reference, subject).json()["manifests"]
    assert {entry["digest"]: entry["artifactType"] for entry in listed} == {signature: SIGNATURE, sbom: SBOM}
    signed = REGISTRY.manifest(f"{repository}:signed")
    assert json.loads(signed)["subject"]["digest"] == subject
    assert {entry["size"] for entry in listed if entry["digest"] == signature} == {len(signed)}

    filtered = referrers(reference, subject, f"?artifactType={SIGNATURE.replace('+', '%2B')}")
    assert [entry["digest"] for entry in filtered.json()["manifests"]] == [signature]
    assert filtered.headers["OCI-Filters-Applied"] == "artifactType"


def test_another_artifact_cannot_take_the_tag_and_the_user_reads_why(
    client: oras.client.OrasClient,
    repository: str,
    document: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    holder = push(client, f"{repository}:1.0", document)
    assert push(client, f"{repository}:1.0", document) == holder

    (tmp_path / "other.txt").write_text("other")
    with pytest.raises(ValueError, match="Conflict"):
        push(client, f"{repository}:1.0", tmp_path / "other.txt")
    assert "is immutable" in caplog.text
    assert holder in caplog.text
    assert digest_of(REGISTRY.manifest(f"{repository}:1.0")) == holder


def test_tags_are_listed(client: oras.client.OrasClient, repository: str, document: Path) -> None:
    for tag in ("b", "a"):
        push(client, f"{repository}:{tag}", document)
    assert client.get_tags(repository) == ["a", "b"]
