"""Pushing blobs as somebody: whose an upload is across realms, and from where a token of the registry mounts."""

from dataclasses import replace

import pytest

from pierone_adapters.memory import MemoryBlobStore, memory_metadata
from pierone_core.caller import PULL, PUSH, SERVICES, Caller, Grants
from pierone_core.errors import BlobUploadUnknown
from pierone_core.registry import Registry, utc_now
from pierone_core.values import Digest, Repository

ALICE = Caller("alice", teams=frozenset({"team"}))
APP, TOOLS = Repository.parse("team/app"), Repository.parse("team/tools")
DATA = b"layer of an image"
DIGEST = Digest.of(DATA)


@pytest.fixture
def registry() -> Registry:
    """Begin an empty registry in memory."""
    return Registry.over(memory_metadata(), MemoryBlobStore())


def test_an_upload_of_an_employee_is_not_that_of_a_service_user_of_the_same_name(registry: Registry) -> None:
    session = registry.push_blobs.start_upload(ALICE, APP)
    with pytest.raises(BlobUploadUnknown, match="is not yours"):
        registry.push_blobs.resume(replace(ALICE, realm=SERVICES), APP, session.id)
    assert registry.push_blobs.resume(replace(ALICE, teams=frozenset()), APP, session.id) == session


def test_an_upload_that_names_no_realm_is_nobodys(registry: Registry) -> None:
    session = registry.push_blobs.uploads.start(APP, ALICE.name, "sha256", utc_now())
    for caller in (ALICE, replace(ALICE, realm="")):
        with pytest.raises(BlobUploadUnknown, match="start a new one"):
            registry.push_blobs.resume(caller, APP, session.id)


def test_a_token_for_repositories_mounts_from_these_and_from_nowhere_else(registry: Registry) -> None:
    registry.push_blobs.push_blob(ALICE, APP, DATA)
    into_tools = {(TOOLS.name, PULL), (TOOLS.name, PUSH)}
    narrow = replace(ALICE, grants=Grants(frozenset(into_tools)))
    wide = replace(ALICE, grants=Grants(frozenset(into_tools | {(APP.name, PULL)})))
    for caller, source in [(narrow, APP), (narrow, None), (wide, None)]:
        assert not registry.push_blobs.mount(caller, TOOLS, DIGEST, source)
    assert registry.push_blobs.mount(wide, TOOLS, DIGEST, APP)
    assert registry.pull.get_blob(TOOLS, DIGEST) == DATA
