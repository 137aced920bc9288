"""Directories that are slow: whoever makes them be asked keeps nobody else waiting."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.integration.identity.stand_in import Asked, Reply, StandIn
from tests.integration.identity_facts import ALICE, ANNA, BOB, bearer
from tests.integration.identity_world import PATIENCE, World, searched
from tests.integration.oci import digest_of, encode, eventually, index_of
from tests.integration.survival.process import descriptors

BLOB, MANIFEST = b"a blob", encode(index_of())
REQUESTS = 48
SCOPE = "repository:myteam/app:pull,push"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from searched(World(tmp_path))


@contextmanager
def slow_for(service: StandIn, authorization: str) -> Iterator[None]:
    """While this lasts, `service` does not answer about one caller."""
    over, answer = threading.Event(), service.answer

    def slow(asked: Asked) -> Reply:
        assert asked.headers.get("Authorization") != authorization or over.wait(PATIENCE)
        return answer(asked)

    service.answer = slow
    try:
        yield
    finally:
        over.set()


def ask_for_token(world: World, scopes: list[str]) -> int:
    url, query = f"{world.server.url}/v2/token", {"scope": scopes}
    headers = {"Authorization": BOB}
    return httpx2.get(url, params=query, headers=headers, trust_env=False, timeout=PATIENCE).status_code


def test_whoever_asks_for_many_tokens_stops_neither_pushes_nor_tokens_of_others(world: World) -> None:
    alice = bearer(world.issue(ALICE, SCOPE))
    ask_for_token(world, [])  # who bob is, is known
    with ThreadPoolExecutor(REQUESTS) as threads, slow_for(world.teams, BOB):
        scopes = [[f"repository:team{number}/app:push"] for number in range(REQUESTS)]
        asks: list[Future[int]] = [threads.submit(ask_for_token, world, each) for each in scopes]
        while not any(asked.token == "t0ken-of-bob" for asked in list(world.teams.asked)):
            assert not any(ask.done() for ask in asks)
        push = world.ask("POST", f"/v2/myteam/app/blobs/uploads/?digest={digest_of(BLOB)}", alice, BLOB)
        assert push.status_code == 201
        assert world.issue(ANNA, SCOPE)
        assert not any(ask.done() for ask in asks), "they gave up before the others were answered"
    assert {ask.result() for ask in asks} <= {200, 503}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "blobs/uploads/"),
        ("PUT", f"blobs/uploads/none?digest={digest_of(BLOB)}"),
        ("PUT", "manifests/1.0"),
    ],
)
def test_whoever_pushes_with_an_access_token_to_many_teams_stops_no_pushes_of_others(
    world: World, method: str, path: str
) -> None:
    alice = bearer(world.issue(ALICE, SCOPE))
    world.ask("GET", "/v2/", BOB)  # who bob is, is known

    def push(number: int) -> int:
        url, headers = f"/v2/team{number}/app/{path}", {"Authorization": BOB}
        return world.api.request(method, url, headers=headers, timeout=None).status_code

    with ThreadPoolExecutor(REQUESTS) as threads, slow_for(world.teams, BOB):
        pushes = [threads.submit(push, number) for number in range(REQUESTS)]
        eventually(lambda: descriptors(world.server)["socket"] > REQUESTS)  # all of them are there
        for others in (alice, ANNA):
            blob = world.ask("POST", f"/v2/myteam/app/blobs/uploads/?digest={digest_of(BLOB)}", others, BLOB)
            assert blob.status_code == 201
            assert world.ask("PUT", "/v2/myteam/app/manifests/1.0", others, MANIFEST).status_code == 201
        assert not any(push.done() for push in pushes), "they gave up before the others were answered"
    assert {push.result() for push in pushes} <= {403, 404, 503}


def test_the_teams_of_one_request_are_few(world: World) -> None:
    assert ask_for_token(world, [f"repository:team{number}/app:push" for number in range(20)]) == 200
    assert len(world.teams.asked) == 4
