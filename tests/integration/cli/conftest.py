"""A home for the client, and what it talks to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.pier_one import TOKEN, PierOne, tag
from tests.integration.identity.stand_in import Answering, StandIn

Stand = Callable[[Answering], StandIn]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the shell has: what the tests ask is on this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def stand() -> Iterator[Stand]:
    """Start stand-ins, and stop them when the test is over."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(StandIn(answer))


@pytest.fixture
def bare_home(tmp_path: Path) -> Home:
    """A home where nothing is set."""
    return Home(tmp_path)


@pytest.fixture
def pier_one() -> PierOne:
    """What the registry of `home` holds."""
    old, new = tag("1.0", "2015-08-20T08:14:59.432Z"), tag("1.1", "2015-08-21T08:14:59.432Z", by="bob")
    return PierOne({"myteam/myapp": [old, new], "myteam/another": [old], "beta/tool": [old]})


@pytest.fixture
def registry(pier_one: PierOne, stand: Stand) -> StandIn:
    """The registry of `home`."""
    return stand(pier_one)


@pytest.fixture
def home(bare_home: Home, registry: StandIn) -> Home:
    """A home where registry and token are set."""
    bare_home.variables |= {"PIERONE_URL": registry.url, "OAUTH2_ACCESS_TOKENS": f"other=x,pierone={TOKEN}"}
    return bare_home
