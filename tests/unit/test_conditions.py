"""Conditional and range requests, as RFC 9110 has them."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from pierone_core.errors import RangeUnsatisfiable
from pierone_core.values import Digest
from pierone_http.v2.conditions import etag, is_fresh, requested_range

DIGEST, OTHER = str(Digest.of(b"")), str(Digest.of(b"other"))


@pytest.mark.parametrize(
    ("sent", "fresh"),
    [
        (None, False),
        ("", False),
        (f'"{DIGEST}"', True),
        (f'W/"{DIGEST}"', True),
        (f'"{OTHER}"', False),
        (f'"{OTHER}", "{DIGEST}"', True),
        (f'"{OTHER}" ,W/"{DIGEST}",', True),
        (f'"{OTHER}","x"', False),
        ("*", True),
        (DIGEST, False),
        (f'"{DIGEST}x"', False),
        (f'"{DIGEST.upper()}"', False),
    ],
)
def test_content_that_the_client_has_is_not_sent_again(sent: str | None, *, fresh: bool) -> None:
    headers = Headers({} if sent is None else {"If-None-Match": sent})
    assert is_fresh(headers, DIGEST) is fresh


def test_the_validator_is_the_digest_in_quotes() -> None:
    assert etag(DIGEST) == f'"{DIGEST}"'


def wanted(text: str, size: int = 100, if_range: str | None = None) -> tuple[int, int] | None:
    headers = {"Range": text} | ({"If-Range": if_range} if if_range else {})
    return requested_range(Headers(headers), size, DIGEST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-100", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=99-", (99, 100)),
        ("bytes=99-99", (99, 100)),
        ("bytes=50-1000000000000000000000", (50, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-100", (0, 100)),
        ("bytes=-101", (0, 100)),
        ("bytes=-1000000000000000000000", (0, 100)),
        ("bytes= 0-9 ", (0, 10)),
        ("bytes=007-008", (7, 9)),
    ],
)
def test_one_range_is_cut_to_the_blob(text: str, expected: tuple[int, int]) -> None:
    assert wanted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes= - ",
        "bytes=x-y",
        "bytes=1",
        "bytes=1-2,5-6",
        "bytes=0-0,",
        "bytes=+1-2",
        "bytes=1 - 2",
        "bytes=--1",
        "bytes=1--2",
        "bytes=0x1-0x2",
        "items=0-1",
        "0-9",
        "bytes 0-9/100",
    ],
)
def test_what_is_not_one_range_of_bytes_is_answered_with_everything(text: str) -> None:
    assert wanted(text) is None


def test_without_a_range_everything_is_wanted() -> None:
    assert requested_range(Headers({}), 100, DIGEST) is None


@pytest.mark.parametrize("text", ["bytes=100-", "bytes=100-100", f"bytes={10**30}-", "bytes=-0", "bytes=9-8"])
def test_a_range_with_no_byte_of_the_blob_cannot_be_satisfied(text: str) -> None:
    with pytest.raises(RangeUnsatisfiable) as error:
        wanted(text)
    assert error.value.size == 100
    assert error.value.detail == {"size": 100}


@pytest.mark.parametrize("text", ["bytes=0-", "bytes=0-0", "bytes=-0"])
def test_a_blob_of_no_bytes_has_no_range(text: str) -> None:
    with pytest.raises(RangeUnsatisfiable, match="has 0 bytes"):
        wanted(text, size=0)


@pytest.mark.parametrize("text", ["bytes=-1", "bytes=-5"])
def test_the_last_bytes_of_a_blob_of_none_are_the_whole_of_it(text: str) -> None:
    assert wanted(text, size=0) is None


@pytest.mark.parametrize(
    ("if_range", "expected"),
    [
        (f'"{DIGEST}"', (0, 10)),
        (f'"{OTHER}"', None),
        (f'W/"{DIGEST}"', None),  # a weak validator never matches here (RFC 9110 section 13.1.5)
        ("Sun, 01 Mar 2026 12:30:15 GMT", None),
    ],
)
def test_a_range_is_for_the_content_that_the_client_began_with(if_range: str, expected: tuple[int, int] | None) -> None:
    assert wanted("bytes=0-9", if_range=if_range) == expected


def test_a_range_that_cannot_be_satisfied_does_not_matter_if_the_content_is_another() -> None:
    assert wanted("bytes=100-", if_range=f'"{OTHER}"') is None


@settings(deadline=None)
@given(text=st.text(alphabet="bytes=-0123456789, ", max_size=20) | st.text(), size=st.integers(0, 1000))
def test_any_range_is_inside_the_blob_or_unsatisfiable_or_ignored(text: str, size: int) -> None:
    headers = Headers(raw=[(b"range", text.encode("latin-1", "ignore"))])
    with suppress(RangeUnsatisfiable):
        found = requested_range(headers, size, DIGEST)
        assert found is None or 0 <= found[0] < found[1] <= size


@settings(deadline=None)
@given(first=st.integers(0, 200), last=st.integers(0, 200))
def test_a_range_names_the_bytes_that_a_slice_does(first: int, last: int) -> None:
    data = bytes(range(100))
    if first > last or first >= 100:
        with pytest.raises(RangeUnsatisfiable):
            wanted(f"bytes={first}-{last}")
    else:
        start, stop = wanted(f"bytes={first}-{last}") or (0, 0)
        assert data[start:stop] == data[first : last + 1]
