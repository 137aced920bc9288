"""What `ScmSources` promises: what is written first stays."""

from dataclasses import replace

import pytest
from tests.contracts.content import APP, AT, OTHER

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


@pytest.mark.parametrize("found", [LayerSource(SOURCE), LayerSource(hides=True), LayerSource()])
def test_what_was_found_in_a_layer_is_kept(metadata: Metadata, found: LayerSource) -> None:
    sources = metadata.catalogue.scm_sources
    sources.add_layer(CLAIM.digest, found)
    sources.add_layer(CLAIM.digest, LayerSource(ScmSource("git:elsewhere")))
    assert sources.layer(CLAIM.digest) == found
