"""`image`, `scm-source`, `describe`, `events` and `whoami`."""

from collections.abc import Mapping

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.pier_one import PierOne, tag
from tests.integration.identity.stand_in import Reply, StandIn, reply_always

SOURCE: Mapping[str, str] = {
    "url": "git:git@example.org:myapp.git",
    "revision": "0123456789abcdef",
    "author": "bob",
    "status": "",
}

PLATFORMS = [
    {"os": "linux", "architecture": "amd64", "variant": "", "digest": "sha256:aa"},
    {"os": "linux", "architecture": "arm64", "variant": "v8", "digest": "sha256:ab"},
]


def test_image_lists_the_tags_of_a_digest_by_its_beginning(home: Home, pier_one: PierOne) -> None:
    held: list[Mapping[str, str]] = [{"team": "myteam", "artifact": "myapp", "name": name} for name in ("1.0", "1.1")]
    pier_one.images = {"sha256:abcd": held, "sha256:abff": []}
    assert home.pierone("image", "sha256:abc", "-o", "json").json == held
    assert home.pierone("image", "sha256:abc", "-o", "tsv").table[0] == ["team", "artifact", "name"]
    header = home.pierone("image", "sha256:abc").out.splitlines()[0]
    assert [title.strip() for title in header.split("│")] == ["Team", "Artifact", "Tag"]


@pytest.mark.parametrize(
    ("prefix", "sentence"),
    [("sha256:ff", "Image sha256:ff not found"), ("sha256:a", "Prefix sha256:a matches more than one image.")],
)
def test_no_image_or_several_are_no_error_as_ever(home: Home, pier_one: PierOne, prefix: str, sentence: str) -> None:
    pier_one.images = {"sha256:abcd": [], "sha256:abff": []}
    done = home.pierone("image", prefix)
    assert (done.code, done.out, done.err) == (0, "", f"{sentence}\n")


def test_scm_source_shows_every_tag_and_leaves_blank_what_is_not_known(home: Home, pier_one: PierOne) -> None:
    pier_one.sources = {"myteam/myapp:1.1": SOURCE}
    rows = home.pierone("scm-source", "myteam", "myapp", "-o", "tsv").table
    assert rows == [
        ["tag", "author", "url", "revision", "status", "created_time", "created_by"],
        ["1.0", "", "", "", "", "1440058499.432", "alice"],
        ["1.1", "bob", SOURCE["url"], SOURCE["revision"], "", "1440144899.432", "bob"],
    ]


def test_scm_source_shows_who_said_it_when(home: Home, pier_one: PierOne) -> None:
    pier_one.sources = {"myteam/myapp:1.1": {**SOURCE, "created": "2015-08-20T08:14:59.432Z", "created_by": "ci"}}
    [row] = home.pierone("scm-source", "myteam", "myapp", "1.1", "-o", "json").json
    assert (row["created_time"], row["created_by"]) == (1440058499.432, "ci")


def test_scm_source_of_one_tag_cuts_off_the_revision_in_text(home: Home, pier_one: PierOne) -> None:
    pier_one.sources = {"myteam/myapp:1.1": SOURCE}
    header, row = home.pierone("scm-source", "myteam", "myapp", "1.1").out.splitlines()
    titles = ["Tag", "Author", "URL", "Revision", "Status", "Created", "By"]
    assert [title.strip() for title in header.split("│")] == titles
    assert "0123456789 " in row
    assert "0123456789a" not in row


def test_scm_source_is_in_the_order_of_the_names_of_tags(home: Home, pier_one: PierOne) -> None:
    pier_one.tags["myteam/myapp"] = [tag(name, "2015-08-20T08:14:59.432Z") for name in ("b", "c", "a")]
    for named in ([], ["c", "b", "a"]):
        rows = home.pierone("scm-source", "myteam", "myapp", *named, "-o", "json").json
        assert [row["tag"] for row in rows] == ["a", "b", "c"]


def test_scm_source_of_what_does_not_exist_is_a_wrong_use(home: Home) -> None:
    done = home.pierone("scm-source", "myteam", "myap")
    assert done.code == 2
    assert "Artifact or Team does not exist!" in done.err


def test_describe_shows_each_fact_on_a_line(home: Home, pier_one: PierOne) -> None:
    detail = {"digest": "sha256:ab", "size": 12, "platforms": PLATFORMS, "scm_source": SOURCE}
    pier_one.details = {"myteam/myapp:1.0": detail}
    rows = home.pierone("describe", "myteam", "myapp", "1.0", "-o", "tsv").table
    assert ["platforms", "linux/amd64, linux/arm64/v8"] in rows
    assert ["scm_source.author", "bob"] in rows
    assert home.pierone("describe", "myteam", "myapp", "1.0", "-o", "json").json == detail
    missing = home.pierone("describe", "myteam", "myapp", "1.9")
    assert (missing.code, missing.out) == (1, "")
    assert "tag 1.9 of myteam/myapp does not exist" in missing.err


def test_events_say_who_bound_which_tag_to_which_digest_and_when(home: Home, pier_one: PierOne) -> None:
    digest = "sha256:" + "ab" * 32
    event = {"sequence": 7, "kind": "tag_bound", "tag": "1.0", "digest": digest, "previous": None}
    event |= {"time": "2015-08-20T08:14:59.432Z", "caller": "bob"}
    pier_one.events = {"myteam/myapp": [event, event]}
    columns, row, _ = home.pierone("events", "myteam", "myapp", "-o", "tsv").table
    assert columns == ["sequence", "kind", "tag", "digest", "previous", "created_time", "created_by"]
    assert row == ["7", "tag_bound", "1.0", digest, "", "1440058499.432", "bob"]
    assert home.pierone("events", "myteam", "nothing").code == 2


def test_whoami_says_whom_the_registry_sees_and_why(home: Home, registry: StandIn) -> None:
    rows = [{"user": "alice", "registry": registry.host, "token_of": "OAUTH2_ACCESS_TOKENS"}]
    assert home.pierone("whoami", "-o", "json").json == rows


@pytest.mark.parametrize(
    "body", [b"<html>", [], {"token": "a"}, {"token": "a.b.c"}, {"token": "a.e30.c"}, {"token": None}]
)
def test_a_registry_that_does_not_say_who_is_there_is_one_line(home: Home, registry: StandIn, body: object) -> None:
    registry.answer = reply_always(Reply(body=body))
    done = home.pierone("whoami")
    assert done.code == 1
    assert done.err.startswith("Error: ")
    assert "--debug" not in done.err
