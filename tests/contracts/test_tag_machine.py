"""Tags, whatever is pushed in whatever order: the registry always agrees with a model of a few lines."""

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.contracts.adapters import DURABLE, METADATA, examples
from tests.contracts.content import artifact
from tests.contracts.tag_model import Change, TagModel

from pierone_adapters.memory import MemoryBlobStore
from pierone_core.caller import Caller
from pierone_core.errors import Denied, ManifestUnknown, TagImmutable
from pierone_core.manifest import OCI_INDEX
from pierone_core.ports import Metadata
from pierone_core.registry import Registry
from pierone_core.tag_policy import MutableTags
from pierone_core.values import Digest, Repository, Tag

STEPS = 25
REPOSITORIES = ["team/app", "team/app/tools"]
TAGS = ["1.0", "2.0", "dev", "dev-2", "latest"]
# A setting, and the tags that may move while it is in force.
SETTINGS = {
    (): frozenset[str](),
    ("team/*:dev*",): frozenset({"dev", "dev-2"}),
    ("*:*",): frozenset(TAGS),
}
MANIFESTS = {manifest.digest: manifest.data for manifest in map(artifact, ["one", "two", "three"])}

repositories = st.sampled_from(REPOSITORIES)
tags = st.sampled_from(TAGS)
digests = st.sampled_from(sorted(MANIFESTS, key=str))
callers = st.sampled_from(["alice", "bob"])


class TagMachine(RuleBasedStateMachine):
    """Pushes and pulls over one kind of metadata store."""

    adapter: ClassVar[str]

    def __init__(self) -> None:
        """Begin with an empty registry."""
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.metadata: Metadata = METADATA[self.adapter](self.directory)
        self.crashed: list[Metadata] = []
        self.model = TagModel()
        self.promised: dict[tuple[str, str], Digest] = {}

    def teardown(self) -> None:
        """Leave no files."""
        for metadata in (self.metadata, *self.crashed):
            metadata.close()
        shutil.rmtree(self.directory)

    @initialize(patterns=st.sampled_from(sorted(SETTINGS)))
    def begin(self, patterns: tuple[str, ...]) -> None:
        """Compose the registry."""
        self._compose(patterns)

    @rule(patterns=st.sampled_from(sorted(SETTINGS)))
    def change_setting(self, patterns: tuple[str, ...]) -> None:
        """Another list of mutable tags comes into force."""
        self._compose(patterns)

    @precondition(lambda self: self.adapter in DURABLE)
    @rule(patterns=st.sampled_from(sorted(SETTINGS)), cleanly=st.booleans())
    def reopen(self, patterns: tuple[str, ...], *, cleanly: bool) -> None:
        """The server goes and comes back; if it crashed, nothing was closed before."""
        before, self.metadata = self.metadata, METADATA[self.adapter](self.directory)
        if cleanly:
            before.close()
        else:
            self.crashed.append(before)
        self._compose(patterns)

    @rule(caller=callers, repository=repositories, tag=tags, digest=digests)
    def push_to_tag(self, caller: str, repository: str, tag: str, digest: Digest) -> None:
        """A push under one tag."""
        self._push(caller, repository, digest, Tag.parse(tag), [tag])

    @rule(caller=callers, repository=repositories, digest=digests, names=st.lists(tags, max_size=4))
    def push_by_digest(self, caller: str, repository: str, digest: Digest, names: list[str]) -> None:
        """A push by digest, with any number of tags, some perhaps twice."""
        self._push(caller, repository, digest, digest, names)

    @rule(repository=repositories, tag=tags, digest=digests)
    def push_of_a_stranger(self, repository: str, tag: str, digest: Digest) -> None:
        """Somebody of another team pushes: refused, whatever the tag holds."""
        with pytest.raises(Denied):
            self._put(Caller("eve", teams=frozenset({"app"})), repository, digest, Tag.parse(tag), [])

    @rule(repository=repositories, size=st.integers(1, 3))
    def list_tags(self, repository: str, size: int) -> None:
        """The pages of a list, one after the other, are the tags."""
        if not self.metadata.listing.has_repository(Repository(repository)):
            assert self.model.names(repository) == []
            return
        page = self.registry.discovery.tags(Repository(repository), size)
        found = list(page.items)
        while page.next is not None:
            page = self.registry.discovery.tags(Repository(repository), size, page.next)
            found += page.items
        assert found == self.model.names(repository)

    @invariant()
    def every_tag_names_what_was_acknowledged(self) -> None:
        """A tag gives its manifest, and says whether it will do so for ever."""
        for (repository, tag), held in self.model.tags.items():
            stored, final = self.registry.pull.get_manifest(Repository(repository), Tag(tag))
            assert (stored.digest, stored.data, final) == (held.digest, MANIFESTS[held.digest], held.immutable)
            binding = self.metadata.manifests.tag(Repository(repository), Tag(tag))
            assert binding
            assert binding.author == held.author

    @invariant()
    def no_promise_was_broken(self) -> None:
        """What an immutable tag held once, it holds."""
        for (repository, tag), digest in self.promised.items():
            assert self.registry.pull.get_manifest(Repository(repository), Tag(tag))[0].digest == digest

    @invariant()
    def every_manifest_is_where_it_was_pushed_and_nowhere_else(self) -> None:
        """Manifests are found by digest in their repository."""
        for repository in REPOSITORIES:
            there = {digest for digest in MANIFESTS if self.metadata.manifests.has(Repository(repository), digest)}
            assert there == {digest for name, digest in self.model.manifests if name == repository}

    @invariant()
    def latest_names_the_newest_tag(self) -> None:
        """`latest` follows creation, not moves, and is never final."""
        for repository in REPOSITORIES:
            newest = self.model.newest(repository)
            if newest is None:
                with pytest.raises(ManifestUnknown):
                    self.registry.pull.get_manifest(Repository(repository), Tag("latest"))
            else:
                stored, final = self.registry.pull.get_manifest(Repository(repository), Tag("latest"))
                assert (stored.digest, final) == (newest, False)

    @invariant()
    def the_log_is_the_history(self) -> None:
        """Each change is in the log once, in order, and nothing else is."""
        events = list(self.metadata.events.read(0, 10_000))
        assert [event.sequence for event in events] == [*range(1, len(self.model.history) + 1)]
        assert [
            Change(e.kind.value, e.caller, e.repository.name, e.tag.name if e.tag else None, e.digest, e.previous)
            for e in events
        ] == self.model.history
        assert all((e.media_type, e.size) == (OCI_INDEX, len(MANIFESTS[e.digest])) for e in events)

    def _compose(self, patterns: tuple[str, ...]) -> None:
        self.mutable = SETTINGS[patterns]
        self.registry = Registry.over(self.metadata, MemoryBlobStore(), MutableTags.parse(patterns))

    def _put(self, caller: Caller, repository: str, digest: Digest, reference: Tag | Digest, names: list[str]) -> None:
        extra = [Tag.parse(name) for name in names] if isinstance(reference, Digest) else []
        data = MANIFESTS[digest]
        put = self.registry.push_manifests.put_manifest
        assert put(caller, Repository(repository), reference, OCI_INDEX, data, extra).digest == digest

    def _push(self, caller: str, repository: str, digest: Digest, reference: Tag | Digest, names: list[str]) -> None:
        push = partial(self._put, Caller(caller, teams=frozenset({"team"})), repository, digest, reference, names)
        if any(self.model.refuses(repository, name, digest, mutable=name in self.mutable) for name in names):
            with pytest.raises(TagImmutable):
                push()
            return
        push()
        promised = [name for name in names if name not in self.mutable and (repository, name) not in self.model.tags]
        self.promised |= {(repository, name): digest for name in promised}
        self.model.push(caller, repository, digest, list(dict.fromkeys(names)), self.mutable)


@pytest.mark.parametrize("adapter", METADATA)
def test_tags_behave_as_the_model_says(adapter: str) -> None:
    machine: type[TagMachine] = type("TagMachine", (TagMachine,), {"adapter": adapter})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples(adapter), stateful_step_count=STEPS, deadline=None)
    )
