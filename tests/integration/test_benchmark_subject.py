"""The benchmarks measure Pier One with identity, and every generator shows who it is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.address import Address
from benchmarks.images import Blob
from benchmarks.loads.connection import Connection
from benchmarks.loads.generators import LoadFailedError, curl_downloads, curl_patch, hey, wrk
from benchmarks.loads.registry_client import push_blob
from benchmarks.servers import StartFailedError, running
from benchmarks.subject import subject

ADDRESS = Address("127.0.0.1", 1, "Basic who")
ECHO = '#!/bin/sh\necho "$@"\necho "$@" >&2\nexit 1\n'
LOADS: dict[str, Callable[[], object]] = {
    "wrk": lambda: wrk(ADDRESS, "/v2/", 1, "any/thing"),
    "hey": lambda: hey(ADDRESS, "/v2/", 1, "any/thing"),
    "curl -o": lambda: curl_downloads(ADDRESS, "/v2/", 1, processes=1, repeats=1),
    "curl -T": lambda: curl_patch(ADDRESS, "/v2/", Path("file")),
}


def status(address: Address, target: str = "/v2/") -> int:
    with Connection(address) as connection:
        return connection.request("GET", target, (200, 401, 404)).status


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
def test_a_generator_sends_the_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Callable[[], object]
) -> None:
    for name in ("wrk", "hey", "curl"):
        (tmp_path / name).write_text(ECHO)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(LoadFailedError, match=r"-H Authorization: Basic who .*http://127\.0\.0\.1:1/v2/"):
        load()


def test_pier_one_knows_the_caller_of_the_generators_and_nobody_else(tmp_path: Path) -> None:
    with running(subject(), tmp_path / "data") as server:
        assert status(server.address) == 200
        assert status(replace(server.address, authorization="")) == 401
        with Connection(server.address) as connection:
            push_blob(connection, "bench/pushed", Blob(b"content"))


def test_an_open_pier_one_asks_nobody(tmp_path: Path) -> None:
    with running(subject(is_open=True), tmp_path / "data") as server:
        assert server.address.authorization == ""
        assert status(server.address) == 200


def test_a_server_that_was_to_know_its_caller_and_does_not_is_not_measured(tmp_path: Path) -> None:
    forgetful = replace(subject(is_open=True), authorization=subject().authorization)
    with pytest.raises(StartFailedError, match="takes no credentials"), running(forgetful, tmp_path / "data"):
        pass


def test_credentials_that_the_server_refuses_are_told_before_anything_is_measured(tmp_path: Path) -> None:
    stranger = replace(subject(), authorization="Basic bm9ib2R5Om5vdGhpbmc=")
    with pytest.raises(StartFailedError, match="or others than"), running(stranger, tmp_path / "data"):
        pass
