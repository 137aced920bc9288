"""What PostgreSQL metadata make of failures that the server reports, and what they never tell."""

import traceback
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.contracts.adapters import postgres_url
from tests.contracts.content import APP, AT, artifact, fixed, movable, write
from tests.contracts.postgres_calls import LAYER
from tests.postgres import shared_postgres

from pierone_adapters.sql import postgres_metadata, upgrade_postgres
from pierone_core.errors import StorageFull, Unavailable
from pierone_core.values import Tag

ONE, TWO = artifact("one"), artifact("two")


def fail_at_inserts(url: str, table: str, code: str, condition: str = "true") -> None:
    shared_postgres().execute(
        f"CREATE SEQUENCE failures; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION 'made to fail' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$; "
        f"CREATE TRIGGER fail BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()",
        url,
    )


@pytest.fixture
def breakable(tmp_path: Path) -> str:
    """Begin a database that no other test gets afterwards."""
    return postgres_url(tmp_path)


@pytest.mark.parametrize("table", ["events", "blobs", "uploads"])
def test_a_full_disk_is_told_as_such(breakable: str, table: str) -> None:
    fail_at_inserts(breakable, table, "53100")
    with closing(postgres_metadata(breakable)) as metadata:
        calls: dict[str, Callable[[], object]] = {
            "events": partial(metadata.manifests.store, write(ONE, fixed("1.0"))),
            "blobs": partial(metadata.blobs.add, APP, LAYER, 5),
            "uploads": partial(metadata.uploads.start, APP, "alice", "sha256", AT),
        }
        with pytest.raises(StorageFull):
            calls[table]()
        assert metadata.manifests.tag(APP, Tag.parse("1.0")) is None


@pytest.mark.parametrize("code", ["40001", "40P01"])
@pytest.mark.parametrize("moves", [False, True])
def test_a_transaction_that_the_server_undid_is_done_again(breakable: str, code: str, *, moves: bool) -> None:
    with closing(postgres_metadata(breakable)) as metadata:
        metadata.manifests.store(write(ONE, movable("dev")))
        fail_at_inserts(breakable, "events", code, "nextval('failures') = 1")
        metadata.manifests.store(write(TWO, movable("dev", ONE.digest) if moves else fixed("1.0")))
        assert [event.sequence for event in metadata.events.read(0, 10)] == [1, 2, 3, 4]


SECRET = "a-secret-word"


def test_a_failure_does_not_tell_what_was_to_be_written(breakable: str) -> None:
    fail_at_inserts(breakable, "shared_values", "XX000")
    with closing(postgres_metadata(breakable)) as metadata, pytest.raises(Unavailable) as failure:
        metadata.share("key", SECRET)
    assert "made to fail" in str(failure.value.__cause__)
    assert SECRET not in str(failure.value.__cause__)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://pier:{SECRET}@127.0.0.1:1/registry",
        f"postgresql://pier:{SECRET}@host.invalid/registry",
        f"postgresql://pier:{SECRET}/x@127.0.0.1/registry",
        f"postgresql://pier:{SECRET}@127.0.0.1:port/registry",
        f"postgresql://pier:{SECRET}%@127.0.0.1/registry",
        f"postgresql://127.0.0.1:1/registry?user=pier&password={SECRET}",
        f"postgresql://127.0.0.1:1/registry?pasword={SECRET}",
    ],
)
@pytest.mark.parametrize("call", [postgres_metadata, upgrade_postgres])
def test_no_failure_tells_the_password(url: str, call: Callable[[str], object]) -> None:
    with pytest.raises((Unavailable, ValueError)) as failure:
        call(url)
    told = "".join(traceback.format_exception(failure.value, limit=0))
    assert failure.type.__name__ in told
    assert SECRET not in told
