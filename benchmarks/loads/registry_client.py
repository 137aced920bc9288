"""The requests of a docker-like client, one connection, no parallel layers."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from benchmarks.images import MANIFEST_TYPE, Blob, Image
from benchmarks.loads.connection import Connection, UnexpectedAnswerError

ACCEPT = {"Accept": MANIFEST_TYPE}


def upload_target(location: str) -> str:
    """Return the request target of an upload's Location, which may be absolute or relative."""
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def closing_target(location: str, digest: str) -> str:
    """Return the target of the PUT that closes an upload."""
    target = upload_target(location)
    return f"{target}{'&' if '?' in target else '?'}digest={digest}"


def start_upload(connection: Connection, repository: str) -> str:
    """POST for an upload and return its Location."""
    return connection.request("POST", f"/v2/{repository}/blobs/uploads/", (202,)).headers["location"]


def push_blob(connection: Connection, repository: str, blob: Blob) -> None:
    """Push a blob the repository does not hold: HEAD, POST, PATCH with the whole body, PUT."""
    connection.request("HEAD", f"/v2/{repository}/blobs/{blob.digest}", (404,))
    location = start_upload(connection, repository)
    patched = connection.stream("PATCH", upload_target(location), (202,), blob.content)
    connection.request("PUT", closing_target(patched.headers["location"], blob.digest), (201,))


def put_manifest(connection: Connection, repository: str, reference: str, manifest: Blob) -> None:
    """Push a manifest under a tag."""
    headers = {"Content-Type": MANIFEST_TYPE}
    connection.request("PUT", f"/v2/{repository}/manifests/{reference}", (201,), headers, manifest.content)


def push_image(connection: Connection, repository: str, tag: str, image: Image) -> None:
    """Push the layers, the config and the manifest of an image nobody has pushed to this repository."""
    for blob in (*image.layers, image.config):
        push_blob(connection, repository, blob)
    put_manifest(connection, repository, tag, image.manifest)


def has_manifest(connection: Connection, repository: str, reference: str) -> bool:
    """Say whether a manifest is there."""
    answer = connection.request("HEAD", f"/v2/{repository}/manifests/{reference}", (200, 404), ACCEPT)
    return answer.status == HTTPStatus.OK


def get_manifest(connection: Connection, repository: str, reference: str) -> bytes:
    """Pull a manifest."""
    return connection.request("GET", f"/v2/{repository}/manifests/{reference}", (200,), ACCEPT).body


def pull_image(connection: Connection, repository: str, tag: str) -> dict[str, bytes]:
    """Pull by tag: HEAD manifest, GET it by digest, GET config and layers. Return the blobs by digest."""
    head = connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", (200,), ACCEPT)
    digest = head.headers["docker-content-digest"]
    manifest = json.loads(get_manifest(connection, repository, digest))
    descriptors = [manifest["config"], *manifest["layers"]]
    return {descriptor["digest"]: _pull_blob(connection, repository, descriptor) for descriptor in descriptors}


def _pull_blob(connection: Connection, repository: str, descriptor: dict[str, Any]) -> bytes:
    content = connection.request("GET", f"/v2/{repository}/blobs/{descriptor['digest']}", (200,)).body
    if len(content) != descriptor["size"]:
        message = f"{descriptor['digest']} has {len(content)} bytes instead of {descriptor['size']}"
        raise UnexpectedAnswerError(message)
    return content


def list_tags(connection: Connection, repository: str, page: int) -> list[str]:
    """Return one answer of tags/list, asked for `page` tags; the server decides how many it gives."""
    body = connection.request("GET", f"/v2/{repository}/tags/list?n={page}", (200,)).body
    tags: list[str] = json.loads(body)["tags"]
    return tags
