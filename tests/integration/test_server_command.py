"""`pierone-server`: what it tells, how it begins to serve, and the hashes that it makes."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.integration.oci import Repository, connect, eventually, index_of
from tests.integration.server import Server, free_port

from pierone_http.__main__ import main
from pierone_http.settings import Settings

PATIENCE = 30
FIXED_NAMES = {
    "PIERONE_HOST",
    "PIERONE_PORT",
    "PIERONE_DATA_DIR",
    "PIERONE_STORAGE",
    "PIERONE_MUTABLE_TAGS",
    "PIERONE_USERS_FILE",
    "PIERONE_UPLOAD_MAX_AGE",
    "PIERONE_SWEEP_INTERVAL",
    "PIERONE_MANIFEST_MAX_BYTES",
    "PIERONE_BODY_TIMEOUT",
    "PIERONE_CONFIG_FILE",
}
ANY = "0.0.0.0"  # noqa: S104 - what must not be served without users


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PIERONE_")}
    return own | dict(changes)


def command(*arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, which must come by itself and without a traceback."""
    program = [sys.executable, "-m", "pierone_http", *arguments]
    ended = subprocess.run(
        program, input=text, env=environment(variables), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "Traceback" not in ended.stderr
    return ended


@contextmanager
def serving(port: int, *options: str, **variables: str) -> Iterator[httpx2.Client]:
    """Run `serve` with options until it answers, and end it."""
    program = [sys.executable, "-m", "pierone_http", "serve", *options]
    process = subprocess.Popen(program, env=environment(variables), stderr=subprocess.DEVNULL)
    try:
        with connect(f"http://127.0.0.1:{port}") as api:
            eventually(lambda: answers(api))
            assert process.poll() is None
            yield api
    finally:
        process.terminate()
        process.wait(PATIENCE)


def answers(api: httpx2.Client) -> bool:
    try:
        return api.get("/v2/").status_code == 200
    except httpx2.ConnectError:
        return False


def test_the_help_names_every_setting() -> None:
    ended = command("serve", "--help")
    assert ended.returncode == 0
    words = set(ended.stdout.replace("[", " ").replace(",", " ").replace("]", " ").split())
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')}" in words
        assert f"PIERONE_{name.upper()}" in words
    assert words >= FIXED_NAMES


def test_the_script_is_the_module_and_names_its_commands() -> None:
    script = Path(sys.executable).with_name("pierone-server")
    by_script = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    assert by_script == command("--help").stdout
    assert "serve" in by_script
    assert "hash-password" in by_script


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["serve", "--nonsense"], ["serve", "--port"], ["serve", "x"]])
def test_a_command_that_is_none_is_refused_with_the_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: pierone-server" in capsys.readouterr().err


def test_an_open_server_for_other_machines_ends_with_a_sentence(tmp_path: Path) -> None:
    ended = command("serve", PIERONE_HOST=ANY, PIERONE_DATA_DIR=str(tmp_path / "data"))
    assert ended.returncode not in (0, None)
    assert ended.stdout == ""
    assert "PIERONE_USERS_FILE" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_refused_by_its_number(tmp_path: Path, shared_server: Server) -> None:
    ended = command("serve", PIERONE_PORT=str(shared_server.port), PIERONE_DATA_DIR=str(tmp_path / "data"))
    assert ended.returncode not in (0, None)
    assert str(shared_server.port) in ended.stderr


def test_a_server_takes_all_its_settings_from_a_file(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    file = f"port = {port}\ndata_dir = '{data}'\nmutable_tags = ['team/*:edge']\nupload_max_age = 3600\n"
    (tmp_path / "pierone.toml").write_text(file)
    with serving(port, PIERONE_CONFIG_FILE=str(tmp_path / "pierone.toml")) as api:
        repository = Repository(api)
        for text in ("old", "new"):
            repository.push("edge", index_of(text=text))
    assert (data / "pierone.sqlite").exists()


def test_a_server_takes_all_its_settings_from_options(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    options = [f"--port={port}", f"--data-dir={data}", "--mutable-tags", '["team/*:edge"]', "--storage", "memory"]
    wrong = {"PIERONE_PORT": "1", "PIERONE_MUTABLE_TAGS": "[]", "PIERONE_STORAGE": "filesystem"}
    with serving(port, *options, **wrong) as api:
        repository = Repository(api)
        for text in ("old", "new"):
            repository.push("edge", repository.image(text))
    assert not data.exists()


def test_a_hashed_password_logs_in_and_with_users_other_machines_are_served(tmp_path: Path) -> None:
    secret = "correct horse: battery stäple"
    hashed = command("hash-password", text=secret + "\n")
    assert hashed.returncode == 0
    assert secret not in hashed.stdout
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"alice": {"password": hashed.stdout.strip(), "teams": ["team"]}}))
    with Server(tmp_path / "data", env={"PIERONE_USERS_FILE": str(path), "PIERONE_HOST": ANY}) as server:
        for password, status in [(secret, 200), (secret[:-1], 401), ("", 401)]:
            with connect(server.url, "alice", password) as api:
                assert api.get("/v2/").status_code == status


def hash_password(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    main(["hash-password"])


def test_two_hashes_of_a_password_differ(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        hash_password(monkeypatch, "secret\n")
    first, second = capsys.readouterr().out.split()
    assert first != second
    assert first.startswith("$2b$")


@pytest.mark.parametrize("text", ["x" * 73 + "\n", "ä" * 37, "\n", ""], ids=["long", "long in bytes", "empty", "none"])
def test_a_password_that_would_not_protect_is_not_hashed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        hash_password(monkeypatch, text)
    printed = capsys.readouterr()
    assert ended.value.code not in (0, None)
    assert printed.out == ""
    assert "password" in f"{printed.err}{ended.value.code}".lower()
