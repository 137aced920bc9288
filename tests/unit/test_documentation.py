"""What the documentation says in code and tables is executed and compared."""

import re
from pathlib import Path

import pytest

from pierone_http.errors import STATUS
from pierone_http.setting_names import CONFIG_FILE_VARIABLE
from pierone_http.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (path.name, number, code)
    for path in sorted(DOCS.rglob("*.md"))
    for number, code in enumerate(PYTHON.findall(path.read_text()))
]


@pytest.mark.parametrize(("page", "number", "code"), EXAMPLES, ids=[f"{e[0]}-{e[1]}" for e in EXAMPLES])
def test_an_example_runs_as_it_stands(page: str, number: int, code: str) -> None:
    exec(compile(code, f"{page}, example {number}", "exec"), {"__name__": "example"})  # noqa: S102 - our own page


def test_there_are_examples_for_embedders_and_for_swapping_adapters() -> None:
    assert {page for page, _, _ in EXAMPLES} >= {"embedding.md", "swapping-adapters.md"}


def test_every_setting_is_documented_with_its_default() -> None:
    page = (DOCS / "operators/settings.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE))
    fields = Settings.model_fields.items()
    assert rows == {f"PIERONE_{name.upper()}": f"`{field.default}`" for name, field in fields} | {
        CONFIG_FILE_VARIABLE: "`None`"
    }


def test_links_between_pages_lead_somewhere() -> None:
    root = DOCS.parent
    pages = [*root.glob("*.md"), *DOCS.rglob("*.md")]
    broken = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not broken


def test_the_page_of_answers_names_each_status_that_the_edge_can_send() -> None:
    page = (DOCS / "api.md").read_text()
    assert not [status for status in set(STATUS.values()) if str(status) not in page]
