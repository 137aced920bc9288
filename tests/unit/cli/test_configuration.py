"""Where the configuration lies, and what wins."""

from pathlib import Path

import platformdirs
import platformdirs.macos
import platformdirs.unix
import pytest

from pierone_cli.configuration import configuration_files, keep_url, read_configuration
from pierone_cli.errors import ClientError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "PIERONE_URL", "PIERONE_OAUTH2_ISSUER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


@pytest.fixture
def _linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: platformdirs.unix.Unix(name).user_config_path)


@pytest.mark.usefixtures("_linux")
def test_on_linux_the_file_is_pierone_yaml_and_that_of_earlier_clients_is_read(home: Path) -> None:
    assert configuration_files() == [home / ".config/pierone.yaml", home / ".config/pierone/pierone.yaml"]
    write(home / ".config/pierone/pierone.yaml", "url: older.example.org")
    assert read_configuration().url == "older.example.org"
    write(home / ".config/pierone.yaml", "url: newer.example.org")
    assert read_configuration().url == "newer.example.org"


@pytest.mark.usefixtures("_linux")
def test_another_place_for_configuration_is_honoured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "elsewhere"))
    write(home / "elsewhere/pierone.yaml", "url: there.example.org")
    assert read_configuration().url == "there.example.org"


def test_on_macos_the_file_lies_in_application_support(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: platformdirs.macos.MacOS(name).user_config_path)
    assert configuration_files() == [home / "Library/Application Support/pierone/pierone.yaml"]


def test_a_variable_wins_over_the_file_and_an_empty_one_does_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / ".config/pierone.yaml", "url: a\noauth2_issuer: b\nforeign: c\noauth2_scope:\n")
    monkeypatch.setenv("PIERONE_URL", "")
    monkeypatch.setenv("PIERONE_OAUTH2_ISSUER", "other")
    configuration = read_configuration()
    assert (configuration.url, configuration.oauth2_issuer) == ("a", "other")
    assert configuration.oauth2_scope == "openid offline_access uid"


@pytest.mark.usefixtures("_linux")
def test_a_url_is_kept_beside_what_stands_in_the_file(home: Path) -> None:
    write(home / ".config/pierone/pierone.yaml", "foreign: 1\nurl: old\n")
    assert keep_url("https://new.example.org") == home / ".config/pierone/pierone.yaml"
    kept = (home / ".config/pierone/pierone.yaml").read_text()
    assert kept == "foreign: 1\nurl: https://new.example.org\n"
    assert not (home / ".config/pierone.yaml").exists()


def test_a_file_that_cannot_be_written_is_a_sentence(home: Path) -> None:
    (home / ".config").write_text("a file where a directory should be")
    with pytest.raises(ClientError, match=r"cannot write .*pierone.yaml .*use --url or PIERONE_URL"):
        keep_url("https://new.example.org")
