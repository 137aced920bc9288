"""`pierone-server fsck`: each kind of damage, made by hand on a disk and in a database, is found and named."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.damage import (
    CONFIG,
    DAMAGE,
    LAYER,
    NAME,
    blob_file,
    change_blob,
    database,
    forget_blobs,
    lose_blob_and_its_row,
)
from tests.integration.oci import Document, Repository, connect, digest_of, index_of
from tests.integration.server import Server

from pierone_http.__main__ import main

STRAY = b"what nobody pushed"
GUARDS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name NOT LIKE '%_counted_on_%'"
Run = Callable[..., tuple[int, list[str]]]


def push_everything(api_url: str) -> Document:
    """An image under a tag, an index over it, one over a blob, and a blob that no manifest names; the image."""
    with connect(api_url) as api:
        repository = Repository(api, NAME)
        image = repository.push("1", repository.image("one"))
        cached = repository.push_blob(b"a layer of a build cache")
        repository.push("2", index_of(image))
        repository.push("3", index_of(cached))
        repository.push_blob(b"not named by a manifest yet")
    return image


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Fill a data directory; it and the digest of its image."""
    path = tmp_path_factory.mktemp("fsck") / "data"
    with Server(path) as server:
        image = push_everything(server.url)
    return path, str(image["digest"])


@pytest.fixture
def data(template: tuple[Path, str], tmp_path: Path) -> Path:
    """Copy the data directory, without what guards the database against damage."""
    path = tmp_path / "data"
    shutil.copytree(template[0], path)
    with database(path) as connection:
        for (name,) in connection.execute(GUARDS).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
    return path


@pytest.fixture
def fsck(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command on the copy; its exit status, and its lines without the summary."""
    monkeypatch.setenv("PIERONE_DATA_DIR", str(data))

    def run(*options: str) -> tuple[int, list[str]]:
        with pytest.raises(SystemExit) as ended:
            main(["fsck", *options])
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().out.splitlines()[:-1]

    return run


@pytest.mark.parametrize(("inflict", "line"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_found_and_named(data: Path, fsck: Run, inflict: Callable[[Path], None], line: str) -> None:
    inflict(data)
    status, findings = fsck("--verify", "all")
    assert status == 1
    assert [found for found in findings if re.match(line, found)], findings


def test_what_was_left_alone_is_clean(fsck: Run) -> None:
    assert [fsck(*options) for options in ([], ["--verify", "all"], ["--verify", "2"], ["--rebuild"])] == [(0, [])] * 4


def test_bytes_are_looked_at_only_when_asked_for(data: Path, fsck: Run) -> None:
    change_blob(data)
    assert fsck("--verify", "none") == (0, [])
    assert fsck("--verify", "all")[0] == 1


def test_a_blob_that_nobody_references_is_told_but_is_no_damage(data: Path, fsck: Run) -> None:
    path = blob_file(data, STRAY)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(STRAY)
    status, [found] = fsck("--verify", "all")
    assert status == 0
    assert found.startswith(f"note blob-unreferenced {digest_of(STRAY)}: ")


def test_a_rebuild_makes_pulls_work_again(data: Path, template: tuple[Path, str], fsck: Run) -> None:
    forget_blobs(data)
    status, findings = fsck("--rebuild", "--verify", "all")
    assert status == 0
    rebuilt = [found.split()[2] for found in findings if found.startswith("note blob-rebuilt ")]
    assert {digest.rstrip(":") for digest in rebuilt} >= {digest_of(CONFIG), digest_of(LAYER)}
    assert fsck("--verify", "all")[0] == 0
    with Server(data) as server, connect(server.url) as api:
        assert Repository(api, NAME).manifest(template[1]).status_code == 200
        for content in (CONFIG, LAYER):
            assert api.get(f"/v2/{NAME}/blobs/{digest_of(content)}").content == content


def test_after_a_rebuild_statistics_tell_what_all_blobs_have(data: Path, fsck: Run) -> None:
    forget_blobs(data)
    assert fsck("--rebuild")[0] == 0
    with database(data) as connection:
        [expected] = connection.execute("SELECT sum(size) FROM blobs").fetchone()
    with Server(data) as server, connect(server.url) as api:
        assert api.get("/stats").json()["storage"] == expected > 0


def test_a_rebuild_does_not_invent_what_is_gone(data: Path, fsck: Run) -> None:
    lose_blob_and_its_row(data)
    status, [found] = fsck("--rebuild")
    assert status == 1
    assert found.startswith(f"damage blob-missing {digest_of(LAYER)}: ")
    with database(data) as connection:
        assert connection.execute("SELECT 1 FROM blobs WHERE digest = ?", [digest_of(LAYER)]).fetchall() == []


def test_a_registry_in_use_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(tmp_path / "data") as server, connect(server.url) as api:
        monkeypatch.setenv("PIERONE_DATA_DIR", str(server.data_dir))
        program = [sys.executable, "-m", "pierone_http", "fsck", "--verify", "all"]
        process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        number = 0
        while process.poll() is None:
            repository = Repository(api)
            repository.push("1", repository.image(str(number)))
            number += 1
        assert process.stdout is not None
        with process.stdout as printed:
            assert not [line for line in printed if line.startswith("damage")]
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PIERONE_DATA_DIR", "nowhere", "there is no registry in nowhere"),
        ("PIERONE_STORAGE", "memory", "in memory"),
    ],
)
def test_what_cannot_be_looked_at_is_not_clean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as ended:
        main(["fsck"])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
    assert not Path("nowhere").exists()


def test_a_database_that_is_none_is_not_clean(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIERONE_DATA_DIR", str(data))
    for path in data.glob("pierone.sqlite*"):
        path.unlink()
    (data / "pierone.sqlite").write_bytes(b"no database at all" * 1000)
    with pytest.raises(SystemExit) as ended:
        main(["fsck"])
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert "could not look at everything" in printed.err


def test_a_failure_that_nobody_foresaw_is_not_taken_for_damage(data: Path, fsck: Run) -> None:
    with database(data) as connection:
        connection.execute("UPDATE manifests SET data = 'text where bytes belong'")
    assert fsck() == (2, [])


@pytest.mark.parametrize("verify", ["some", "-1", "1.5", ""])
def test_an_amount_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], verify: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fsck", f"--verify={verify}"])
    assert ended.value.code == 2
    assert "all, none, or how many" in capsys.readouterr().err
