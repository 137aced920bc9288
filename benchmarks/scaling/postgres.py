# ruff: noqa: S608 - statements of our own names and numbers
"""What reads cost in PostgreSQL, through the adapter, in a registry of any size.

    python -m benchmarks.scaling.postgres URL TAGS REPOSITORIES

URL leads to an empty database after `pierone-server db upgrade`. One repository gets TAGS images with tags, a signature
for a tenth of these, and as many referrers of one image more; REPOSITORIES others get one image each; all have a base
layer in common. Rows are made in the database, since a million pushes would take an hour; only its owner may do that.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice

import psycopg

from pierone_adapters.sql import counting, postgres_metadata
from pierone_core.ports import Metadata
from pierone_core.values import Digest, Repository, Tag

LARGE = Repository("team/large")
ROUNDS = 20
_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
_AT = "'2026-03-01T12:30:15.123456Z'"


def _digest(kind: str, number: str = "n") -> str:
    return f"'sha256:' || encode(sha256(('{kind}' || {number})::bytea), 'hex')"


def digest(kind: str, number: int) -> Digest:
    """The digest of what `_fill` makes: an image, its config, the base layer."""
    return Digest.of(f"{kind}{number}".encode())


def _fill(tags: int, repositories: int) -> Iterator[str]:
    yield "SET session_replication_role = replica"
    image = f"n, {_digest('image')} AS d, {_digest('config')} AS c FROM generate_series"
    yield f"CREATE TEMP TABLE images AS SELECT '{LARGE}' AS r, 't' || n AS t, {image}(1, {tags}) AS n"
    name = "'team-' || to_char(n % 1000, 'FM0000') || '/app-' || to_char(n, 'FM0000000')"
    yield f"INSERT INTO images SELECT {name}, '1', {image}({tags} + 1, {tags + repositories}) AS n"
    yield "INSERT INTO repositories SELECT DISTINCT r FROM images"
    yield f"INSERT INTO tags SELECT r, t, d, true, 'alice', {_AT}, 2 * n FROM images"
    for sequence, kind, tag in (("2 * n - 1", "manifest_stored", "NULL"), ("2 * n", "tag_bound", "t")):
        event = f"{sequence}, {_AT}, '{kind}', 'alice', r, {tag}, d, NULL, '{_MEDIA_TYPE}', 400"
        yield f"INSERT INTO events SELECT {event} FROM images"
    yield "INSERT INTO blobs SELECT r, c, 1500 FROM images"
    yield f"INSERT INTO blobs SELECT DISTINCT r, {_digest('base', '0')}, 30000000 FROM images"
    yield from _fill_manifests(tags)
    yield from counting.fill("postgresql")
    yield "VACUUM ANALYZE"


def _fill_manifests(tags: int) -> Iterator[str]:
    data = """convert_to('{"config": {"digest": "' || c || '"}}', 'UTF8')"""
    yield f"INSERT INTO manifests SELECT r, d, '{_MEDIA_TYPE}', NULL, NULL, '{{}}', 400, {data} FROM images"
    for kind, subject in (("signature", _digest("image")), ("sbom", _digest("image", "1"))):
        referrer = f"'{LARGE}', {_digest(kind)}, '{_MEDIA_TYPE}', {subject}, 'a/{kind}', '{{}}', 2, '{{}}'"
        yield f"INSERT INTO manifests SELECT {referrer} FROM generate_series(1, {tags // 10}) AS n"


def _reads(metadata: Metadata, tags: int) -> Mapping[str, Callable[[], object]]:
    middle = Tag(f"t{tags // 2}")
    lists, history, listing = metadata.catalogue.lists, metadata.catalogue.history, metadata.listing
    image, first = digest("image", tags // 2), digest("image", 1)
    return {
        "tag by name": partial(metadata.manifests.tag, LARGE, middle),
        "manifest by digest": partial(metadata.manifests.get, LARGE, image),
        "newest tag": lambda: next(metadata.manifests.tags_newest_first(LARGE)),
        "blob of a repository": partial(metadata.blobs.size, LARGE, digest("config", tags // 2)),
        "base layer of a repository": partial(metadata.blobs.size, LARGE, digest("base", 0)),
        "base layer anywhere": partial(metadata.blobs.size_anywhere, digest("base", 0)),
        "tags/list, 100 of the middle": partial(listing.tags, LARGE, str(middle), 100),
        "catalog, 100 of the middle": partial(listing.repositories, "team-0500", 100),
        "referrers, 5 of many": lambda: list(islice(listing.referrers(LARGE, first, None, ""), 5)),
        "referrers of a type that none has": lambda: list(listing.referrers(LARGE, first, "a/none", "")),
        "events, 1000 of the middle": partial(metadata.events.read, tags, 1000),
        "artifacts of a team": partial(lists.artifacts, "team-0007", "", 100),
        "search": partial(lists.find, "app-", 100),
        "tags with details, 100 of the middle": partial(lists.tags, LARGE, middle, 100, newest_first=True),
        "events of a repository, 100": partial(history.of_repository, LARGE, tags, 100, newest_first=True),
        "pushes, 100 of the middle": partial(history.pushes, tags, 100),
        "tags of an image": partial(metadata.catalogue.images.tags, digest("config", tags // 2), None, 100),
        "statistics": lists.totals,
    }


def _milliseconds(read: Callable[[], object]) -> float:
    started = time.perf_counter()
    read()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Fill the database, and print the median of each read."""
    url, tags, repositories = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in _fill(tags, repositories):
            connection.execute(statement.encode())
    metadata = postgres_metadata(url, pool_size=1)
    for name, read in _reads(metadata, tags).items():
        print(f"{name:40}{statistics.median(_milliseconds(read) for _ in range(ROUNDS)):8.2f} ms")
    metadata.close()


if __name__ == "__main__":
    main()
