"""Log lines: one an event, with the request's id, and with nothing that should not be read."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest
from starlette.types import Scope

from pierone_http import logs
from pierone_http.log_settings import LogSettings
from pierone_http.work import Work

OURS = logging.getLogger("pierone_http.test")
TOUCHED = [None, "pierone_core", "pierone_adapters", "pierone_http", "uvicorn"]


class Written:
    """What went to standard error since the last look."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def text(self) -> str:
        """All of it."""
        return self._capsys.readouterr().err

    def documents(self) -> list[dict[str, str]]:
        """Its lines as JSON."""
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """Collect what is written, and put back what logging was like before."""
    root = logging.getLogger()
    handlers, levels = list(root.handlers), [logging.getLogger(name).level for name in TOUCHED]
    yield Written(capsys)
    root.handlers[:] = handlers
    for name, level in zip(TOUCHED, levels, strict=True):
        logging.getLogger(name).setLevel(level)


def request(request_id: bytes | None = None) -> Scope:
    return {"type": "http", "headers": [(b"x-request-id", request_id)] if request_id is not None else []}


def log_in_a_thread(scope: Scope) -> None:
    async def answer() -> None:
        logs.enter(scope)
        work = Work(prompt=True)
        await work.run(OURS.warning, "written")
        await work.fetch(OURS.warning, "read")

    asyncio.run(answer())


def fail_with_a_secret_at_hand() -> None:
    password = "s3cret" + "-word"
    try:
        int(f"{len(password)} characters")
    except ValueError:
        OURS.exception("failed")


def test_a_json_line_is_an_object_with_time_level_and_origin(written: Written) -> None:
    logs.configure(LogSettings(log_format="json"))
    OURS.warning("%s of %s", 1, 2)
    [document] = written.documents()
    assert (document["event"], document["level"], document["logger"]) == ("1 of 2", "warning", "pierone_http.test")
    assert document["timestamp"].endswith("Z")
    assert "request_id" not in document


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_nobody_forges_a_line_or_steers_a_terminal(written: Written, log_format: str) -> None:
    logs.configure(LogSettings.model_validate({"log_format": log_format}))
    OURS.warning("who? %s", "alice\nforged\x1b[2J\u2028too\x85")
    text = written.text()
    assert len(text.splitlines()) == 1
    assert "\x1b[2J" not in text
    assert "forged" in text


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_values(written: Written, log_format: str) -> None:
    logs.configure(LogSettings.model_validate({"log_format": log_format}))
    fail_with_a_secret_at_hand()
    text = written.text()
    assert "ValueError: invalid literal" in text
    assert "fail_with_a_secret_at_hand" in text
    assert "s3cret-word" not in text


@pytest.mark.parametrize(("level", "expected"), [("debug", "dwe"), ("info", "we"), ("warning", "we"), ("error", "e")])
def test_the_level_bounds_what_is_written(written: Written, level: str, expected: str) -> None:
    logs.configure(LogSettings.model_validate({"log_level": level, "log_format": "json"}))
    OURS.debug("d")
    OURS.warning("w")
    logging.getLogger("uvicorn.error").error("e")
    assert "".join(line["event"] for line in written.documents()) == expected


def test_libraries_never_tell_what_they_send(written: Written) -> None:
    logs.configure(LogSettings(log_level="debug"))
    for library in ("botocore.auth", "urllib3", "httpx2", "sqlalchemy.engine"):
        logging.getLogger(library).info("Authorization: secret")
    assert written.text() == ""


@pytest.mark.parametrize("sane", [b"a", b"7f3b-1.x_Z", b"a" * 64])
def test_a_sane_id_of_the_client_is_kept(written: Written, sane: bytes) -> None:
    logs.configure(LogSettings(log_format="json"))
    log_in_a_thread(request(sane))
    assert [line["request_id"] for line in written.documents()] == [sane.decode()] * 2


@pytest.mark.parametrize("sent", [None, b"", b"a" * 65, b"a b", b"a\n", b"a/b", b'"', "ä".encode(), b"\xff"])
def test_any_other_is_replaced_by_one_that_stays(written: Written, sent: bytes | None) -> None:
    logs.configure(LogSettings(log_format="json"))
    log_in_a_thread(request(sent))
    first, second = (line["request_id"] for line in written.documents())
    assert first == second
    assert len(first) == 32
    assert first.isalnum()


def test_two_requests_are_told_apart() -> None:
    assert logs.request_id(request()) != logs.request_id(request())
