"""Many threads that begin at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
