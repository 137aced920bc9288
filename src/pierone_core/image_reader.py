"""Reading the documents that describe an image out of the stores."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from pierone_core.errors import BlobUnknown, Unavailable
from pierone_core.image import ImageDocument, read_config
from pierone_core.ports import BlobReader, BlobStore, Manifests, RepositoryBlobs
from pierone_core.values import Digest, Repository

CONFIG_MAX_BYTES = 4 << 20
# An index has an image for each platform.
_IMAGES_MAX = 20


@dataclass(frozen=True, slots=True)
class ImageReader:
    """Manifests and configs, read leniently."""

    manifests: Manifests
    blobs: RepositoryBlobs
    store: BlobStore

    def documents(self, repository: Repository, digest: Digest) -> list[ImageDocument]:
        """The manifest; if it is an index, the manifests of its images as well, as many as an index should have."""
        found = self._document(repository, digest)
        children = found.children[:_IMAGES_MAX] if found else []
        return [d for d in (found, *(self._document(repository, child) for child in children)) if d]

    def config(self, repository: Repository, document: ImageDocument) -> Mapping[str, object]:
        """The config of an image, empty if it has none, a huge one, or one that is not JSON."""
        digest = document.config.digest if document.config else None
        size = self.blobs.size(repository, digest) if digest else None
        if digest is None or size is None or size > CONFIG_MAX_BYTES:
            return {}
        with closing(self.open(digest, size)) as reader:
            return read_config(b"".join(iter(lambda: reader.read(CONFIG_MAX_BYTES), b"")))

    def open(self, digest: Digest, size: int) -> BlobReader:
        """The first `size` bytes of a blob that the metadata knows; close the reader. Raises `Unavailable`."""
        try:
            return self.store.open_blob(digest, 0, size)
        except BlobUnknown as error:  # see `Pull.open_blob`
            raise Unavailable(f"the bytes of {digest} cannot be read now; tell the operator of the registry") from error

    def _document(self, repository: Repository, digest: Digest) -> ImageDocument | None:
        stored = self.manifests.get(repository, digest)
        return ImageDocument.of(stored) if stored else None  # a child of an index may be a blob
