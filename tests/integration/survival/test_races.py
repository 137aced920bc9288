"""Many clients want the same tag at the same instant: one of them gets it, and the others are told who."""

from itertools import pairwise
from random import Random

import pytest
from tests.integration.server import Server
from tests.integration.survival.audit import Auditor, events_of_tag
from tests.integration.survival.content import MANIFEST, Image, make_image, variants
from tests.integration.survival.raw import at_once, whole_request
from tests.integration.survival.registry import Registry, error_of, expect

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
