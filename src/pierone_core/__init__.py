"""The pure heart of Pier One: values, rules, use cases and the ports they call.

Standard library only, synchronous, no I/O. See `docs/embedding.md` for use without a server.
"""
