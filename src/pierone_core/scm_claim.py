"""What a trusted caller says of the source of an image that it pushes (header X-SCM-Source).

A claim is about one digest under one tag of one repository. It is kept before the tag is bound, so whoever sees the tag
sees the claim, and a crash in between loses nothing: the claim waits for the push to be repeated. It is never changed,
nor is anything claimed of a tag afterwards: what people have seen stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pierone_core.access_policy import WRITE_ALL_TRUSTED, AccessPolicy
from pierone_core.caller import Caller
from pierone_core.errors import Denied, TagImmutable
from pierone_core.ports import Manifests, Now, ScmClaim, ScmSources
from pierone_core.scm_source import ScmSource, ScmSourceInvalid
from pierone_core.values import Digest, Repository, Tag


@dataclass(frozen=True, slots=True)
class ScmClaims:
    """The use case that comes before `ManifestPush.put_manifest` if there is a claim."""

    sources: ScmSources
    manifests: Manifests
    access: AccessPolicy
    now: Now

    def claim(
        self, caller: Caller, repository: Repository, tags: Sequence[Tag], digest: Digest, source: ScmSource
    ) -> None:
        """Keep that `digest` comes from `source` when `tags` are bound to it.

        Raises `Denied`, or `TagImmutable` if the tag holds it already without this claim, or another came first.
        """
        self.access.check_push(caller, repository)
        _check_trusted(caller)
        if not tags:
            raise ScmSourceInvalid("X-SCM-Source is said of a tag: push with one, or without the header")
        for tag in tags:
            if not self._is_lost(repository, tag, digest):
                kept = self.sources.add_claim(ScmClaim(repository, tag, digest, source, caller.name, self.now()))
                _check_same(repository, tag, kept, source)

    def _is_lost(self, repository: Repository, tag: Tag, digest: Digest) -> bool:
        """Whether the push will be refused because the tag is taken."""
        holder = self.manifests.tag(repository, tag)
        return tag.is_latest or (holder is not None and holder.immutable and holder.digest != digest)


def _check_trusted(caller: Caller) -> None:
    if caller.unrestricted or WRITE_ALL_TRUSTED in caller.scopes:
        return
    raise Denied(
        f"{caller.name} may not send X-SCM-Source: it needs an access token with scope {WRITE_ALL_TRUSTED}, shown as "
        "it is and not exchanged for a token of the registry; or push without the header",
        {"caller": caller.name, "scope": WRITE_ALL_TRUSTED},
    )


def _check_same(repository: Repository, tag: Tag, kept: ScmClaim | None, source: ScmSource) -> None:
    if kept is None:
        raise TagImmutable(
            f"{repository}:{tag} was pushed without X-SCM-Source, and where it comes from cannot be said afterwards; "
            "push without the header, or push another tag with it",
            {"tag": tag.name},
        )
    if kept.source != source:
        raise TagImmutable(
            f"{repository}:{tag} has another scm-source already, said by {kept.caller}: {kept.source.url} "
            f"{kept.source.revision}; push another tag",
            {"tag": tag.name, "existing": kept.source.url, "author": kept.caller},
        )
