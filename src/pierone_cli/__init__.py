"""The `pierone` client and its credential helper: talk HTTP to a registry and import none of the other packages."""
