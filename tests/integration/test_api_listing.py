"""tags/list (end-8a, end-8b) and _catalog: order, pages, and following them to the end."""

import uuid
from collections.abc import Iterator

import pytest
from tests.integration.oci import Repository, index_of, refusal

# In the order of their bytes.
TAGS = ["1.0", "1.0-rc", "10.0", "2.0", "A", "Z", "_", "a", "a-b", "a.b", "aa", "z"]
BAD_NUMBERS = ["x", "-1", "1.5", "", " 1", "1 ", "0x1", "1e3", "\u0661", "1\x00", "+1"]


@pytest.fixture
def tagged(repo: Repository) -> Repository:
    for tag in sorted(TAGS, key=str.lower, reverse=True):
        repo.push(tag, index_of())
    return repo


def pages(repo: Repository, url: str, key: str) -> Iterator[list[str]]:
    """Follow the links from `url` to the end, each of which must bring something new."""
    seen = set()
    while url:
        assert url not in seen
        seen.add(url)
        response = repo.api.get(url)
        assert response.status_code == 200
        yield response.json()[key]
        url = response.links["next"]["url"] if "Link" in response.headers else ""


def test_tags_are_listed_in_the_order_of_their_bytes(tagged: Repository) -> None:
    response = tagged.api.get(f"{tagged.url}/tags/list")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"name": tagged.name, "tags": TAGS}
    assert "Link" not in response.headers


@pytest.mark.parametrize("n", [1, 2, 5, 11])
def test_pages_of_tags_lead_to_the_end(tagged: Repository, n: int) -> None:
    found = list(pages(tagged, f"{tagged.url}/tags/list?n={n}", "tags"))
    assert [len(page) for page in found[:-1]] == [n] * (len(found) - 1)
    assert 1 <= len(found[-1]) <= n
    assert [tag for page in found for tag in page] == TAGS


@pytest.mark.parametrize("n", [12, 13, 10**6, 10**17])
def test_a_page_that_holds_all_tags_is_the_last(tagged: Repository, n: int) -> None:
    assert list(pages(tagged, f"{tagged.url}/tags/list?n={n}", "tags")) == [TAGS]


def test_a_page_of_none_is_empty_and_leads_nowhere(tagged: Repository) -> None:
    assert list(pages(tagged, f"{tagged.url}/tags/list?n=0", "tags")) == [[]]
    assert list(pages(tagged, f"{tagged.url}/tags/list?n=0&last=A", "tags")) == [[]]


@pytest.mark.parametrize(
    ("last", "following"), [("1.0", 1), ("A", 5), ("B", 5), ("0", 0), ("z", 12), ("~", 12), ("", 0), ("a-", 8)]
)
def test_tags_are_listed_after_the_last_one_that_is_known(tagged: Repository, last: str, following: int) -> None:
    response = tagged.api.get(f"{tagged.url}/tags/list", params={"last": last})
    assert response.json()["tags"] == TAGS[following:]
    response = tagged.api.get(f"{tagged.url}/tags/list", params={"last": last, "n": 2})
    assert response.json()["tags"] == TAGS[following : following + 2]


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize("path", ["{repo}/tags/list", "/v2/_catalog", "{repo}/referrers/sha256:" + "0" * 64])
def test_a_page_size_that_is_no_number_is_refused(repo: Repository, path: str, number: str) -> None:
    repo.push("1.0", index_of())
    error = refusal(repo.api.get(path.format(repo=repo.url), params={"n": number}))
    assert error.status == 400
    assert "n must be" in error.message


def test_the_tags_of_an_unknown_repository_are_not_found(repo: Repository) -> None:
    error = refusal(repo.api.get(f"{repo.url}/tags/list"))
    assert (error.status, error.code) == (404, "NAME_UNKNOWN")
    assert repo.name in error.message


def test_a_repository_without_tags_has_an_empty_list(repo: Repository) -> None:
    repo.push("", index_of())
    assert repo.api.get(f"{repo.url}/tags/list").json() == {"name": repo.name, "tags": []}


def test_tags_of_other_repositories_are_not_listed(repo: Repository) -> None:
    for name in (repo.name + "-more", repo.name + "/more", repo.name[:-1]):
        Repository(repo.api, name).push("other", index_of())
    repo.push("own", index_of())
    assert repo.tags() == ["own"]


@pytest.fixture
def catalog(repo: Repository) -> list[str]:
    """Repositories of a team of their own, in the order of their bytes ('-' before '.' before '/' before '0')."""
    team = f"t{uuid.uuid4().hex}"
    names = [f"{team}/{name}" for name in ("a", "a-b", "a.b", "a/b", "a0", "a_b", "b")]
    for name in sorted(names, reverse=True):
        Repository(repo.api, name).push("1.0", index_of())
    return names


def test_repositories_are_listed_in_the_order_of_their_bytes(repo: Repository, catalog: list[str]) -> None:
    team = catalog[0].removesuffix("a")
    response = repo.api.get("/v2/_catalog", params={"last": team, "n": len(catalog)})
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"repositories": catalog}


@pytest.mark.parametrize("n", [1, 3, 1000])
def test_pages_of_the_catalog_lead_to_the_end(repo: Repository, catalog: list[str], n: int) -> None:
    url = f"/v2/_catalog?n={n}&last={catalog[0].removesuffix('a')}"
    found = [name for page in pages(repo, url, "repositories") for name in page]
    assert found[: len(catalog)] == catalog
    assert found == sorted(set(found))


def test_the_whole_catalog_has_each_repository_once(repo: Repository, catalog: list[str]) -> None:
    found = [name for page in pages(repo, "/v2/_catalog", "repositories") for name in page]
    assert set(catalog) < set(found) | {"something else"}
    assert found == sorted(set(found))


def test_a_page_of_no_repositories_is_empty_and_leads_nowhere(repo: Repository, catalog: list[str]) -> None:
    assert catalog
    assert list(pages(repo, "/v2/_catalog?n=0", "repositories")) == [[]]


def test_a_repository_is_listed_once_a_manifest_is_there(repo: Repository) -> None:
    url = f"/v2/_catalog?n=1&last={repo.name[:-1]}"
    repo.push_blob(b"a blob")
    assert repo.name not in repo.api.get(url).json()["repositories"]
    repo.push("", index_of())
    assert repo.api.get(url).json()["repositories"] == [repo.name]
