"""The compose file: valid by the specification's schema, and true to the server's settings and paths."""

import re

import pytest
from tests.unit.deploy_files import DEPLOY, documents, run_tool, settings_of

from pierone_http.container import Container
from pierone_http.serving import RegistryServer
from pierone_http.settings import Settings

PATH = DEPLOY / "compose.yaml"
TEXT = PATH.read_text()
(COMPOSE,) = documents(PATH)
SERVICES = COMPOSE["services"]
REPLICAS = [service for name, service in SERVICES.items() if name.startswith("registry-")]
CONFIGURATION = (DEPLOY / "nginx/nginx.conf").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(:[?-])?([^}]*)\}")


def seconds(duration: str) -> int:
    """Read `75s`."""
    return int(duration.removesuffix("s"))


def test_it_is_valid_by_the_schema_of_the_compose_specification() -> None:
    run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", PATH)


def test_a_value_that_is_not_filled_in_ends_the_command_with_a_sentence() -> None:
    for name, operator, rest in VARIABLE.findall(TEXT):
        assert operator in {":?", ":-"}, name
        assert rest, name


def test_the_example_of_values_names_each_that_must_be_filled_in_and_fills_in_none() -> None:
    needed = {name for name, operator, _ in VARIABLE.findall(TEXT) if operator == ":?"}
    example = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE))
    assert example == dict.fromkeys(needed, "")


def test_the_replicas_differ_in_their_address_only() -> None:
    assert len(REPLICAS) == 2
    first, second = ({name: part for name, part in replica.items() if name != "networks"} for replica in REPLICAS)
    assert first == second


@pytest.mark.parametrize("service", [*REPLICAS, SERVICES["migrate"]])
def test_the_server_understands_its_settings(
    service: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {name: VARIABLE.sub("filledin", value) for name, value in service["environment"].items()}
    settings = settings_of(environment, monkeypatch)
    assert settings.database_url
    assert f"-bucket={settings.s3_bucket}" in SERVICES["store"]["command"]
    assert settings.knows_callers


def test_the_proxy_that_is_trusted_is_the_one_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    patched = {name: VARIABLE.sub("filledin", value) for name, value in REPLICAS[0]["environment"].items()}
    address = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    assert [str(network) for network in settings_of(patched, monkeypatch).trusted_proxies] == [f"{address}/32"]


def test_the_proxy_knows_each_replica_by_its_name_and_finds_its_certificate() -> None:
    names = {name for name in SERVICES if name.startswith("registry-")}
    assert set(re.findall(r"^\s+server (registry-\d+):8080", CONFIGURATION, re.MULTILINE)) == names
    mounted = {f"/run/secrets/{name}" for name in SERVICES["proxy"]["secrets"]}
    assert set(re.findall(r"ssl_certificate(?:_key)? (\S+);", CONFIGURATION)) == mounted


def test_a_replica_may_finish_its_pushes_before_it_is_killed() -> None:
    for replica in REPLICAS:
        assert seconds(replica["stop_grace_period"]) > int(replica["environment"]["PIERONE_SHUTDOWN_SECONDS"])


def test_what_is_ours_writes_only_where_nothing_is_kept() -> None:
    for service in [*REPLICAS, SERVICES["migrate"], SERVICES["proxy"]]:
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert not service["user"].startswith("0")


def test_everything_that_keeps_data_has_a_volume() -> None:
    keeping = {volume.split(":")[0] for name in ("database", "store") for volume in SERVICES[name]["volumes"]}
    assert keeping == set(COMPOSE["volumes"])


def test_no_probe_needs_a_docker_newer_than_that_of_debian_12() -> None:
    # Docker before 25 refuses the whole file for a `start_interval`.
    assert not [name for name, service in SERVICES.items() if "start_interval" in service.get("healthcheck", {})]


def test_the_store_reports_nothing_to_its_makers() -> None:
    assert "-master.telemetry=false" in SERVICES["store"]["command"]


def test_no_image_is_the_newest_whatever_that_is() -> None:
    assert not [name for name, service in SERVICES.items() if not re.search(r":[\w.-]*\d|:local\}", service["image"])]


def test_what_one_worker_of_the_proxy_learns_of_a_replica_all_know() -> None:
    (upstream,) = re.findall(r"upstream registry \{(.*?)\}", CONFIGURATION, re.DOTALL)
    assert re.search(r"^\s+zone registry \w+;", upstream, re.MULTILINE)


def test_the_proxy_lets_go_of_an_idle_connection_before_the_server_does() -> None:
    settings = Settings(storage="memory")
    server = RegistryServer(Container(settings=settings).app(), settings)
    kept = re.findall(r"^\s+keepalive_timeout (\d+)s;", CONFIGURATION, re.MULTILINE)
    assert [int(seconds) < server.config.timeout_keep_alive for seconds in kept] == [True]
