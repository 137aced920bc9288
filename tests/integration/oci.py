"""OCI content for tests, and a client that pushes it and looks at every error it is answered."""

import hashlib
import http.client
import json
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

import httpx2
from tests.error_codes import ERROR_CODES
from tests.integration.server import Server

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"

# A server that lets a request hang is found within this many seconds.
PATIENCE = 30.0

Document = dict[str, object]


def digest_of(data: bytes, algorithm: str = "sha256") -> str:
    """Return `algorithm:hex` of `data`."""
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def descriptor(data: bytes, media_type: str, algorithm: str = "sha256") -> Document:
    """Describe `data`, which need not have been pushed."""
    return {"mediaType": media_type, "digest": digest_of(data, algorithm), "size": len(data)}


def encode(document: Document) -> bytes:
    """Write a manifest as clients do."""
    return json.dumps(document, indent=3).encode()


def index_of(*manifests: Document, **fields: object) -> Document:
    """Return an index over descriptors."""
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*manifests], **fields}


@dataclass(frozen=True)
class Refusal:
    """The first error of an answer, with all messages together and the first detail."""

    status: int
    code: str
    message: str
    detail: Mapping[str, object]


def refusal(response: httpx2.Response) -> Refusal:
    """Read the answer to a request that must have been refused."""
    return read_refusal(response.status_code, response.headers.get("Content-Type", ""), response.content)


def read_refusal(status: int, content_type: str, body: bytes) -> Refusal:
    """Read an error of the spec; fails for anything else and for every 5xx."""
    assert 400 <= status < 500, (status, body)
    assert content_type == "application/json"
    document = json.loads(body)
    assert list(document) == ["errors"]
    assert document["errors"]
    for error in document["errors"]:
        assert error.keys() <= {"code", "message", "detail"}
        assert error["code"] in ERROR_CODES
        assert error["message"]
    first = document["errors"][0]
    message = "; ".join(error["message"] for error in document["errors"])
    return Refusal(status, first["code"], message, first["detail"])


def _check(response: httpx2.Response) -> None:
    assert response.status_code < 500, response.read()
    if response.status_code >= 400 and response.request.method != "HEAD":
        response.read()
        refusal(response)


def connect(url: str, user: str | None = None, password: str = "") -> httpx2.Client:
    """Return a client of the server at `url` that checks the form of every error; close it."""
    return httpx2.Client(
        base_url=url,
        auth=(user, password) if user else None,
        trust_env=False,
        verify=False,  # spares making a TLS context per test; no test speaks TLS
        timeout=PATIENCE,
        event_hooks={"response": [_check]},
    )


class Repository:
    """A repository, by default one whose name nobody uses, as one client sees it."""

    def __init__(self, api: httpx2.Client, name: str = "") -> None:
        """Use it through `api`; nothing is sent."""
        self.api = api
        self.name = name or f"team/{uuid.uuid4().hex}"
        self.url = f"/v2/{self.name}"
        self.uploads = f"{self.url}/blobs/uploads/"

    def start_upload(self, query: Mapping[str, str] | None = None) -> str:
        """Begin an upload session; return its location."""
        response = self.api.post(self.uploads, params=query)
        assert response.status_code == 202, response.text
        return str(response.headers["Location"])

    def push_blob(
        self, data: bytes, media_type: str = "application/octet-stream", algorithm: str = "sha256"
    ) -> Document:
        """Push a blob by a single POST; return its descriptor."""
        found = descriptor(data, media_type, algorithm)
        response = self.api.post(self.uploads, params={"digest": str(found["digest"])}, content=data)
        assert response.status_code == 201, response.text
        return found

    def image(self, text: str = "", **fields: object) -> Document:
        """Push a config and a layer that hold `text`; return the manifest over them, which is not pushed."""
        config = self.push_blob(f'{{"text": "{text}"}}'.encode(), OCI_CONFIG)
        layer = self.push_blob(f"layer {text}".encode(), OCI_LAYER)
        return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer], **fields}

    def put(self, reference: str, manifest: Document | bytes, media_type: str | None = None) -> httpx2.Response:
        """PUT a manifest; `media_type` is the Content-Type, by default what the document says."""
        if not isinstance(manifest, bytes):
            media_type = media_type or str(manifest["mediaType"])
            manifest = encode(manifest)
        headers = {"Content-Type": media_type} if media_type else {}
        return self.api.put(f"{self.url}/manifests/{reference}", content=manifest, headers=headers)

    def push(self, reference: str, manifest: Document) -> Document:
        """Push a manifest under a tag, or untagged for an empty `reference`; return its descriptor."""
        found = descriptor(encode(manifest), str(manifest["mediaType"]))
        response = self.put(reference or str(found["digest"]), manifest)
        assert response.status_code == 201, response.text
        return found

    def blob(self, blob: Document) -> httpx2.Response:
        """GET the blob of a descriptor."""
        return self.api.get(f"{self.url}/blobs/{blob['digest']}")

    def manifest(self, reference: object) -> httpx2.Response:
        """GET a manifest by tag or digest."""
        return self.api.get(f"{self.url}/manifests/{reference}")

    def pull(self, tag: str) -> bytes:
        """Pull everything of an image; fail unless each digest is right; return the manifest."""
        manifest = self.manifest(tag)
        document = manifest.json()
        for blob in [document["config"], *document["layers"]]:
            assert digest_of(self.blob(blob).content) == blob["digest"], tag
        return manifest.content

    def tags(self) -> list[str]:
        """List the tags, at most a page of them."""
        tags: list[str] = self.api.get(f"{self.url}/tags/list").json()["tags"]
        return tags


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds, for what a server does after a client is gone."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


@contextmanager
def wire(server: Server) -> Iterator[socket.socket]:
    """Open a bare connection to the server, for what no HTTP client would send."""
    with closing(socket.create_connection(("127.0.0.1", server.port), PATIENCE)) as connection:
        yield connection


def head(method: str, target: str, *headers: str) -> bytes:
    """Return the head of a request, with a host and whatever else it is to have."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def answer(connection: socket.socket, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    """Read one whole answer from a bare connection."""
    with http.client.HTTPResponse(connection, method=method) as response:
        response.begin()
        return response, response.read()
