"""Damage of each kind, made by hand on a disk and in a database, and what fsck says of it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.integration.oci import OCI_INDEX, digest_of

NAME = "team/app"
CONFIG, LAYER = b'{"text": "one"}', b"layer one"


@contextmanager
def database(data: Path) -> Iterator[sqlite3.Connection]:
    """Open the SQLite file of a data directory; what is done in it is kept."""
    with closing(sqlite3.connect(data / "pierone.sqlite")) as connection, connection:
        yield connection


def blob_file(data: Path, content: bytes) -> Path:
    """Where the blob lies."""
    encoded = digest_of(content).partition(":")[2]
    return data / "blobs/sha256" / encoded[:2] / encoded


def forget_blobs(data: Path) -> None:
    """No repository has any blob any more."""
    with database(data) as connection:
        connection.execute("DELETE FROM blobs")


def lose_blob(data: Path) -> None:
    """The layer's file is gone."""
    blob_file(data, LAYER).unlink()


def lose_blob_and_its_row(data: Path) -> None:
    """The layer is gone, and nothing says that it was there."""
    lose_blob(data)
    with database(data) as connection:
        connection.execute("DELETE FROM blobs WHERE digest = ?", [digest_of(LAYER)])


def cut_blob(data: Path) -> None:
    """The layer's last byte is gone."""
    blob_file(data, LAYER).write_bytes(LAYER[:-1])


def change_blob(data: Path) -> None:
    """The layer has other bytes, as many."""
    blob_file(data, LAYER).write_bytes(LAYER[::-1])


def lose_manifest(data: Path) -> None:
    """The indexes are gone."""
    with database(data) as connection:
        connection.execute("DELETE FROM manifests WHERE subject IS NULL AND media_type = ?", [OCI_INDEX])


def change_manifest(data: Path) -> None:
    """The image's manifest has a byte more."""
    with database(data) as connection:
        connection.execute("UPDATE manifests SET data = CAST(data || ' ' AS BLOB) WHERE media_type <> ?", [OCI_INDEX])


def garble_manifest(data: Path) -> None:
    """The image's manifest has a media type that none has."""
    with database(data) as connection:
        connection.execute("UPDATE manifests SET media_type = 'text/plain' WHERE media_type <> ?", [OCI_INDEX])


def lose_tag(data: Path) -> None:
    """A tag is gone."""
    with database(data) as connection:
        connection.execute("DELETE FROM tags WHERE name = '2'")


def move_tag(data: Path) -> None:
    """A tag holds what it was never bound to."""
    with database(data) as connection:
        connection.execute("UPDATE tags SET digest = (SELECT digest FROM tags WHERE name = '1') WHERE name = '2'")


def lose_event(data: Path) -> None:
    """An event is gone."""
    with database(data) as connection:
        connection.execute("DELETE FROM events WHERE sequence = 3")


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a blob's file is gone": (lose_blob, f"damage blob-missing {digest_of(LAYER)}: .*the store lacks it"),
    "a blob is gone, and its row": (lose_blob_and_its_row, f"damage blob-missing {digest_of(LAYER)}: .*neither"),
    "a blob's file is cut": (cut_blob, f"damage blob-size {digest_of(LAYER)}: it has 9 bytes .*, 8 in the store"),
    "a blob's bytes are others": (change_blob, f"damage blob-damaged {digest_of(LAYER)}: .*{digest_of(LAYER[::-1])}"),
    "a blob's row is gone": (forget_blobs, f"damage blob-invisible {digest_of(LAYER)}: manifest .* of {NAME} needs it"),
    "what an index lists is gone": (forget_blobs, f"damage blob-invisible {digest_of(b'a layer of a build cache')}"),
    "a manifest is gone": (lose_manifest, f"damage manifest-missing {NAME}@sha256:[0-9a-f]+: the record says"),
    "a manifest's tag holds nothing": (lose_manifest, "damage manifest-missing .*: tag 2 holds it"),
    "a manifest's bytes are others": (change_manifest, f"damage manifest-damaged {NAME}@.*: its bytes have digest"),
    "a manifest cannot be read": (garble_manifest, f"damage manifest-damaged {NAME}@.*: it cannot be read"),
    "a tag is gone": (lose_tag, f"damage tag-missing {NAME}:2: the record says it was bound to sha256:"),
    "a tag was moved": (move_tag, f"damage tag-changed {NAME}:2: it was bound to .* for ever, it holds"),
    "an event is gone": (lose_event, "damage event-missing 3-3: "),
}
