"""Which requests to S3 a fault concerns."""

from tests.integration.s3.proxy import Request


def any_request(_: Request) -> bool:
    """Whichever it is."""
    return True


def is_part(request: Request) -> bool:
    """Whether it writes a part."""
    return request.is_part


def is_state(request: Request) -> bool:
    """Whether it writes how far an upload is."""
    return request.is_of("PUT", "uploads")


def is_blob(request: Request) -> bool:
    """Whether it writes a blob at once."""
    return request.is_of("PUT", "blobs")


def is_completion(request: Request) -> bool:
    """Whether it makes an object of parts."""
    return request.method == "POST" and "uploadId=" in request.query
