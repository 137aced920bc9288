"""The archive of `docker save` and `docker load`, which podman and buildah write as well."""

import io
import json
import tarfile
from pathlib import Path

from tests.integration.clients.images import Content, Image


def write_archive(image: Image, reference: str) -> bytes:
    """Return an archive with the image named `reference`."""
    names = [f"layer-{number}.tar" for number in range(len(image.content.layers))]
    manifest = [{"Config": "config.json", "RepoTags": [reference], "Layers": names}]
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        _add(archive, "config.json", image.content.config)
        for name, layer in zip(names, image.content.layers, strict=True):
            _add(archive, name, layer)
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return written.getvalue()


def read_archive(path: Path) -> Content:
    """Return the content of the one image of an archive."""
    with tarfile.open(path) as archive:
        [image] = json.loads(_read(archive, "manifest.json"))
        layers = tuple(_read(archive, name) for name in image["Layers"])
        return Content(_read(archive, image["Config"]), layers)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file in {archive.name!r}")
    return file.read()
