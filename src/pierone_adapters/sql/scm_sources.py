"""`ScmSources` in SQL."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select, text

from pierone_adapters.sql.catalogue_schema import layer_sources, scm_claims
from pierone_adapters.sql.database import Database
from pierone_adapters.sql.schema import UtcTime
from pierone_core.ports import LayerSource, ScmClaim
from pierone_core.scm_source import ScmSource
from pierone_core.values import Digest, Repository, Tag

CLAIM = select(scm_claims).where(
    scm_claims.c.repository == bindparam("repository"),
    scm_claims.c.tag == bindparam("tag"),
    scm_claims.c.digest == bindparam("digest"),
)
LAYER = select(layer_sources).where(layer_sources.c.digest == bindparam("digest"))
_ADD_CLAIM = text(
    "INSERT INTO scm_claims (repository, tag, digest, source, caller, at) "
    "SELECT :repository, :tag, :digest, :source, :caller, :at WHERE NOT EXISTS "
    "(SELECT 1 FROM tags WHERE repository = :repository AND name = :tag AND digest = :digest) ON CONFLICT DO NOTHING"
).bindparams(bindparam("at", type_=UtcTime()))
_ADD_LAYER = text(
    "INSERT INTO layer_sources (digest, source, hides) VALUES (:digest, :source, :hides) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True)
class SqlScmSources:
    """See `ScmSources`."""

    _database: Database

    def claim(self, repository: Repository, tag: Tag, digest: Digest) -> ScmClaim | None:
        """See `ScmSources`."""
        parameters = {"repository": repository.name, "tag": tag.name, "digest": str(digest)}
        rows = self._database.read(CLAIM, parameters)
        return (
            ScmClaim(repository, tag, digest, ScmSource.parse(rows[0].source), rows[0].caller, rows[0].at)
            if rows
            else None
        )

    def add_claim(self, claim: ScmClaim) -> ScmClaim | None:
        """See `ScmSources`."""
        row = {
            "repository": claim.repository.name,
            "tag": claim.tag.name,
            "digest": str(claim.digest),
            "source": claim.source.encode(),
            "caller": claim.caller,
            "at": claim.at,
        }
        self._database.write(_ADD_CLAIM, row)
        return self.claim(claim.repository, claim.tag, claim.digest)

    def layer(self, digest: Digest) -> LayerSource | None:
        """See `ScmSources`."""
        rows = self._database.read(LAYER, {"digest": str(digest)})
        return LayerSource(ScmSource.parse(rows[0].source) if rows[0].source else None, rows[0].hides) if rows else None

    def add_layer(self, digest: Digest, found: LayerSource) -> None:
        """See `ScmSources`."""
        source = found.source.encode() if found.source else None
        self._database.write(_ADD_LAYER, {"digest": str(digest), "source": source, "hides": found.hides})
