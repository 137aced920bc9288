"""Many clients want the same thing at the same instant: one of them wins, and nothing is damaged."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random

import httpx2
import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, events_of_tag, upload_files
from tests.integration.survival.content import MANIFEST, Image, digest_of, make_image, variants
from tests.integration.survival.raw import Connection, at_once, unfinished_request, whole_request
from tests.integration.survival.registry import Registry, error_of, expect
from tests.integration.survival.waiting import wait_until

CLIENTS = 32
TAGS = ("1.0", "1.1", "1.2", "1.3", "1.4")


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """Share one server."""
    return lasting_server


def test_one_of_32_different_images_gets_a_tag_for_ever(server: Server, repository: str, random: Random) -> None:
    winners = {}
    with Registry(server) as registry:
        for tag in TAGS:
            winners[tag] = _race_for(repository, tag, [server], random)
            registry.check_tag(repository, tag, winners[tag])
    server.kill()
    server.start()
    with Registry(server) as registry:
        for tag, digest in winners.items():
            registry.check_tag(repository, tag, digest)
        Auditor(server).check_all(registry)


def test_one_image_gets_a_tag_also_through_two_servers_of_one_data_directory(
    server: Server, repository: str, random: Random
) -> None:
    with Server(server.data_dir) as second, Registry(server) as registry, Registry(second) as elsewhere:
        for tag in TAGS:
            winner = _race_for(repository, tag, [server, second], random)
            registry.check_tag(repository, tag, winner)
            elsewhere.check_tag(repository, tag, winner)


def test_32_identical_pushes_all_succeed_and_are_one_event(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    image = make_image(random, 10)
    registry.push_blobs(repository, image)
    answers = at_once([server], [_put(repository, "1.0", image)] * CLIENTS)
    assert [answer.status_code for answer in answers] == [201] * CLIENTS
    assert {answer.headers["Docker-Content-Digest"] for answer in answers} == {image.digest}
    assert [event.kind for event in events_of_tag(server.data_dir, repository, "1.0")] == ["tag_bound"]


def test_every_move_of_a_mutable_tag_by_16_clients_at_once_is_in_the_log(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    images = variants(make_image(random, 10), 48)
    registry.push_blobs(repository, images[0])
    for contenders in (images[:16], images[16:32], images[32:]):
        answers = at_once([server], [_put(repository, "edge", image) for image in contenders])
        assert [answer.status_code for answer in answers] == [201] * 16
    moves = events_of_tag(server.data_dir, repository, "edge")
    assert sorted(move.digest for move in moves) == sorted(image.digest for image in images)
    assert [move.kind for move in moves] == ["tag_bound"] + ["tag_moved"] * 47
    assert moves[0].previous is None
    assert all(later.previous == earlier.digest for earlier, later in pairwise(moves))
    registry.check_tag(repository, "edge", moves[-1].digest)


@pytest.mark.parametrize("clients", [2, 8])
def test_clients_that_push_the_same_blob_at_once_all_succeed(
    server: Server, registry: Registry, repository: str, random: Random, clients: int
) -> None:
    blob = random.randbytes(1_500_000)
    path = f"/v2/{repository}/blobs/uploads/?digest={digest_of(blob)}"
    before = upload_files(server.data_dir)
    in_sessions = [_finish(registry.start_upload(repository), blob) for _ in range(clients // 2)]
    in_one_post = [whole_request("POST", path, blob)] * (clients // 2)
    answers = at_once([server], in_sessions + in_one_post)
    assert [answer.status_code for answer in answers] == [201] * clients
    registry.check_blob(repository, digest_of(blob))
    assert upload_files(server.data_dir) == before


def test_an_upload_that_is_being_written_refuses_every_other_writer(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    blob, other = random.randbytes(4_000_000), random.randbytes(1_000)
    location = registry.start_upload(repository)
    with Connection(server) as first:
        first.send(unfinished_request("PATCH", location, blob, 3_000_000, chunked=False))
        wait_until(lambda: registry.offset(location) > 0, "the first writer has begun")
        _check_busy(registry.append(location, other))
        _check_busy(registry.finish(location, digest_of(other), other))
        _check_busy(registry.request("DELETE", location))
        first.send(blob[3_000_000:])
        expect(202, first.answer())
    expect(201, registry.finish(location, digest_of(blob)))
    registry.check_blob(repository, digest_of(blob))


def test_an_upload_that_another_process_writes_refuses_writers(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    blob = random.randbytes(1_000)
    location = registry.start_upload(repository)
    expect(202, registry.append(location, blob))
    with _locked(server.data_dir / "uploads" / location.rpartition("/")[2]):
        _check_busy(registry.append(location, blob))
        _check_busy(registry.finish(location, digest_of(blob)))
    expect(201, registry.finish(location, digest_of(blob)))


def test_two_chunks_sent_at_once_are_one_after_the_other_or_one_is_refused(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    for _ in range(10):
        location = registry.start_upload(repository)
        chunks = random.randbytes(300_000), random.randbytes(300_000)
        answers = at_once([server], [whole_request("PATCH", location, chunk) for chunk in chunks])
        accepted = [(_end(answer), chunk) for answer, chunk in zip(answers, chunks, strict=True) if _went_well(answer)]
        content = b"".join(chunk for _, chunk in sorted(accepted))
        assert registry.offset(location) == len(content) > 0
        expect(201, registry.finish(location, digest_of(content)))
        registry.check_blob(repository, digest_of(content))


def test_chunks_that_come_while_an_upload_is_finished_do_no_harm(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    answers: list[httpx2.Response] = []
    for _ in range(20):
        location, blob = registry.start_upload(repository), random.randbytes(50_000)
        disturbing = [whole_request("PATCH", location, random.randbytes(50_000)) for _ in range(3)]
        answers += at_once([server], [*[_finish(location, blob)] * 3, *disturbing])
    assert {answer.status_code for answer in answers} <= {201, 202, 400, 404, 409}
    Auditor(server).check_all(registry)


def test_an_upload_into_which_another_client_wrote_is_not_published(
    registry: Registry, repository: str, random: Random
) -> None:
    blob, other = random.randbytes(50_000), random.randbytes(50_000)
    location = registry.start_upload(repository)
    expect(202, registry.append(location, blob))
    expect(202, registry.append(location, other))
    assert error_of(expect(400, registry.finish(location, digest_of(blob))))["code"] == "DIGEST_INVALID"
    expect(404, registry.get_blob(repository, digest_of(blob)))
    expect(404, registry.get_blob(repository, digest_of(blob + other)))
    expect(201, registry.push_blob(repository, blob, digest_of(blob)))


def _race_for(repository: str, tag: str, servers: list[Server], random: Random) -> str:
    """Let different images race for the tag; check what the losers are told and return the winner's digest."""
    images = variants(make_image(random, 10), CLIENTS)
    with Registry(servers[0]) as registry:
        registry.push_blobs(repository, images[0])
        answers = at_once(servers, [_put(repository, tag, image) for image in images])
        [winner] = [image.digest for image, answer in zip(images, answers, strict=True) if answer.status_code == 201]
        for image, answer in zip(images, answers, strict=True):
            if image.digest != winner:
                error = error_of(expect(409, answer))
                assert error["code"] == "DENIED"
                assert winner in error["message"]
                expect(404, registry.get_manifest(repository, image.digest))
    assert [event.digest for event in events_of_tag(servers[0].data_dir, repository, tag)] == [winner]
    return winner


def _put(repository: str, tag: str, image: Image) -> bytes:
    return whole_request("PUT", f"/v2/{repository}/manifests/{tag}", image.manifest, {"Content-Type": MANIFEST})


def _finish(location: str, blob: bytes) -> bytes:
    return whole_request("PUT", f"{location}?digest={digest_of(blob)}", blob)


def _check_busy(answer: httpx2.Response) -> None:
    assert error_of(expect(409, answer))["code"] == "BLOB_UPLOAD_INVALID"


def _went_well(answer: httpx2.Response) -> bool:
    if answer.status_code != 202:
        _check_busy(answer)
    return answer.status_code == 202


def _end(answer: httpx2.Response) -> int:
    return int(answer.headers["Range"].removeprefix("0-"))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
