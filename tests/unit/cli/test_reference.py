"""References of images, as container clients write them."""

import pytest

from pierone_cli.reference import Reference, parse_reference

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("myteam/myapp:1.0", Reference("", "myteam/myapp", "1.0")),
        ("myteam/tools/inner:1.0", Reference("", "myteam/tools/inner", "1.0")),
        ("pierone.example.org/myteam/myapp:1.0", Reference("pierone.example.org", "myteam/myapp", "1.0")),
        ("127.0.0.1:8080/myteam/myapp:1.0", Reference("127.0.0.1:8080", "myteam/myapp", "1.0")),
        ("localhost/myteam/myapp:1.0", Reference("localhost", "myteam/myapp", "1.0")),
        (f"myteam/myapp@{DIGEST}", Reference("", "myteam/myapp", DIGEST)),
        ("my_team-2/my.app:1.0", Reference("", "my_team-2/my.app", "1.0")),
    ],
)
def test_a_reference_has_a_registry_perhaps_a_repository_and_a_name(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference
    assert text.endswith(str(reference))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "myapp",
        "myapp:1",
        "myteam/myapp",
        "myteam/myapp:",
        "myteam/:1",
        "/myapp:1",
        "MyTeam/myapp:1",
        "m/myapp:1",
        "localhost:5000/myapp:1",
        "myteam/my app:1",
        "myteam/myapp:1?x",
        "myteam/my%2fapp:1",
        "myteam/myapp:1#x",
    ],
)
def test_what_names_no_image_is_none(text: str) -> None:
    assert parse_reference(text) is None
