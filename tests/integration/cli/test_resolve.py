"""`resolve` and `exists`, against a registry."""

import pytest
from tests.integration.cli.command import Home
from tests.integration.identity.stand_in import Reply, StandIn, reply_always
from tests.integration.oci import Repository, connect
from tests.integration.server import Server


@pytest.fixture
def image(shared_server: Server, bare_home: Home) -> tuple[str, str]:
    """A pushed image without its registry, and its digest; its registry is configured."""
    bare_home.variables["PIERONE_URL"] = shared_server.host
    with connect(shared_server.url) as api:
        repository = Repository(api)
        pushed = repository.push("1.0", repository.image())
    return f"{repository.name}:1.0", str(pushed["digest"])


def test_resolve_prints_the_digest_and_nothing_else(bare_home: Home, image: tuple[str, str]) -> None:
    done = bare_home.pierone("resolve", image[0])
    assert (done.code, done.out, done.err) == (0, f"{image[1]}\n", "")


def test_the_registry_may_stand_before_the_image(
    bare_home: Home, image: tuple[str, str], shared_server: Server
) -> None:
    reference, digest = image
    by_digest = f"{reference.removesuffix(':1.0')}@{digest}"
    for written in (reference, by_digest):
        assert bare_home.pierone("resolve", f"{shared_server.host}/{written}", PIERONE_URL="").out == f"{digest}\n"


def test_what_does_not_exist_cannot_be_resolved(bare_home: Home, image: tuple[str, str], shared_server: Server) -> None:
    missing = image[0].replace(":1.0", ":9")
    done = bare_home.pierone("resolve", missing)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"Error: {missing} does not exist in {shared_server.host}; `pierone tags` lists what does\n"


def test_exists_answers_with_its_exit_code(bare_home: Home, image: tuple[str, str]) -> None:
    yes, no = (bare_home.pierone("exists", name) for name in (image[0], image[0].replace(":1.0", ":9")))
    assert [(done.code, done.out, done.err) for done in (yes, no)] == [(0, "", ""), (1, "", "")]


def test_exists_has_an_exit_code_of_its_own_where_the_registry_cannot_say(home: Home, registry: StandIn) -> None:
    registry.answer = reply_always(Reply(503))
    assert home.pierone("exists", "myteam/myapp:1.0").code == 3
    assert home.pierone("exists", "myteam/myapp:1.0", "--url", "http://127.0.0.1:9").code == 3


@pytest.mark.parametrize("image", ["myapp", "myteam/myapp", "myteam/myapp:", "MyTeam/myapp:1", "myteam/my app:1"])
def test_what_names_no_image_is_a_wrong_use(home: Home, image: str, registry: StandIn) -> None:
    done = home.pierone("resolve", image)
    assert done.code == 2
    assert "is not of the form [REGISTRY/]TEAM/ARTIFACT:TAG" in done.err
    assert registry.asked == []
