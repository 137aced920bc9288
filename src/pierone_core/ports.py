"""What the core needs from the outside, by capability. Adapters implement these; each method says what it raises.

Any method may raise `Unavailable` (or `StorageFull`) when its technology does not answer; it must never
report that as a missing thing or as a conflict.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pierone_core.caller import Caller, Credentials, Grants
from pierone_core.records import Event, ManifestWrite, Referrer, StoredManifest, TagBinding, UploadSession
from pierone_core.values import Digest, Repository, Tag

Now = Callable[[], datetime]


class UploadWriter(Protocol):
    """One upload, held by one request at a time. Close it always; what was written stays for the next request."""

    @property
    def offset(self) -> int:
        """How many bytes the upload has."""

    @property
    def is_published(self) -> bool:
        """Whether the upload is a blob already: then it takes no more bytes, but can be published again."""

    def write(self, batch: bytes) -> None:
        """Append `batch`, all of it or nothing; raises `BlobUploadInvalid` if the upload is published."""

    def publish(self, digest: Digest) -> int:
        """Verify, make durable and make visible as blob `digest`; return its size in bytes.

        The upload stays until it is discarded, so a push whose metadata could not be written can be repeated.
        Raises `DigestInvalid` if the bytes are others: then the upload is gone and nothing is kept.
        """

    def close(self) -> None:
        """Let go of the upload; closing twice is harmless."""


class FileExtent(NamedTuple):
    """Bytes [start, stop) of an open file of this machine."""

    fd: int
    start: int
    stop: int


class BlobReader(Protocol):
    """The bytes of (a range of) a blob, read forward once."""

    @property
    def extent(self) -> FileExtent | None:
        """Where the bytes lie, if in a file: good until the reader is closed. Another way to read them."""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; empty at the end of the range."""

    def close(self) -> None:
        """Release what the reader holds."""


class BlobStore(Protocol):
    """Where blob bytes lie, by digest; knows nothing of repositories."""

    def open_upload(self, upload_id: str, algorithm: str) -> UploadWriter:
        """Hold the upload, begun on first use; raises `UploadBusy` while another request holds it."""

    def upload_size(self, upload_id: str) -> int:
        """How many bytes the upload has; 0 if it was never written to."""

    def discard_upload(self, upload_id: str) -> None:
        """Forget the upload's bytes; raises `UploadBusy` while a request holds it."""

    def idle_uploads(self, before: datetime) -> Sequence[str]:
        """Ids of uploads whose bytes were last written before that time."""

    def open_blob(self, digest: Digest, start: int, stop: int) -> BlobReader:
        """Bytes [start, stop) of a blob; raises `BlobUnknown`."""


class UploadSessions(Protocol):
    """Which uploads are under way."""

    def add(self, session: UploadSession) -> None:
        """Remember a new session."""

    def get(self, upload_id: str) -> UploadSession | None:
        """The session, if it is under way."""

    def remove(self, upload_id: str) -> None:
        """Forget a session; forgetting an unknown one is harmless."""

    def started_before(self, time: datetime) -> Sequence[UploadSession]:
        """Sessions started before `time`."""


class RepositoryBlobs(Protocol):
    """Which blobs are visible in which repository, and their sizes in bytes."""

    def size(self, repository: Repository, digest: Digest) -> int | None:
        """The blob's size, if it is visible in `repository`."""

    def size_anywhere(self, digest: Digest) -> int | None:
        """The blob's size, if it is visible in any repository."""

    def add(self, repository: Repository, digest: Digest, size: int) -> None:
        """Make a blob visible; again is harmless. Its bytes must be durable already."""


class TagRaced(Exception):
    """A tag no longer holds what the write expected: judge again. Between store and rule; no caller sees it."""


class Manifests(Protocol):
    """Manifests and the tags bound to them."""

    def get(self, repository: Repository, digest: Digest) -> StoredManifest | None:
        """The manifest, if it was pushed to `repository`."""

    def has(self, repository: Repository, digest: Digest) -> bool:
        """Whether the manifest was pushed to `repository`."""

    def tag(self, repository: Repository, tag: Tag) -> TagBinding | None:
        """What `tag` holds."""

    def tags_newest_first(self, repository: Repository) -> Generator[TagBinding]:
        """The tags, the one created last first (a moved tag keeps its place); close when done."""

    def store(self, write: ManifestWrite) -> None:
        """In one transaction: the manifest if new, all its tags, an event for each change. All or nothing.

        Raises `TagRaced` if a tag does not hold what its write expects. Moves no immutable tag, whatever is asked.
        """


class Listing(Protocol):
    """Lists by key range, in byte order."""

    def has_repository(self, repository: Repository) -> bool:
        """Whether a manifest was ever pushed to it."""

    def repositories(self, after: str, limit: int) -> Sequence[str]:
        """At most `limit` names greater than `after`."""

    def tags(self, repository: Repository, after: str, limit: int) -> Sequence[str]:
        """At most `limit` tags of `repository` greater than `after`."""

    def referrers(
        self, repository: Repository, subject: Digest, artifact_type: str | None, after: str
    ) -> Generator[Referrer]:
        """Manifests whose subject is `subject`, by digest, those greater than `after`; close when done."""


class EventLog(Protocol):
    """The append-only record of accepted changes."""

    def read(self, after: int, limit: int) -> Sequence[Event]:
        """At most `limit` events with a sequence greater than `after`, in order."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata ports, which share one store and its transactions.

    `prompt`: reads take microseconds, so an event loop may wait for them.
    """

    uploads: UploadSessions
    blobs: RepositoryBlobs
    manifests: Manifests
    listing: Listing
    events: EventLog
    prompt: bool
    close: Callable[[], None] = lambda: None


class Identity(Protocol):
    """Who is calling."""

    @property
    def nobody(self) -> Caller:
        """Who calls without credentials."""

    def authenticate(self, credentials: Credentials) -> Caller:
        """The caller behind `credentials`; raises `Unauthorized`, or `Unavailable` if its source does not answer."""


class TeamDirectory(Protocol):
    """Who is in which team."""

    def has_member(self, team: str, caller: Caller) -> bool:
        """Whether `caller` is a member of `team`; raises `Unavailable`."""


@dataclass(frozen=True, slots=True)
class Application:
    """An application of Kio: the team that owns it, and whether it is active."""

    team: str
    active: bool


class ApplicationDirectory(Protocol):
    """Which application a service user is, and whose."""

    def application_of(self, caller: Caller) -> Application | None:
        """The application of a service user, None if there is none; raises `Unavailable`."""


class TokenIssuer(Protocol):
    """Tokens of our own, which say what their bearer may do."""

    @property
    def lifetime(self) -> timedelta:
        """How long a token is good."""

    def issue(self, caller: Caller, grants: Grants) -> str:
        """A token for `caller` that allows `grants` for `lifetime`."""

    def is_issued(self, token: str) -> bool:
        """Whether `token` claims to be one of ours (nothing is verified)."""

    def read(self, token: str) -> Caller:
        """The caller and the grants of a token; raises `Unauthorized` if it is not ours or has expired."""

    def published(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, for whoever wants to verify our tokens (RFC 7517)."""
