"""Reading what says where an image comes from."""

import json

import pytest
from tests.unit.api.layers import SOURCE

from pierone_core.scm_source import DOCUMENT_MAX_BYTES, ScmSource, ScmSourceInvalid

FULL = ScmSource(**SOURCE)
PREFIX = "org.opencontainers.image."


def test_a_document_is_read_and_written() -> None:
    assert ScmSource.parse(json.dumps(SOURCE)) == FULL
    assert ScmSource.parse(FULL.encode(), closed=True) == FULL
    assert ScmSource.parse('{"url": "git:x"}', closed=True) == ScmSource("git:x", "", "", "")
    assert ScmSource.parse('{"url": "git:x", "status": null}') == ScmSource("git:x")
    assert ScmSource.parse('{"url": "git:ü", "author": "J. Dœ"}'.encode()) == ScmSource("git:ü", author="J. Dœ")


@pytest.mark.parametrize(
    "data",
    [
        "",
        "null",
        "[]",
        '"url"',
        "{",
        "[" * 10_000,
        "{}",
        '{"url": ""}',
        '{"url": "  "}',
        '{"url": 5}',
        '{"url": ["git:x"]}',
        '{"url": "git:x", "revision": 5}',
        '{"url": "git:x\\nSet-Cookie: a=b"}',
        '{"url": "git:x", "author": "\\u001b[31m"}',
        '{"url": "git:x", "author": "\\u0000"}',
        '{"url": "git:x", "author": "\\ud800"}',
        '{"url": "' + "x" * DOCUMENT_MAX_BYTES + '"}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_scm_source_is_refused(data: str | bytes) -> None:
    with pytest.raises(ScmSourceInvalid):
        ScmSource.parse(data)


def test_a_field_that_no_scm_source_has_is_refused_where_it_is_claimed_and_passed_over_in_a_file() -> None:
    data = json.dumps(SOURCE | {"revison": "typo"})
    assert ScmSource.parse(data) == FULL
    with pytest.raises(ScmSourceInvalid, match="revison"):
        ScmSource.parse(data, closed=True)


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"source": "https://x", "revision": "1", "authors": "jdoe"}, ScmSource("https://x", "1", "jdoe")),
        ({"source": "https://x"}, ScmSource("https://x")),
        ({"revision": "1", "authors": "jdoe"}, None),
        ({"source": "a\nb"}, None),
        ({"source": 5}, None),
        ({}, None),
    ],
)
def test_annotations_say_it_by_keys_of_their_own(annotations: dict[str, object], expected: ScmSource | None) -> None:
    named = {PREFIX + key: value for key, value in annotations.items()}
    assert ScmSource.of_annotations(named | {"source": "ignored"}) == expected
