"""What people logged in with, by registry, in one file that only they can read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pierone_cli.credential import TOKEN_USER, Credential
from pierone_cli.durable_file import locked, replace_file
from pierone_cli.errors import ClientError

_SOURCE = "pierone login"


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret, and for OAuth what it takes to get the next one; `expires_at` in seconds since 1970, 0 for never."""

    secret: str = field(repr=False)
    user: str = TOKEN_USER
    expires_at: float = 0.0
    refresh_token: str = field(default="", repr=False)
    token_endpoint: str = ""
    client_id: str = ""
    resource: str = ""

    @property
    def credential(self) -> Credential:
        """The part that the registry sees."""
        return Credential(self.user, self.secret, _SOURCE)


class KeptCredentials:
    """The file; each change is made under a lock, so that processes do not undo each other's."""

    def __init__(self, file: Path) -> None:
        """`file` is written with mode 0600; it need not exist."""
        self._file = file

    def get(self, host: str) -> Kept | None:
        """What is kept for `host[:port]`; raises `ClientError`."""
        entry = self._read().get(host)
        return _parse(entry) if isinstance(entry, dict) else None

    def hosts(self) -> dict[str, str]:
        """The user by host."""
        return {host: _parse(entry).user for host, entry in self._read().items() if isinstance(entry, dict)}

    def keep(self, host: str, kept: Kept) -> None:
        """Remember for `host`, in place of what was there."""
        self.change(host, lambda _: kept)

    def forget(self, host: str) -> bool:
        """Remove what is kept for `host`; whether there was anything."""
        known = self.get(host) is not None
        if known:
            self.change(host, lambda _: None)
        return known

    def change(self, host: str, decide: Callable[[Kept | None], Kept | None]) -> Kept | None:
        """Replace what is kept for `host` by what `decide` makes of it, while every other process waits."""
        try:
            with locked(self._file):
                kept = decide(self.get(host))
                entries = {name: entry for name, entry in self._read().items() if name != host}
                changed = entries | ({host: asdict(kept)} if kept else {})
                replace_file(self._file, json.dumps(changed, indent=2), private=True)
        except OSError as error:
            raise ClientError(f"cannot write {self._file}: {error.strerror}; check its directory") from error
        return kept

    def _read(self) -> Mapping[str, object]:
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ClientError(f"cannot read {self._file}: {error}; remove it and log in again") from error
        if isinstance(content, dict):
            return content
        raise ClientError(f"{self._file} is damaged; remove it and log in again")


def _parse(entry: Mapping[str, object]) -> Kept:
    types = {name: (float, int) if name == "expires_at" else (str,) for name in Kept.__dataclass_fields__}
    is_whole = "secret" in entry and all(isinstance(value, types.get(name, ())) for name, value in entry.items())
    if not is_whole:
        raise ClientError("the file of kept tokens is damaged, or of another version; log in again")
    return Kept(**entry)  # type: ignore[arg-type] # just compared
