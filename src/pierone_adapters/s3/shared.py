"""What all writers of one store have in common."""

import uuid
from contextlib import suppress
from dataclasses import dataclass

from pierone_adapters.s3.answers import AbsentError
from pierone_adapters.s3.blobs import Blobs
from pierone_adapters.s3.bucket import Bucket
from pierone_adapters.s3.memory import Memory
from pierone_adapters.s3.options import Layout
from pierone_adapters.s3.state import States, UploadState
from pierone_adapters.s3.stream import Senders


@dataclass(frozen=True, slots=True)
class Shared:
    """The bucket and what is known of it; new uploads have parts of `part_bytes` bytes."""

    bucket: Bucket
    layout: Layout
    blobs: Blobs
    states: States
    senders: Senders
    memory: Memory
    part_bytes: int

    def abort_unnamed(self, upload_id: str, key: str, multipart: str) -> None:
        """Drop the parts at `key`, unless the upload's state names them."""
        if not self.states.names(upload_id, multipart):
            with suppress(AbsentError):
                self.bucket.abort(key, multipart)

    def begun(self, upload_id: str) -> UploadState:
        """What an upload begins with."""
        return UploadState(self.layout.large(upload_id) + uuid.uuid4().hex, self.part_bytes)
