"""The metadata ports over one SQLite file."""

from pathlib import Path

from pierone_adapters.sql.blobs import SqlRepositoryBlobs
from pierone_adapters.sql.database import Database
from pierone_adapters.sql.events import SqlEventLog
from pierone_adapters.sql.listing import SqlListing
from pierone_adapters.sql.manifests import SqlManifests
from pierone_adapters.sql.uploads import SqlUploadSessions
from pierone_core.ports import Metadata


def sqlite_metadata(path: Path) -> Metadata:
    """Metadata in the SQLite file `path`, made if it is missing; raises `Unavailable`."""
    database = Database(path)
    return Metadata(
        uploads=SqlUploadSessions(database),
        blobs=SqlRepositoryBlobs(database),
        manifests=SqlManifests(database),
        listing=SqlListing(database),
        events=SqlEventLog(database),
        prompt=True,
        close=database.close,
    )
