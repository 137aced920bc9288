"""Whether somebody may push and pull."""

from tests.integration.identity_world import World
from tests.integration.oci import digest_of

BLOB = b"a blob"
POST_BLOB = f"blobs/uploads/?digest={digest_of(BLOB)}"


def push(world: World, authorization: str | None, repository: str) -> int:
    """Push the blob; the status."""
    return world.ask("POST", f"/v2/{repository}/{POST_BLOB}", authorization, BLOB).status_code


def pull(world: World, authorization: str | None, repository: str) -> int:
    """Pull the blob; the status."""
    return world.ask("GET", f"/v2/{repository}/blobs/{digest_of(BLOB)}", authorization).status_code
