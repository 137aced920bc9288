"""What PostgreSQL metadata promise when the server, or the way to it, fails: an answer soon, and never a wrong one."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest
from tests.contracts.adapters import give_back, postgres_url
from tests.contracts.content import APP, AT, artifact, fixed, movable, write
from tests.contracts.cutting import CuttingProxy
from tests.contracts.test_sqlite_metadata import SESSION, everything, fill
from tests.contracts.threads import all_at_once
from tests.postgres import PostgresServer, postgres_server, shared_postgres

from pierone_adapters.sql import postgres_metadata, upgrade_postgres
from pierone_core.caller import Caller
from pierone_core.errors import StorageFull, Unavailable
from pierone_core.manifest import OCI_INDEX
from pierone_core.ports import Metadata, TagRaced
from pierone_core.push_manifests import ManifestPush
from pierone_core.registry import CLAIMS_ONLY
from pierone_core.tag_policy import MutableTags
from pierone_core.values import Digest, Tag

ONE, TWO, THREE = artifact("one"), artifact("two"), artifact("three")
LAYER = Digest.of(b"another layer")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Begin an empty database."""
    yield postgres_url(tmp_path)
    give_back(tmp_path)


@pytest.fixture
def metadata(url: str) -> Iterator[Metadata]:
    """Open it, and be patient for half a second only."""
    with closing(postgres_metadata(url, pool_size=4, statement_timeout=0.5)) as opened:
        fill(opened)
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Start a server that may be killed."""
    with postgres_server(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def mortal(server: PostgresServer) -> Iterator[Metadata]:
    """Open a database of that server."""
    with closing(postgres_metadata(server.database(), 4, connect_timeout=2, statement_timeout=0.5)) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def proxy(url: str) -> Iterator[CuttingProxy]:
    """Put a proxy in front of the server."""
    assert url
    with CuttingProxy(shared_postgres().port) as running:
        yield running


@pytest.fixture
def behind(url: str, proxy: CuttingProxy) -> Iterator[Metadata]:
    """Open the database through the proxy."""
    through = url.replace(f":{shared_postgres().port}/", f":{proxy.port}/")
    with closing(postgres_metadata(through, pool_size=1)) as opened:
        fill(opened)
        yield opened


def calls(metadata: Metadata) -> list[Callable[[], object]]:
    return [
        partial(metadata.manifests.tag, APP, Tag.parse("1.0")),
        partial(metadata.events.read, 0, 10),
        partial(metadata.blobs.add, APP, LAYER, 5),
        partial(metadata.uploads.remove, "unknown"),
        partial(metadata.manifests.store, write(TWO, fixed("9.0"))),
        partial(metadata.share, "key", "value"),
        metadata.check,
        partial(in_alone, metadata),
    ]


def in_alone(metadata: Metadata) -> None:
    with metadata.alone("sweep"):
        pass


def cut_everybody_off(url: str) -> None:
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> {}"
    shared_postgres().execute(query.format("pg_backend_pid()"), url)


def test_connections_that_were_lost_are_not_noticed_by_anybody(metadata: Metadata, url: str) -> None:
    before = everything(metadata)
    for call in calls(metadata):
        cut_everybody_off(url)
        call()
    cut_everybody_off(url)
    assert everything(metadata)["tags"] == before["tags"]


def test_a_connection_that_was_lost_in_a_pause_is_noticed_before_a_tag_is_moved_over_it(
    metadata: Metadata, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pierone_adapters.sql.postgres_pool._TRIED_AFTER_SECONDS", 0)
    cut_everybody_off(url)
    metadata.manifests.store(write(THREE, movable("dev", TWO.digest)))


def test_a_server_that_is_gone_is_unavailable_and_its_return_is_enough(
    mortal: Metadata, server: PostgresServer
) -> None:
    before = everything(mortal)
    server.kill()
    try:
        for call in calls(mortal):
            with pytest.raises(Unavailable):
                call()
    finally:
        server.start()
    assert everything(mortal) == before
    assert [call() for call in calls(mortal)]


def test_a_server_that_takes_everything_and_says_nothing_is_unavailable(
    mortal: Metadata, server: PostgresServer
) -> None:
    before = everything(mortal)
    server.freeze()
    try:
        outcomes = all_at_once(calls(mortal))
    finally:
        server.thaw()
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * len(outcomes)
    assert everything(mortal)["tags"] == before["tags"]
    mortal.check()


def test_what_waits_too_long_for_a_lock_is_unavailable_and_the_connection_stays_good(
    metadata: Metadata, url: str
) -> None:
    before = everything(metadata)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE tags, blobs, events IN ACCESS EXCLUSIVE MODE")
        for call in calls(metadata)[:3]:
            with pytest.raises(Unavailable):
                call()
    assert everything(metadata) == before


def test_who_finds_every_connection_in_use_is_unavailable(
    metadata: Metadata, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pierone_adapters.sql.postgres_pool._POOL_PATIENCE_SECONDS", 0.05)
    with (
        closing(postgres_metadata(url, pool_size=1, statement_timeout=0.3)) as narrow,
        psycopg.connect(url) as other,
    ):
        other.execute("LOCK TABLE tags IN ACCESS EXCLUSIVE MODE")
        outcomes = all_at_once([partial(narrow.manifests.tag, APP, Tag.parse("1.0"))] * 4)
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4
        narrow.check()
    assert metadata.manifests.tag(APP, Tag.parse("1.0"))


def fail_at_inserts(url: str, table: str, code: str, condition: str = "true") -> None:
    shared_postgres().execute(
        f"CREATE SEQUENCE failures; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION 'made to fail' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$; "
        f"CREATE TRIGGER fail BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()",
        url,
    )


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[str]:
    """Begin a database that no other test gets afterwards."""
    yield postgres_url(tmp_path)


@pytest.mark.parametrize("table", ["events", "blobs", "uploads"])
def test_a_full_disk_is_told_as_such(breakable: str, table: str) -> None:
    fail_at_inserts(breakable, table, "53100")
    with closing(postgres_metadata(breakable)) as metadata:
        call = {
            "events": partial(metadata.manifests.store, write(ONE, fixed("1.0"))),
            "blobs": partial(metadata.blobs.add, APP, LAYER, 5),
            "uploads": partial(metadata.uploads.add, SESSION),
        }[table]
        with pytest.raises(StorageFull):
            call()
        assert metadata.manifests.tag(APP, Tag.parse("1.0")) is None


@pytest.mark.parametrize("code", ["40001", "40P01"])
@pytest.mark.parametrize("moves", [False, True])
def test_a_transaction_that_the_server_undid_is_done_again(breakable: str, code: str, *, moves: bool) -> None:
    with closing(postgres_metadata(breakable)) as metadata:
        metadata.manifests.store(write(ONE, movable("dev")))
        fail_at_inserts(breakable, "events", code, "nextval('failures') = 1")
        metadata.manifests.store(write(TWO, movable("dev", ONE.digest) if moves else fixed("1.0")))
        assert [event.sequence for event in metadata.events.read(0, 10)] == [1, 2, 3, 4]


def push(metadata: Metadata, data: bytes, tag: str, *patterns: str) -> None:
    use_case = ManifestPush(metadata.manifests, metadata.blobs, MutableTags.parse(patterns), CLAIMS_ONLY, lambda: AT)
    use_case.put_manifest(Caller("alice", teams=frozenset({"team"})), APP, Tag.parse(tag), OCI_INDEX, data)


def test_a_push_whose_answer_was_lost_after_it_was_committed_succeeds_and_is_recorded_once(
    behind: Metadata, proxy: CuttingProxy
) -> None:
    before = len(behind.events.read(0, 100))
    row = write(THREE, fixed("3.0"))
    behind.manifests.tag(APP, Tag.parse("3.0"))
    proxy.lose_next_answer()
    with pytest.raises(TagRaced):  # the rule then finds the tag as it was asked for
        behind.manifests.store(row)
    push(behind, THREE.data, "3.0")
    assert len(behind.events.read(0, 100)) == before + 2


def test_a_move_whose_answer_was_lost_is_unavailable_and_not_done_twice(behind: Metadata, proxy: CuttingProxy) -> None:
    before = len(behind.events.read(0, 100))
    proxy.lose_next_answer()
    with pytest.raises(Unavailable):
        behind.manifests.store(write(THREE, movable("dev", TWO.digest)))
    assert len(behind.events.read(0, 100)) == before + 2
    held = behind.manifests.tag(APP, Tag.parse("dev"))
    assert held
    assert held.digest == THREE.digest


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5])
def test_what_is_harmless_to_repeat_is_repeated_when_its_answer_is_lost(
    behind: Metadata, proxy: CuttingProxy, number: int
) -> None:
    proxy.lose_next_answer()
    calls(behind)[number]()


SECRET = "a-secret-word"


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
