"""No push moves a tag (end-7a), and a push of many tags binds all or none (end-7b)."""

import re
from collections.abc import Sequence

import httpx2
import pytest
from tests.integration.oci import (
    OCI_INDEX,
    Document,
    Refusal,
    Repository,
    digest_of,
    encode,
    index_of,
    refusal,
)

OLD, NEW = index_of(text="old"), index_of(text="new")


def denied(response: httpx2.Response) -> Refusal:
    error = refusal(response)
    assert (error.status, error.code) == (409, "DENIED")
    return error


def test_a_tag_does_not_move_and_the_refusal_says_who_holds_it(repo: Repository) -> None:
    held = repo.push("1.0", OLD)
    error = denied(repo.put("1.0", NEW))
    sentence = f"tag 1.0 of {repo.name} is immutable and already holds {held['digest']}, pushed by anonymous at "
    assert error.message.startswith(sentence)
    assert re.search(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; push under a new tag$", error.message)
    assert error.detail["existing"] == held["digest"]
    assert error.detail["pushed"] == digest_of(encode(NEW))
    assert error.detail["author"] == "anonymous"


def test_after_a_refusal_the_tag_holds_what_it_held(repo: Repository) -> None:
    repo.push("1.0", OLD)
    for _ in range(2):
        denied(repo.put("1.0", NEW))
        assert repo.manifest("1.0").content == encode(OLD)
    assert repo.manifest(digest_of(encode(NEW))).status_code == 404


def test_other_bytes_of_the_same_meaning_are_another_manifest(repo: Repository) -> None:
    repo.push("1.0", OLD)
    denied(repo.put("1.0", encode(OLD) + b"\n", OCI_INDEX))


def test_the_same_push_succeeds_again(repo: Repository) -> None:
    image = repo.image()
    for _ in range(3):
        repo.push("1.0", image)
    assert repo.tags() == ["1.0"]


def test_a_manifest_may_have_many_tags_and_a_tag_of_another_repository_is_another_tag(repo: Repository) -> None:
    other = Repository(repo.api)
    for tag in ("1.0", "1", "stable"):
        repo.push(tag, OLD)
        other.push(tag, NEW)
    assert repo.manifest("stable").content == encode(OLD)
    assert other.manifest("stable").content == encode(NEW)


def test_latest_cannot_be_pushed_and_the_way_on_is_told(repo: Repository) -> None:
    assert "latest" in denied(repo.put("latest", OLD)).message
    assert repo.manifest(digest_of(encode(OLD))).status_code == 404
    repo.push("1.0", OLD)
    assert "latest" in denied(repo.put("latest", OLD)).message


def put_with_tags(repo: Repository, manifest: Document, tags: Sequence[str]) -> httpx2.Response:
    url = f"{repo.url}/manifests/{digest_of(encode(manifest))}"
    headers = {"Content-Type": str(manifest["mediaType"])}
    return repo.api.put(url, params={"tag": tags}, content=encode(manifest), headers=headers)


@pytest.mark.parametrize("tags", [["a"], ["1.2.3", "1.2", "1"], [f"t{i:03}" for i in range(100)], ["a", "b", "a"]])
def test_many_tags_are_bound_in_one_request(repo: Repository, tags: list[str]) -> None:
    response = put_with_tags(repo, OLD, tags)
    assert response.status_code == 201
    assert response.headers["OCI-Tag"].split(", ") == list(dict.fromkeys(tags))  # each once
    assert repo.tags() == sorted(set(tags))
    assert repo.manifest(tags[0]).content == repo.manifest(tags[-1]).content == encode(OLD)


def test_tags_may_be_bound_to_a_manifest_that_is_there(repo: Repository) -> None:
    repo.push("1.0", OLD)
    for _ in range(2):
        assert put_with_tags(repo, OLD, ["1.0", "1"]).status_code == 201
    assert repo.tags() == ["1", "1.0"]


@pytest.mark.parametrize("held", ["a", "b", "c"])
def test_no_tag_is_bound_when_one_is_held(repo: Repository, held: str) -> None:
    repo.push(held, OLD)
    assert f"tag {held} " in denied(put_with_tags(repo, NEW, ["a", "b", "c"])).message
    assert repo.tags() == [held]
    assert repo.manifest(held).content == encode(OLD)
    assert repo.manifest(digest_of(encode(NEW))).status_code == 404


@pytest.mark.parametrize("tags", [["latest"], ["a", "latest"], ["latest", "a"]])
def test_no_tag_is_bound_when_one_is_latest(repo: Repository, tags: list[str]) -> None:
    denied(put_with_tags(repo, NEW, tags))
    assert repo.manifest(digest_of(encode(NEW))).status_code == 404


@pytest.mark.parametrize("bad", ["-x", "", "a b", "x" * 129, "a:b", "é"])
def test_no_tag_is_bound_when_one_is_malformed(repo: Repository, bad: str) -> None:
    error = refusal(put_with_tags(repo, OLD, ["a", bad]))
    assert (error.status, error.code) == (400, "NAME_INVALID")
    assert repo.manifest("a").status_code == 404


def test_no_tag_is_bound_when_there_are_too_many(repo: Repository) -> None:
    error = refusal(put_with_tags(repo, OLD, [f"t{i}" for i in range(101)]))
    assert (error.status, error.code) == (414, "UNSUPPORTED")
    assert "100" in error.message
    assert repo.manifest("t0").status_code == 404


def test_no_tag_is_bound_when_the_digest_is_wrong(repo: Repository) -> None:
    url = f"{repo.url}/manifests/{digest_of(encode(NEW))}?tag=a"
    response = repo.api.put(url, content=encode(OLD), headers={"Content-Type": OCI_INDEX})
    assert refusal(response).code == "DIGEST_INVALID"
    assert repo.manifest("a").status_code == 404


def test_more_tags_go_only_with_a_push_by_digest(repo: Repository) -> None:
    url = f"{repo.url}/manifests/a?tag=b"
    error = refusal(repo.api.put(url, content=encode(OLD), headers={"Content-Type": OCI_INDEX}))
    assert error.status == 400
    assert "digest" in error.message
    assert repo.manifest("a").status_code == repo.manifest("b").status_code == 404
