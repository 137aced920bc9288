"""Names, tags and digests: the grammar of the spec, and no surprise whatever the text."""

import dataclasses
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pierone_core.errors import NameInvalid, TagInvalid
from pierone_core.values import Digest, Repository, Tag

# As the OCI distribution spec prints them ("Pulling manifests").
SPEC_NAME = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
SPEC_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"

# As little alphabet as possible, so that texts that are nearly names come up often.
near_names = st.text(alphabet="ab0._-/A\n", max_size=12)


@pytest.mark.parametrize(
    "name",
    [
        "team/app",
        "t/a",
        "0/1",
        "team/app/tools/deep/er",
        "team/my.app",
        "team/my_app",
        "team/my__app",
        "team/my-app",
        "team/my-----app",
        "team-1.x/a_b",
        "blobs/manifests/tags/uploads",
        "tags/list",
        "a" * 126 + "/" + "b" * 128,
    ],
)
def test_a_repository_name_is_taken_as_it_is(name: str) -> None:
    assert Repository.parse(name) == Repository(name)
    assert str(Repository.parse(name)) == name
    assert Repository.parse(name).team == name.split("/", maxsplit=1)[0]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "app",
        "/",
        "/app",
        "team/",
        "team//app",
        "team/app/",
        "Team/app",
        "team/App",
        "team/.app",
        "team/app.",
        "team/-app",
        "team/app-",
        "team/_app",
        "team/app_",
        "team/a..b",
        "team/a___b",
        "team/a._b",
        "team/a.-b",
        "team/a b",
        "team/app\n",
        "\nteam/app",
        "team/app:1.0",
        "team/app@sha256",
        "../etc/passwd",
        "team/..",
        "team/äpp",
        "team/\N{ARABIC-INDIC DIGIT ONE}",
        "team/app\0",
        "a" * 127 + "/" + "b" * 128,
    ],
)
def test_what_is_no_repository_name_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(NameInvalid, match="push to <team>/<artifact>"):
        Repository.parse(name)


@pytest.mark.parametrize(
    "name", ["1", "1.0", "latest", "_", "__", "v1.0-rc.1_x", "A", "sha256-abc", "a" * 128, "1..-_"]
)
def test_a_tag_is_taken_as_it_is(name: str) -> None:
    assert Tag.parse(name) == Tag(name)
    assert str(Tag.parse(name)) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "-", ".1", "-1", "1/0", "1:0", "1@0", "1 0", "1+0", "1\n", "ä", "a" * 129, "\N{ARABIC-INDIC DIGIT ONE}"],
)
def test_what_is_no_tag_is_refused(name: str) -> None:
    with pytest.raises(TagInvalid, match="up to 128 letters"):
        Tag.parse(name)


@pytest.mark.parametrize(
    ("name", "is_latest"), [("latest", True), ("Latest", False), ("latest1", False), ("_latest", False)]
)
def test_only_latest_is_latest(name: str, *, is_latest: bool) -> None:
    assert Tag.parse(name).is_latest is is_latest


@pytest.mark.parametrize(
    ("name", "names_referrers"),
    [
        ("sha256-" + "a" * 64, True),
        ("sha512-" + "0" * 64, True),
        ("sha256-" + "a" * 64 + ".sig", True),
        ("sha256-" + "a" * 64 + ".att.1", True),
        ("sha256-" + "a" * 63, False),
        ("sha256-" + "a" * 65, False),
        ("sha256-" + "A" * 64, False),
        ("sha256-" + "a" * 64 + ".", False),
        ("sha256-" + "a" * 64 + "-sig", False),
        ("sha384-" + "a" * 64, False),
        ("1.0", False),
    ],
)
def test_tags_of_signing_tools_are_told_from_versions(name: str, *, names_referrers: bool) -> None:
    assert Tag.parse(name).names_referrers is names_referrers


@pytest.mark.parametrize("value", [Repository.parse("team/app"), Tag.parse("1.0"), Digest.of(b"")], ids=str)
def test_a_value_never_changes(value: Repository | Tag | Digest) -> None:
    field = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, field, "other")
    assert hash(value) == hash(dataclasses.replace(value))


@settings(deadline=None)
@given(text=st.one_of(st.text(), near_names, st.from_regex(SPEC_NAME, fullmatch=True)))
@example("team/app\n")
@example("a" * 100_000)
def test_a_repository_is_what_the_spec_says_with_a_team_and_a_name(text: str) -> None:
    expected = re.fullmatch(SPEC_NAME, text) and "/" in text and len(text) <= 255
    if expected:
        assert Repository.parse(str(Repository.parse(text))) == Repository(text)
    else:
        with pytest.raises(NameInvalid) as refusal:
            Repository.parse(text)
        assert len(refusal.value.message) + len(str(refusal.value.detail)) < 5000


@settings(deadline=None)
@given(text=st.one_of(st.text(), near_names, st.from_regex(SPEC_TAG, fullmatch=True)))
@example("a" * 100_000)
def test_a_tag_is_what_the_spec_says(text: str) -> None:
    expected = re.fullmatch(SPEC_TAG, text)
    if expected:
        assert Tag.parse(str(Tag.parse(text))) == Tag(text)
    else:
        with pytest.raises(TagInvalid) as refusal:
            Tag.parse(text)
        assert len(refusal.value.message) + len(str(refusal.value.detail)) < 5000
