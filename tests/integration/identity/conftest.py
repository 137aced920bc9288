"""Sources of identity: a real authorization server, and stand-ins."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.integration.identity.authorization_server import AuthorizationServer
from tests.integration.identity.clock import Clock
from tests.integration.identity.directory import Directory
from tests.integration.identity.issuer import ALGORITHMS, EC, OTHER, RSA
from tests.integration.identity.signing import AUDIENCE, ISSUER
from tests.integration.identity.stand_in import Answering, Reply, StandIn, reply_always

from pierone_adapters.cache import Answers, CachedTeams
from pierone_adapters.oauth import IssuerKeys, JwtAccessTokens
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


@pytest.fixture
def issuer(stand: STAND) -> StandIn:
    """Publish two keys, an encryption key, and things that are no key at all."""
    oct_key = {"kty": "oct", "k": "c2VjcmV0", "kid": "oct key", "alg": "HS256", "use": "sig"}
    encryption = OTHER.public | {"use": "enc"}
    broken = RSA.public | {"kid": "broken", "n": 5}
    keys = [RSA.public, EC.public, encryption, oct_key, broken, {"kid": "no kind"}, "no key", None]
    return stand(reply_always(Reply(body={"keys": keys})))


@pytest.fixture
def tokens(issuer: StandIn, connect: CONNECT) -> JwtAccessTokens:
    """Read what that issuer signs."""
    return JwtAccessTokens(ISSUER, AUDIENCE, IssuerKeys(connect(), issuer.url, ALGORITHMS))


@pytest.fixture
def clock() -> Clock:
    """A clock that a test moves."""
    return Clock()


@pytest.fixture
def directory() -> Directory:
    """A directory that knows nobody yet."""
    return Directory()


@pytest.fixture
def teams(directory: Directory, clock: Clock) -> CachedTeams:
    """The directory, whose answers are kept."""
    return CachedTeams(directory, Answers(clock=clock))
