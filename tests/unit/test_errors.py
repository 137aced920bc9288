"""Errors: the 14 codes of the spec, one class each, and one table of statuses that matches them."""

import json
import logging
from collections.abc import Iterator

import pytest
from tests.error_codes import ERROR_CODES

from pierone_core import errors
from pierone_core.errors import RegistryError
from pierone_http.errors import STATUS, error_response, status_of, upload_range


def refinements(cls: type[RegistryError]) -> Iterator[type[RegistryError]]:
    for subclass in cls.__subclasses__():
        if not subclass.__module__.startswith(
            "pierone_adapters."
        ):  # adapters have refinements of their own, with words of their own
            yield subclass
        yield from refinements(subclass)


BASES = RegistryError.__subclasses__()
ALL = list(refinements(RegistryError))
# What the errors that know more than a sentence are made of.
EXTRA: dict[type[RegistryError], object] = {
    errors.RangeInvalid: 5,
    errors.RangeUnsatisfiable: 5,
    errors.TooManyGuesses: 5,
    errors.MethodUnsupported: ("GET", "HEAD"),
}


def make(cls: type[RegistryError]) -> RegistryError:
    return cls("a sentence", EXTRA[cls]) if cls in EXTRA else cls("a sentence")  # type: ignore[arg-type] # each its own


def test_each_code_of_the_spec_has_one_class_in_the_order_of_the_spec() -> None:
    assert [cls.code for cls in BASES] == ERROR_CODES
    for number, cls in enumerate(BASES, start=1):
        assert (cls.__doc__ or "").startswith(f"code-{number}: ")


@pytest.mark.parametrize("cls", ALL)
def test_a_class_is_named_after_its_code_or_refines_one_that_is(cls: type[RegistryError]) -> None:
    words = "".join(word.capitalize() for word in cls.code.split("_"))
    assert cls.__name__.lower() == words.lower() or cls not in BASES
    assert "code" in vars(cls) or cls not in BASES
    assert "code" not in vars(cls) or cls in BASES


@pytest.mark.parametrize("cls", ALL)
def test_every_class_has_a_status_that_says_whose_fault_it_is(cls: type[RegistryError]) -> None:
    status = status_of(make(cls))
    assert status in (500 + 3, 507) if issubclass(cls, errors.Unavailable) else 400 <= status < 500


def test_every_status_belongs_to_a_class_and_every_base_has_one() -> None:
    assert set(STATUS) <= set(ALL)
    assert set(BASES) <= set(STATUS)


@pytest.mark.parametrize(
    ("cls", "status"),
    [
        (errors.TagInvalid, 400),
        (errors.TagImmutable, 409),
        (errors.UploadBusy, 409),
        (errors.RangeInvalid, 416),
        (errors.MethodUnsupported, 405),
        (errors.StorageFull, 507),
        (errors.Unavailable, 503),
        (errors.TooManyRequests, 429),
        (errors.TooManyGuesses, 429),
    ],
)
def test_the_nearest_class_decides(cls: type[RegistryError], status: int) -> None:
    assert status_of(make(cls)) == status


@pytest.mark.parametrize("cls", ALL)
def test_an_answer_is_the_json_of_the_spec(cls: type[RegistryError]) -> None:
    error = make(cls)
    response = error_response(error, "/v2/team/app/blobs/uploads/1")
    assert response.status_code == status_of(error)
    assert response.headers["content-type"] == "application/json"
    assert json.loads(bytes(response.body)) == {
        "errors": [{"code": cls.code, "message": "a sentence", "detail": error.detail}]
    }


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (errors.Unauthorized("x"), {}),
        (errors.RangeInvalid("x", 5), {"location": "/path", "range": "0-4"}),
        (errors.RangeUnsatisfiable("x", 5), {"content-range": "bytes */5"}),
        (errors.TooManyGuesses("x", 7), {"retry-after": "7"}),
        (errors.Unavailable("x"), {"retry-after": "5"}),
        (errors.StorageFull("x"), {"retry-after": "5"}),
        (errors.BodyStalled("x"), {"connection": "close"}),
        (errors.MethodUnsupported("x", ["GET", "HEAD"]), {"allow": "GET, HEAD"}),
        (errors.Denied("x"), {}),
    ],
)
def test_some_answers_say_more_in_their_headers(error: RegistryError, headers: dict[str, str]) -> None:
    sent = dict(error_response(error, "/path").headers)
    assert {key: sent[key] for key in sent if key not in ("content-type", "content-length")} == headers


def test_what_nobody_foresaw_is_a_500_that_tells_its_cause_to_the_log_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = error_response(RuntimeError("s3cret"), "/v2/team/app")
    assert response.status_code == 500
    [error] = json.loads(bytes(response.body))["errors"]
    assert error["code"] in ERROR_CODES
    assert "s3cret" not in str(error)
    assert "s3cret" in caplog.text
    assert caplog.records[0].exc_info


def test_what_does_not_answer_is_one_line_of_the_log_with_what_others_said_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, error = errors.Unavailable("no answer"), errors.Unavailable("still none")
    before.__cause__, error.__cause__ = OSError("the disk\n\tis on fire"), before
    for told_of in error, errors.StorageFull("no room"):
        error_response(told_of, "/v2/team/app")
    told = [record.getMessage() for record in caplog.records]
    assert told == ["503 at /v2/team/app: still none (OSError: the disk is on fire)", "507 at /v2/team/app: no room"]
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(("size", "text"), [(0, "0-0"), (1, "0-0"), (2, "0-1"), (1000, "0-999")])
def test_the_range_of_an_upload_names_its_last_byte(size: int, text: str) -> None:
    assert upload_range(size) == text
