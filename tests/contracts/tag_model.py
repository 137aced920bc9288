"""How tags must behave, said as simply as possible: what the state machine compares the registry with."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pierone_core.values import Digest

LATEST = "latest"


@dataclass(frozen=True)
class Held:
    """What a tag holds."""

    digest: Digest
    immutable: bool
    author: str


@dataclass(frozen=True)
class Change:
    """What the log must say of one change."""

    kind: str
    caller: str
    repository: str
    tag: str | None
    digest: Digest
    previous: Digest | None


@dataclass
class TagModel:
    """Repositories, their manifests and tags, and all that ever changed, in order."""

    manifests: set[tuple[str, Digest]] = field(default_factory=set)
    tags: dict[tuple[str, str], Held] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)

    def refuses(self, repository: str, tag: str, digest: Digest, *, mutable: bool) -> bool:
        """Whether `tag` cannot be bound to `digest`."""
        if tag == LATEST:
            return True
        held = self.tags.get((repository, tag))
        if held is None or held.digest == digest:
            return False
        return held.immutable or not mutable

    def push(self, caller: str, repository: str, digest: Digest, tags: Sequence[str], mutable: frozenset[str]) -> None:
        """Note a push that is accepted; `mutable` are the tags that may move as things are set now."""
        if (repository, digest) not in self.manifests:
            self.manifests.add((repository, digest))
            self.history.append(Change("manifest_stored", caller, repository, None, digest, None))
        for tag in tags:
            self._bind(caller, repository, digest, tag, immutable=tag not in mutable)

    def newest(self, repository: str) -> Digest | None:
        """What `latest` names: what the tag holds that was created last."""
        held = [held.digest for (name, _), held in self.tags.items() if name == repository]
        return held[-1] if held else None

    def names(self, repository: str) -> list[str]:
        """The tags of a repository in byte order."""
        return sorted(tag for name, tag in self.tags if name == repository)

    def _bind(self, caller: str, repository: str, digest: Digest, tag: str, *, immutable: bool) -> None:
        held = self.tags.get((repository, tag))
        if held is None:
            self.history.append(Change("tag_bound", caller, repository, tag, digest, None))
            self.tags[repository, tag] = Held(digest, immutable, caller)
        elif held.digest != digest:
            self.history.append(Change("tag_moved", caller, repository, tag, digest, held.digest))
            self.tags[repository, tag] = Held(digest, held.immutable, caller)
