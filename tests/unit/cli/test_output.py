"""Rows as text, JSON and tsv, and what a timestamp is."""

import time

import pytest

from pierone_cli.output import age, print_rows, seconds

NOW = 1_800_000_000.0
ROWS: list[dict[str, object]] = [
    {"name": "long name", "size": 3, "built_time": NOW - 90000 * 3, "hidden": 1},
    {"name": None, "size": 12},
]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


def printed(capsys: pytest.CaptureFixture[str], output: str, widths: dict[str, int] | None = None) -> str:
    print_rows(["name", "size", "built_time"], ROWS, output, widths)
    return capsys.readouterr().out


def test_text_has_titles_and_columns_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "text") == "Name     │Size│Built Time\nlong name 3    3d ago\n          12\n"


def test_text_cuts_off_what_is_too_wide(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\nlong 3 " in printed(capsys, "text", {"name": 4})


def test_json_is_one_line_with_the_columns_only(capsys: pytest.CaptureFixture[str]) -> None:
    first = '{"built_time": 1799730000.0, "name": "long name", "size": 3}'
    assert printed(capsys, "json") == f'[{first}, {{"built_time": null, "name": null, "size": 12}}]\n'


def test_tsv_has_a_header_and_raw_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "tsv") == "name\tsize\tbuilt_time\nlong name\t3\t1799730000.0\n\t12\t\n"


def test_no_rows_are_a_header_or_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    for output, expected in (("text", "Name\n"), ("tsv", "name\n"), ("json", "[]\n")):
        print_rows(["name"], [], output)
        assert capsys.readouterr().out == expected


@pytest.mark.parametrize(
    ("passed", "shown"),
    [(-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (172799, "47h"), (172800, "2d")],
)
def test_an_age_is_a_number_and_a_unit(passed: float, shown: str) -> None:
    assert age(NOW - passed) == f"{shown} ago"


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2015-08-20T08:14:59.432Z", 1440058499.432),
        ("2015-08-20T08:14:59.432+0000", 1440058499.432),
        ("2015-08-20T08:14:59Z", 1440058499.0),
        ("2015-08-20T08:14:59", 1440058499.0),
        ("", None),
        (None, None),
    ],
)
def test_timestamps_of_all_generations_are_understood(timestamp: str | None, expected: float | None) -> None:
    assert seconds(timestamp) == expected
