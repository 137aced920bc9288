"""Programs that know the old server: docker search, and a client that reads as pierone-cli and Senza did."""

import pytest
from tests.integration.clients.docker import Docker
from tests.integration.oci import Repository, connect
from tests.integration.server import Server


def test_docker_search_finds_repositories(shared_server: Server, docker: Docker) -> None:
    with connect(shared_server.url) as api:
        repository = Repository(api, "team/search-me")
        repository.push("1.0", repository.image("searched"))
    found = docker.run("search", f"{shared_server.host}/search-me")
    assert "team/search-me" in found
    assert "team/search-me" not in docker.run("search", f"{shared_server.host}/another")


@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
def test_an_image_is_looked_for_as_senza_did(shared_server: Server, scheme: str) -> None:
    with connect(shared_server.url) as api:
        repository = Repository(api)
        repository.push("1.0", repository.image("senza"))
        headers = {"Authorization": f"{scheme} unknown-in-open-mode"}
        team, artifact = repository.name.split("/")
        there = api.get(f"/v1/repositories/{team}/{artifact}/tags", headers=headers)
        assert there.status_code == 200
        assert "1.0" in there.json()


def test_the_newest_tag_is_the_last_of_the_list_and_the_greatest_by_time(shared_server: Server) -> None:
    with connect(shared_server.url) as api:
        repository = Repository(api)
        for tag in ("10", "9", "1.8.5"):
            repository.push(tag, repository.image(tag))
        team, artifact = repository.name.split("/")
        tags = api.get(f"/teams/{team}/artifacts/{artifact}/tags").json()
    assert tags[-1]["name"] == "1.8.5"
    by_time = sorted(tags, key=lambda tag: str(tag["created"]))
    assert by_time[-1]["name"] == "1.8.5"
