"""Finding one file in the root of a layer, a tar archive that anybody may have made (OCI image spec, "Layers").

Read forward once, without seeking and without keeping more than a few blocks, whatever the archive claims. Entries are
framed as Go's archive/tar does it, which is what unpacks layers. Not done here: decompression, limits to how much is
read (the `Readable` ends or raises).
"""

from dataclasses import dataclass
from posixpath import normpath
from typing import Protocol

_BLOCK = 512
_SKIP_BYTES = 1 << 20
# A name longer than this is not the one that is looked for.
_NAME_MAX_BYTES = 64 << 10
_REGULAR = b"\0", b"0", b"7"
_WITHOUT_CONTENT = b"1", b"2", b"3", b"4", b"5", b"6"
_PAX, _GNU_NAME = b"x", b"L"
_ABOUT_NAMES = _PAX, _GNU_NAME, b"K", b"g"
# OCI image spec, "Whiteouts": these remove what lower layers have.
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
# No file of the root has it.
_UNKNOWN_NAME = "?/?"
_DIGITS_MAX = 19


class Readable(Protocol):
    """Bytes that are read forward."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a layer does to a file: brings `content`, removes that of lower layers, or neither."""

    content: bytes | None = None
    removed: bool = False


@dataclass(slots=True)
class _Entry:
    kind: bytes
    name: str
    size: int

    @property
    def stored(self) -> int:
        """How many bytes follow the header, without padding."""
        return 0 if self.kind in _WITHOUT_CONTENT else self.size


class _Broken(Exception):
    """It is no archive, or ends too early."""


def find(archive: Readable, name: str, max_bytes: int) -> Finding:
    """What the layer does to file `name` of the root; at most `max_bytes` + 1 of its content.

    What is no archive, or broken, brings nothing from there on. Of two files with that name the first counts.
    """
    removed = False
    try:
        for entry in _Entries(archive):
            path = normpath(f"/{entry.name}").lstrip("/")
            if path == name:
                return Finding(_content(archive, entry, max_bytes))
            removed = removed or path in (_WHITEOUT + name, _OPAQUE)
            _skip(archive, _padded(entry.stored))
    except _Broken:
        pass
    return Finding(removed=removed)


def _content(archive: Readable, entry: _Entry, max_bytes: int) -> bytes:
    """The content of a regular file; nothing for links and devices, which cannot be followed here."""
    return _exactly(archive, min(entry.size, max_bytes + 1)) if entry.kind in _REGULAR else b""


class _Entries:
    """The entries of an archive that are files; whoever takes one reads or skips its content."""

    def __init__(self, archive: Readable) -> None:
        self._archive = archive

    def __iter__(self) -> "_Entries":
        return self

    def __next__(self) -> _Entry:
        name, size = "", None
        while True:
            entry = _header(_exactly(self._archive, _BLOCK))
            if entry is None:
                raise StopIteration
            if entry.kind not in _ABOUT_NAMES:
                return _Entry(entry.kind, name or entry.name, entry.size if size is None else size)
            said = self._said(entry)
            if entry.kind == _GNU_NAME:
                name = _text(said)
            elif entry.kind == _PAX:
                name, size = _pax(said)

    def _said(self, entry: _Entry) -> bytes:
        if entry.size > _NAME_MAX_BYTES:
            _skip(self._archive, _padded(entry.size))
            return _UNKNOWN_NAME.encode()
        return _exactly(self._archive, _padded(entry.size))[: entry.size]


def _header(block: bytes) -> _Entry | None:
    """The entry that a block announces, None if it ends the archive."""
    if not any(block):
        return None
    if _number(block[148:156]) != sum(block[:148]) + sum(block[156:]) + 8 * ord(" "):
        raise _Broken
    name, prefix = _text(block[:100]), _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    return _Entry(block[156:157], f"{prefix}/{name}" if prefix else name, _number(block[124:136]))


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # base 256, for what is too large for octal digits
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    try:
        value = int(field.strip(b" \0") or b"0", 8)
    except ValueError as error:
        raise _Broken from error
    if value < 0:
        raise _Broken
    return value


def _pax(records: bytes) -> tuple[str, int | None]:
    """The name and the size that records of `length key=value` give."""
    name, size = "", None
    while records:
        digits = records.partition(b" ")[0]
        length = _decimal(digits)
        if length is None or not len(digits) < length <= len(records):
            return _UNKNOWN_NAME, size
        key, _, value = records[len(digits) + 1 : length - 1].partition(b"=")
        if key == b"path":
            name = _text(value) or _UNKNOWN_NAME
        elif key == b"size":
            size = _decimal(value)
        records = records[length:]
    return name, size


def _decimal(digits: bytes) -> int | None:
    return int(digits) if digits.isdigit() and len(digits) <= _DIGITS_MAX else None


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _exactly(archive: Readable, size: int) -> bytes:
    parts = []
    while size and (part := archive.read(size)):
        parts.append(part)
        size -= len(part)
    if size:
        raise _Broken
    return b"".join(parts)


def _skip(archive: Readable, size: int) -> None:
    while size > 0:
        part = archive.read(min(size, _SKIP_BYTES))
        if not part:
            raise _Broken
        size -= len(part)
