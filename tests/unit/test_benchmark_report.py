"""The statistics and the report of the benchmarks, on made-up samples."""

import pytest
from benchmarks.figures import Better, Comparison, Sample, Spread, percentile
from benchmarks.loads.generators import LoadFailedError, read_hey, read_wrk
from benchmarks.report import number, render
from benchmarks.result import Result, Role, p99
from benchmarks.rows.row import Row

WRK = """\
Running 2s test @ http://127.0.0.1:1/v2/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    10.20ms    4.68ms   1.36s    70.25%
    Req/Sec     1.51k    14.22     1.60k    66.67%
  Latency Distribution
     50%  850.00us
     75%  770.16ms
     90%  942.38ms
     99%    1.34s{space}
  3021 requests in 2.00s, 1.04MB read
{failures}Requests/sec:   1510.50
Transfer/sec:      0.52MB
"""

HEY = """
Summary:
  Total:\t2.0011 secs
  Requests/sec:\t9000.2500

Latency distribution:
  10% in 0.0003 secs
  50% in 0.0004 secs
  99% in 0.0021 secs

Status code distribution:
  [{status}]\t18010 responses
{failures}
"""


def row(better: Better, *, title: str = "a row") -> Row:
    return Row("a-row", title, "requests/s", better, "What it does.", lambda _server, _scene: Sample(0))


def result(
    peer: list[Sample], subject: list[Sample], better: Better = Better.HIGHER, *, title: str = "a row"
) -> Result:
    samples = {Role.PEER: peer, Role.SUBJECT: subject}
    return Result(row(better, title=title), samples, {Role.PEER: "filled by hand", Role.SUBJECT: ""})


def samples(*values: float) -> list[Sample]:
    return [Sample(value) for value in values]


def shortfalls(report: str) -> str:
    return report.partition("## Rows where Pier One falls short")[2].partition("## ")[0].strip()


def test_a_spread_is_the_median_and_the_extremes() -> None:
    assert Spread.of([30, 10, 20, 90]) == Spread(median=25, low=10, high=90)


def test_ranges_overlap_when_they_share_a_figure() -> None:
    assert Spread(2, 1, 3).overlaps(Spread(4, 3, 5))
    assert Spread(4, 3, 5).overlaps(Spread(2, 1, 3))
    assert not Spread(2, 1, 3).overlaps(Spread(5, 4, 6))


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1, 100), (0.001, 1)])
def test_a_percentile_is_the_nearest_rank(share: float, expected: float) -> None:
    assert percentile(range(1, 101), share) == expected


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.99) == 7


def test_the_ratio_is_subject_through_peer() -> None:
    assert Comparison(Spread.of([2]), Spread.of([3]), Better.HIGHER).ratio == 1.5


@pytest.mark.parametrize(
    ("better", "subject", "short"),
    [(Better.HIGHER, 9, True), (Better.HIGHER, 11, False), (Better.LOWER, 11, True), (Better.LOWER, 9, False)],
)
def test_the_worse_median_falls_short_in_the_direction_of_the_row(
    better: Better, subject: float, *, short: bool
) -> None:
    assert Comparison(Spread.of([10]), Spread.of([subject]), better).falls_short is short


def test_an_equal_median_does_not_fall_short() -> None:
    assert not Comparison(Spread.of([10]), Spread.of([10]), Better.HIGHER).falls_short


def test_a_row_that_falls_short_is_named_with_its_ratio() -> None:
    found = shortfalls(render([result(samples(100, 110, 90), samples(50, 40, 60))], [], "the peer"))
    assert found.startswith("- a row: 0.50 of the peer's figure")
    assert found.endswith("the ranges do not overlap.")


def test_a_worse_latency_falls_short_though_the_rate_is_better() -> None:
    peer, subject = [Sample(100, 1.0, 2.0)], [Sample(200, 0.5, 4.0)]
    found = shortfalls(render([result(peer, subject)], [], "the peer"))
    assert found.splitlines() == [
        "- a row (p99): 2.00 of the peer's figure, more than it should be; the ranges do not overlap."
    ]


def test_a_report_says_so_when_no_row_falls_short() -> None:
    results = [result(samples(1), samples(2)), result(samples(2), samples(1), Better.LOWER)]
    assert shortfalls(render(results, [], "the peer")).startswith("There are none")


def test_a_report_holds_facts_medians_ranges_ratio_and_ceiling() -> None:
    row_result = result(samples(1000, 3000, 2000), samples(5000, 4000, 6000), title="manifest GET")
    with_ceiling = Result(
        row_result.row, {**row_result.samples, Role.CEILING: samples(90_000)}, row_result.preparations
    )
    report = render([with_ceiling], [("Kernel", "6.1")], "the peer")
    assert report.startswith("# Pier One beside the peer\n")
    assert "- Kernel: 6.1" in report
    assert "| row | unit | better | the peer | Pier One |" in report
    assert (
        "| manifest GET | requests/s | higher | 2,000 (1,000 to 3,000) | 5,000 (4,000 to 6,000) | 2.50 "
        "| 90,000 (90,000 to 90,000) |"
    ) in report
    assert "- the peer: filled by hand." in report


def test_a_row_without_latencies_is_not_in_the_table_of_latencies() -> None:
    results = [result([Sample(1, 5, 6)], [Sample(2, 3, 4)], title="GET"), result(samples(1), samples(2))]
    latencies = render(results, [], "the peer").partition("## Latencies")[2].partition("## ")[0]
    assert "| GET | p99 | 6.00 (6.00 to 6.00) | 4.00 (4.00 to 4.00) | 0.67 | - |" in latencies
    assert "a row" not in latencies


def test_a_report_without_latencies_has_no_table_of_them() -> None:
    assert "Latencies" not in render([result(samples(1), samples(2))], [], "the peer")


def test_a_result_without_a_figure_has_no_comparison_in_it() -> None:
    assert result(samples(1), samples(2)).comparison(p99) is None


def test_the_command_line_of_a_row_is_in_the_report() -> None:
    subject = [Sample(2, command="wrk $SERVER/v2/")]
    assert "- Command: `wrk $SERVER/v2/`" in render([result(samples(1), subject)], [], "the peer")


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1234.5, "1,234"), (100, "100"), (99.94, "99.9"), (9.876, "9.88"), (0.1, "0.10"), (0.0046, "0.0046")],
)
def test_a_number_has_as_many_digits_as_it_deserves(amount: float, text: str) -> None:
    assert number(amount) == text


def test_wrk_is_read_in_each_of_its_units() -> None:
    assert read_wrk(WRK.format(space=" ", failures=""), "wrk") == Sample(1510.5, 0.85, 1340.0, "wrk")


@pytest.mark.parametrize(
    "failure", ["  Non-2xx or 3xx responses: 12\n", "  Socket errors: connect 0, read 1, write 0, timeout 0\n"]
)
def test_failures_that_wrk_counts_are_no_rate(failure: str) -> None:
    with pytest.raises(LoadFailedError, match=failure.split(":", maxsplit=1)[0].strip()):
        read_wrk(WRK.format(space=" ", failures=failure), "wrk")


def test_hey_is_read() -> None:
    text = HEY.format(status=200, failures="")
    assert read_hey(text, "hey") == Sample(9000.25, 0.4, 2.1, "hey")


@pytest.mark.parametrize(
    ("status", "failures"), [(404, ""), (200, "  [503]\t1 responses\n"), (200, "Error distribution:\n  [1]\tEOF\n")]
)
def test_failures_that_hey_counts_are_no_rate(status: int, failures: str) -> None:
    with pytest.raises(LoadFailedError):
        read_hey(HEY.format(status=status, failures=failures), "hey")
