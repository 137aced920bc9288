"""Clients that hang up, and clients that send more or less than they said: nothing of them is left."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import product
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.content import digest_of, make_image
from tests.integration.survival.leaks import LeakDetector
from tests.integration.survival.pushers import go_on
from tests.integration.survival.raw import Connection, unfinished_request, whole_request
from tests.integration.survival.registry import Registry, error_of, expect

REPOSITORY = "team/misbehaving"
ROUNDS = 4
DOWNLOADS = 20
MEBIBYTE = 1 << 20

Ending = Callable[[Connection], None]
ENDINGS: tuple[Ending, ...] = (Connection.close, Connection.reset)
# Framing, bytes sent (before the server has written anything, and after), end.
WAYS_TO_HANG_UP = tuple(product((False, True), (0, 1_000, 2_500_000), ENDINGS))


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """Share one server."""
    return lasting_server


@pytest.fixture
def leaks(server: Server) -> LeakDetector:
    """Remember what the server holds while nobody is connected."""
    return LeakDetector(server)


@pytest.fixture
def blob(random: Random) -> bytes:
    """Make a blob that takes several writes."""
    return random.randbytes(3_000_000)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_uploads_whose_clients_hang_up_leave_nothing_behind_and_can_go_on(
    server: Server, leaks: LeakDetector, blob: bytes, method: str
) -> None:
    locations: list[str] = []
    for _ in range(ROUNDS):
        with Registry(server) as registry:
            started = [registry.start_upload(REPOSITORY) for _ in WAYS_TO_HANG_UP]
        paths = [f"{location}?digest={digest_of(blob)}" for location in started] if method == "PUT" else started
        for path, (chunked, sent, ending) in zip(paths, WAYS_TO_HANG_UP, strict=True):
            _hang_up(server, unfinished_request(method, path, blob, sent, chunked=chunked), ending)
        locations += started
        leaks.warm_up()
    leaks.check()
    with Registry(server) as registry:
        for location in locations:
            expect(204, registry.status(location))
            go_on(registry, REPOSITORY, location, blob)
    leaks.check()
    leaks.check_uploads()


def test_single_posts_whose_clients_hang_up_leave_no_upload_and_no_blob(
    server: Server, leaks: LeakDetector, blob: bytes
) -> None:
    path = f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest_of(blob)}"
    for _ in range(ROUNDS):
        for chunked, sent, ending in WAYS_TO_HANG_UP:
            _hang_up(server, unfinished_request("POST", path, blob, sent, chunked=chunked), ending)
        leaks.warm_up()
    leaks.check()
    with Registry(server) as registry:
        expect(404, registry.get_blob(REPOSITORY, digest_of(blob)))
        expect(201, registry.push_blob(REPOSITORY, blob, digest_of(blob)))
    leaks.check_uploads()


def test_manifests_whose_clients_hang_up_are_not_stored(server: Server, leaks: LeakDetector, random: Random) -> None:
    image = make_image(random, 100)
    with Registry(server) as registry:
        registry.push_blobs(REPOSITORY, image)
    path = f"/v2/{REPOSITORY}/manifests/1.0"
    for chunked, ending, missing in product((False, True), ENDINGS, (1, 100)):
        sent = len(image.manifest) - missing
        _hang_up(server, unfinished_request("PUT", path, image.manifest, sent, chunked=chunked), ending)
    leaks.check()
    with Registry(server) as registry:
        expect(404, registry.get_manifest(REPOSITORY, "1.0"))
        registry.push(REPOSITORY, "1.0", image)


def test_clients_that_stop_reading_or_hang_up_in_the_middle_of_a_blob_cost_nothing(
    server: Server, leaks: LeakDetector, random: Random
) -> None:
    blob = random.randbytes(16 * MEBIBYTE)
    with Registry(server) as registry:
        expect(201, registry.push_blob(REPOSITORY, blob, digest_of(blob)))
    pull = whole_request("GET", f"/v2/{REPOSITORY}/blobs/{digest_of(blob)}", b"")
    for ending in ENDINGS * 2:
        with ExitStack() as connections:
            downloads = [connections.enter_context(Connection(server, receive_buffer=65536)) for _ in range(DOWNLOADS)]
            for download in downloads:
                download.send(pull)
                assert download.receive(10_000)
            with Registry(server) as registry:
                registry.check_blob(REPOSITORY, digest_of(blob))
            leaks.warm_up()
            leaks.check_memory(for_connected=DOWNLOADS * 4 * MEBIBYTE)
            for download in downloads:
                ending(download)
    leaks.check()


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_a_body_that_ends_before_its_announced_length_is_not_accepted(
    server: Server, leaks: LeakDetector, blob: bytes, method: str
) -> None:
    for chunked in (False, True):
        with Registry(server) as registry:
            start = f"/v2/{REPOSITORY}/blobs/uploads/" if method == "POST" else registry.start_upload(REPOSITORY)
        path = start if method == "PATCH" else f"{start}?digest={digest_of(blob)}"
        with Connection(server) as connection:
            connection.send(unfinished_request(method, path, blob, 2_000_000, chunked=chunked))
            connection.end_sending()
            answer = connection.drain()
        assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
    leaks.check()
    if method == "POST":
        leaks.check_uploads()
    with Registry(server) as registry:
        expect(404, registry.get_blob(REPOSITORY, digest_of(blob)))


@pytest.mark.parametrize("sent", [999, 1001])
def test_a_chunk_of_another_size_than_its_content_range_is_refused(registry: Registry, blob: bytes, sent: int) -> None:
    location = registry.start_upload(REPOSITORY)
    for body in (blob[:sent], iter([blob[:sent]])):
        assert error_of(expect(400, registry.append(location, body, 0, 1000)))["code"] == "SIZE_INVALID"
    assert registry.offset(location) in {0, sent}
    go_on(registry, REPOSITORY, location, blob)


def test_a_single_post_that_is_refused_leaves_no_upload(server: Server, leaks: LeakDetector, blob: bytes) -> None:
    with Registry(server) as registry:
        path = f"/v2/{REPOSITORY}/blobs/uploads/?digest={digest_of(blob)}"
        for content_range, body, status in (("nonsense", blob, 400), ("0-1", blob, 400), ("5-2999999", blob[5:], 416)):
            expect(status, registry.request("POST", path, body, {"Content-Range": content_range}))
        expect(400, registry.push_blob(REPOSITORY, blob[1:], digest_of(blob)))
    leaks.check_uploads()
    leaks.check()


def test_bytes_after_the_announced_length_do_not_get_into_the_upload(server: Server, blob: bytes) -> None:
    with Registry(server) as registry, Connection(server) as connection:
        location = registry.start_upload(REPOSITORY)
        connection.send(whole_request("PATCH", location, blob[:1_000]) + blob[1_000:2_000])
        assert connection.answer().status_code in {202, 400}
        go_on(registry, REPOSITORY, location, blob)


def _hang_up(server: Server, request: bytes, ending: Ending) -> None:
    with Connection(server) as connection:
        connection.send(request)
        ending(connection)
