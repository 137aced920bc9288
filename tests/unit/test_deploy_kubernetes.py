"""The Kubernetes manifests: valid by Kubernetes' own schemas, restricted, and true to the server's settings."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.deploy_files import DEPLOY, Document, documents, run_tool, settings_of

FOLDER = DEPLOY / "kubernetes"
(KUSTOMIZATION,) = documents(FOLDER / "kustomization.yaml")
FILES = [path for path in sorted(FOLDER.glob("*.yaml")) if path.name != "kustomization.yaml"]
OBJECTS = [(path.name, document) for path in FILES for document in documents(path)]
# Seconds that the server takes at most to answer requests that it cut.
LONGEST_UNWINDING = 5
REGISTRY_LABELS = {"app.kubernetes.io/component": "registry"}


def the(kind: str) -> Document:
    """The one object of a kind."""
    (found,) = (document for _, document in OBJECTS if document["kind"] == kind)
    return found


def pods() -> Iterator[Document]:
    """The pod templates."""
    return (the(kind)["spec"]["template"] for kind in ("Deployment", "Job"))


def container(pod: Document) -> Document:
    """The one container of a pod."""
    (only,) = pod["spec"]["containers"]
    return dict(only)


def configuration() -> dict[str, str]:
    """The settings that are no secret."""
    data: dict[str, str] = the("ConfigMap")["data"]
    return data


def test_every_manifest_is_valid_by_the_schema_of_its_kind() -> None:
    said = run_tool("kubernetes-validate", "--strict", *FILES)
    assert said.count("passed") == len(OBJECTS)


def test_the_kustomization_names_every_file_but_the_example_of_secrets() -> None:
    assert {*KUSTOMIZATION["resources"], "secret.example.yaml"} == {path.name for path in FILES}


def test_the_kustomization_says_where_the_image_comes_from() -> None:
    named = {image["name"] for image in KUSTOMIZATION["images"]}
    assert {container(pod)["image"] for pod in pods()} == named


def test_the_server_understands_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(configuration(), monkeypatch)
    assert settings.s3_bucket
    assert settings.knows_callers
    assert settings.trusted_proxies


def test_no_secret_is_in_the_configuration() -> None:
    assert not [name for name in configuration() if "DATABASE_URL" in name or name.startswith("AWS_")]


def test_every_pod_takes_its_settings_from_the_configuration_and_the_secret() -> None:
    secrets = {document["metadata"]["name"]: document for _, document in OBJECTS if document["kind"] == "Secret"}
    for pod in pods():
        sources = container(pod)["envFrom"]
        assert sources[0]["configMapRef"]["name"] == the("ConfigMap")["metadata"]["name"]
        assert sources[1]["secretRef"]["name"] in secrets


def test_the_users_file_is_where_the_settings_say() -> None:
    for pod in pods():
        (mount,) = (mount for mount in container(pod)["volumeMounts"] if mount["name"] == "users")
        assert configuration()["PIERONE_USERS_FILE"] == f"{mount['mountPath']}/users.json"


def test_no_variable_is_made_of_a_service_that_would_be_taken_for_a_setting() -> None:
    # A service named pierone sets PIERONE_PORT=tcp://…, with which the server does not start.
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in pods())


def test_every_pod_keeps_to_the_restricted_standard_and_writes_nothing_that_lasts() -> None:
    assert the("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for pod in pods():
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        security = container(pod)["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}


def test_the_image_user_is_the_one_of_the_recipe() -> None:
    for pod in pods():
        numbers = pod["spec"]["securityContext"]
        assert f"USER {numbers['runAsUser']}:{numbers['runAsGroup']}\n" in (DEPLOY / "Containerfile").read_text()


def test_everything_that_selects_pods_selects_the_replicas() -> None:
    deployment = the("Deployment")["spec"]
    assert deployment["template"]["metadata"]["labels"] == REGISTRY_LABELS
    spread = deployment["template"]["spec"]["topologySpreadConstraints"]
    selectors: list[Any] = [deployment["selector"], the("PodDisruptionBudget")["spec"]["selector"]]
    selectors += [the("NetworkPolicy")["spec"]["podSelector"], {"matchLabels": the("Service")["spec"]["selector"]}]
    selectors += [constraint["labelSelector"] for constraint in spread]
    assert all(selector == {"matchLabels": REGISTRY_LABELS} for selector in selectors)


def test_a_replica_may_finish_its_pushes_before_it_is_killed() -> None:
    needed = sum(int(configuration()[f"PIERONE_SHUTDOWN_{part}"]) for part in ("DELAY", "SECONDS"))
    pod = the("Deployment")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > needed + LONGEST_UNWINDING


def test_readiness_is_denied_long_enough_for_a_probe_to_see_it() -> None:
    probe = container(the("Deployment")["spec"]["template"])["readinessProbe"]
    assert int(configuration()["PIERONE_SHUTDOWN_DELAY"]) >= probe["periodSeconds"] * probe["failureThreshold"]


def test_the_ingress_takes_bodies_of_any_size_as_they_come() -> None:
    prefix = "nginx.ingress.kubernetes.io/"
    annotations = the("Ingress")["metadata"]["annotations"]
    assert annotations[f"{prefix}proxy-body-size"] == "0"
    assert annotations[f"{prefix}proxy-request-buffering"] == annotations[f"{prefix}proxy-buffering"] == "off"
    assert int(annotations[f"{prefix}proxy-read-timeout"]) >= 900
