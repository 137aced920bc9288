"""Finding one file in the root of a layer, a tar archive that anybody may have made (OCI image spec, "Layers").

Read forward once, without seeking and without keeping more than a few blocks, whatever the archive claims. Entries are
framed as Go's archive/tar does it, which is what unpacks layers. Not done here: decompression, limits to how much is
read (the `Readable` raises).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import normpath
from typing import Protocol

_BLOCK = 512
_SKIP_BYTES = 1 << 20
# Of what is said of an entry ahead of it; archive/tar takes no more either.
SAID_MAX_BYTES = 1 << 20
# Of a layer. Tools write about five for a file; each costs time, however short.
RECORDS_MAX = 2_000_000
_REGULAR = b"\0", b"0", b"7"
_WITHOUT_CONTENT = b"1", b"2", b"3", b"4", b"5", b"6"
_PAX, _GNU_NAME = b"x", b"L"
_ABOUT_NAMES = _PAX, _GNU_NAME, b"K", b"g"
# OCI image spec, "Whiteouts": these remove what lower layers have.
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_DIGITS_MAX = 19


class Incomplete(Exception):
    """What follows cannot be known: it is no archive, it is broken, it ends too early, or it takes too much."""


class Readable(Protocol):
    """Bytes that are read forward."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end. Raises `Incomplete` where the rest cannot be known."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a layer does to a file: brings `content`, removes that of lower layers, or neither.

    `complete`: whether the archive was read to its end; if not, nobody knows what the rest would have done.
    """

    content: bytes | None = None
    removed: bool = False
    complete: bool = True


@dataclass(slots=True)
class _Entry:
    kind: bytes
    name: str
    size: int

    @property
    def stored(self) -> int:
        """How many bytes follow the header, without padding."""
        return 0 if self.kind in _WITHOUT_CONTENT else self.size


def find(archive: Readable, name: str, max_bytes: int) -> Finding:
    """What the layer does to file `name` of the root; at most `max_bytes` + 1 of its content.

    Of several files with that name the last counts, as it overwrites the others where the layer is unpacked.
    """
    content, removed = None, False
    try:
        for entry in _Entries(archive):
            path, read = normpath(f"/{entry.name}").lstrip("/"), b""
            if path == name:
                content = read = _content(archive, entry, max_bytes)
            removed = removed or path in (_WHITEOUT + name, _OPAQUE)
            _skip(archive, _padded(entry.stored) - len(read))
    except Incomplete:
        return Finding(complete=False)
    return Finding(content, removed=removed and content is None)


def _content(archive: Readable, entry: _Entry, max_bytes: int) -> bytes:
    """The content of a regular file; nothing for links and devices, which cannot be followed here."""
    return _exactly(archive, min(entry.size, max_bytes + 1)) if entry.kind in _REGULAR else b""


class _Entries:
    """The entries of an archive that are files; whoever takes one reads or skips its content."""

    def __init__(self, archive: Readable) -> None:
        self._archive = archive
        self._records_left = RECORDS_MAX

    def __iter__(self) -> "_Entries":
        return self

    def __next__(self) -> _Entry:
        name, size = "", None
        while True:
            block = self._archive.read(_BLOCK)
            entry = _header(block + _exactly(self._archive, _BLOCK - len(block))) if block else None
            if entry is None:
                raise StopIteration
            if entry.kind not in _ABOUT_NAMES:
                return _Entry(entry.kind, name or entry.name, entry.size if size is None else size)
            said = self._said(entry)
            if entry.kind == _GNU_NAME:
                name = _text(said)
            elif entry.kind == _PAX:
                name, size = self._pax(said)

    def _said(self, entry: _Entry) -> bytes:
        if entry.size > SAID_MAX_BYTES:
            raise Incomplete
        return _exactly(self._archive, _padded(entry.size))[: entry.size]

    def _pax(self, said: bytes) -> tuple[str, int | None]:
        """The name and the size that records of `length key=value` give."""
        name, size = "", None
        for key, value in _records(said):
            self._records_left -= 1
            if self._records_left < 0:
                raise Incomplete
            if key == b"path":
                name = _text(value)
            elif key == b"size":
                size = _decimal(value)
        return name, size


def _header(block: bytes) -> _Entry | None:
    """The entry that a block announces, None if it ends the archive; raises `Incomplete`."""
    if not any(block):
        return None
    if _number(block[148:156]) != sum(block[:148]) + sum(block[156:]) + 8 * ord(" "):
        raise Incomplete
    name, prefix = _text(block[:100]), _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    return _Entry(block[156:157], f"{prefix}/{name}" if prefix else name, _number(block[124:136]))


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # base 256, for what is too large for octal digits
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    try:
        value = int(field.strip(b" \0") or b"0", 8)
    except ValueError as error:
        raise Incomplete from error
    if value < 0:
        raise Incomplete
    return value


def _records(said: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; raises `Incomplete` where a record is broken."""
    start = 0
    while start < len(said):
        space = said.find(b" ", start, start + _DIGITS_MAX + 1)
        length = _decimal(said[start:space]) if space >= 0 else None
        if length is None or not space < start + length <= len(said):
            raise Incomplete
        key, _, value = said[space + 1 : start + length - 1].partition(b"=")
        yield key, value
        start += length


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
        raise Incomplete
    return b"".join(parts)


def _skip(archive: Readable, size: int) -> None:
    while size > 0:
        part = archive.read(min(size, _SKIP_BYTES))
        if not part:
            raise Incomplete
        size -= len(part)
