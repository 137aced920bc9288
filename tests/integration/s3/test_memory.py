"""A push takes the memory of a few parts, whatever the size of the layer."""

import resource
import sys
from contextlib import closing
from pathlib import Path

from tests.contracts.adapters import s3_options
from tests.contracts.processes import PATIENCE, process
from tests.integration.s3.content import MIB, PART

from pierone_adapters.s3 import S3BlobStore, S3Options
from pierone_core.values import Digest, new_hash

LAYER, BATCH = 256 * MIB, bytes(MIB)
# One that is filled, two on their way, and what it takes to put them together and to send them.
MOST = 10 * PART


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


def test_a_large_layer_takes_the_memory_of_a_few_parts(tmp_path: Path) -> None:
    with process(push_and_measure, s3_options(tmp_path)) as running:
        running.join(PATIENCE)
        assert running.exitcode == 0
