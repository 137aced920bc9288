"""Replicas that share a database tell each other which keys they sign with; keys are rotated without a false alarm."""

from collections.abc import Sequence

import pytest

from pierone_adapters.memory import memory_metadata
from pierone_http.shared_keys import announce, warn_unless_fitting

# Who starts, in this order, with which keys, and whether they fit.
Story = Sequence[tuple[str, bool]]
STORIES: dict[str, Story] = {
    "the first may have any": [("a", True)],
    "all have the same": [("a", True), ("a", True), ("a", True)],
    "one has others": [("a", True), ("b", False), ("b", False), ("a", True)],
    "rotated, the new one first": [("a", True), ("ba", True), ("a", True), ("ba", True), ("b", True), ("b", True)],
    "rotated, the old one first": [("a", True), ("ab", True), ("ba", True), ("b", True)],
    "rotated twice": [("a", True), ("ba", True), ("b", True), ("cb", True), ("c", True), ("c", True)],
    "one has others after a rotation": [("a", True), ("ba", True), ("b", True), ("x", False), ("x", False)],
    "rotated after one had others": [("a", True), ("x", False), ("ba", True), ("b", True), ("x", False)],
    "replaced at once, then rotated": [("a", True), ("b", False), ("b", False), ("cb", True), ("c", True)],
    "brought together with the old one later": [("a", True), ("b", False), ("ba", True)],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_whoever_has_none_of_the_others_keys_is_found(story: Story) -> None:
    share = memory_metadata().share
    assert [announce(share, list(kids)) for kids, _ in story] == [fits for _, fits in story]


def test_starting_again_and_again_fills_nothing() -> None:
    asked: set[str] = set()
    metadata = memory_metadata()

    def share(name: str, value: str) -> str:
        asked.add(name)
        return metadata.share(name, value)

    for kids in ["a", "b", "ba"] * 100:
        announce(share, list(kids))
    assert len(asked) == 2


def test_a_warning_names_the_setting_and_no_key_but_the_id(caplog: pytest.LogCaptureFixture) -> None:
    share = memory_metadata().share
    for kid in ("the-id-of-a-key", "the-id-of-another"):
        warn_unless_fitting(share, [kid])
    [message] = caplog.messages
    assert "the-id-of-another" in message
    assert "PIERONE_TOKEN_KEY_FILES" in message
