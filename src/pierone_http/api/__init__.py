"""The Pier One API: teams, artifacts, tags, sources and statistics. Clients of the old server find what they know."""
