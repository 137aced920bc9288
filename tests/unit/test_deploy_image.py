"""The recipe of the container image, as far as it can be judged without building it."""

import re

from tests.unit.deploy_files import DEPLOY, ROOT, run_tool, settings_names, unknown_settings

from pierone_http.settings import Settings

RECIPE = (DEPLOY / "Containerfile").read_text()
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1))
    for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", RECIPE, flags=re.MULTILINE)).splitlines()
    if line
]
LAST_STAGE = INSTRUCTIONS[max(n for n, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]


def values(word: str) -> list[str]:
    """What follows each instruction `word` of the last stage."""
    return [rest for instruction, rest in LAST_STAGE if instruction == word]


def test_the_linter_finds_nothing() -> None:
    run_tool("hadolint", DEPLOY / "Containerfile")


def test_the_base_is_a_full_version_of_the_python_that_the_locks_are_made_for() -> None:
    assert re.search(r"^ARG BASE=\S+/python:3\.11\.\d+-slim-\w+$", RECIPE, re.MULTILINE)


def test_whatever_is_installed_from_an_index_has_its_hash_in_a_lock_file() -> None:
    installs = re.findall(r"pip\S*(?: --python \S+)? install(.*)", RECIPE)
    assert len(installs) == 3
    assert all("--no-deps" in rest and ("--require-hashes" in rest or "--no-index" in rest) for rest in installs)


def test_what_is_copied_from_the_checkout_is_there_and_nothing_else_goes_to_the_builder() -> None:
    copies = [rest.split() for word, rest in INSTRUCTIONS if word == "COPY" and "--from" not in rest]
    sources = {source for words in copies for source in words[:-1]}
    assert all((ROOT / source).exists() for source in sources)
    sent = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    assert {line.removeprefix("!") for line in sent if line.startswith("!")} == sources


def test_the_last_stage_runs_no_installer() -> None:
    assert not re.search(r"\b(pip|apt|apt-get|uv|curl|ensurepip)\b", " ".join(values("RUN")))


def test_the_server_runs_as_a_number_that_is_not_root_and_owns_its_directory() -> None:
    (user,) = values("USER")
    number, group = map(int, user.split(":"))
    assert number >= 10000
    assert f"-o {number} -g {group}" in " ".join(values("RUN"))


def test_the_port_that_is_named_is_the_default_one() -> None:
    assert values("EXPOSE") == [str(Settings.model_fields["port"].default)]


def test_every_setting_that_a_file_of_the_deployment_names_is_one() -> None:
    assert not [(file, name) for file, name in settings_names() if unknown_settings(iter([name]))]


def test_the_page_gives_a_container_longer_to_end_than_the_server_needs() -> None:
    # Docker's own ten seconds would kill the pushes that the server lets finish.
    page = (ROOT / "docs/operators/deploying.md").read_text()
    (given,) = re.findall(r"^    docker run .*--stop-timeout (\d+)", page, re.MULTILINE)
    assert int(given) >= Settings.model_fields["shutdown_seconds"].default + 10
