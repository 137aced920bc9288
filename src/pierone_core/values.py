"""The values that travel inside: parsed once at the edge by the spec's grammar, frozen ever after.

Source of each rule: OCI distribution spec, "Pulling manifests" (names, tags); OCI image spec,
"Digests" (algorithms).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol, Self

from pierone_core.errors import DigestInvalid, NameInvalid, TagInvalid

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})+")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
# Spec: "Referrers Tag Schema"; signing tools add an ending such as .sig.
_REFERRERS_TAG = re.compile(r"sha(256|512)-[a-f0-9]{64}(\..+)?")
_HEX_LENGTHS = {"sha256": 64, "sha512": 128}
_HEX = re.compile(r"[a-f0-9]+")
# Many clients limit host + "/" + name to 255 characters; a longer name could be pushed by some and pulled by none.
REPOSITORY_MAX_LENGTH = 255

LATEST = "latest"
_SHOWN = 80  # how much of a name that is refused is repeated to whoever sent it


class Hash(Protocol):
    """What is used of a `hashlib` object."""

    def update(self, data: bytes, /) -> None:
        """Go on over `data`."""

    def hexdigest(self) -> str:
        """The digest of all data so far, in hexadecimal."""

    def copy(self) -> "Hash":
        """A second hash that goes on from here by itself."""


@dataclass(frozen=True, slots=True)
class Repository:
    """`team/artifact[/...]`: at least two components, the first is the team that owns it."""

    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise `NameInvalid` unless `text` is a repository name of two or more components."""
        if len(text) <= REPOSITORY_MAX_LENGTH and _REPOSITORY.fullmatch(text):
            return cls(text)
        raise NameInvalid(
            f"repository name {_shorten(text)} is not valid: push to <team>/<artifact>, lower-case letters "
            "and digits joined by '.', '_', '__' or '-'",
            {"name": text[:REPOSITORY_MAX_LENGTH]},
        )

    @property
    def team(self) -> str:
        """The first component: who owns the repository."""
        return self.name.partition("/")[0]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Tag:
    """A human-readable name of one manifest of a repository."""

    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise `TagInvalid` unless `text` is a tag."""
        if _TAG.fullmatch(text):
            return cls(text)
        raise TagInvalid(
            f"tag {_shorten(text)} is not valid: up to 128 letters, digits, '_', '.', '-', "
            "not beginning with '.' or '-'",
            {"tag": text[:REPOSITORY_MAX_LENGTH]},
        )

    @property
    def is_latest(self) -> bool:
        """Whether this is the virtual tag that always names the newest one."""
        return self.name == LATEST

    @property
    def names_referrers(self) -> bool:
        """Whether a tool keeps signatures or referrers of another manifest under this tag."""
        return _REFERRERS_TAG.fullmatch(self.name) is not None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Digest:
    """`algorithm:encoded`, where the algorithm is sha256 or sha512."""

    algorithm: str
    encoded: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise `DigestInvalid` unless `text` is a well-formed digest of a supported algorithm."""
        algorithm, _, encoded = text.partition(":")
        if len(encoded) == check_algorithm(algorithm) and _HEX.fullmatch(encoded):
            return cls(algorithm, encoded)
        raise DigestInvalid(
            f"digest {_shorten(text)} is not valid: {algorithm} takes {_HEX_LENGTHS[algorithm]} "
            "lower-case hexadecimal digits",
            {"digest": text[:REPOSITORY_MAX_LENGTH]},
        )

    @classmethod
    def of(cls, data: bytes, algorithm: str = "sha256") -> Self:
        """The digest of `data`."""
        return cls(algorithm, hashlib.new(algorithm, data).hexdigest())

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"


def check_algorithm(algorithm: str) -> int:
    """Return how many hexadecimal digits a digest of `algorithm` has; raise `DigestInvalid` if unsupported."""
    if algorithm in _HEX_LENGTHS:
        return _HEX_LENGTHS[algorithm]
    raise DigestInvalid(
        f"digest algorithm {_shorten(algorithm)} is not supported: use {' or '.join(_HEX_LENGTHS)}",
        {"algorithm": algorithm[:REPOSITORY_MAX_LENGTH]},
    )


def new_hash(algorithm: str) -> Hash:
    """A running hash for content that arrives in pieces."""
    return hashlib.new(algorithm)


def parse_reference(text: str) -> Tag | Digest:
    """A tag or a digest; only a digest has a colon (spec: "Pulling manifests")."""
    return Digest.parse(text) if ":" in text else Tag.parse(text)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
