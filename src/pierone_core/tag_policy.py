"""When a tag may be bound to a digest. Pure: the store makes the decision atomic (compare and set).

A tag is immutable unless a pattern said otherwise when it was first bound: that promise is part of the
binding, so no later setting can take it back (docs/adr/0001).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from fnmatch import fnmatchcase
from typing import Self

from pierone_core.errors import TagImmutable
from pierone_core.records import TagBinding
from pierone_core.values import Digest, Repository, Tag


@dataclass(frozen=True, slots=True)
class MutableTags:
    """Which tags may move: pairs of a repository glob and a tag glob; `*` also matches `/`."""

    patterns: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, patterns: Iterable[str]) -> Self:
        """Take `repository-glob:tag-glob` strings; raise `ValueError` for anything else."""
        return cls(tuple(_parse_pattern(pattern) for pattern in patterns))

    def allow(self, repository: Repository, tag: Tag) -> bool:
        """Whether a tag that is bound now may be moved later."""
        return any(fnmatchcase(repository.name, r) and fnmatchcase(tag.name, t) for r, t in self.patterns)


def check(tag: Tag, digest: Digest, holder: TagBinding | None, *, mutable: bool) -> None:
    """Raise `TagImmutable` unless `tag`, now held by `holder`, may be bound to `digest`."""
    if tag.is_latest:
        raise TagImmutable(
            "tag latest cannot be pushed: it always names the newest tag of the repository; "
            "push under a version of its own and pull latest",
            {"reason": "TAG_LATEST", "tag": tag.name},
        )
    if holder is None or holder.digest == digest or (mutable and not holder.immutable):
        return
    raise TagImmutable(
        f"tag {tag} of {holder.repository} is immutable and already holds {holder.digest}, pushed by "
        f"{holder.author} at {holder.bound_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}; push under a new tag",
        _facts(digest, holder),
    )


def _parse_pattern(pattern: str) -> tuple[str, str]:
    repository, colon, tag = pattern.partition(":")
    if not (repository and colon and tag) or ":" in tag:
        raise ValueError(f"mutable tag pattern {pattern!r} is not of the form repository-glob:tag-glob")
    return repository, tag


def _facts(digest: Digest, holder: TagBinding) -> dict[str, object]:
    return {
        "reason": "TAG_IMMUTABLE",
        "tag": holder.tag.name,
        "existing": str(holder.digest),
        "pushed": str(digest),
        "author": holder.author,
        "time": holder.bound_at.isoformat(),
    }
