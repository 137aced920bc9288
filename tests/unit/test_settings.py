"""Settings: from the environment, a TOML file or a call, and what is wrong is said at start."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from pierone_cli.configuration import KEYS
from pierone_http.settings import Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Begin with no setting at all."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"PIERONE_{name.upper()}", raising=False)
    monkeypatch.delenv("PIERONE_CONFIG_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_settings_the_server_is_one_for_this_machine() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.storage) == ("127.0.0.1", 8080, "filesystem")
    assert settings.data_dir == Path("data")
    assert settings.mutable_tags == []
    assert settings.users_file is None
    assert (settings.upload_max_age, settings.sweep_interval, settings.body_timeout) == (86400, 3600, 60)
    assert settings.manifest_max_bytes == 8 * 1024 * 1024
    assert not settings.is_open_to_others


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("host", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - read, not served
        ("port", "0", 0),
        ("port", "65535", 65535),
        ("storage", "memory", "memory"),
        ("data_dir", "/var/lib/x y", Path("/var/lib/x y")),
        ("mutable_tags", '["a/*:dev", "b/b:*"]', ["a/*:dev", "b/b:*"]),
        ("mutable_tags", "[]", []),
        ("users_file", "users.json", Path("users.json")),
        ("upload_max_age", "1.5", 1.5),
        ("sweep_interval", "0.1", 0.1),
        ("body_timeout", "5", 5.0),
        ("shutdown_delay", "0", 0.0),
        ("shutdown_seconds", "0.5", 0.5),
        ("log_format", "json", "json"),
        ("log_level", "debug", "debug"),
        ("access_log", "true", True),
        ("cache_bytes", "0", 0),
        ("manifest_max_bytes", "4194304", 4194304),
    ],
)
def test_a_setting_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(f"PIERONE_{name.upper()}", text)
    assert getattr(Settings(), name) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "-1"),
        ("port", "65536"),
        ("port", "http"),
        ("storage", "s3"),
        ("storage", ""),
        ("data_dir", ""),
        ("mutable_tags", '["no-colon"]'),
        ("mutable_tags", '"a/*:dev"'),
        ("mutable_tags", "[7]"),
        ("mutable_tags", "{}"),
        ("upload_max_age", "0"),
        ("upload_max_age", "-1"),
        ("upload_max_age", "nan"),
        ("upload_max_age", "inf"),
        ("upload_max_age", "1e300"),
        ("sweep_interval", "0"),
        ("sweep_interval", "nan"),
        ("sweep_interval", "inf"),
        ("body_timeout", "0"),
        ("body_timeout", "nan"),
        ("body_timeout", "inf"),
        ("shutdown_delay", "-1"),
        ("shutdown_seconds", "nan"),
        ("shutdown_seconds", "inf"),
        ("log_format", "xml"),
        ("log_level", "trace"),
        ("access_log", "perhaps"),
        ("cache_bytes", "-1"),
        ("manifest_max_bytes", "4194303"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"PIERONE_{name.upper()}", text)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_a_list_of_patterns_that_is_no_json_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIERONE_MUTABLE_TAGS", "a/*:dev")
    with pytest.raises(ValueError, match="PIERONE_MUTABLE_TAGS must be a JSON list"):
        Settings()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PIERONE_PUBLIC_REED", "PIERONE_PUBLIC_REED is no setting; did you mean PIERONE_PUBLIC_READ?"),
        ("pierone_prot", "PIERONE_PROT is no setting; did you mean PIERONE_PORT?"),
        ("PIERONE_MUTABLETAGS", "PIERONE_MUTABLETAGS is no setting; did you mean PIERONE_MUTABLE_TAGS?"),
        ("PIERONE_XYZZY_Q", "PIERONE_XYZZY_Q is no setting; `pierone-server serve --help` tells all of them"),
        ("PIERONE_", "PIERONE_ is no setting; "),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ValueError, match=re.escape(said)):
        Settings()


def test_variables_of_the_client_and_of_others_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*(f"PIERONE_{key.upper()}" for key in KEYS), "_PIERONE_COMPLETE", "PIERONEER", "pierone_host"):
        monkeypatch.setenv(name, "localhost")
    assert Settings().host == "localhost"


def test_a_setting_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pierone.toml").write_text('port = 5000\nmutable_tags = ["a/*:dev"]\n', encoding="utf-8")
    monkeypatch.setenv("PIERONE_CONFIG_FILE", str(tmp_path / "pierone.toml"))
    assert (Settings().port, Settings().mutable_tags) == (5000, ["a/*:dev"])


def test_a_call_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pierone.toml").write_text('host = "file"\nport = 1\nsweep_interval = 1\n', encoding="utf-8")
    monkeypatch.setenv("PIERONE_CONFIG_FILE", str(tmp_path / "pierone.toml"))
    monkeypatch.setenv("PIERONE_PORT", "2")
    monkeypatch.setenv("PIERONE_SWEEP_INTERVAL", "2")
    settings = Settings(sweep_interval=3)
    assert (settings.host, settings.port, settings.sweep_interval) == ("file", 2, 3)


def test_an_unknown_name_in_the_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pierone.toml").write_text("mutable_tag = []\n", encoding="utf-8")
    monkeypatch.setenv("PIERONE_CONFIG_FILE", str(tmp_path / "pierone.toml"))
    with pytest.raises(ValidationError, match="mutable_tag"):
        Settings()


@pytest.mark.parametrize("content", [None, "port = "])
def test_a_file_that_cannot_be_read_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "pierone.toml").write_text(content, encoding="utf-8")
    monkeypatch.setenv("PIERONE_CONFIG_FILE", str(tmp_path / "pierone.toml"))
    with pytest.raises((ValueError, OSError)):
        Settings()


@pytest.mark.parametrize(
    ("host", "is_open"),
    [
        ("127.0.0.1", False),
        ("127.1.2.3", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),  # noqa: S104 - asked about, not served
        ("::", True),
        ("", True),
        ("192.168.1.1", True),
        ("registry.example.org", True),
        ("localhost.example.org", True),
        ("127.0.0.1.example.org", True),
    ],
)
def test_without_users_only_this_machine_may_be_served(host: str, *, is_open: bool) -> None:
    assert Settings(host=host).is_open_to_others is is_open
    assert not Settings(host=host, users_file=Path("users.json")).is_open_to_others


def test_memory_is_not_shared_by_several_workers() -> None:
    with pytest.raises(ValidationError, match="leave PIERONE_WORKERS at 1"):
        Settings(storage="memory", workers=2)
    assert Settings(storage="memory").workers == 1
