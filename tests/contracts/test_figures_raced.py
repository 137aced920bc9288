"""Figures stay right when many count at once, in one process and in several connections."""

from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import METADATA, give_back
from tests.contracts.content import artifact, fixed, write
from tests.contracts.threads import all_at_once

from pierone_core.ports import Metadata, TeamFigures, Totals
from pierone_core.values import Digest, Repository

WRITERS, EACH = 8, 5
SHARED = Digest.of(b"shared by all")


def work(metadata: Metadata, writer: int) -> None:
    """New repositories of two teams, each with a tag, a blob of its own and a blob that all have."""
    for number in range(EACH):
        repository = Repository.parse(f"team-{number % 2}/app-{writer}-{number}")
        metadata.blobs.add(repository, SHARED, 1000)
        metadata.blobs.add(repository, Digest.of(repository.name.encode()), 1)
        metadata.manifests.store(write(artifact(repository.name), fixed("1.0"), repository=repository))


@pytest.mark.parametrize("kind", [name for name in METADATA if "cached" not in name])
def test_many_that_push_at_once_are_all_counted_and_a_shared_blob_once(kind: str, tmp_path: Path) -> None:
    metadata = METADATA[kind](tmp_path)
    assert all_at_once([partial(work, metadata, writer) for writer in range(WRITERS)]) == [None] * WRITERS
    lists = metadata.catalogue.lists
    even, odd = WRITERS * 3, WRITERS * 2
    assert list(lists.teams("", 9)) == [TeamFigures("team-0", even, even), TeamFigures("team-1", odd, odd)]
    assert lists.totals() == Totals(2, 1000 + WRITERS * EACH)
    metadata.close()
    give_back(tmp_path)
