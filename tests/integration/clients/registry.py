"""What a registry holds, read over HTTP without any client: the judge of what clients say."""

import gzip
import json

import httpx2
from tests.integration.clients.images import Content, digest_of

ACCEPTED = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


class Registry:
    """The content behind references (`host/repository:tag` or `host/repository@digest`)."""

    def __init__(self, auth: tuple[str, str] | None = None) -> None:
        """`auth` is a user's name and password."""
        self._auth = auth

    def manifest(self, reference: str) -> bytes:
        """Return the stored bytes, after checking that the registry names their digest."""
        host, repository, tag_or_digest = split(reference)
        answer = self._get(f"http://{host}/v2/{repository}/manifests/{tag_or_digest}")
        assert answer.headers["Docker-Content-Digest"] == digest_of(answer.content)
        return answer.content

    def blob(self, reference: str, digest: str) -> bytes:
        """Return a blob of the reference's repository, after checking its digest."""
        host, repository, _ = split(reference)
        content = self._get(f"http://{host}/v2/{repository}/blobs/{digest}").content
        assert digest_of(content) == digest
        return content

    def content(self, reference: str) -> Content:
        """Return the configuration and the unpacked layers of an image."""
        manifest = json.loads(self.manifest(reference))
        layers = tuple(gzip.decompress(self.blob(reference, layer["digest"])) for layer in manifest["layers"])
        return Content(self.blob(reference, manifest["config"]["digest"]), layers)

    def _get(self, url: str) -> httpx2.Response:
        answer = httpx2.get(url, headers={"Accept": ", ".join(ACCEPTED)}, auth=self._auth, trust_env=False)
        assert answer.status_code == 200, f"GET {url} answers {answer.status_code}: {answer.text}"
        return answer


def split(reference: str) -> tuple[str, str, str]:
    """Split into host, repository and tag or digest."""
    host, _, path = reference.partition("/")
    repository, _, tag_or_digest = path.partition("@" if "@" in path else ":")
    return host, repository, tag_or_digest
