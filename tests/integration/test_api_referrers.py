"""The referrers list (end-12a, end-12b): descriptors, filter, pages bounded in number and in bytes."""

import json

import httpx2
import pytest
from tests.integration.oci import (
    OCI_INDEX,
    OCI_MANIFEST,
    Document,
    Repository,
    descriptor,
    digest_of,
    encode,
    index_of,
    refusal,
)

SUBJECT = descriptor(b"a manifest that may come later", OCI_MANIFEST)
SBOM, SIGNATURE = "application/vnd.example.sbom+json", "application/vnd.example.signature"
# What clients read of an index at the most (spec: "Pushing Manifests").
CLIENTS_READ = 4 << 20


def ask(repo: Repository, subject: Document = SUBJECT, **query: object) -> httpx2.Response:
    params = {key: str(value) for key, value in query.items()}
    response = repo.api.get(f"{repo.url}/referrers/{subject['digest']}", params=params)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == OCI_INDEX
    assert {**response.json(), "manifests": []} == {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
    return response


def listed(repo: Repository, subject: Document = SUBJECT, **query: object) -> list[Document]:
    found: list[Document] = ask(repo, subject, **query).json()["manifests"]
    return found


def follow(repo: Repository, first: httpx2.Response) -> list[httpx2.Response]:
    """All pages; each must say by itself that it was filtered."""
    found = [first]
    while "Link" in found[-1].headers:
        found.append(repo.api.get(found[-1].links["next"]["url"]))
        assert found[-1].status_code == 200
        assert found[-1].headers.get("OCI-Filters-Applied") == first.headers.get("OCI-Filters-Applied")
    return found


def items(responses: list[httpx2.Response]) -> list[Document]:
    return [item for response in responses for item in response.json()["manifests"]]


def by_digest(*descriptors: Document) -> list[Document]:
    return sorted(descriptors, key=lambda item: str(item["digest"]))


def test_referrers_are_listed_with_their_type_and_annotations(repo: Repository) -> None:
    notes = {"org.example.format": "json", "": "\u2603"}
    typed = repo.push("", repo.image(subject=SUBJECT, artifactType=SBOM, annotations=notes))
    untyped = repo.push("", repo.image("untyped", subject=SUBJECT))
    index = repo.push("", index_of(subject=SUBJECT, annotations=notes))
    typed_index = repo.push("", index_of(subject=SUBJECT, artifactType=SIGNATURE))
    assert listed(repo) == by_digest(
        typed | {"artifactType": SBOM, "annotations": notes},
        untyped | {"artifactType": "application/vnd.oci.image.config.v1+json"},
        index | {"annotations": notes},
        typed_index | {"artifactType": SIGNATURE},
    )


def test_an_empty_artifact_type_is_none(repo: Repository) -> None:
    image = repo.push("", repo.image(subject=SUBJECT, artifactType=""))
    assert listed(repo) == [image | {"artifactType": "application/vnd.oci.image.config.v1+json"}]


def test_a_referrer_may_come_before_and_after_its_subject(repo: Repository) -> None:
    image = repo.image()
    subject = descriptor(encode(image), OCI_MANIFEST)
    before = repo.push("", index_of(subject=subject, text="before"))
    repo.push("1.0", image)
    after = repo.push("", index_of(subject=subject, text="after"))
    assert listed(repo, subject) == by_digest(before, after)


def test_a_subject_may_have_a_sha512_digest(repo: Repository) -> None:
    subject = descriptor(b"x", OCI_MANIFEST, "sha512")
    assert listed(repo, subject) == []
    referrer = repo.push("", index_of(subject=subject))
    assert listed(repo, subject) == [referrer]


def test_only_referrers_of_this_subject_in_this_repository_are_listed(repo: Repository) -> None:
    other = Repository(repo.api)
    other.push("", index_of(subject=SUBJECT))
    repo.push("", index_of(subject=descriptor(b"another", OCI_MANIFEST)))
    repo.push("", index_of())
    assert listed(repo) == []


def test_an_unknown_repository_or_digest_has_no_referrers(repo: Repository) -> None:
    response = ask(repo)
    assert response.json()["manifests"] == []
    assert "Link" not in response.headers
    repo.push("1.0", index_of())
    assert listed(repo) == []


@pytest.mark.parametrize("digest", ["sha256:abc", "nonsense", "latest", "md5:" + "0" * 32, digest_of(b"").upper()])
def test_referrers_of_what_is_no_digest_are_refused(repo: Repository, digest: str) -> None:
    error = refusal(repo.api.get(f"{repo.url}/referrers/{digest}"))
    assert (error.status, error.code) == (400, "DIGEST_INVALID")


@pytest.fixture
def crowd(repo: Repository) -> list[Document]:
    """Seven referrers of which three are SBOMs, in the order in which they are listed."""
    pushed = [repo.push("", index_of(subject=SUBJECT, text=i, artifactType=SIGNATURE)) for i in range(4)]
    sboms = [repo.push("", index_of(subject=SUBJECT, text=i, artifactType=SBOM)) for i in range(3)]
    return by_digest(*(d | {"artifactType": SIGNATURE} for d in pushed), *(d | {"artifactType": SBOM} for d in sboms))


def test_referrers_are_filtered_by_type(repo: Repository, crowd: list[Document]) -> None:
    response = ask(repo, artifactType=SBOM)
    assert response.headers["OCI-Filters-Applied"] == "artifactType"
    assert items([response]) == [item for item in crowd if item["artifactType"] == SBOM]


def test_a_filter_that_nothing_passes_is_applied(repo: Repository, crowd: list[Document]) -> None:
    assert crowd
    response = ask(repo, artifactType="application/vnd.example.sbom json")
    assert (items([response]), response.headers["OCI-Filters-Applied"]) == ([], "artifactType")


def test_an_image_is_filtered_by_the_type_of_its_config(repo: Repository) -> None:
    image = repo.push("", repo.image(subject=SUBJECT))
    kind = "application/vnd.oci.image.config.v1+json"
    assert listed(repo, artifactType=kind) == [image | {"artifactType": kind}]


def test_without_a_filter_none_is_claimed(repo: Repository, crowd: list[Document]) -> None:
    response = ask(repo)
    assert "OCI-Filters-Applied" not in response.headers
    assert items([response]) == crowd


@pytest.mark.parametrize("n", [1, 2, 6, 7, 10**6])
@pytest.mark.parametrize("kind", [None, SBOM])
def test_pages_of_referrers_lead_to_the_end(repo: Repository, crowd: list[Document], n: int, kind: str | None) -> None:
    expected = [item for item in crowd if kind in (None, item["artifactType"])]
    pages = follow(repo, ask(repo, n=n, artifactType=kind) if kind else ask(repo, n=n))
    assert items(pages) == expected
    assert len(pages) == -(-len(expected) // n)


# Characters that take more room in an answer than they have length: in UTF-8, and where JSON escapes them.
@pytest.mark.parametrize("character", ["x", "\u00e9", "\U0001f433", '"', "\x01"])
def test_a_page_of_large_annotations_is_no_larger_than_clients_read(repo: Repository, character: str) -> None:
    notes = {"filling": character * (900_000 // len(json.dumps(character)))}
    pushed = [repo.push("", index_of(subject=SUBJECT, text=i, annotations=notes)) for i in range(24)]
    pages = follow(repo, ask(repo))
    assert items(pages) == by_digest(*(item | {"annotations": notes} for item in pushed))
    assert len(pages) > 1
    assert max(len(page.content) for page in pages) <= CLIENTS_READ
