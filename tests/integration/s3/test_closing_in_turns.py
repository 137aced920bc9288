"""One upload that two equal requests at two replicas close at once.

The first stops before one of its requests to S3, then the second before one of its own; then both go on to their ends.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from tests.contracts.adapters import s3
from tests.contracts.bucket import keys, multiparts
from tests.contracts.content import read_all
from tests.integration.s3.content import BYTES, PART, pointer
from tests.integration.s3.proxy import FaultProxy
from tests.integration.s3.turns import Gate, in_turns
from tests.s3 import s3_server

from pierone_adapters.memory import memory_metadata
from pierone_core.caller import Caller
from pierone_core.errors import BlobUploadUnknown, UploadBusy
from pierone_core.push_blobs import BlobPush
from pierone_core.records import UploadSession
from pierone_core.registry import Registry
from pierone_core.values import Digest, Repository

ALICE, APP = Caller("alice", unrestricted=True), Repository("team/app")
SIZE = PART + 100
# Requests of one PUT to S3; where there are fewer it has ended.
MOST = 10


@pytest.fixture
def proxies() -> Iterator[Sequence[FaultProxy]]:
    with ExitStack() as listening:
        yield [listening.enter_context(FaultProxy(s3_server().port)) for _ in range(2)]


@pytest.fixture
def pushes(tmp_path: Path, proxies: Sequence[FaultProxy]) -> Sequence[BlobPush]:
    metadata = memory_metadata()
    return [Registry.over(metadata, s3(tmp_path, endpoint_url=proxy.url)).push_blobs for proxy in proxies]


def finish(push: BlobPush, session: UploadSession, digest: Digest, last: bytes) -> int:
    """As PUT <blob-push-location> does."""
    try:
        return push.finish_upload(push.resume(ALICE, APP, session.id), digest, last)
    except BlobUploadUnknown:
        if not push.has_blob(ALICE, APP, digest):
            raise
        return SIZE


@pytest.mark.parametrize("before", [(), (PART + 1,), (3, PART + 7)], ids=str)
@pytest.mark.parametrize("first", range(1, 4))
def test_who_loses_has_succeeded_or_succeeds_the_next_time(
    pushes: Sequence[BlobPush], proxies: Sequence[FaultProxy], tmp_path: Path, before: Sequence[int], first: int
) -> None:
    expected: set[str] = set()
    for second in range(MOST):
        data = bytes([second]) + BYTES[: SIZE - 1]
        digest, session = Digest.of(data), begun(pushes, data, before)
        requests = [partial(finish, push, session, digest, data[sum(before[-1:]) :]) for push in pushes]
        outcomes = in_turns([Gate(proxies[0], first), Gate(proxies[1], second)], requests)
        for outcome, request in zip(outcomes, requests, strict=True):
            assert outcome == SIZE or (isinstance(outcome, UploadBusy) and request() == SIZE), (second, outcome)
        assert SIZE in outcomes
        expected |= {pointer(digest), f"large/{session.id}"}
        assert (keys(tmp_path), multiparts(tmp_path)) == (expected, 0)
        assert read_all(s3(tmp_path).open_blob(digest, 0, SIZE)) == data


def begun(pushes: Sequence[BlobPush], data: bytes, before: Sequence[int]) -> UploadSession:
    """An upload whose chunks end at these bytes, each sent to another replica."""
    session = pushes[0].start_upload(ALICE, APP)
    for push, (start, stop) in zip(pushes, pairwise((0, *before)), strict=False):
        with closing(push.open_upload(session)) as writer:
            writer.write(data[start:stop])
    return session
