"""What S3 answers and what boto3 raises, in words that this adapter decides by."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from pierone_core.errors import Unavailable

_ABSENT = {"404", "NoSuchKey", "NoSuchUpload"}
_TAKEN = {"412", "PreconditionFailed"}
_REFUSALS = range(300, 500)
_PASSING = {"408", "429", "BadDigest", "RequestTimeout", "RequestTimeTooSkewed"}
_CONFLICT = {"409", "ConditionalRequestConflict"}


class AbsentError(Exception):
    """S3 has no such object or multipart upload."""


class TakenError(Exception):
    """The object is there already, or is another than the one that was to be replaced."""


class ConflictError(Exception):
    """Somebody else is writing the same object at this moment; how that ends is not known yet."""


class PartsChangedError(Exception):
    """The parts of the multipart upload are not those that were sent."""


class RefusedError(Unavailable):
    """S3 does not do what it was asked for, and will not by itself: `reason` is its word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the registry's storage (S3) refuses: {reason}; tell the operator")
        self.reason = reason


@contextmanager
def translated() -> Iterator[None]:
    """Raise one of the above, or `Unavailable` for everything that says nothing about the object."""
    try:
        yield
    except ClientError as error:
        raise _meaning(error) from error
    except (NoCredentialsError, PartialCredentialsError, ParamValidationError) as error:
        raise RefusedError(type(error).__name__.removesuffix("Error")) from error
    except (KeyError, ResponseParserError) as error:
        raise RefusedError("what answers at PIERONE_S3_ENDPOINT_URL is not S3") from error
    except BotoCoreError as error:
        raise Unavailable(f"the registry cannot reach its storage (S3): {type(error).__name__}; try again") from error


def _meaning(error: ClientError) -> Exception:
    code, status = error.response["Error"].get("Code", ""), error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _ABSENT:
        return AbsentError()
    if code in _TAKEN:
        return TakenError()
    if code in _CONFLICT:
        return ConflictError()
    if code in {"InvalidPart", "InvalidPartOrder"}:
        return PartsChangedError()
    if status in _REFUSALS and code not in _PASSING:
        return RefusedError(code)
    return Unavailable(f"the registry's storage (S3) does not answer as it should: {code}; try again")
