"""Everything in memory: the reference implementation, the demo, and what tests and embedders use. Forgets at exit."""

from pierone_adapters.memory.blob_store import MemoryBlobStore
from pierone_adapters.memory.metadata import memory_metadata

__all__ = ["MemoryBlobStore", "memory_metadata"]
