"""A well-behaved client of one server, with every request of a push as a step of its own."""

import ssl
from collections.abc import Iterable, Mapping
from typing import Self

import httpx2
from tests.integration.server import Server
from tests.integration.survival.content import MANIFEST, Image, digest_of, references

PATIENCE = 30.0  # seconds for one answer, on a busy machine too

# Nothing here speaks TLS, and loading certificates would cost more time than most tests.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Body = bytes | Iterable[bytes]


class Registry:
    """One server over HTTP. Make another one after a restart: connections do not survive it."""

    def __init__(self, server: Server, patience: float = PATIENCE) -> None:
        """`patience`: seconds to wait for an answer before `httpx2.TimeoutException`."""
        self._http = httpx2.Client(base_url=server.url, trust_env=False, timeout=patience, verify=_NO_TLS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._http.close()

    def request(
        self, method: str, path: str, body: Body = b"", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Answer of any status; a body that is no `bytes` goes chunked unless `headers` has its length."""
        return self._http.request(method, path, content=body, headers=headers)

    def start_upload(self, repository: str) -> str:
        """Begin an upload; return its location."""
        answer = expect(202, self.request("POST", f"/v2/{repository}/blobs/uploads/"))
        return str(answer.headers["Location"])

    def append(self, location: str, body: Body, start: int | None = None, size: int = 0) -> httpx2.Response:
        """PATCH the upload; with `start`, say that `size` bytes of body begin there."""
        headers = {} if start is None else {"Content-Range": f"{start}-{start + size - 1}"}
        return self.request("PATCH", location, body, headers)

    def finish(self, location: str, digest: str, last: Body = b"") -> httpx2.Response:
        """PUT the last of the upload."""
        return self.request("PUT", f"{location}?digest={digest}", last)

    def status(self, location: str) -> httpx2.Response:
        """Ask how far the upload is."""
        return self.request("GET", location)

    def offset(self, location: str) -> int:
        """Return how many bytes of an upload under way the registry has."""
        return offset_of(expect(204, self.status(location)))

    def push_blob(self, repository: str, content: Body, digest: str) -> httpx2.Response:
        """Push a whole blob in a single POST."""
        return self.request("POST", f"/v2/{repository}/blobs/uploads/?digest={digest}", content)

    def push_blobs(self, repository: str, image: Image) -> None:
        """Push everything that the manifest references."""
        for blob in image.blobs:
            expect(201, self.push_blob(repository, blob, digest_of(blob)))

    def put_manifest(self, repository: str, tag: str, image: Image) -> httpx2.Response:
        """Push the manifest under a tag."""
        headers = {"Content-Type": MANIFEST}
        return self.request("PUT", f"/v2/{repository}/manifests/{tag}", image.manifest, headers)

    def push(self, repository: str, tag: str, image: Image) -> None:
        """Push the image, which must be accepted."""
        self.push_blobs(repository, image)
        expect(201, self.put_manifest(repository, tag, image))

    def get_manifest(self, repository: str, reference: str) -> httpx2.Response:
        """Pull a manifest by tag or digest."""
        return self.request("GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": MANIFEST})

    def get_blob(self, repository: str, digest: str) -> httpx2.Response:
        """Pull a blob into memory."""
        return self.request("GET", f"/v2/{repository}/blobs/{digest}")

    def check_tag(self, repository: str, tag: str, digest: str) -> None:
        """Pull the tag: it must hold `digest`, and every byte of it must be right."""
        manifest = expect(200, self.get_manifest(repository, tag))
        assert digest_of(manifest.content) == manifest.headers["Docker-Content-Digest"] == digest
        for reference in references(manifest.content):
            self.check_blob(repository, reference)

    def check_blob(self, repository: str, digest: str) -> None:
        """Pull the blob: every byte of it must be right."""
        assert digest_of(expect(200, self.get_blob(repository, digest)).content) == digest


def expect(status: int, answer: httpx2.Response) -> httpx2.Response:
    """Return `answer`, which must have this status."""
    assert answer.status_code == status, f"{answer.status_code} instead of {status}: {answer.text[:500]}"
    return answer


def expect_unavailable(answer: httpx2.Response) -> None:
    """Check that the registry says in the spec's words that the same request may succeed later."""
    assert answer.status_code in {503, 507}, f"{answer.status_code}: {answer.text[:500]}"
    assert int(answer.headers["Retry-After"]) > 0
    assert error_of(answer)["code"] == "TOOMANYREQUESTS"


def error_of(answer: httpx2.Response) -> dict[str, str]:
    """Return the one error in the spec's JSON."""
    [error] = answer.json()["errors"]
    assert set(error) == {"code", "message", "detail"}
    return dict(error)


def offset_of(answer: httpx2.Response) -> int:
    """Read the `Range` of an upload. `0-0` is read as nothing: tests never stop after one byte."""
    first, _, last = answer.headers["Range"].partition("-")
    assert first == "0"
    return int(last) + 1 if last != "0" else 0
