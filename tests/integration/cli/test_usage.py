"""What holds for every command: names, options, the choice of the registry, errors."""

import re

import pytest
from tests.integration.cli.command import Home
from tests.integration.identity.stand_in import HANG_UP, Reply, StandIn, reply_always


def test_a_command_may_be_shortened_as_long_as_it_is_clear(home: Home) -> None:
    assert home.pierone("la", "myteam", "myapp").out == "1.1\n"
    unclear = home.pierone("e", "myteam/myapp:1.0")
    assert unclear.code == 2
    assert "'e' may be any of events, exists" in unclear.err


def test_an_unknown_command_is_a_wrong_use(home: Home) -> None:
    done = home.pierone("delete", "myteam")
    assert done.code == 2
    assert "No such command 'delete'" in done.err


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_printed(bare_home: Home, option: str) -> None:
    assert bare_home.pierone(option).out.startswith("Pier One CLI 0.")


@pytest.mark.parametrize("arguments", [["-h"], ["tags", "-h"], ["tags", "--help"], ["login", "-h"]])
def test_there_is_help(bare_home: Home, arguments: list[str]) -> None:
    done = bare_home.pierone(*arguments)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: pierone")


def test_the_option_wins_over_the_variable_and_the_variable_over_the_file(home: Home, registry: StandIn) -> None:
    nobody = "http://127.0.0.1:9"
    file = home.path / ".config/pierone.yaml"
    file.parent.mkdir()
    file.write_text(f"url: {nobody}\nother: kept\n")
    assert home.pierone("latest", "myteam", "myapp").code == 0
    assert home.pierone("latest", "myteam", "myapp", "--url", nobody).code == 1
    assert home.pierone("latest", "myteam", "myapp", "--url", registry.url, PIERONE_URL=nobody).code == 0
    file.write_text(f"url: {registry.url}\n")
    assert home.pierone("latest", "myteam", "myapp", PIERONE_URL="").code == 0


def test_the_file_of_earlier_clients_is_read(home: Home, registry: StandIn) -> None:
    file = home.path / ".config/pierone/pierone.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f"url: {registry.url}\n")
    assert home.pierone("latest", "myteam", "myapp", PIERONE_URL="").out == "1.1\n"


def test_without_a_registry_and_a_terminal_the_error_says_how_to_name_one(bare_home: Home) -> None:
    done = bare_home.pierone("teams")
    assert (done.code, done.out) == (1, "")
    assert done.err == "Error: which registry? Use --url, or set PIERONE_URL, or `url` in pierone.yaml\n"


@pytest.mark.parametrize("content", ["url: [", "- url", "url: \x00"])
def test_a_configuration_file_that_cannot_be_read_is_one_line(home: Home, content: str) -> None:
    file = home.path / ".config/pierone.yaml"
    file.parent.mkdir()
    file.write_text(content)
    done = home.pierone("teams")
    assert done.code == 1
    assert str(file) in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(401, {"message": "Unauthorized"}), "does not take the token of OAUTH2_ACCESS_TOKENS: Unauthorized"),
        (Reply(403, {"message": "Forbidden"}), "does not allow this: Forbidden (status 403)"),
        (
            Reply(503, {"message": "A dependency is unavailable"}),
            "cannot answer: A dependency is unavailable (status 503)",
        ),
        (Reply(500, b"<html>\n<h1>500</h1>"), "cannot answer: <html> <h1>500</h1> (status 500)"),
        (Reply(200, b"<html>"), "answers no JSON; is it a Pier One?"),
        (HANG_UP, "cannot be reached: "),
    ],
)
def test_a_failure_is_one_line_and_has_no_token(home: Home, registry: StandIn, reply: Reply, sentence: str) -> None:
    registry.answer = reply_always(reply)
    done = home.pierone("teams")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("Error: ")
    assert sentence in done.err
    assert done.err.count("\n") == 1
    assert "t0ken" not in done.err


def test_a_registry_that_is_not_there_is_one_line(home: Home) -> None:
    done = home.pierone("teams", "--url", "http://127.0.0.1:9")
    assert done.code == 1
    assert done.err.startswith("Error: http://127.0.0.1:9/teams cannot be reached: ")
    assert "Traceback" not in done.err


def test_an_unforeseen_error_is_one_line_and_with_debug_a_traceback(
    home: Home, registry: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.delattr("pierone_cli.registry.Registry.rows")
        done = home.pierone("latest", "myteam", "myapp")
        assert "Traceback" in home.pierone("--debug", "latest", "myteam", "myapp").err
    assert done.code == 1
    assert "pierone --debug" in done.err
    assert done.err.count("\n") == 1
    registry.answer = reply_always(Reply(503))
    foreseen = home.pierone("--debug", "latest", "myteam", "myapp").err
    assert "Traceback" in foreseen
    assert foreseen.endswith("cannot answer: status 503\n")


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("teams", {"a": 1}),
        ("teams", None),
        ("teams", ["a", 1]),
        ("artifacts myteam", [{"x": 1}]),
        ("tags myteam myapp", ["a"]),
        ("tags myteam myapp", [{"name": "1.0"}]),
        ("latest myteam myapp", [{"name": 1, "created": "2015-08-20T08:14:59.432Z"}]),
        ("events myteam myapp", [{"time": "2015-08-20T08:14:59.432Z"}]),
        ("image sha256:aa", [[]]),
        ("describe myteam myapp 1.0", []),
        ("inspect-contents myteam myapp 1.0", []),
        ("teams", b"[" * 100_000),
    ],
)
def test_what_is_no_pier_one_is_one_line(home: Home, registry: StandIn, command: str, body: object) -> None:
    registry.answer = reply_always(Reply(body=body))
    done = home.pierone(*command.split())
    assert (done.code, done.out) == (1, "")
    assert re.search(r"^Error: http://127\.0\.0\.1:\d+/\S+ answers .*; is it (one|a Pier One)\?\n$", done.err)


def test_a_time_that_is_none_is_one_line(home: Home, registry: StandIn) -> None:
    registry.answer = reply_always(Reply(body=[{"name": "1.0", "created": "\x1byesterday"}]))
    done = home.pierone("tags", "myteam", "myapp")
    assert (done.code, done.out) == (1, "")
    assert done.err == "Error: '\\x1byesterday' is no point in time; is the registry a Pier One?\n"


@pytest.mark.parametrize("link", ["http://[bad", "http://a:b/"])
def test_a_next_page_that_is_nowhere_is_one_line(home: Home, registry: StandIn, link: str) -> None:
    registry.answer = reply_always(Reply(body=["a"], headers={"Link": f'<{link}>; rel="next"'}))
    done = home.pierone("teams")
    assert (done.code, done.out) == (1, "")
    assert "answers otherwise than a Pier One does" in done.err


def test_cves_says_that_it_is_deprecated(bare_home: Home) -> None:
    done = bare_home.pierone("cves", "myteam", "myapp", "1.0", "-o", "json")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("DEPRECATED: ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_get_a_script_that_completes(bare_home: Home, shell: str) -> None:
    done = bare_home.pierone("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_PIERONE_COMPLETE" in done.out


def test_a_shell_completes_commands(bare_home: Home) -> None:
    completing = {"_PIERONE_COMPLETE": "bash_complete", "COMP_WORDS": "pierone in", "COMP_CWORD": "1"}
    assert bare_home.spawn(["pierone"], variables=completing).out == "plain,inspect-contents\n"
