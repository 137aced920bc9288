"""Tokens and upload passes are made by one replica and taken by all."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

import bcrypt
import httpx2
import pytest
from tests.integration.replicas.client import RoundRobin
from tests.integration.replicas.cluster import Cluster
from tests.integration.replicas.stores import Stores
from tests.integration.server import Server
from tests.integration.survival.content import digest_of
from tests.integration.survival.registry import expect

from pierone_adapters.jwt import kept_key

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def env(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Settings of replicas that know alice of team `team`; keys are left to them."""
    users = tmp_path_factory.mktemp("users") / "users.json"
    password = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    users.write_text(json.dumps({"alice": {"password": password, "teams": ["team"]}}))
    return {**stores.new_settings(), "PIERONE_USERS_FILE": str(users)}


@pytest.fixture(scope="module")
def replicas(
    env: Mapping[str, str], lasting_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[Server]]:
    """Start three replicas."""
    lasting_cluster.heal()
    directory: Path = tmp_path_factory.mktemp("keys")
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


def test_pushes_go_on_while_keys_are_rotated_one_replica_after_the_other(
    stores: Stores, env: Mapping[str, str], repository: str, tmp_path: Path
) -> None:
    files = [str(tmp_path / name) for name in ("old.pem", "new.pem")]
    for file in files:
        kept_key(Path(file))
    shared = {**env, **stores.new_settings()}
    with (
        Server(tmp_path / "not-yet", env={**shared, "PIERONE_TOKEN_KEY_FILES": json.dumps(files)}) as before,
        Server(tmp_path / "rotated", env={**shared, "PIERONE_TOKEN_KEY_FILES": json.dumps(files[::-1])}) as after,
    ):
        for issuer, other in ((before, after), (after, before)):
            started = _start_upload(issuer, repository, f"Bearer {_token(issuer, repository)}")
            location = expect(202, started).headers["Location"]
            with RoundRobin(other.url) as nobody:
                expect(202, nobody.append(location, b"some bytes"))
            expect(202, _start_upload(other, repository, f"Bearer {_token(issuer, repository)}"))
        assert [b"PIERONE_TOKEN_KEY_FILES" in replica.log.read_bytes() for replica in (before, after)] == [False] * 2


def test_a_replica_with_a_key_that_no_other_has_says_so_when_it_starts(
    stores: Stores, env: Mapping[str, str], tmp_path: Path
) -> None:
    shared = {**env, **stores.new_settings()}
    kept_key(tmp_path / "own.pem")
    with (
        Server(tmp_path / "first", env=shared) as first,
        Server(tmp_path / "other", env={**shared, "PIERONE_TOKEN_KEY_FILES": f'["{tmp_path}/own.pem"]'}) as other,
    ):
        assert b"PIERONE_TOKEN_KEY_FILES" in other.log.read_bytes()
        assert b"PIERONE_TOKEN_KEY_FILES" not in first.log.read_bytes()


def _token(replica: Server, repository: str) -> str:
    path = f"/v2/token?service={replica.host}&scope=repository:{repository}:pull,push"
    return str(expect(200, _get(replica, path, ("alice", PASSWORD))).json()["token"])


def _get(replica: Server, path: str, auth: tuple[str, str] | None = None) -> httpx2.Response:
    return httpx2.get(replica.url + path, auth=auth, trust_env=False)


def _start_upload(replica: Server, repository: str, authorization: str) -> httpx2.Response:
    url, headers = f"{replica.url}/v2/{repository}/blobs/uploads/", {"Authorization": authorization}
    return httpx2.post(url, headers=headers, trust_env=False)
