"""Files that are replaced as a whole or not at all."""

import multiprocessing
import threading
from pathlib import Path

import pytest

from pierone_cli.docker_config import use_helper
from pierone_cli.durable_file import replace_file
from pierone_cli.errors import ClientError
from pierone_cli.tokens.kept import Kept, KeptCredentials

PROCESSES, EACH = 2, 10


class _PowerCut(BaseException):
    pass


def test_what_is_interrupted_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise _PowerCut

    file = tmp_path / "config.json"
    file.write_text("old")
    monkeypatch.setattr("os.fsync", cut)
    with pytest.raises(_PowerCut):
        replace_file(file, "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("config.json", "old")]


def test_a_new_file_and_its_directory_are_nobody_elses_business(tmp_path: Path) -> None:
    file = tmp_path / "new/config.json"
    replace_file(file, "{}")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_private_file_loses_the_mode_that_it_had(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.touch(0o644)
    replace_file(file, "{}")
    assert file.stat().st_mode & 0o777 == 0o644
    replace_file(file, "{}", private=True)
    assert file.stat().st_mode & 0o777 == 0o600


def test_who_changes_what_is_kept_sees_what_the_one_before_left(tmp_path: Path) -> None:
    credentials, seen = KeptCredentials(tmp_path / "tokens.json"), []

    def second(kept: Kept | None) -> Kept | None:
        seen.append(kept)
        return kept

    other = threading.Thread(target=credentials.change, args=("host", second))

    def first(_: Kept | None) -> Kept:
        other.start()
        other.join(0.2)  # as far as it gets
        return Kept(secret="renewed")

    credentials.change("host", first)
    other.join()
    assert seen == [Kept(secret="renewed")]


def test_what_is_kept_is_private_whatever_the_file_was(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text("{}")
    file.chmod(0o644)
    KeptCredentials(file).keep("host", Kept(secret="s"))
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["{", "[]", '{"host": {"secret": "s", "unknown": 1}}'])
def test_a_damaged_file_of_tokens_says_to_log_in_again(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(content)
    with pytest.raises(ClientError, match="log in again"):
        KeptCredentials(file).get("host")


def _write_many(directory: Path, number: int) -> None:
    for count in range(EACH):
        use_helper(directory / "config.json", f"host-{number}-{count}")
        KeptCredentials(directory / "tokens.json").keep(f"host-{number}-{count}", Kept(secret="s"))


def test_processes_that_write_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(tmp_path, number)) for number in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    assert len(KeptCredentials(tmp_path / "tokens.json").hosts()) == PROCESSES * EACH
    assert (tmp_path / "config.json").read_text().count("pierone") == PROCESSES * EACH
