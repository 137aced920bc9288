"""What cannot change is answered by the protocol, with the bytes that the application would send."""

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from tests.integration.answers import statuses
from tests.unit.hot_server import ALICE, BLOB, DIGEST, HOT, IMAGE, LAYER, REPOSITORY, TAG, HotServer

from pierone_http.kept_answers import BLOB_MAX_BYTES
from pierone_http.protocol import PIPELINE_MAX

LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(params=LOOPS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HotServer]:
    with HotServer(tmp_path, LOOPS[request.param]) as running:
        yield running.fill()


@pytest.mark.parametrize(("method", "target"), HOT)
def test_the_second_answer_is_the_first_without_the_application(server: HotServer, method: str, target: str) -> None:
    with server.wire() as wire:
        first = wire.ask(method, target)
        assert server.asked == [f"{method} {target}"]
        assert wire.ask(method, target) == first
        assert wire.ask(method, target) == first
    assert first.startswith(b"HTTP/1.1 200 ")
    assert first.endswith(b"\r\n\r\n" if method == "HEAD" else IMAGE)
    assert server.asked == [f"{method} {target}"]


@pytest.mark.parametrize("target", [TAG, DIGEST])
def test_get_and_head_of_a_manifest_fill_for_each_other(server: HotServer, target: str) -> None:
    other = TAG if target == DIGEST else DIGEST
    with server.wire() as wire:
        assert wire.ask("HEAD", target) + IMAGE == wire.ask("GET", target)
        assert wire.ask("GET", other) == wire.ask("HEAD", other) + IMAGE
    assert server.asked == [f"HEAD {target}", f"GET {other}"]


def test_the_head_of_a_blob_answers_no_get_before_the_blob_was_read(server: HotServer) -> None:
    with server.wire() as wire:
        head = wire.ask("HEAD", BLOB)
        for _ in range(2):
            assert wire.ask("GET", BLOB) == head + LAYER
            assert wire.ask("HEAD", BLOB) == head
    assert server.asked == [f"HEAD {BLOB}", f"GET {BLOB}"]


@pytest.mark.parametrize(("size", "is_kept"), [(0, True), (BLOB_MAX_BYTES, True), (BLOB_MAX_BYTES + 1, False)])
def test_a_blob_is_kept_if_it_is_small(server: HotServer, size: int, *, is_kept: bool) -> None:
    content = random.Random(1).randbytes(size)  # noqa: S311 - content, not a secret
    target = server.push_blob(content)
    with server.wire() as wire:
        first = wire.ask("GET", target)
        assert first.endswith(b"\r\n\r\n" + content)
        assert wire.ask("GET", target) == first
    assert server.answers_itself("GET", target) == is_kept
    assert not server.answers_itself("GET", target, "Range: bytes=0-")


@pytest.mark.parametrize("tag", ["dev", "latest"])
def test_what_may_change_is_never_kept(server: HotServer, tag: str) -> None:
    target = f"{REPOSITORY}/manifests/{tag}"
    server.push("dev")
    with server.wire() as wire:
        assert wire.ask("GET", target).endswith(IMAGE)
        assert wire.ask("HEAD", target)
        newer = IMAGE + b" "
        server.push("dev2", newer)
        server.push("dev", newer)
        assert wire.ask("GET", target).endswith(newer)


def test_absence_is_never_kept(server: HotServer) -> None:
    target = f"{REPOSITORY}/manifests/2.0"
    with server.wire() as wire:
        assert wire.ask("GET", target).startswith(b"HTTP/1.1 404 ")
        assert wire.ask("GET", target).startswith(b"HTTP/1.1 404 ")
        server.push("2.0")
        assert wire.ask("GET", target).endswith(IMAGE)


def test_another_repository_has_answers_of_its_own(server: HotServer) -> None:
    with server.wire() as wire:
        for method, target in HOT:
            wire.ask(method, target)
            elsewhere = target.replace("/team/app/", "/team/other/")
            assert wire.ask(method, elsewhere).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("target", ["{}?x", "{}?", "{}#x", "http://x{}", "{}/"])
def test_only_the_very_path_is_answered(server: HotServer, target: str) -> None:
    spelled = target.format(TAG)
    assert not server.answers_itself("GET", TAG)
    assert not server.answers_itself("GET", spelled)
    assert not server.answers_itself("GET", spelled)
    assert server.answers_itself("GET", TAG)


@pytest.mark.parametrize("target", [TAG.replace("app", "%61pp"), TAG.replace("team/app", "team%2Fapp")])
def test_escapes_are_read_by_the_application_alone(server: HotServer, target: str) -> None:
    assert not server.answers_itself("GET", target)
    assert not server.answers_itself("GET", target)


FIELDS = {
    "If-None-Match": f'"{DIGEST.rpartition("/")[2]}"',
    "If-Match": "*",
    "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
    "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
    "Range": "bytes=0-1",
    "If-Range": "x",
    "Expect": "100-continue",
    "Content-Length": "0",
    "Transfer-Encoding": "chunked\r\n\r\n0",
    "Connection": "close",
    "connection": "Upgrade\r\nUpgrade: h2c",
}


@pytest.mark.parametrize("name", FIELDS)
def test_whoever_asks_for_more_is_answered_by_the_application(server: HotServer, name: str) -> None:
    assert not server.answers_itself("GET", TAG)
    assert server.answers_itself("GET", TAG)
    assert not server.answers_itself("GET", TAG, f"{name}: {FIELDS[name]}")


@pytest.mark.parametrize("hosts", [[], ["Host: x", "Host: x"], ["Host: x y"]], ids=["none", "two", "no host"])
def test_a_request_without_one_host_is_given_nothing_that_is_kept(server: HotServer, hosts: list[str]) -> None:
    assert not server.answers_itself("GET", TAG)
    server.asked.clear()
    with server.wire() as wire:
        wire.socket.sendall("\r\n".join([f"GET {TAG} HTTP/1.1", *hosts, ALICE, "", ""]).encode())
        assert is_judged_elsewhere(wire.answer(), server)


def is_judged_elsewhere(answer: bytes, server: HotServer) -> bool:
    """Whether the application gave the answer, or the protocol found no request in what was sent."""
    return server.asked != [] or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_other_methods_are_the_applications(server: HotServer, method: str) -> None:
    assert not server.answers_itself("GET", TAG)
    assert not server.answers_itself(method, TAG)
    assert server.answers_itself("GET", TAG)


def test_so_much_is_answered_at_once_that_others_have_their_turn(server: HotServer) -> None:
    assert not server.answers_itself("GET", TAG)
    with server.wire() as wire:
        wire.socket.sendall(f"GET {TAG} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n".encode() * 500)
        answers = statuses(wire.socket)
    assert set(answers[:-1]) == {200}
    assert len(answers) <= 2 * PIPELINE_MAX + 2
    assert answers[-1] == 400


def test_who_asks_for_much_at_once_rests(server: HotServer) -> None:
    assert not server.answers_itself("GET", TAG)
    server.asked.clear()
    began = time.monotonic()
    with server.wire() as wire:
        for _ in range(5):
            wire.socket.sendall(f"GET {TAG} HTTP/1.1\r\nHost: x\r\n{ALICE}\r\n\r\n".encode() * 90)
            assert [wire.answer().endswith(IMAGE) for _ in range(90)] == [True] * 90
    assert time.monotonic() - began > 0.05
    assert server.asked == []
