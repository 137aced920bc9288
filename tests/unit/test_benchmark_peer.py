"""The peer of the benchmarks, on programs made up for the test."""

import argparse
import sys
from pathlib import Path

import pytest
from benchmarks.machine import facts
from benchmarks.peer import DEFAULT_PEER, UNKNOWN, Peer
from benchmarks.rows import all_rows
from benchmarks.rows.row import FULL, QUICK, Sizes
from benchmarks.subject import subject


def program(directory: Path, *, says: dict[str, str]) -> str:
    """Write a program that prints what it is to say to its argument and fails on any other; return its path."""
    path = directory / "registry-9.9"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nsaid = {says!r}.get(sys.argv[1])\n"
        "print(sys.argv[0], said) if said else sys.exit('unknown flag 7.7')\n"
    )
    path.chmod(0o755)
    return str(path)


def test_the_peer_is_debians_registry_unless_another_is_named() -> None:
    peer = Peer.parse(DEFAULT_PEER)
    assert peer == Peer("docker-registry", "docker-registry serve {configuration}")
    assert peer.program == "docker-registry"


def test_only_the_first_equals_sign_parts_name_and_command() -> None:
    assert Peer.parse("mine = serve --port={port}") == Peer("mine", "serve --port={port}")


@pytest.mark.parametrize("text", ["", "registry", "=registry", "name=", "name= "])
def test_a_peer_needs_a_name_and_a_command(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not NAME=COMMAND"):
        Peer.parse(text)


@pytest.mark.parametrize("command", ["serve {adress}", "serve {}", "serve {port", "serve {port.much}", "serve 'open"])
def test_a_command_that_cannot_be_filled_in_is_refused_with_the_placeholders_there_are(command: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"\{configuration\}, \{directory\}, \{host\} or \{port\}"):
        Peer.parse(f"name={command}")


def test_the_placeholders_are_filled_in_and_a_value_with_a_space_stays_one_word(tmp_path: Path) -> None:
    data = tmp_path / "a directory"
    peer = Peer.parse("name=serve --listen {host}:{port} 'two words' {directory}")
    assert peer.kind().launch(data, 5000).command == ["serve", "--listen", "127.0.0.1:5000", "two words", str(data)]


def test_the_configuration_names_directory_and_address_and_lies_beside_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    command = Peer.parse(DEFAULT_PEER).kind().launch(data, 5000).command
    configuration = Path(command[-1])
    assert f"rootdirectory: {data}}}" in configuration.read_text()
    assert "addr: 127.0.0.1:5000}" in configuration.read_text()
    assert list(data.iterdir()) == []


def test_a_peer_is_told_that_nobody_collects_traces(tmp_path: Path) -> None:
    assert Peer.parse(DEFAULT_PEER).kind().launch(tmp_path, 1).environment == {"OTEL_TRACES_EXPORTER": "none"}


def test_only_what_takes_the_configuration_keeps_tags_as_link_files() -> None:
    assert Peer.parse(DEFAULT_PEER).kind().has_tag_links
    assert not Peer.parse("olareg=olareg serve --port {port}").kind().has_tag_links
    assert not subject().has_tag_links


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ({"--version": "example.org/registry/v3 v3.1.1"}, "v3.1.1"),
        ({"--version": "2.8.2+ds1"}, "2.8.2+ds1"),
        ({"version": "Tag: v0.2.2-16-g79de6b4\nGo: go1.27.3"}, "v0.2.2-16-g79de6b4"),
        ({"--version": "a development build"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_the_version_is_what_the_program_tells(tmp_path: Path, says: dict[str, str], version: str) -> None:
    assert Peer.parse(f"name={program(tmp_path, says=says)} serve").version() == version


def test_a_program_that_is_not_there_has_no_version(tmp_path: Path) -> None:
    assert Peer.parse(f"name={tmp_path}/nothing").version() == UNKNOWN


def test_the_facts_name_the_peer_with_its_version_and_command(tmp_path: Path) -> None:
    command = f"{program(tmp_path, says={'--version': 'v3.1.1'})} serve {{configuration}}"
    assert ("mine", f"v3.1.1, started by `{command}`") in facts(tmp_path, Peer("mine", command))


@pytest.mark.parametrize("sizes", [FULL, QUICK])
def test_the_cold_reads_are_a_row_before_memory_after_all(sizes: Sizes) -> None:
    names = [row.name for row in all_rows(sizes)]
    assert "manifest-get-cold" in names
    assert names[-1] == "memory-after"
