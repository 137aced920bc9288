"""A map that forgets what was used longest ago, bounded by the memory that its values take."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lru(Generic[Value]):
    """At most `max_bytes` of values, by the weights that their owner gives them."""

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` of 0 keeps nothing."""
        self._room = max_bytes
        self._entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._mutex = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value, which counts as used now."""
        with self._mutex:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: Value, weight: int) -> None:
        """Keep a value that takes `weight` bytes; a value kept already stays."""
        with self._mutex:
            if key in self._entries:
                return
            self._entries[key] = (value, weight)
            self._room -= weight
            while self._room < 0:
                _, (_, freed) = self._entries.popitem(last=False)
                self._room += freed
