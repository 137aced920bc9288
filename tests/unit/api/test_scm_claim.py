"""Who may say where an image comes from, and that it is said once."""

import pytest
from tests.unit.api.registry import ALICE, APP, CI, START, Parts

from pierone_core.access_policy import AccessPolicy
from pierone_core.caller import NOBODY, SERVICES, Caller
from pierone_core.directories import NoApplications, NoTeams
from pierone_core.errors import Denied, TagImmutable, Unauthorized
from pierone_core.scm_source import ScmSource, ScmSourceInvalid
from pierone_core.values import Digest, Tag

SOURCE = ScmSource("git:x", "1")
MANIFEST = Digest.of(b"manifest")
V1, V2, DEV = Tag("1.0"), Tag("2.0"), Tag("dev")
OPEN = Caller("anonymous", unrestricted=True)
SERVICE = Caller("ci", realm=SERVICES, scopes=frozenset({"application.write_all", "application.write_all_trusted"}))


def claimed(parts: Parts, tag: Tag, digest: Digest = MANIFEST) -> str | None:
    claim = parts.sources.claim(APP, tag, digest)
    return claim.source.url if claim else None


@pytest.mark.parametrize("caller", [CI, OPEN, SERVICE])
def test_a_trusted_caller_that_may_push_may_say_it(parts: Parts, caller: Caller) -> None:
    parts.claims.claim(caller, APP, [V1, V2], MANIFEST, SOURCE)
    assert (claimed(parts, V1), claimed(parts, V2)) == ("git:x", "git:x")
    claim = parts.sources.claim(APP, V1, MANIFEST)
    assert claim
    assert (claim.caller, claim.at) == (caller.name, START)


@pytest.mark.parametrize(
    ("caller", "error", "reason"),
    [
        (ALICE, Denied, "application.write_all_trusted"),
        (Caller("eve", teams=frozenset({"other"}), scopes=CI.scopes), Denied, "not a member"),
        (Caller("x", realm=SERVICES, scopes=CI.scopes), Denied, "neither scope"),
        (Caller("i", realm="instances", scopes=CI.scopes), Denied, "may only pull"),
        (NOBODY, Unauthorized, "log in"),
    ],
)
def test_nobody_else_may(parts: Parts, caller: Caller, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        parts.claims.claim(caller, APP, [V1], MANIFEST, SOURCE)
    assert claimed(parts, V1) is None


def test_the_same_may_be_said_again_and_nothing_else(parts: Parts) -> None:
    for _ in range(2):
        parts.claims.claim(CI, APP, [V1], MANIFEST, SOURCE)
    with pytest.raises(TagImmutable, match="said by ci: git:x 1"):
        parts.claims.claim(CI, APP, [V1], MANIFEST, ScmSource("git:y"))
    assert claimed(parts, V1) == "git:x"


def test_nothing_is_kept_of_a_push_that_will_be_refused(parts: Parts) -> None:
    parts.push("1.0", parts.image())
    parts.claims.claim(CI, APP, [V1, Tag("latest")], MANIFEST, SOURCE)
    assert (claimed(parts, V1), claimed(parts, Tag("latest"))) == (None, None)


@pytest.mark.parametrize("tag", ["1.0", "dev"])
def test_it_cannot_be_said_of_a_tag_afterwards(parts: Parts, tag: str) -> None:
    held = parts.push(tag, parts.image())
    with pytest.raises(TagImmutable, match=r"pushed without X-SCM-Source.*push another tag"):
        parts.claims.claim(CI, APP, [Tag(tag)], held, SOURCE)
    assert claimed(parts, Tag(tag), held) is None


def test_what_was_said_with_the_push_may_be_said_again_and_nothing_else(parts: Parts) -> None:
    manifest = parts.image()
    parts.claims.claim(CI, APP, [V1], Digest.of(manifest), SOURCE)
    held = parts.push("1.0", manifest)
    parts.claims.claim(CI, APP, [V1], held, SOURCE)
    with pytest.raises(TagImmutable, match="said by ci: git:x 1"):
        parts.claims.claim(CI, APP, [V1], held, ScmSource("git:y"))


def test_it_can_be_said_of_what_a_tag_will_move_to(parts: Parts) -> None:
    parts.push("dev", parts.image())
    parts.claims.claim(CI, APP, [DEV], MANIFEST, SOURCE)
    assert claimed(parts, DEV) == "git:x"


def test_it_is_said_of_a_tag(parts: Parts) -> None:
    with pytest.raises(ScmSourceInvalid, match="push with one"):
        parts.claims.claim(CI, APP, [], MANIFEST, SOURCE)


def test_without_directories_scopes_alone_do_not_push() -> None:
    access = AccessPolicy(NoTeams(), NoApplications())
    with pytest.raises(Denied):
        access.check_push(Caller("x", scopes=CI.scopes), APP)
