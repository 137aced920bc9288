"""Where the source of an image lies: the facts that STUPS calls scm-source, and the three forms that they arrive in.

The header `X-SCM-Source` of a push and the file `scm-source.json` in a layer have the same JSON; OCI annotations
(image spec, "Pre-Defined Annotation Keys") and image labels say it in keys of their own.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

from pierone_core.errors import QueryInvalid

FILE_NAME = "scm-source.json"
# Enough for any URL and any list of authors; what is larger is no description of a source.
DOCUMENT_MAX_BYTES = 16 << 10
_FIELDS = ("url", "revision", "author", "status")
_ANNOTATIONS = {
    "url": "org.opencontainers.image.source",
    "revision": "org.opencontainers.image.revision",
    "author": "org.opencontainers.image.authors",
}


class ScmSourceInvalid(QueryInvalid):
    """An scm-source that cannot be understood."""


class Origin(StrEnum):
    """Where an scm-source was found, the most trusted first."""

    HEADER = "header"
    LAYER = "layer"
    ANNOTATION = "annotation"


@dataclass(frozen=True, slots=True)
class ScmSource:
    """Repository `url` (never blank), `revision`, `author` and `status` of the working copy; all printable."""

    url: str
    revision: str = ""
    author: str = ""
    status: str = ""

    def encode(self) -> str:
        """As JSON, which `parse` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, data: str | bytes, *, closed: bool = False) -> Self:
        """Read JSON; raise `ScmSourceInvalid`. `closed`: refuse fields that no scm-source has."""
        if len(data) > DOCUMENT_MAX_BYTES:
            raise ScmSourceInvalid(f"scm-source has more than {DOCUMENT_MAX_BYTES} bytes")
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ScmSourceInvalid("scm-source is not JSON") from error
        if not isinstance(document, dict):
            raise ScmSourceInvalid("scm-source is not a JSON object")
        foreign = sorted(document.keys() - set(_FIELDS))
        if closed and foreign:
            raise ScmSourceInvalid(f"scm-source has {foreign[0][:80]!r}; it may have {', '.join(_FIELDS)} only")
        return cls.of({field: document.get(field) for field in _FIELDS})

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> Self:
        """From the four fields, of which all but `url` may be missing; raise `ScmSourceInvalid`."""
        read = {field: _read(field, fields.get(field)) for field in _FIELDS}
        if not read["url"].strip():
            raise ScmSourceInvalid("scm-source needs a url, such as git:git@github.com:zalando/pierone.git")
        return cls(**read)

    @classmethod
    def of_annotations(cls, annotations: Mapping[str, object]) -> Self | None:
        """What annotations or labels say, None if they name no (usable) source."""
        try:
            return cls.of({field: annotations.get(key) for field, key in _ANNOTATIONS.items()})
        except ScmSourceInvalid:
            return None


def _read(field: str, value: object) -> str:
    if value is None:
        return ""
    # It is shown in terminals and headers.
    if isinstance(value, str) and value.isprintable():
        return value
    raise ScmSourceInvalid(f"{field} of scm-source is not a line of text")
