"""One exception class per error code of the OCI distribution spec ("Error Codes"), and their refinements.

A refinement keeps its parent's code; it exists where the HTTP status or the extra facts differ.
HTTP statuses are not known here: `pierone_http.errors` has the one table.
"""

from collections.abc import Iterable
from typing import ClassVar


class RegistryError(Exception):
    """A request that is refused: `code` for programs, `message` for people, `detail` for both."""

    code: ClassVar[str]

    def __init__(self, message: str, detail: dict[str, object] | None = None) -> None:
        """`message` says what happened and what to do; `detail` must be JSON-serialisable."""
        super().__init__(message)
        self.message = message
        self.detail = detail or {}


class BlobUnknown(RegistryError):
    """code-1: the repository has no such blob."""

    code = "BLOB_UNKNOWN"


class BlobUploadInvalid(RegistryError):
    """code-2: this request cannot be part of the upload."""

    code = "BLOB_UPLOAD_INVALID"


class BlobUploadUnknown(RegistryError):
    """code-3: no such upload in this repository for this caller."""

    code = "BLOB_UPLOAD_UNKNOWN"


class DigestInvalid(RegistryError):
    """code-4: malformed, unsupported, or not the digest of the content."""

    code = "DIGEST_INVALID"


class ManifestBlobUnknown(RegistryError):
    """code-5: the manifest references content that the repository does not have."""

    code = "MANIFEST_BLOB_UNKNOWN"


class ManifestInvalid(RegistryError):
    """code-6: the bytes are not a manifest that the registry accepts."""

    code = "MANIFEST_INVALID"


class ManifestUnknown(RegistryError):
    """code-7: the repository has no such manifest."""

    code = "MANIFEST_UNKNOWN"


class NameInvalid(RegistryError):
    """code-8: a repository name or tag outside the spec's grammar."""

    code = "NAME_INVALID"


class NameUnknown(RegistryError):
    """code-9: nothing was ever pushed to this repository."""

    code = "NAME_UNKNOWN"


class SizeInvalid(RegistryError):
    """code-10: more or fewer bytes than announced."""

    code = "SIZE_INVALID"


class Unauthorized(RegistryError):
    """code-11: who is calling is not known."""

    code = "UNAUTHORIZED"


class Denied(RegistryError):
    """code-12: the caller is known and may not do this."""

    code = "DENIED"


class Unsupported(RegistryError):
    """code-13: the registry does not do this."""

    code = "UNSUPPORTED"


class TooManyRequests(RegistryError):
    """code-14: not now; the same request may succeed later."""

    code = "TOOMANYREQUESTS"


class ScopeMissing(Unauthorized):
    """The token is good but was not asked to cover this: get one that does (RFC 6750 section 3.1)."""


class TagInvalid(NameInvalid):
    """A tag outside the grammar: nobody can push it, so nobody can find it either."""


class TagImmutable(Denied):
    """The tag holds another digest for ever (or is `latest`, which nobody can hold)."""


class UploadBusy(BlobUploadInvalid):
    """Another request is writing to this upload."""


class RangeInvalid(BlobUploadInvalid):
    """A chunk that does not begin where the upload stands; `offset` is where it stands, in bytes."""

    def __init__(self, message: str, offset: int) -> None:
        """`offset` is the number of bytes that the upload has."""
        super().__init__(message, {"offset": offset})
        self.offset = offset


class ContentTooLarge(SizeInvalid):
    """More bytes than the registry takes in one request of this kind."""


class RangeUnsatisfiable(SizeInvalid):
    """The blob has no such range; `size` is how many bytes it has."""

    def __init__(self, message: str, size: int) -> None:
        """`size` is the blob's, in bytes."""
        super().__init__(message, {"size": size})
        self.size = size


class BodyStalled(BlobUploadInvalid):
    """The client stopped sending in the middle of a body; what had arrived is kept."""


class MethodUnsupported(Unsupported):
    """The path exists, the method does not go with it; `allowed` are those that do."""

    def __init__(self, message: str, allowed: Iterable[str]) -> None:
        """`allowed`: names of HTTP methods."""
        super().__init__(message, {"allowed": list(allowed)})
        self.allowed = list(allowed)


class TooManyTags(Unsupported):
    """More tags in one request than the registry binds at once."""


class QueryInvalid(Unsupported):
    """A query parameter that cannot be understood."""


class EndpointUnknown(Unsupported):
    """No endpoint of the distribution spec has this path."""


class TooManyGuesses(TooManyRequests):
    """Too many wrong passwords for a user name; `seconds` until another is looked at."""

    def __init__(self, message: str, seconds: int) -> None:
        """`seconds` to wait."""
        super().__init__(message, {"retryAfter": seconds})
        self.seconds = seconds


class Unavailable(TooManyRequests):
    """Storage, database or an identity source does not answer; nothing was acknowledged."""


class StorageFull(Unavailable):
    """No room is left to store content; nothing was acknowledged."""
