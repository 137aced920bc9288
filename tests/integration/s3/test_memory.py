"""A push takes the memory of a few parts, whatever the size of the layer."""

import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.contracts.adapters import s3_options
from tests.contracts.processes import PATIENCE, process, wait_for
from tests.integration.s3.content import MIB, PART
from tests.integration.s3.proxy import Exchange, FaultProxy

from pierone_adapters.s3 import S3BlobStore, S3Options
from pierone_adapters.s3.stream import THREADS
from pierone_core.values import Digest, new_hash

LAYER, BATCH = 256 * MIB, bytes(MIB)
UPLOADS = 12
# On top of what the first push took: one part that is filled, two on their way, one that is put together.
MOST = 4 * PART


def push_and_measure(options: S3Options) -> None:
    """Push a layer after a small one; fail if that takes more memory than a few parts."""
    store = S3BlobStore(options)
    push(store, "first", 2 * PART)
    before = peak()
    push(store, "second", LAYER)
    if peak() - before > MOST:
        sys.exit(f"{LAYER} bytes took {peak() - before} bytes of memory")


def push(store: S3BlobStore, name: str, size: int) -> None:
    """Push `size` bytes of nothing."""
    running = new_hash("sha256")
    with closing(store.open_upload(name, "sha256")) as writer:
        for _ in range(size // MIB):
            writer.write(BATCH)
            running.update(BATCH)
        writer.publish(Digest("sha256", running.hexdigest()))


def peak() -> int:
    """The most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_of_many_uploads_at_once_only_so_many_parts_wait_in_memory_to_be_sent(
    store: S3BlobStore, proxy: FaultProxy
) -> None:
    released = threading.Event()

    def hold(exchange: Exchange) -> None:
        released.wait(PATIENCE)
        exchange.pass_on()

    proxy.only_first(UPLOADS, lambda request: request.is_part, hold)

    def write_more_than_a_part(number: int) -> bool:
        with closing(store.open_upload(f"upload-{number}", "sha256")) as writer:
            writer.write(bytes(PART + 1))
            return not released.is_set()

    with ThreadPoolExecutor(UPLOADS) as pool:
        writing = [pool.submit(write_more_than_a_part, number) for number in range(UPLOADS)]
        wait_for(lambda: sum(request.is_part for request in proxy.requests) == THREADS)
        time.sleep(0.3)  # for those that should be waiting, to show that they do not
        released.set()
        assert sum(went_on.result() for went_on in writing) <= THREADS


def test_a_large_layer_takes_the_memory_of_a_few_parts(tmp_path: Path) -> None:
    with process(push_and_measure, s3_options(tmp_path)) as running:
        running.join(PATIENCE)
        assert running.exitcode == 0
