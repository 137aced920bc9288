"""The first try of an upload's first state arrives when all is over: who finds it there removes nothing that counts."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.contracts.adapters import s3
from tests.contracts.content import append, publish, read_all
from tests.integration.s3.concerns import is_state
from tests.integration.s3.conftest import Replica
from tests.integration.s3.content import BYTES, PART
from tests.integration.s3.finishing import finish
from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_core.errors import RegistryError
from pierone_core.values import Digest

WHOLE_PARTS = BYTES[: 2 * PART]
DIGEST, OTHER = Digest.of(WHOLE_PARTS), Digest.of(WHOLE_PARTS, "sha512")
Arrive = Callable[[], object]


@pytest.fixture
def held_back(proxy: FaultProxy) -> list[Arrive]:
    """Lets the first state that is sent arrive, when it is called; it was sent a second time by then."""
    states: list[Arrive] = []

    def treat(exchange: Exchange) -> None:
        if is_state(exchange.request) and not states:
            states.append(exchange.hold_back())
        else:
            exchange.pass_on()

    proxy.treat = treat
    return states


@pytest.mark.parametrize("digest", [Digest.of(b"others", "sha512"), OTHER])
def test_who_goes_on_from_a_state_that_came_too_late_removes_no_blob(
    replica: Replica, held_back: list[Arrive], tmp_path: Path, digest: Digest
) -> None:
    store = replica()
    append(store, WHOLE_PARTS)
    assert finish(store, DIGEST) == len(WHOLE_PARTS)
    store.discard_upload("upload")
    push_as(OTHER, tmp_path)
    held_back[0]()
    with suppress(RegistryError):
        finish(replica(), digest)
    assert read_all(s3(tmp_path).open_blob(DIGEST, 0, len(WHOLE_PARTS))) == WHOLE_PARTS


@pytest.mark.parametrize("last", [WHOLE_PARTS, BYTES])
def test_who_goes_on_from_a_claim_that_came_too_late_removes_no_blob(
    replica: Replica, held_back: list[Arrive], tmp_path: Path, last: bytes
) -> None:
    store, digest = replica(), Digest.of(last, "sha512")
    assert finish(store, digest, last) == len(last)
    store.discard_upload("upload")
    held_back[0]()
    with suppress(RegistryError):
        finish(replica(), Digest.of(b"others"))
    assert read_all(s3(tmp_path).open_blob(digest, 0, len(last))) == last


def test_who_finds_the_blob_of_a_state_that_came_too_late_elsewhere_removes_no_other(
    replica: Replica, held_back: list[Arrive], tmp_path: Path
) -> None:
    store = replica()
    append(store, WHOLE_PARTS)
    assert finish(store, OTHER) == len(WHOLE_PARTS)
    store.discard_upload("upload")
    publish(s3(tmp_path), WHOLE_PARTS, "elsewhere")
    held_back[0]()
    with suppress(RegistryError):
        finish(replica(), DIGEST)
    assert read_all(s3(tmp_path).open_blob(OTHER, 0, len(WHOLE_PARTS))) == WHOLE_PARTS


def push_as(digest: Digest, directory: Path) -> None:
    with closing(s3(directory).open_upload("elsewhere", digest.algorithm)) as writer:
        writer.write(WHOLE_PARTS)
        writer.publish(digest)
