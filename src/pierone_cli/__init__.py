"""The `pierone` client: talks HTTP to a registry and imports none of the other packages."""
