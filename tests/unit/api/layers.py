"""Layers for tests, honest ones by `tarfile` and hostile ones by hand."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterable

SOURCE = {"url": "git:git@github.com:zalando/pierone.git", "revision": "9f1cfcd", "author": "jdoe", "status": ""}
SCM_SOURCE = json.dumps(SOURCE).encode()
FILE = "scm-source.json"


def layer(*files: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive of regular files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def header(name: bytes, size: int, kind: bytes = b"0", size_field: bytes = b"") -> bytes:
    """The block that announces an entry, with a good checksum, whatever it says."""
    block = bytearray(512)
    block[: len(name)] = name
    block[124:136] = size_field or b"%011o\0" % size
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def entry(name: bytes, content: bytes, kind: bytes = b"0") -> bytes:
    """An entry with its content."""
    return header(name, len(content), kind) + content + b"\0" * (-len(content) % 512)


def pax(*records: tuple[str, str]) -> bytes:
    """A pax header with these records."""
    lines = b"".join(_record(f"{key}={value}".encode()) for key, value in records)
    return entry(b"PaxHeaders/x", lines, b"x")


def zipped(parts: Iterable[bytes]) -> bytes:
    """One gzip member for each part."""
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


def _record(text: bytes) -> bytes:
    length = len(text) + 3
    while len(b"%d %s\n" % (length, text)) != length:
        length += 1
    return b"%d %s\n" % (length, text)
