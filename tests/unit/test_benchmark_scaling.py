"""The scaling section of the benchmarks: amounts, tables and pictures, on made-up figures, and the filled database."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.layer_file import LayerFile
from benchmarks.rows.row import QUICK, Scene
from benchmarks.scaling import run
from benchmarks.scaling.clients import CLIENTS
from benchmarks.scaling.fill import ONLY_TAG, REPOSITORY, repository, tag
from benchmarks.scaling.layers import LAYERS
from benchmarks.scaling.report import render
from benchmarks.scaling.run import ALL_SERIES, Scaling
from benchmarks.scaling.series import Point, powers, written_amount
from benchmarks.scaling.tags import REPOSITORIES, TAGS
from benchmarks.subject import subject

from pierone_adapters.sql import sqlite_metadata
from pierone_core.values import Repository, Tag

POINTS = [Point(1, {"manifest GET": 1000, "p50": 0.5, "p99": 2}), Point(4, {"manifest GET": 1500, "p50": 1, "p99": 9})]
PNG = b"\x89PNG"


def measured(_kind: object, _scene: Scene, amounts: Sequence[int]) -> Iterator[Point]:
    return (replace(POINTS[0], amount=amount) for amount in amounts)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the report of a complete run elsewhere, and measure nothing."""
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(run, "ALL_SERIES", (replace(CLIENTS, measure=measured),))
    monkeypatch.setattr(run, "REPORT", tmp_path / "SCALING.md")
    monkeypatch.setattr(run, "PICTURES", tmp_path / "docs")
    return tmp_path


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def scale(directory: Path, output: Path | None = None, *, is_quick: bool = False) -> None:
    scaling = Scaling(subject(), [], is_quick)
    scaling.write(scaling.measure(Scene(directory, 1, QUICK)), [("Kernel", "6.1")], output)


def fill(directory: Path, what: str, first: int, count: int) -> None:
    command = [sys.executable, "-m", "benchmarks.scaling.fill", str(directory), what, str(first), str(count)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])


def test_the_amounts_are_those_that_are_promised() -> None:
    assert TAGS.amounts == (1_000, 10_000, 100_000, 1_000_000)
    assert REPOSITORIES.amounts[-1] == 100_000
    assert (CLIENTS.amounts[0], CLIENTS.amounts[-1]) == (1, 256)
    assert (LAYERS.amounts[0], LAYERS.amounts[-1]) == (1 << 10, 2 << 30)
    assert {series.name for series in ALL_SERIES} == {"tags", "repositories", "clients", "layers"}


def test_powers_are_those_of_a_base() -> None:
    assert powers(2, 10, 16, 3) == (1 << 10, 1 << 13, 1 << 16)


@pytest.mark.parametrize(("amount", "text"), [(1 << 10, "1 KiB"), (8 << 20, "8 MiB"), (2 << 30, "2 GiB"), (1, "1 B")])
def test_bytes_are_written_in_the_largest_unit(amount: int, text: str) -> None:
    assert written_amount(LAYERS, amount) == text


def test_the_table_has_a_line_for_each_amount_and_says_how_much_it_grew() -> None:
    report = render([CLIENTS], {"clients": POINTS}, [("Kernel", "6.1")], Path("../docs"))
    assert "- Kernel: 6.1" in report
    assert "| clients | manifest GET, requests/s | p50, ms | p99, ms |" in report
    assert "| 4 | 1,500 | 1.00 | 9.00 |" in report
    assert "| **last / first** | 1.50 | 2.00 | 4.50 |" in report
    assert "(../docs/scaling-clients.png)" in report


def test_a_complete_run_writes_its_report_and_its_pictures(places: Path) -> None:
    scale(places)
    assert files(places) == {"SCALING.md", "docs/scaling-clients.png"}
    assert (places / "docs/scaling-clients.png").read_bytes().startswith(PNG)
    assert "(docs/scaling-clients.png)" in (places / "SCALING.md").read_text()


def test_an_incomplete_run_replaces_nothing(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scale(places, is_quick=True)
    assert files(places) == set()
    assert "## Number of clients" in capsys.readouterr().out


def test_an_incomplete_run_can_be_written_elsewhere_with_its_pictures(places: Path) -> None:
    (places / "mine").mkdir()
    scale(places, places / "mine/report.md", is_quick=True)
    assert files(places) == {"mine/report.md", "mine/scaling-clients.png"}
    assert "(scaling-clients.png)" in (places / "mine/report.md").read_text()


def test_a_layer_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    layer = LayerFile.create(tmp_path / "layer", (1 << 20) + 1000)
    assert layer.path.stat().st_size == layer.size == (1 << 20) + 1000
    assert layer.fresh() != layer.fresh()


def test_the_database_is_filled_with_tags_and_repositories_that_a_server_finds(tmp_path: Path) -> None:
    fill(tmp_path, "tags", 0, 10_001)
    fill(tmp_path, "tags", 10_001, 4)
    fill(tmp_path, "repositories", 0, 3)
    metadata = sqlite_metadata(tmp_path / "pierone.sqlite")
    assert metadata.manifests.tag(Repository.parse(REPOSITORY), Tag.parse(tag(10_004)))
    assert metadata.manifests.tag(Repository.parse(REPOSITORY), Tag.parse(tag(10_005))) is None
    assert metadata.manifests.tag(Repository.parse(repository(2)), Tag.parse(ONLY_TAG))
    metadata.close()
