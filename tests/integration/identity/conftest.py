"""Sources of identity: a real authorization server, and stand-ins."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.integration.identity.authorization_server import AuthorizationServer
from tests.integration.identity.stand_in import Answering, StandIn

from pierone_adapters.web import Circuit, WebSource

SOURCE = "the source"
STAND = Callable[[Answering], StandIn]
CONNECT = Callable[..., WebSource]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the shell has: what the tests ask is on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def stand() -> Iterator[STAND]:
    """Start stand-ins, and stop them when the test is over."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(StandIn(answer))


@pytest.fixture
def connect() -> Iterator[CONNECT]:
    """Make `WebSource`s with little patience, and close them when the test is over."""
    with ExitStack() as stack:

        def connected(patience: float = 2.5, circuit: Circuit | None = None) -> WebSource:
            source = WebSource(SOURCE, connect_timeout=patience, read_timeout=patience, circuit=circuit)
            stack.callback(source.close)
            return source

        yield connected


@pytest.fixture(scope="session")
def authorization_server() -> Iterator[AuthorizationServer]:
    """Start the authorization server, with a client that is a service, one that people use, and a person."""
    clients = {"stups_kio": "secret of kio", "console": "secret of console"}
    users = {"alice": {"realm": "/employees", "groups": ["/myteam", "/tools/inner", "guests"]}}
    with AuthorizationServer(clients, users) as server:
        yield server
