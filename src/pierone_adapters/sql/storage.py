# ruff: noqa: S608 - these statements are made of our own names
"""The figure of storage: what all blobs have, each counted once."""

_SIZES = "SELECT digest, min(size) AS size FROM blobs GROUP BY digest"
STORAGE = f"coalesce((SELECT sum(b.size) FROM ({_SIZES}) AS b), 0)"


def recount(dialect: str) -> str:
    """The statement that makes the figure right again, whatever it is; others may add blobs meanwhile.

    It adds what is missing, as one moment sees it: whoever adds a blob adds as much to both sides.
    """
    missing = f"{STORAGE} - (SELECT sum(value) FROM totals WHERE name = 'storage')"
    correct = f"UPDATE totals SET value = value + {missing} WHERE name = 'storage' AND shard = 0"
    if dialect == "sqlite":
        return correct
    # Two that found the same amount missing would both add it. The second statement sees what the lock waited for.
    return f"DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('pierone recount'), 0); {correct}; END $$"
