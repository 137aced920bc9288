"""From an error of the core to the answer that the distribution spec asks for ("Error Codes")."""

import json
import logging

from starlette.responses import Response

from pierone_core import errors
from pierone_core.catalogue import ImageAmbiguous
from pierone_core.errors import RangeInvalid, RangeUnsatisfiable, RegistryError, Unavailable

_LOG = logging.getLogger(__name__)
_RETRY_AFTER_SECONDS = "5"


class HttpInvalid(errors.Unsupported):
    """What came is no request of HTTP/1.1 that everybody would read in the same way."""


class HeadTooLarge(errors.Unsupported):
    """Target and headers of a request are longer than the registry reads."""


class TargetTooLong(HeadTooLarge):
    """The target of a request is longer than the registry reads."""


# The nearest class up the line of inheritance decides.
STATUS: dict[type[RegistryError], int] = {
    errors.BlobUnknown: 404,
    errors.BlobUploadInvalid: 400,
    errors.BlobUploadUnknown: 404,
    errors.DigestInvalid: 400,
    errors.ManifestBlobUnknown: 400,  # containerd explains missing children only for "400 Bad Request"
    errors.ManifestInvalid: 400,
    errors.ManifestUnknown: 404,
    errors.NameInvalid: 400,
    errors.NameUnknown: 404,
    errors.SizeInvalid: 400,
    errors.Unauthorized: 401,
    errors.Denied: 403,
    errors.Unsupported: 405,
    errors.TooManyRequests: 429,
    errors.TagImmutable: 409,
    errors.UploadBusy: 409,
    errors.RangeInvalid: 416,
    errors.RangeUnsatisfiable: 416,
    errors.ContentTooLarge: 413,
    errors.BodyStalled: 408,
    errors.TooManyTags: 414,
    ImageAmbiguous: 412,
    errors.QueryInvalid: 400,
    errors.EndpointUnknown: 404,
    HttpInvalid: 400,
    HeadTooLarge: 431,
    TargetTooLong: 414,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}


def status_of(error: RegistryError) -> int:
    """The HTTP status of `error`."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def error_response(error: Exception, path: str) -> Response:
    """The spec's JSON for `error`, which happened to a request of `path`; anything unforeseen is a 500."""
    if not isinstance(error, RegistryError):
        _LOG.error("unforeseen failure at %s", path, exc_info=error)
        return _response(500, "TOOMANYREQUESTS", "the registry failed unexpectedly; its log says more", {}, {})
    status = status_of(error)
    if isinstance(error, Unavailable):
        _LOG.error("%s at %s: %s%s", status, path, error.message, _cause(error))
    return _response(status, error.code, error.message, error.detail, _headers(error, path))


def _cause(error: BaseException) -> str:
    """What others said that led to `error`, in one line: a traceback for each request would fill the log."""
    cause = error.__cause__
    if isinstance(cause, RegistryError):
        return _cause(cause)
    return f" ({type(cause).__name__}: {' '.join(str(cause).split())})" if cause else ""


def _headers(error: RegistryError, path: str) -> dict[str, str]:
    headers = {}
    match error:
        case RangeInvalid():  # where to go on (spec: "Pushing a blob in chunks")
            headers = {"Location": path, "Range": upload_range(error.offset)}
        case RangeUnsatisfiable():  # RFC 9110 section 15.5.17
            headers = {"Content-Range": f"bytes */{error.size}"}
        case errors.MethodUnsupported():  # RFC 9110 section 15.5.6
            headers = {"Allow": ", ".join(error.allowed)}
        case errors.TooManyGuesses():  # RFC 6585 section 4
            headers = {"Retry-After": str(error.seconds)}
        case Unavailable():
            headers = {"Retry-After": _RETRY_AFTER_SECONDS}
        case errors.BodyStalled():  # the rest of the body may still come, and would be read as a request
            headers = {"Connection": "close"}
    return headers


def upload_range(size: int) -> str:
    """The `Range` of an upload of `size` bytes; `0-0` for none, as clients cannot read `0--1`."""
    return f"0-{max(size - 1, 0)}"


def _response(status: int, code: str, message: str, detail: dict[str, object], headers: dict[str, str]) -> Response:
    body = {"errors": [{"code": code, "message": message, "detail": detail}]}
    return Response(json.dumps(body), status, headers, media_type="application/json")
