"""`resolve` and `exists`, against a registry."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

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


NOBODY = "nobody logged in to {}, so it is asked without a token; `pierone login --url {}` changes that\n"


class Manifests(HTTPServer):
    """Has no manifest, and keeps with which credential each was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Missing)
        self.seen: list[str | None] = []
        self.host = f"127.0.0.1:{self.server_port}"


class _Missing(BaseHTTPRequestHandler):
    server: Manifests

    def do_HEAD(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))
        self.send_response(404)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other() -> Iterator[Manifests]:
    """A registry that nobody logged in to."""
    with Manifests() as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()


def test_a_token_of_the_environment_does_not_go_wherever_an_image_says(home: Home, other: Manifests) -> None:
    for command in ("resolve", "exists"):
        done = home.pierone(command, f"{other.host}/myteam/myapp:1.0")
        assert done.code == 1
        assert done.err.startswith(NOBODY.format(other.host, other.host))
    assert other.seen == [None, None]


def logged_in(home: Home, url: str) -> dict[str, str]:
    assert home.pierone("login", "--plain", "--url", url).code == 0
    return {"PIERONE_URL": ""}


@pytest.mark.parametrize(
    ("options", "prepare"),
    [
        (["--token", "t0ken"], lambda _, __: {"PIERONE_URL": ""}),
        (["--url", "{}"], lambda _, __: {"PIERONE_URL": ""}),
        ([], lambda _, url: {"PIERONE_URL": url}),
        ([], logged_in),
    ],
    ids=["token", "option", "configured", "logged-in"],
)
def test_the_registry_that_somebody_chose_gets_the_token(
    home: Home,
    other: Manifests,
    options: list[str],
    prepare: Callable[[Home, str], dict[str, str]],
) -> None:
    url = f"http://{other.host}"
    variables = prepare(home, url)
    written = [option.format(url) for option in options]
    done = home.pierone("exists", f"{other.host}/myteam/myapp:1.0", *written, **variables)
    assert (done.code, done.err) == (1, "")
    assert other.seen == ["Bearer t0ken"]


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
