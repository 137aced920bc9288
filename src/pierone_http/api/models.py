"""What the API answers. The fields of the old server keep their names."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_DIGEST = "sha256:8d4e9a1c5f0f3b7b6a2f6c1f0c8d3e0b1a5d7c9e2f4a6b8c0d1e3f5a7b9c0d2e"
_IMAGE = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
_TIME = "2015-08-20T08:14:59.432Z"

Time = Annotated[str, Field(description="UTC with milliseconds", examples=[_TIME])]
DigestText = Annotated[str, Field(examples=[_DIGEST])]
TeamName = Annotated[str, Field(examples=["myteam"])]
ArtifactName = Annotated[str, Field(examples=["myartifact"])]
TagName = Annotated[str, Field(examples=["cd42"])]
CallerName = Annotated[str, Field(examples=["jdoe"])]


class TagItem(BaseModel):
    """A tag in a list."""

    name: TagName
    created: Time
    created_by: CallerName
    image: Annotated[str, Field(description="digest of the config, or of the index", examples=[_IMAGE])]
    digest: DigestText
    media_type: Annotated[str, Field(examples=["application/vnd.oci.image.manifest.v1+json"])]
    immutable: Annotated[bool, Field(description="whether the tag holds this digest for ever", examples=[True])]
    bound: Annotated[str, Field(description="since when it holds this digest", examples=[_TIME])]
    bound_by: CallerName
    clair_id: Annotated[None, Field(description="always null: images are not scanned here")] = None
    severity_fix_available: None = None
    severity_no_fix_available: None = None
    clair_details: None = None


class PlatformItem(BaseModel):
    """What an image runs on."""

    os: Annotated[str, Field(examples=["linux"])]
    architecture: Annotated[str, Field(examples=["arm64"])]
    variant: Annotated[str, Field(examples=["v8"])]
    digest: Annotated[str | None, Field(description="the manifest for it, in an index", examples=[_DIGEST])]


class ScmSourceItem(BaseModel):
    """Where the source of an image lies."""

    url: Annotated[str, Field(examples=["git:git@github.com:zalando/pierone.git"])]
    revision: Annotated[str, Field(examples=["9f1cfcd"])]
    author: CallerName
    status: Annotated[str, Field(description="of the working copy; empty: nothing to say", examples=[""])]
    created: Time
    origin: Annotated[
        str,
        Field(description="who says so: the `header` of the push, a `layer`, or an `annotation`", examples=["layer"]),
    ]
    layer: Annotated[str, Field(description="the layer that has scm-source.json, else empty", examples=[_DIGEST])]


class TagDetailItem(TagItem):
    """A tag and what it holds."""

    team: TeamName
    artifact: ArtifactName
    manifest_size: Annotated[int, Field(description="of the manifest, in bytes", examples=[527])]
    size: Annotated[
        int | None, Field(description="of config and layers as stored, in bytes; null: an index", examples=[2811478])
    ]
    platforms: list[PlatformItem]
    labels: Annotated[dict[str, str], Field(examples=[{"maintainer": "jdoe"}])]
    scm_source: ScmSourceItem | None


class TaggedImage(BaseModel):
    """A tag that holds an image."""

    name: TagName
    team: TeamName
    artifact: ArtifactName


class EventItem(BaseModel):
    """One accepted change."""

    sequence: Annotated[int, Field(description="of all events of the registry, from 1, without gaps", examples=[17])]
    time: Time
    kind: Annotated[str, Field(description="manifest_stored, tag_bound or tag_moved", examples=["tag_bound"])]
    caller: CallerName
    team: TeamName
    artifact: ArtifactName
    tag: Annotated[str | None, Field(examples=["cd42"])]
    digest: DigestText
    previous: Annotated[str | None, Field(description="what a moved tag held before", examples=[None])]
    media_type: Annotated[str, Field(examples=["application/vnd.oci.image.manifest.v1+json"])]
    size: Annotated[int, Field(description="of the manifest, in bytes", examples=[527])]


class RegistryStats(BaseModel):
    """The whole registry."""

    teams: Annotated[int, Field(examples=[3])]
    storage: Annotated[int, Field(description="bytes of all blobs, each counted once", examples=[734003200])]


class TeamStats(BaseModel):
    """One team."""

    artifacts: Annotated[int, Field(examples=[5])]
    tags: Annotated[int, Field(examples=[1042])]


class TeamStatsItem(BaseModel):
    """One team of a list."""

    team: TeamName
    stats: TeamStats


class SearchResult(BaseModel):
    """A repository, as `docker search` shows it."""

    name: Annotated[str, Field(examples=["myteam/myartifact"])]
    description: str = ""
    star_count: int = 0
    is_official: bool = False
    is_automated: bool = False


class SearchResults(BaseModel):
    """A page of repositories."""

    results: list[SearchResult]
    query: Annotated[str, Field(examples=["myteam"])]
    page: Annotated[int, Field(examples=[1])]
    page_size: Annotated[int, Field(examples=[25])]
    num_pages: Annotated[int, Field(examples=[1])]
    num_results: Annotated[int, Field(description="at most 1000 are found", examples=[1])]


class Discovery(BaseModel):
    """Where the description of the API is."""

    schema_url: Annotated[str, Field(examples=["/swagger.json"])]
    schema_type: Annotated[str, Field(examples=["openapi-3.1"])]
    ui_url: Annotated[str, Field(examples=["/openapi.json"])]


class Problem(BaseModel):
    """An error (RFC 9457); `message` and `details` say the same to clients of the old server."""

    model_config = ConfigDict(title="Problem")

    type: Annotated[str, Field(examples=["about:blank"])]
    title: Annotated[str, Field(examples=["Not Found"])]
    status: Annotated[int, Field(examples=[404])]
    detail: Annotated[str, Field(examples=["nothing was ever pushed to myteam/myartefact"])]
    code: Annotated[str, Field(description="the code of the OCI distribution spec", examples=["NAME_UNKNOWN"])]
    message: Annotated[str, Field(examples=["nothing was ever pushed to myteam/myartefact"])]
    details: Annotated[dict[str, object] | None, Field(examples=[{"name": "myteam/myartefact"}])]
