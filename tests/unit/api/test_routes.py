"""The API as its clients see it: shapes, errors, and what stays of the old server."""

import json
from datetime import datetime

import pytest
from starlette.testclient import TestClient
from tests.unit.api.answers import ARTIFACT, CONFIG, get, problem
from tests.unit.api.layers import FILE, SCM_SOURCE, layer
from tests.unit.api.registry import Parts

from pierone_core.values import Digest, Repository
from pierone_http.api import models

OLD_FIELDS = {
    "name",
    "created",
    "created_by",
    "image",
    "clair_id",
    "severity_fix_available",
    "severity_no_fix_available",
    "clair_details",
}


def test_tags_have_the_fields_and_the_times_of_the_old_server_in_the_order_of_creation(
    api: TestClient, parts: Parts
) -> None:
    digest = parts.push("2.0", parts.image(config=CONFIG))
    parts.push("1.0", parts.image(config=CONFIG))
    newest = get(api, f"{ARTIFACT}/tags", list[models.TagItem])
    assert [tag["name"] for tag in newest] == ["2.0", "1.0"]
    first = newest[0]
    assert first.keys() >= OLD_FIELDS
    assert first["created"] == "2015-08-20T08:14:59.432Z"
    assert datetime.strptime(first["created"], "%Y-%m-%dT%H:%M:%S.%fZ").second == 59  # noqa: DTZ007 - as the old client
    assert (first["created_by"], first["digest"]) == ("alice", str(digest))
    assert first["image"] == str(Digest.of(json.dumps(CONFIG).encode()))
    assert first["clair_id"] is None


def test_lists_of_teams_and_artifacts_are_plain(api: TestClient, parts: Parts) -> None:
    assert get(api, "/teams") == []
    for name in ("team/b", "team/a/part", "other/x"):
        repository = Repository.parse(name)
        parts.push("1.0", parts.image(repository=repository), repository)
    assert get(api, "/teams", list[str]) == ["other", "team"]
    assert get(api, "/teams/team/artifacts", list[str]) == ["a/part", "b"]
    assert get(api, "/teams/nobody/artifacts") == []
    assert get(api, "/teams/NOBODY%20!/artifacts") == []


def test_a_tag_is_shown_with_what_it_holds(api: TestClient, parts: Parts) -> None:
    packed = layer((FILE, SCM_SOURCE))
    parts.push("1.0", parts.image(packed, config=CONFIG))
    for name in ("1.0", "latest"):
        detail = get(api, f"{ARTIFACT}/tags/{name}", models.TagDetailItem)
        assert (detail["name"], detail["team"], detail["artifact"]) == ("1.0", "team", "app")
        assert detail["size"] == len(packed) + len(json.dumps(CONFIG))
        assert detail["platforms"] == [{"os": "linux", "architecture": "amd64", "variant": "", "digest": None}]
        assert detail["labels"] == {"maintainer": "jdoe"}
        assert detail["scm_source"]["origin"] == "layer"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{ARTIFACT}/tags/1.0/scm-source", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags/3.0", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags/3.0/scm-source", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags/-no-tag-", "MANIFEST_UNKNOWN"),
        (f"{ARTIFACT}/tags?after=3.0", "MANIFEST_UNKNOWN"),
        ("/teams/team/artifacts/none/tags", "NAME_UNKNOWN"),
        ("/teams/team/artifacts/none/events", "NAME_UNKNOWN"),
        ("/teams/team/artifacts/NO%20NAME/tags", "NAME_UNKNOWN"),
        ("/teams/team/artifacts//tags", "NAME_UNKNOWN"),
        ("/tags/sha256:00", "MANIFEST_UNKNOWN"),
        ("/v1/repositories/team/none/tags", "NAME_UNKNOWN"),
        ("/nothing/here", "UNSUPPORTED"),
        ("/v1/images/x/json", "UNSUPPORTED"),
    ],
)
def test_what_is_not_there_is_a_404_with_a_sentence(api: TestClient, parts: Parts, path: str, code: str) -> None:
    parts.push("1.0", parts.image())
    assert problem(api, path, 404)["code"] == code


@pytest.mark.parametrize(
    "path",
    [
        "/teams?limit=0",
        "/teams?limit=x",
        "/teams?after=" + "x" * 500,
        f"{ARTIFACT}/tags?order=random",
        f"{ARTIFACT}/events?after=x",
        f"{ARTIFACT}/events?after=-1",
        "/pushes?after=9999999999999999999",
        "/pushes?after=\N{SUPERSCRIPT TWO}",
        "/v1/search?q=x&n=0",
        "/v1/search?q=x&page=0",
    ],
)
def test_a_parameter_that_cannot_be_understood_is_a_400(api: TestClient, parts: Parts, path: str) -> None:
    parts.push("1.0", parts.image())
    assert problem(api, path, 400)["code"] == "UNSUPPORTED"


@pytest.mark.parametrize(
    "path",
    [
        "/teams?after=%00",
        "/teams/%00/artifacts",
        "/teams/team/artifacts?after=a%00",
        "/stats/teams/a%00b",
        "/stats/teams?after=%00",
        "/tags/%00",
        "/tags/sha256:?after=%00",
        "/v1/search?q=%00",
        "/teams?whatever=%00",
        "/teams?%00",
        f"{ARTIFACT}/tags/%00",
    ],
)
def test_a_nul_is_a_400_wherever_it_stands(api: TestClient, path: str) -> None:
    assert "NUL" in problem(api, path, 400)["message"]


def test_an_image_is_found_by_its_digest_or_a_prefix(api: TestClient, parts: Parts) -> None:
    digest = parts.push("1.0", parts.image(config=CONFIG))
    parts.push("2.0", parts.image(config={"n": 2}))
    expected = [{"name": "1.0", "team": "team", "artifact": "app"}]
    for prefix in (digest, digest.encoded[:12], Digest.of(json.dumps(CONFIG).encode())):
        assert get(api, f"/tags/{prefix}", list[models.TaggedImage]) == expected
    assert "more than one image" in problem(api, "/tags/sha256:", 412)["message"]


def test_an_event_says_who_did_what_when(api: TestClient, parts: Parts) -> None:
    first = parts.push("dev", parts.image())
    second = parts.push("dev", parts.image(config=CONFIG))
    *_, moved = get(api, f"{ARTIFACT}/events", list[models.EventItem])
    assert moved.pop("size") > 100
    assert moved == {
        "sequence": 4,
        "time": "2015-08-20T08:15:00.432Z",
        "kind": "tag_moved",
        "caller": "alice",
        "team": "team",
        "artifact": "app",
        "tag": "dev",
        "digest": str(second),
        "previous": str(first),
        "media_type": "application/vnd.oci.image.manifest.v1+json",
    }


def test_statistics_count_teams_artifacts_tags_and_bytes(api: TestClient, parts: Parts) -> None:
    assert get(api, "/stats") == {"teams": 0, "storage": 0}
    parts.push("1.0", parts.image(b"12345"))
    parts.push("2.0", parts.image(b"12345"))
    assert get(api, "/stats", models.RegistryStats) == {"teams": 1, "storage": 7}
    assert get(api, "/stats/teams", list[models.TeamStatsItem]) == [
        {"team": "team", "stats": {"artifacts": 1, "tags": 2}}
    ]
    assert get(api, "/stats/teams/team", models.TeamStats) == {"artifacts": 1, "tags": 2}
    assert get(api, "/stats/teams/nobody") == {"artifacts": 0, "tags": 0}
