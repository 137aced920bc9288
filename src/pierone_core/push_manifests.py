"""Spec chapter "Push", section "Pushing Manifests".

The rule is pure, the store is atomic, a lost race is judged again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pierone_core import manifest, tag_policy
from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import Caller
from pierone_core.errors import DigestInvalid, ManifestBlobUnknown, Unavailable
from pierone_core.manifest import Manifest
from pierone_core.ports import Manifests, Now, RepositoryBlobs, TagRaced
from pierone_core.records import ManifestWrite, TagWrite
from pierone_core.tag_policy import MutableTags
from pierone_core.values import Digest, Repository, Tag

# An immutable tag needs two rounds at the most: once lost, it is held for ever. Only a mutable tag that
# many move at once needs more: a round lost is a push of another that succeeded.
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class ManifestPush:
    """The use case that brings a manifest into a repository and binds tags to it."""

    manifests: Manifests
    blobs: RepositoryBlobs
    mutable_tags: MutableTags
    access: AccessPolicy
    now: Now

    def put_manifest(
        self,
        caller: Caller,
        repository: Repository,
        reference: Tag | Digest,
        media_type: str | None,
        data: bytes,
        extra_tags: Sequence[Tag] = (),
    ) -> Manifest:
        """Store `data` and bind its tags, all or nothing (end-7a, end-7b).

        A repeat of the same push changes nothing and succeeds. Raises `Denied`, `TagImmutable`,
        `ManifestInvalid`, `ManifestBlobUnknown`, or `DigestInvalid` if `reference` is not the digest of `data`.
        """
        self.access.check_push(caller, repository)
        tags = list(extra_tags) if isinstance(reference, Digest) else [reference]
        pushed = manifest.parse(data, media_type, reference.algorithm if isinstance(reference, Digest) else "sha256")
        if isinstance(reference, Digest) and pushed.digest != reference:
            raise DigestInvalid(f"manifest has digest {pushed.digest}, not {reference}")
        writes = self._judge(repository, pushed.digest, tags)
        if writes or not self.manifests.has(repository, pushed.digest):
            self._check_references(repository, pushed)
            self._store(ManifestWrite(repository, pushed, writes, caller.name, self.now()), tags)
        return pushed

    def _store(self, write: ManifestWrite, tags: Sequence[Tag]) -> None:
        for _ in range(_ROUNDS):
            try:
                return self.manifests.store(write)
            except TagRaced:
                write = replace(write, tags=self._judge(write.repository, write.manifest.digest, tags))
        raise Unavailable("too many callers move this tag at once; push again")

    def _judge(self, repository: Repository, digest: Digest, tags: Sequence[Tag]) -> tuple[TagWrite, ...]:
        """Ask the policy about every tag; return those that must change."""
        writes = []
        for tag in dict.fromkeys(tags):
            holder = self.manifests.tag(repository, tag)
            mutable = self.mutable_tags.allow(repository, tag)
            tag_policy.check(tag, digest, holder, mutable=mutable)
            if holder is None or holder.digest != digest:
                writes.append(TagWrite(tag, holder.digest if holder else None, immutable=not mutable))
        return tuple(writes)

    def _check_references(self, repository: Repository, pushed: Manifest) -> None:
        # A child of an index may also be a blob: build caches list their layers so.
        missing = [d for d in pushed.blobs if self.blobs.size(repository, d) is None]
        missing += [
            d
            for d in pushed.children
            if not self.manifests.has(repository, d) and self.blobs.size(repository, d) is None
        ]
        if missing:
            digests = [str(d) for d in dict.fromkeys(missing)]
            raise ManifestBlobUnknown(
                f"{repository} lacks {len(digests)} of what the manifest references; push {digests[0]} first",
                {"digests": digests[:100]},
            )
