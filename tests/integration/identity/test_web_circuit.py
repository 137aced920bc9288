"""A server that does not answer is left alone for a while, and asked again by one call."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.integration.identity.clock import Clock
from tests.integration.identity.conftest import CONNECT, SOURCE, STAND
from tests.integration.identity.stand_in import HANG, Reply, StandIn, reply_always

from pierone_adapters.web import Circuit, WebSource
from pierone_core.errors import Unavailable

FAILURES, PAUSE = 3, 5.0
GOOD, NOBODY_HOME = Reply(body={}), Reply(503)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(connect: CONNECT, clock: Clock) -> WebSource:
    return connect(circuit=Circuit(FAILURES, PAUSE, clock))


def ask(source: WebSource, server: StandIn) -> bool:
    try:
        source.get(server.url)
    except Unavailable:
        return False
    return True


def test_after_some_failures_in_a_row_nobody_is_asked(stand: STAND, source: WebSource) -> None:
    server = stand(reply_always(NOBODY_HOME))
    assert not any(ask(source, server) for _ in range(10))
    assert len(server.asked) == FAILURES


def test_a_server_that_refuses_connections_is_left_alone_as_well(stand: STAND, source: WebSource) -> None:
    server = stand(reply_always(GOOD))
    server.stop()
    assert not any(ask(source, server) for _ in range(FAILURES))
    server.start()
    assert not ask(source, server)
    assert server.asked == []


def test_an_answer_in_between_begins_the_count_anew(stand: STAND, source: WebSource) -> None:
    server = stand(reply_always(NOBODY_HOME))
    for reply in (NOBODY_HOME, NOBODY_HOME, GOOD, NOBODY_HOME, NOBODY_HOME, GOOD):
        server.answer = reply_always(reply)
        ask(source, server)
    assert len(server.asked) == 6


def test_a_failure_about_one_token_does_not_lock_out_the_others(stand: STAND, source: WebSource) -> None:
    server = stand(reply_always(Reply(500)))
    assert not any(ask(source, server) for _ in range(10))
    assert len(server.asked) == 10


def test_after_the_pause_one_call_tries_and_another_pause_begins(stand: STAND, source: WebSource, clock: Clock) -> None:
    server = stand(reply_always(NOBODY_HOME))
    for _ in range(FAILURES):
        ask(source, server)
    clock.move(PAUSE)
    for _ in range(5):
        ask(source, server)
    assert len(server.asked) == FAILURES + 1


def test_a_trial_that_is_answered_ends_the_outage(stand: STAND, source: WebSource, clock: Clock) -> None:
    server = stand(reply_always(NOBODY_HOME))
    for _ in range(FAILURES):
        ask(source, server)
    server.answer = reply_always(GOOD)
    assert not ask(source, server)
    clock.move(PAUSE)
    assert all(ask(source, server) for _ in range(5))


def test_while_a_trial_is_under_way_others_are_not_made_to_wait(stand: STAND, connect: CONNECT, clock: Clock) -> None:
    source = connect(10, circuit=Circuit(FAILURES, PAUSE, clock))
    server = stand(reply_always(NOBODY_HOME))
    for _ in range(FAILURES):
        ask(source, server)
    server.answer = reply_always(HANG)
    clock.move(PAUSE)
    with ThreadPoolExecutor(1) as thread:
        trial = thread.submit(ask, source, server)
        assert server.hanging.acquire(timeout=10)
        assert not ask(source, server)
        server.stop()
        assert not trial.result()
    assert len(server.asked) == FAILURES + 1


def test_the_log_says_when_an_outage_begins_and_ends(
    stand: STAND, source: WebSource, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "pierone_adapters.web")
    server = stand(reply_always(NOBODY_HOME))
    for _ in range(5):
        ask(source, server)
    server.answer = reply_always(GOOD)
    clock.move(PAUSE)
    for _ in range(5):
        ask(source, server)
    begins, ends = (record.getMessage() for record in caplog.records)
    assert begins.startswith(f"{SOURCE} does not answer (status 503)")
    assert ends == f"{SOURCE} answers again"
