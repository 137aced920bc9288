"""Tokens and upload passes are made by one replica and taken by all."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

import bcrypt
import httpx2
import pytest
from tests.integration.replicas.client import RoundRobin
from tests.integration.replicas.cluster import Cluster
from tests.integration.server import Server
from tests.integration.survival.content import digest_of
from tests.integration.survival.registry import expect

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def replicas(lasting_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Server]]:
    """Start three replicas that know alice of team `team`; keys are left to them."""
    directory: Path = tmp_path_factory.mktemp("keys")
    password = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    (directory / "users.json").write_text(json.dumps({"alice": {"password": password, "teams": ["team"]}}))
    env = {**lasting_cluster.env, "PIERONE_USERS_FILE": str(directory / "users.json")}
    with ExitStack() as running:
        yield [running.enter_context(Server(directory / str(n), env=env)) for n in range(3)]


def test_a_token_of_one_replica_is_taken_by_all(replicas: Sequence[Server], repository: str) -> None:
    for issuer in replicas:
        token = _token(issuer, repository)
        assert [_start_upload(replica, repository, f"Bearer {token}").status_code for replica in replicas] == [202] * 3


def test_every_replica_publishes_the_same_keys(replicas: Sequence[Server]) -> None:
    published = [_get(replica, "/.well-known/jwks.json").json() for replica in replicas]
    assert published == [published[0]] * 3
    assert len(published[0]["keys"]) == 1


def test_a_token_outlives_the_replica_that_issued_it(replicas: Sequence[Server], repository: str) -> None:
    issuer, *others = replicas
    token = _token(issuer, repository)
    issuer.kill()
    assert [_start_upload(replica, repository, f"Bearer {token}").status_code for replica in others] == [202] * 2
    issuer.start()
    assert _start_upload(issuer, repository, f"Bearer {token}").status_code == 202


def test_a_push_whose_token_has_ended_goes_on_at_every_replica(
    replicas: Sequence[Server], repository: str, random: Random
) -> None:
    blob = random.randbytes(30_000)
    started = _start_upload(replicas[0], repository, f"Bearer {_token(replicas[0], repository)}")
    location = expect(202, started).headers["Location"]
    with RoundRobin(*(replica.url for replica in replicas)) as nobody:
        for start in range(0, len(blob), 10_000):
            answer = nobody.append(location, blob[start : start + 10_000])
            location = expect(202, answer).headers["Location"]
        expect(204, nobody.status(location))
        expect(201, nobody.request("PUT", f"{location}&digest={digest_of(blob)}"))
        expect(401, nobody.request("PATCH", location.partition("?")[0]))


def _token(replica: Server, repository: str) -> str:
    path = f"/v2/token?service={replica.host}&scope=repository:{repository}:pull,push"
    return str(expect(200, _get(replica, path, ("alice", PASSWORD))).json()["token"])


def _get(replica: Server, path: str, auth: tuple[str, str] | None = None) -> httpx2.Response:
    return httpx2.get(replica.url + path, auth=auth, trust_env=False)


def _start_upload(replica: Server, repository: str, authorization: str) -> httpx2.Response:
    url, headers = f"{replica.url}/v2/{repository}/blobs/uploads/", {"Authorization": authorization}
    return httpx2.post(url, headers=headers, trust_env=False)
