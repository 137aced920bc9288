"""The rows of the comparison, in the order in which they run."""

from benchmarks.rows import cold, process, pushes, reads, tags
from benchmarks.rows.row import Row, Sizes


def all_rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return every row; memory after the whole benchmark is the last."""
    return (
        *process.rows_at_start(),
        *reads.rows(sizes),
        *cold.rows(sizes),
        *pushes.rows(sizes),
        *tags.rows(sizes),
        process.row_at_end(),
    )
