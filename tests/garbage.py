"""What is gone as soon as nobody needs it, and what stays until a garbage collection."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


class Data:
    """Stands for the bytes of a request; unlike them it can be watched."""


@contextmanager
def no_collection() -> Iterator[None]:
    """Leave what holds itself where it is."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
