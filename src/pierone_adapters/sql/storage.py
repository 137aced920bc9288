# ruff: noqa: S608 - these statements are made of our own names
"""The figure of storage: what all blobs have, each counted once."""

# Blobs are added by many connections of PostgreSQL at once: one figure would make them wait for each other.
SHARDS = 16
# Of several that add the same blob at once one counts it: the others wait here, and see it afterwards.
ONE_COUNTS_A_BLOB = "PERFORM pg_advisory_xact_lock(hashtext('pierone blob'), hashtext(NEW.digest))"
_SIZES = "SELECT digest, min(size) AS size FROM blobs GROUP BY digest"
STORAGE = f"coalesce((SELECT sum(b.size) FROM ({_SIZES}) AS b), 0)"

# Revision 0003 asked whether any other repository has the blob. PostgreSQL looked for one that most of them have in the
# whole table, in the belief that one must come soon. The first rows of a range are found by index.
COUNT_BLOB = f"""\
CREATE OR REPLACE FUNCTION blobs_counted_on_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {ONE_COUNTS_A_BLOB};
    UPDATE totals SET value = value + NEW.size WHERE name = 'storage' AND shard = pg_backend_pid() % {SHARDS}
        AND (SELECT count(*) FROM (SELECT digest FROM blobs WHERE digest >= NEW.digest ORDER BY digest LIMIT 2) AS b
             WHERE b.digest = NEW.digest) = 1;
    RETURN NULL;
END $$"""


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
