"""Many threads that begin at the same moment."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

from pierone_core.errors import RegistryError
from pierone_core.ports import TagRaced

Result = TypeVar("Result")
MANY = 32


def all_at_once(calls: Sequence[Callable[[], Result]]) -> list[Result | RegistryError | TagRaced]:
    """Call each in a thread of its own; what each returned, or was refused with."""
    gate = Barrier(len(calls), timeout=30)

    def run(call: Callable[[], Result]) -> Result | RegistryError | TagRaced:
        gate.wait()
        try:
            return call()
        except (RegistryError, TagRaced) as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as pool, impatient_interpreter():
        return list(pool.map(run, calls))


@contextmanager
def impatient_interpreter() -> Iterator[None]:
    """Let the interpreter change threads as often as it can, so that what can go wrong between two steps does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
