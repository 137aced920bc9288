"""Decompression of layers, by what their first bytes say they are: gzip, zstd, or neither."""

from pierone_adapters.unpack.layer import unpack

__all__ = ["unpack"]
