"""What a server says, in an error or in an answer, cannot move the cursor of who reads it."""

import pytest
from tests.integration.cli.command import Home
from tests.integration.identity.stand_in import Reply, StandIn, reply_always

ESCAPE = "\x1b]0;mine\x07\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}"
REPLACED = "�]0;mine��[2J�"


def is_harmless(printed: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in printed)


@pytest.mark.parametrize("body", [{"message": ESCAPE}, {"errors": [{"message": ESCAPE}]}, ESCAPE.encode()])
@pytest.mark.parametrize("options", [[], ["--debug"]])
def test_an_error_of_a_server(home: Home, registry: StandIn, body: object, options: list[str]) -> None:
    registry.answer = reply_always(Reply(500, body))
    done = home.pierone(*options, "teams")
    assert done.code == 1
    assert REPLACED in done.err
    assert is_harmless(done.err)


def test_an_error_that_nobody_foresaw(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(ESCAPE)

    monkeypatch.setattr("pierone_cli.commands.lists.artifact_names", fails)
    for options in ([], ["--debug"]):
        done = home.pierone(*options, "artifacts", "myteam")
        assert f"RuntimeError: {REPLACED}" in done.err
        assert is_harmless(done.err)


def test_the_one_word_of_latest(home: Home, registry: StandIn) -> None:
    registry.answer = reply_always(Reply(body=[{"name": ESCAPE, "created": "2015-08-20T08:14:59.432Z"}]))
    assert home.pierone("latest", "myteam", "myapp").out == f"{REPLACED}\n"
