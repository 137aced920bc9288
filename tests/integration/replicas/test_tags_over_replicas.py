"""What one replica has acknowledged, every replica says at once: won races, moved tags, the newest tag."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.integration.replicas.checks import check_tag_on_every_replica
from tests.integration.replicas.client import RoundRobin
from tests.integration.replicas.cluster import Cluster
from tests.integration.server import Server
from tests.integration.survival.content import MANIFEST, Image, digest_of, make_image, variants
from tests.integration.survival.raw import at_once, whole_request
from tests.integration.survival.registry import Registry, error_of, expect

CLIENTS = 32
TAGS = ("1.0", "1.1", "1.2")


def test_one_of_32_images_gets_a_tag_and_every_replica_names_it_from_then_on(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    images = variants(make_image(random, 10), CLIENTS * 2)
    everywhere.push_blobs(repository, images[0])
    for tag in TAGS:
        winner = _race_for(cluster, repository, tag, images)
        check_tag_on_every_replica(cluster, repository, tag, winner)
        for loser in (image for image in images[:8] if image.digest != winner):
            assert winner in error_of(expect(409, everywhere.put_manifest(repository, tag, loser)))["message"]


def test_who_asks_during_a_race_is_told_nothing_and_then_the_winner_by_every_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    images = variants(make_image(random, 10), CLIENTS * 2)
    everywhere.push_blobs(repository, images[0])
    for tag in TAGS:
        over = threading.Event()
        with ThreadPoolExecutor() as readers:
            reading = [readers.submit(_answers, replica, repository, tag, over) for replica in cluster.replicas]
            winner = _race_for(cluster, repository, tag, images)
            over.set()
        for told in (answers.result() for answers in reading):
            assert told in ([winner], [None, winner])


def test_a_tag_asked_for_before_it_was_pushed_is_there_at_once_on_every_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    image = make_image(random, 10)
    everywhere.push_blobs(repository, image)
    for n in range(10):
        assert {_status(everywhere, repository, f"1.{n}") for _ in cluster.replicas} == {404}
        expect(201, everywhere.put_manifest(repository, f"1.{n}", image))
        assert {_status(everywhere, repository, f"1.{n}") for _ in cluster.replicas} == {200}


def test_a_mutable_tag_is_never_stale_on_any_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    images = variants(make_image(random, 10), 20)
    everywhere.push_blobs(repository, images[0])
    for image in images:
        expect(201, everywhere.put_manifest(repository, "edge", image))
        assert _held(cluster, everywhere, repository, "edge") == {image.digest}


def test_latest_is_the_newest_tag_on_every_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    images = variants(make_image(random, 10), 20)
    everywhere.push_blobs(repository, images[0])
    for number, image in enumerate(images):
        expect(201, everywhere.put_manifest(repository, f"1.{number}", image))
        assert _held(cluster, everywhere, repository, "latest") == {image.digest}


def test_moves_of_a_mutable_tag_at_all_replicas_at_once_leave_one_answer(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    images = variants(make_image(random, 10), CLIENTS)
    everywhere.push_blobs(repository, images[0])
    answers = at_once(cluster.replicas, [_put(repository, "edge", image) for image in images])
    assert {answer.status_code for answer in answers} == {201}
    [held] = _held(cluster, everywhere, repository, "edge")
    assert held in {image.digest for image in images}


def test_the_same_push_at_every_replica_at_once_succeeds_everywhere(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    image = make_image(random, 10)
    everywhere.push_blobs(repository, image)
    answers = at_once(cluster.replicas, [_put(repository, "1.0", image)] * CLIENTS)
    assert [answer.status_code for answer in answers] == [201] * CLIENTS


def test_lists_are_the_same_on_every_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    image = make_image(random, 10)
    for number in range(6):
        everywhere.push(repository, f"1.{number}", image)
        lists = [everywhere.request("GET", f"/v2/{repository}/tags/list").json() for _ in cluster.replicas]
        assert [found["tags"] for found in lists] == [[f"1.{n}" for n in range(number + 1)]] * len(lists)


def test_nothing_lies_on_the_disk_of_a_replica(
    cluster: Cluster, everywhere: RoundRobin, repository: str, random: Random
) -> None:
    everywhere.push(repository, "1.0", make_image(random, 10))
    location = everywhere.start_upload(repository)
    expect(202, everywhere.append(location, b"some bytes"))
    assert [list(replica.data_dir.glob("*")) for replica in cluster.replicas] == [[], [], []]


def _race_for(cluster: Cluster, repository: str, tag: str, images: list[Image]) -> str:
    """Let every image race for the tag, 32 at each of two replicas; return the digest of the one that got it."""
    answers = at_once(cluster.replicas[:2], [_put(repository, tag, image) for image in images])
    [winner] = [image.digest for image, answer in zip(images, answers, strict=True) if answer.status_code == 201]
    losers = [answer for answer in answers if answer.status_code != 201]
    assert {answer.status_code for answer in losers} == {409}
    assert all(winner in error_of(answer)["message"] for answer in losers)
    return winner


def _held(cluster: Cluster, everywhere: RoundRobin, repository: str, tag: str) -> set[str]:
    """Ask every replica what the tag holds, with GET and HEAD."""
    path = f"/v2/{repository}/manifests/{tag}"
    heads = [expect(200, everywhere.request("HEAD", path)) for _ in cluster.replicas]
    bodies = [expect(200, everywhere.get_manifest(repository, tag)).content for _ in cluster.replicas]
    return {head.headers["Docker-Content-Digest"] for head in heads} | {digest_of(body) for body in bodies}


def _answers(replica: Server, repository: str, tag: str, over: threading.Event) -> list[str | None]:
    """Ask what the tag holds until `over` is set and once more; return the answers, but no repeated ones."""
    told: list[str | None] = []
    with Registry(replica) as registry:
        is_last = False
        while not is_last:
            is_last = over.is_set()
            answer = registry.get_manifest(repository, tag)
            digest = None if answer.status_code == 404 else digest_of(expect(200, answer).content)
            if told[-1:] != [digest]:
                told.append(digest)
    return told


def _status(everywhere: RoundRobin, repository: str, tag: str) -> int:
    return everywhere.get_manifest(repository, tag).status_code


def _put(repository: str, tag: str, image: Image) -> bytes:
    return whole_request("PUT", f"/v2/{repository}/manifests/{tag}", image.manifest, {"Content-Type": MANIFEST})
