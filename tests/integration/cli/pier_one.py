"""The Pier One API as earlier servers answered it, from a few facts in memory."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.integration.identity.stand_in import Asked, Reply

TOKEN = "t0ken"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
Tag = dict[str, Any]


def tag(name: str, created: str, by: str = "alice", image: str = "sha256:aa") -> Tag:
    """A tag as lists have it."""
    return {"name": name, "created": created, "created_by": by, "image": image}


def digest_of(content: bytes) -> str:
    """Of a blob or manifest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class PierOne:
    """`tags` by `team/artifact`; `sources` by `team/artifact:tag`; `blobs` by digest; `manifests` by tag or digest."""

    tags: dict[str, list[Tag]] = field(default_factory=dict)
    sources: dict[str, Mapping[str, str]] = field(default_factory=dict)
    details: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    events: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    images: dict[str, list[Mapping[str, str]]] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    is_open: bool = False
    page_size: int = 1000

    def add_image(self, tag_name: str, *layers: bytes, **more: object) -> bytes:
        """Keep an image of these layers (as they travel), the lowest first."""
        self.blobs |= {digest_of(layer): layer for layer in layers}
        descriptors = [{"digest": digest_of(layer), "size": len(layer)} for layer in layers]
        manifest = json.dumps({"schemaVersion": 2, "layers": descriptors, **more}).encode()
        self.manifests |= {tag_name: manifest, digest_of(manifest): manifest}
        return manifest

    def __call__(self, asked: Asked) -> Reply:  # noqa: PLR0911 - one for each route
        """Answer a request."""
        if not self.is_open and asked.token != TOKEN:
            return Reply(401, {"message": "Unauthorized", "details": None})
        match [unquote(part) for part in asked.path.split("/")[1:]]:
            case ["v2", ""]:
                return Reply(body=b"{}")
            case ["v2", "token"]:
                claims = base64.urlsafe_b64encode(json.dumps({"sub": "alice"}).encode()).decode().rstrip("=")
                return Reply(body={"token": f"e30.{claims}.c2ln"})
            case ["v2", _, _, "blobs", digest]:
                return Reply(body=self.blobs[digest])
            case ["v2", _, _, "manifests", name]:
                return self._manifest(name)
            case ["teams", *rest]:
                return self._teams(asked, rest)
            case ["tags", prefix]:
                return self._image(prefix)
        return Reply(404, {"message": f"{asked.method} {asked.path} not found.", "details": None})

    def _teams(self, asked: Asked, rest: list[str]) -> Reply:  # noqa: PLR0911 - one for each route
        match rest:
            case []:
                return self._page(asked, list(dict.fromkeys(name.split("/")[0] for name in self.tags)))
            case [team, "artifacts"]:
                names = [name.split("/") for name in self.tags]
                return self._page(asked, [artifact for owner, artifact in names if owner == team])
            case [team, "artifacts", artifact, "tags"]:
                found = self.tags.get(f"{team}/{artifact}", [])
                return self._page(asked, found) if found else Reply(404)
            case [team, "artifacts", artifact, "events"] if f"{team}/{artifact}" in self.events:
                return self._page(asked, self.events[f"{team}/{artifact}"])
            case [team, "artifacts", artifact, "tags", name] if f"{team}/{artifact}:{name}" in self.details:
                return Reply(body=self.details[f"{team}/{artifact}:{name}"])
            case [team, "artifacts", artifact, "tags", name, "scm-source"]:
                source = self.sources.get(f"{team}/{artifact}:{name}")
                return Reply(body=source) if source else Reply(404)
        return Reply(404)

    def _page(self, asked: Asked, found: list[Any]) -> Reply:
        start = int(asked.query.get("from", 0))
        end = start + self.page_size
        following = {"Link": f'<{asked.path}?from={end}>; rel="next"'} if end < len(found) else {}
        return Reply(body=found[start:end], headers=following)

    def _image(self, prefix: str) -> Reply:
        found = [digest for digest in self.images if digest.startswith(prefix)]
        if len(found) > 1:
            return Reply(412)
        return Reply(body=self.images[found[0]]) if found else Reply(404)

    def _manifest(self, name: str) -> Reply:
        if name not in self.manifests:
            return Reply(404, {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]})
        manifest = self.manifests[name]
        return Reply(
            body=manifest, headers={"Docker-Content-Digest": digest_of(manifest), "Content-Type": MANIFEST_TYPE}
        )
