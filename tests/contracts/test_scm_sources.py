"""What `ScmSources` promises: what is written first stays."""

from dataclasses import replace

import pytest
from tests.contracts.content import APP, AT, OTHER, artifact, fixed, write

from pierone_core.ports import LayerSource, Metadata, ScmClaim
from pierone_core.scm_source import ScmSource
from pierone_core.values import Digest, Tag

SOURCE = ScmSource("git:git@github.com:zalando/pierone.git", "9f1cfcd", "jdöe", " M x")
CLAIM = ScmClaim(APP, Tag("1.0"), Digest.of(b"manifest"), SOURCE, "ci", AT)


def test_nothing_is_known_at_first(metadata: Metadata) -> None:
    sources = metadata.catalogue.scm_sources
    assert sources.claim(CLAIM.repository, CLAIM.tag, CLAIM.digest) is None
    assert sources.layer(CLAIM.digest) is None


def test_a_claim_is_about_one_digest_under_one_tag_of_one_repository(metadata: Metadata) -> None:
    sources = metadata.catalogue.scm_sources
    assert sources.add_claim(CLAIM) == CLAIM
    assert sources.claim(APP, CLAIM.tag, CLAIM.digest) == CLAIM
    assert sources.claim(OTHER, CLAIM.tag, CLAIM.digest) is None
    assert sources.claim(APP, Tag("1"), CLAIM.digest) is None
    assert sources.claim(APP, CLAIM.tag, Digest.of(b"other")) is None


def test_the_first_claim_stays(metadata: Metadata) -> None:
    sources = metadata.catalogue.scm_sources
    sources.add_claim(CLAIM)
    assert sources.add_claim(replace(CLAIM, source=ScmSource("git:elsewhere"), caller="eve")) == CLAIM
    assert sources.claim(APP, CLAIM.tag, CLAIM.digest) == CLAIM


def test_nothing_is_claimed_of_a_tag_that_holds_the_digest_already(metadata: Metadata) -> None:
    sources, held = metadata.catalogue.scm_sources, artifact("held")
    metadata.manifests.store(write(held, fixed("1.0")))
    late = replace(CLAIM, digest=held.digest)
    assert sources.add_claim(late) is None
    assert sources.claim(APP, late.tag, late.digest) is None
    assert sources.add_claim(replace(late, tag=Tag("2.0"))) == replace(late, tag=Tag("2.0"))
    assert sources.add_claim(replace(late, repository=OTHER)) == replace(late, repository=OTHER)
    assert sources.add_claim(CLAIM) == CLAIM


def test_what_was_claimed_before_the_tag_is_returned_afterwards(metadata: Metadata) -> None:
    sources, held = metadata.catalogue.scm_sources, artifact("held")
    early = replace(CLAIM, digest=held.digest)
    sources.add_claim(early)
    metadata.manifests.store(write(held, fixed("1.0")))
    assert sources.add_claim(replace(early, source=ScmSource("git:elsewhere"))) == early


@pytest.mark.parametrize("found", [LayerSource(SOURCE), LayerSource(hides=True), LayerSource()])
def test_what_was_found_in_a_layer_is_kept(metadata: Metadata, found: LayerSource) -> None:
    sources = metadata.catalogue.scm_sources
    sources.add_layer(CLAIM.digest, found)
    sources.add_layer(CLAIM.digest, LayerSource(ScmSource("git:elsewhere")))
    assert sources.layer(CLAIM.digest) == found
