"""kill -9 of replicas, of the S3 server and of PostgreSQL while clients push and pull through the proxy.

What was acknowledged is there afterwards on every replica, nothing wrong is served in between, and everybody gets on
again without anybody's help but that the dead are started anew.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg
from tests.integration.replicas.checks import check_tag_on_every_replica
from tests.integration.replicas.cluster import Cluster
from tests.integration.replicas.pushers import Ledger, Puller, Pusher
from tests.integration.replicas.stores import Stores
from tests.integration.server import Server
from tests.integration.survival.waiting import wait_until

PUSHERS = 3
RECOVERY_DEADLINE = 60.0
SWEEPING = {"PIERONE_UPLOAD_MAX_AGE": "1", "PIERONE_SWEEP_INTERVAL": "0.2"}


def test_what_was_acknowledged_survives_kills_of_everything(
    cluster: Cluster, stores: Stores, repository: str, tmp_path: Path
) -> None:
    seed = random.getrandbits(32)
    source, ledger = Random(seed), Ledger()  # noqa: S311 - must repeat
    pushers = [
        Pusher(cluster.proxy.url, repository, f"client-{n}", ledger, source.getrandbits(32)) for n in range(PUSHERS)
    ]
    puller = Puller([cluster.proxy.url, *cluster.urls], repository, ledger, source.getrandbits(32))
    try:
        with _at_work([puller.pull_until, *(pusher.push_until for pusher in pushers)]) as working:
            for victims in _rounds(cluster, source):
                _kill(cluster, victims, source.uniform(0, 0.2))
                _check_progress(working, ledger)
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
    assert puller.right
    with Server(tmp_path / "sweeper", env={**cluster.env, **SWEEPING}):
        wait_until(lambda: not stores.unfinished_uploads(cluster.env), "what the dead began is removed")
    _check_everything(cluster, repository, ledger)


def _rounds(cluster: Cluster, source: Random) -> list[Sequence[str]]:
    """Each part alone, in any order, and then all at once."""
    alone = [(part,) for part in cluster.parts]
    source.shuffle(alone)
    return [*alone, tuple(cluster.parts)]


def _kill(cluster: Cluster, victims: Sequence[str], delay: float) -> None:
    time.sleep(delay)  # waits for nothing: the moment shall be any
    for victim in victims:
        cluster.kill(victim)
    time.sleep(delay)  # waits for nothing: clients shall meet the dead
    cluster.heal()


def _check_progress(working: Sequence[Future[None]], ledger: Ledger) -> None:
    for client in working:
        if client.done():
            client.result()
    ledger.wait_for(PUSHERS, RECOVERY_DEADLINE)


@contextmanager
def _at_work(works: Sequence[Callable[[threading.Event], None]]) -> Iterator[Sequence[Future[None]]]:
    enough = threading.Event()
    with ThreadPoolExecutor(len(works)) as clients:
        working = [clients.submit(work, enough) for work in works]
        try:
            yield working
        finally:
            enough.set()
    for client in working:
        client.result()


def _check_everything(cluster: Cluster, repository: str, ledger: Ledger) -> None:
    acknowledged = dict(ledger.tags())
    for tag, digest in acknowledged.items():
        check_tag_on_every_replica(cluster, repository, tag, digest)
    with psycopg.connect(cluster.env["PIERONE_DATABASE_URL"]) as database:
        events = database.execute("SELECT repository, kind, tag, digest FROM events ORDER BY sequence").fetchall()
        [(last,)] = database.execute("SELECT max(sequence) FROM events").fetchall()
    assert last == len(events), "the log of events has a gap"
    bound = [(tag, digest) for place, kind, tag, digest in events if (place, kind) == (repository, "tag_bound")]
    assert len(bound) == len(dict(bound)), "a tag was bound twice"
    assert acknowledged.items() <= dict(bound).items()
