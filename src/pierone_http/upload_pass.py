"""The pass that an upload's Location carries: a push that outlives its token can finish.

It names the caller who started the upload with the realm, is bound to the upload and its repository, ends with the
upload's age, and is worth nothing elsewhere. Made with a keyed hash, so that every replica with the same key accepts
it.
"""

import base64
import binascii
import hmac
import time
from collections.abc import Sequence

from pierone_core.caller import Caller
from pierone_core.push_blobs import bearer_for

PARAMETER = "pass"


class UploadPasses:
    """Makes and reads passes."""

    def __init__(self, keys: Sequence[bytes], lifetime: float) -> None:
        """The first key makes passes, all of them are accepted, so that keys can be rotated; `lifetime` in seconds."""
        self._keys, self._lifetime = keys, lifetime

    def issue(self, starter: str, repository: str, upload_id: str) -> str:
        """A pass for the upload; `starter` as its session has it (`realm/name`)."""
        return _pass(self._keys[0], starter, repository, upload_id, int(time.time() + self._lifetime))

    def read(self, text: str, repository: str, upload_id: str) -> Caller | None:
        """The caller whom a pass stands for, who may do nothing but go on with this upload; None if it is no good."""
        try:
            starter_part, ends, _ = text.split(".")
            starter = base64.urlsafe_b64decode(starter_part).decode()
            good = [_pass(key, starter, repository, upload_id, int(ends)) for key in self._keys]
        except (ValueError, binascii.Error):
            return None
        if any(hmac.compare_digest(one.encode(), text.encode()) for one in good) and int(ends) > time.time():
            return bearer_for(starter)
        return None


def _pass(key: bytes, starter: str, repository: str, upload_id: str, ends: int) -> str:
    claim = f"{base64.urlsafe_b64encode(starter.encode()).decode()}.{ends}"
    mac = hmac.digest(key, f"{claim} {repository} {upload_id}".encode(), "sha256")
    return f"{claim}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
