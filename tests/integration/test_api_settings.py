"""What `pierone-server serve` refuses to serve, and where its settings come from.

All of it is tried in this process, which spares starting Python for every case.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn
from tests.integration.oci import Repository, connect
from tests.integration.server import Server

from pierone_http.__main__ import main
from pierone_http.setting_names import CONFIG_FILE_VARIABLE
from pierone_http.settings import Settings

ANY = "0.0.0.0"  # noqa: S104 - what must not be served without users
Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Refused:
    """Run `serve` in this process, give what it says, and fail if it does come to serving."""

    def serve(*options: str, **variables: str) -> str:
        for name in (CONFIG_FILE_VARIABLE, *(f"PIERONE_{name.upper()}" for name in Settings.model_fields)):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"PIERONE_DATA_DIR": str(tmp_path / "data")} | variables).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: pytest.fail("it is served"))
        with pytest.raises(SystemExit) as ended:
            main(["serve", *options])
        code, printed = ended.value.code, capsys.readouterr()
        assert code not in (0, None)
        assert printed.out == ""
        said = f"{printed.err}{code}" if isinstance(code, str) else printed.err
        assert 20 < len(said) < 1500
        assert "Traceback" not in said
        return said

    return serve


@pytest.mark.parametrize("host", [ANY, "::", "192.0.2.1", "registry.example.org", "127.0.0.1.example.org", ""])
def test_an_open_server_is_not_served_to_other_machines_and_the_way_on_is_told(refused: Refused, host: str) -> None:
    for said in (refused("--host", host), refused(PIERONE_HOST=host)):
        for word in (host, "PIERONE_USERS_FILE", "hash-password", "127.0.0.1"):
            assert word in said


BAD = {
    "port": ["x", "-1", "65536", "80.5", ""],
    "storage": ["tape", ""],
    "mutable_tags": ["team/*:edge", '{"a": "b"}', '["no colon"]', '["a:b:c"]', '[":x"]', "[1]", "[", ""],
    "upload_max_age": ["0", "-1", "day"],
    "sweep_interval": ["0", "often"],
    "body_timeout": ["0", "x"],
    "manifest_max_bytes": ["1000", "x"],
    "cache_bytes": ["-1", "x"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
@pytest.mark.parametrize("by_option", [True, False])
def test_a_bad_setting_is_refused_by_its_name(refused: Refused, name: str, value: str, *, by_option: bool) -> None:
    option, variable = f"--{name.replace('_', '-')}={value}", {f"PIERONE_{name.upper()}": value}
    said = refused(option) if by_option else refused(**variable)
    assert f"PIERONE_{name.upper()}" in said
    assert len(said.splitlines()) == 1


def test_all_that_is_wrong_is_said_at_once(refused: Refused) -> None:
    said = refused("--port", "x", PIERONE_CACHE_BYTES="-1")
    assert "PIERONE_PORT: " in said
    assert "PIERONE_CACHE_BYTES: " in said


def test_a_variable_that_is_no_setting_is_refused_with_the_one_that_was_meant(refused: Refused) -> None:
    said = refused(PIERONE_PUBLIC_REED="true")
    assert said == "pierone-server: PIERONE_PUBLIC_REED is no setting; did you mean PIERONE_PUBLIC_READ?\n"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        "nonsense",
        '{"alice": {}}',
        '{"alice": {"password": "plain", "teams": []}}',
        '{"alice": null}',
        None,
    ],
)
def test_a_users_file_that_cannot_be_read_is_refused_by_its_setting_and_its_path(
    refused: Refused, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "users.json"
    if content is not None:
        path.write_text(content)
    said = refused(PIERONE_USERS_FILE=str(path))
    assert said.startswith(f"pierone-server: PIERONE_USERS_FILE: {path}")
    assert "hash-password" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("below", ["file", "file/data"])
def test_a_data_directory_that_cannot_be_is_refused_by_its_setting_and_its_path(
    refused: Refused, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_text("")
    for said in (refused("--data-dir", str(tmp_path / below)), refused(PIERONE_DATA_DIR=str(tmp_path / below))):
        assert said.startswith(f"pierone-server: PIERONE_DATA_DIR: {tmp_path / below}: ")
        assert "directory that the server may make" in said


def test_a_data_directory_that_cannot_be_written_to_is_refused_by_its_setting(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path)  # root may write to whatever there is
    assert f"PIERONE_DATA_DIR: {tmp_path}: cannot be written to; " in refused(PIERONE_DATA_DIR=str(tmp_path))


def test_blobs_without_their_database_are_not_served(refused: Refused, tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server, connect(server.url) as api:
        Repository(api).push_blob(b"a blob")
    for file in (tmp_path / "data").glob("pierone.sqlite*"):
        file.unlink()
    said = refused(PIERONE_DATA_DIR=str(tmp_path / "data"))
    assert "restore" in said
    assert str(tmp_path / "data") in said


# The name of the setting that is wrong; where none is, the file that is no TOML.
BAD_FILES = {
    "port = 'x'": "port",
    "ports = 8080": "ports",
    "PIERONE_PORT = 8080": "pierone_port",
    "mutable_tags = 'edge'": "mutable_tags",
    "mutable_tags = ['edge']": "mutable_tags",
    "port = ": "pierone.toml",
    "nonsense": "pierone.toml",
}


@pytest.mark.parametrize(("content", "word"), BAD_FILES.items())
def test_a_bad_file_of_settings_is_refused(refused: Refused, tmp_path: Path, content: str, word: str) -> None:
    path = tmp_path / "pierone.toml"
    path.write_text(content)
    assert word in refused(PIERONE_CONFIG_FILE=str(path)).lower()


@pytest.mark.parametrize("is_directory", [True, False])
def test_a_file_of_settings_that_is_not_there_is_refused_by_its_path(
    refused: Refused, tmp_path: Path, *, is_directory: bool
) -> None:
    path = tmp_path / "pierone.toml"
    if is_directory:
        path.mkdir()
    # Were it overlooked, the server would be refused for its address.
    assert str(path) in refused("--host", ANY, PIERONE_CONFIG_FILE=str(path))


# A server that must not be served says which address it was to serve, so nothing has to be started here.
@pytest.mark.parametrize(
    ("file", "variable", "option", "taken"),
    [
        ("192.0.2.1", None, None, "192.0.2.1"),
        ("192.0.2.1", "192.0.2.2", None, "192.0.2.2"),
        ("127.0.0.1", "192.0.2.2", None, "192.0.2.2"),
        (None, "192.0.2.2", "192.0.2.3", "192.0.2.3"),
        ("192.0.2.1", "127.0.0.1", "192.0.2.3", "192.0.2.3"),
        ("192.0.2.1", None, "192.0.2.3", "192.0.2.3"),
    ],
)
def test_an_option_wins_over_a_variable_and_that_over_the_file(
    refused: Refused, tmp_path: Path, file: str | None, variable: str | None, option: str | None, taken: str
) -> None:
    variables = {"PIERONE_HOST": variable} if variable else {}
    if file:
        (tmp_path / "pierone.toml").write_text(f"host = '{file}'")
        variables["PIERONE_CONFIG_FILE"] = str(tmp_path / "pierone.toml")
    said = refused(*(["--host", option] if option else []), **variables)
    assert [address for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3") if address in said] == [taken]
