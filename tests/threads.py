"""A system that has no thread left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# More than the address space of a process.
_TOO_LARGE = 1 << 47


@contextmanager
def no_thread_can_begin() -> Iterator[None]:
    """Let every new thread ask for a stack that it cannot have."""
    usual = threading.stack_size(_TOO_LARGE)
    try:
        yield
    finally:
        threading.stack_size(usual)
