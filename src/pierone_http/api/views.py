"""From what the core knows to what the API shows."""

from datetime import UTC, datetime

from pierone_core.catalogue import TagDetail
from pierone_core.image import Platform
from pierone_core.ports import TagEntry, TaggedRepository, TeamFigures
from pierone_core.records import Event
from pierone_core.scm_search import FoundScmSource
from pierone_core.values import Repository
from pierone_http.api import models


def time(at: datetime) -> str:
    """As the old server wrote it, to the millisecond, and its clients read it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def artifact(repository: Repository) -> str:
    """A repository without its team."""
    return repository.name.partition("/")[2]


def tag(entry: TagEntry) -> dict[str, object]:
    """A tag of a list."""
    return models.TagItem(
        name=entry.tag.name,
        created=time(entry.created),
        created_by=entry.created_by,
        image=str(entry.image),
        digest=str(entry.digest),
        media_type=entry.media_type,
        immutable=entry.immutable,
        bound=time(entry.bound),
        bound_by=entry.bound_by,
    ).model_dump()


def tag_detail(detail: TagDetail, found: FoundScmSource | None) -> models.TagDetailItem:
    """A tag with all that is known of it."""
    entry = detail.entry
    return models.TagDetailItem.model_validate(
        tag(entry)
        | {
            "team": entry.repository.team,
            "artifact": artifact(entry.repository),
            "manifest_size": detail.manifest_size,
            "size": detail.size,
            "platforms": [_platform(platform) for platform in detail.platforms],
            "labels": detail.labels,
            "scm_source": scm_source(entry, found) if found else None,
        }
    )


def scm_source(entry: TagEntry, found: FoundScmSource) -> models.ScmSourceItem:
    """A source; every value is text, which clients of the old server rely on."""
    return models.ScmSourceItem(
        url=found.source.url,
        revision=found.source.revision,
        author=found.source.author,
        status=found.source.status,
        created=time(found.at or entry.created),
        created_by=found.caller or entry.created_by,
        origin=found.origin.value,
        layer=str(found.layer or ""),
    )


def tagged(item: TaggedRepository) -> dict[str, object]:
    """A tag that holds an image."""
    return {"name": item.tag.name, "team": item.repository.team, "artifact": artifact(item.repository)}


def figures(item: TeamFigures) -> dict[str, object]:
    """A team of the statistics."""
    return {"team": item.team, "stats": {"artifacts": item.artifacts, "tags": item.tags}}


def event(item: Event) -> dict[str, object]:
    """An event."""
    return models.EventItem(
        sequence=item.sequence,
        time=time(item.at),
        kind=item.kind.value,
        caller=item.caller,
        team=item.repository.team,
        artifact=artifact(item.repository),
        tag=item.tag.name if item.tag else None,
        digest=str(item.digest),
        previous=str(item.previous) if item.previous else None,
        media_type=item.media_type,
        size=item.size,
    ).model_dump()


def _platform(platform: Platform) -> dict[str, object]:
    digest = str(platform.digest) if platform.digest else None
    return {"os": platform.os, "architecture": platform.architecture, "variant": platform.variant, "digest": digest}
