"""Many clients write the same blob, or into the same upload, at the same instant: nothing is damaged."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx2
import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, upload_files
from tests.integration.survival.content import digest_of
from tests.integration.survival.raw import Connection, at_once, unfinished_request, whole_request
from tests.integration.survival.registry import Registry, error_of, expect
from tests.integration.survival.waiting import wait_until


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """Share one server."""
    return lasting_server


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


def test_the_same_closing_request_sent_several_times_at_once_succeeds_or_has_to_wait(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    statuses: set[int] = set()
    for _ in range(20):
        blob = random.randbytes(2_000)
        location = registry.start_upload(repository)
        expect(202, registry.append(location, blob))
        answers = at_once([server], [whole_request("PUT", f"{location}?digest={digest_of(blob)}", b"")] * 16)
        statuses |= {answer.status_code for answer in answers}
        registry.check_blob(repository, digest_of(blob))
    assert 201 in statuses
    assert statuses <= {201, 409}


def test_the_same_large_closing_request_sent_twice_succeeds_whoever_is_first(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    for _ in range(20):
        blob = random.randbytes(1_300_000)
        request = _finish(registry.start_upload(repository), blob)
        statuses = [answer.status_code for answer in at_once([server], [request] * 2)]
        assert 201 in statuses
        assert set(statuses) <= {201, 409}
        registry.check_blob(repository, digest_of(blob))


def test_a_request_that_waits_for_its_bytes_does_not_begin_a_cancelled_upload_again(
    server: Server, registry: Registry, repository: str
) -> None:
    before = upload_files(server.data_dir)
    location = registry.start_upload(repository)
    with Connection(server) as late:
        late.send(unfinished_request("PATCH", location, b"abc", 0, chunked=False))
        expect(204, registry.status(location))
        expect(204, registry.request("DELETE", location))
        late.send(b"abc")
        assert error_of(expect(404, late.answer()))["code"] == "BLOB_UPLOAD_UNKNOWN"
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


def test_an_upload_goes_on_through_another_server_of_the_same_data_directory(
    server: Server, registry: Registry, repository: str, random: Random
) -> None:
    blob = random.randbytes(30_000)
    location = registry.start_upload(repository)
    with Server(server.data_dir) as second, Registry(second) as elsewhere:
        expect(202, registry.append(location, blob[:10_000], 0, 10_000))
        expect(202, elsewhere.append(location, blob[10_000:20_000], 10_000, 10_000))
        expect(202, registry.append(location, blob[20_000:], 20_000, 10_000))
        expect(201, registry.finish(location, digest_of(blob)))
        elsewhere.check_blob(repository, digest_of(blob))


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
