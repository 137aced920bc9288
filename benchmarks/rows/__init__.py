"""The rows of the comparison, in the order in which they run."""

from benchmarks.rows import cold, nginx, process, pulls, pushes, reads, s3, tags, workers
from benchmarks.rows.row import Row, Sizes


def all_rows(sizes: Sizes) -> tuple[Row, ...]:
    """Return every row; memory after the whole benchmark is the last."""
    return (
        *process.rows_at_start(),
        *reads.rows(sizes),
        *pulls.rows(),
        *cold.rows(sizes),
        *pushes.rows(sizes),
        *tags.rows(sizes),
        *workers.rows(),
        *nginx.rows(sizes),
        *s3.rows(sizes),
        process.row_at_end(),
    )
