"""Adapters: one technology per package, each implementing ports of `pierone_core.ports`."""
