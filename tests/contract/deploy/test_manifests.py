"""The deployment files: well formed, hardened, and in step with the settings and the code.

Nothing here starts a container: these tests say what the files promise, not that it runs.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import jsonschema
import kubernetes_validate
import pytest
import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from libs.runtime.settings import SERVICE_NAMES, PlatformSettings, ServiceName

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, Any] = COMPOSE["services"]
KUBERNETES_VERSIONS = ("1.32", "1.36")
NAME = "app.kubernetes.io/name"
# Images of a service beside the one that has its name.
VARIANTS = {"embed-gpu": "embed"}
GPU = "nvidia.com/gpu"
# The address book of every other service, and which settings hold it.
URLS = {f"NAVIGATOR_{name.upper()}_URL": name for name in SERVICE_NAMES}


def lacking(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is needed in CI")
    pytest.skip(f"{what} is not installed here")


# --- the settings, as the containers are given them ---------------------------------------------


def settings_classes() -> Iterator[type[BaseSettings]]:
    yield PlatformSettings
    for service in SERVICE_NAMES:
        module = import_module(f"services.{service}.settings")
        for found in vars(module).values():
            own = isinstance(found, type) and found.__module__ == module.__name__
            if own and issubclass(found, BaseSettings):
                yield found


def fields_by_variable() -> dict[str, tuple[type[BaseSettings], str]]:
    return {
        f"{settings.model_config['env_prefix']}{field}".upper(): (settings, field)
        for settings in settings_classes()
        for field in settings.model_fields
    }


def check_settings(environment: Mapping[str, str]) -> None:
    """Every NAVIGATOR_ name is a setting and takes its value; none holds a secret in clear."""
    known = fields_by_variable()
    ours = {name: value for name, value in environment.items() if name.startswith("NAVIGATOR_")}
    assert set(ours) <= set(known)
    for name, value in ours.items():
        settings, field = known[name]
        accepted = getattr(settings.model_validate({field: value}), field)
        assert not isinstance(accepted, SecretStr), name


def check_urls(environment: Mapping[str, str]) -> None:
    for variable, service in URLS.items():
        parts = urlsplit(environment[variable])
        assert (parts.hostname, parts.port) == (service, PlatformSettings().port_of(service))


def with_defaults(environment: Mapping[str, str]) -> dict[str, str]:
    """What Compose makes of ${NAME:-default} where nothing is set."""
    return {
        name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in environment.items()
    }


def check_image(image: str) -> None:
    tag = image.rpartition("/")[2].partition(":")[2]
    assert re.match(r"v?\d+\.\d+", tag), f"{image} does not say its version"


# --- the Dockerfile -----------------------------------------------------------------------------


def stage(name: str) -> str:
    found = re.search(
        rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM|\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL
    )
    assert found, f"the Dockerfile has no target {name}"
    return found[1]


@pytest.mark.parametrize("image", [*SERVICE_NAMES, *VARIANTS])
def test_each_service_has_an_image(image: str) -> None:
    target, service = stage(image), VARIANTS.get(image, image)
    assert f'CMD ["up", "{service}"]' in target
    assert f"EXPOSE {PlatformSettings().model_dump()[f'{service}_port']}\n" in target
    assert f"FROM runtime AS {image}\n" in DOCKERFILE
    check_settings(dict(re.findall(r"(NAVIGATOR_\w+)=(\S+)", target)))


@pytest.mark.parametrize("image", [*SERVICE_NAMES, *VARIANTS])
def test_each_image_installs_the_locked_packages_of_its_service_alone(image: str) -> None:
    packages = stage(f"{image}-packages")
    locks = set(re.findall(r"requirements/\S+\.txt", packages))
    assert locks == {f"requirements/{image}.txt"}
    assert f"--require-hashes -r requirements/{image}.txt" in packages
    assert f"COPY --from={image}-packages /venv /venv" in stage(image)
    assert (ROOT / "requirements" / f"{image}.txt").is_file()


@pytest.mark.parametrize("image", [*SERVICE_NAMES, *VARIANTS])
def test_only_the_image_for_gpus_holds_torch(image: str) -> None:
    locked = (ROOT / "requirements" / f"{image}.txt").read_text()
    assert bool(re.search("^torch==", locked, re.MULTILINE)) == (image == "embed-gpu")
    pinned = (ROOT / "requirements" / "torch.in").read_text().splitlines()[-1]
    assert image != "embed-gpu" or f"{pinned} " in locked


def test_images_are_built_on_a_version_and_run_as_a_number_other_than_root() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        if image not in stages:
            check_image(image)
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    check_settings(dict(re.findall(r"(NAVIGATOR_\w+)=(\S+)", stage("runtime"))))


def test_what_the_dockerfile_copies_is_let_through_to_the_builder() -> None:
    rules = (ROOT / ".dockerignore").read_text().split()
    let_through = {rule[1:].replace("*.txt", "") for rule in rules if rule.startswith("!")}
    assert "*" in rules
    for copied in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        for source in copied.split():
            assert {source, re.sub(r"[^/]*\.txt$", "", source)} & let_through, source


# --- docker-compose.yml and .env.example --------------------------------------------------------


def test_compose_follows_its_schema() -> None:
    package = importlib.util.find_spec("check_jsonschema")
    if package is None or not package.submodule_search_locations:
        lacking("check-jsonschema, which brings the schema of Compose files,")
    folder = Path(package.submodule_search_locations[0])
    path = folder / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(path.read_text())
    checker = jsonschema.validators.validator_for(schema)(schema)
    checker.validate(COMPOSE)
    assert not checker.is_valid({"services": {"kafka": {"imagee": "kafka"}}})


def test_compose_has_the_four_services_and_what_they_stand_on() -> None:
    assert set(CONTAINERS) == {*SERVICE_NAMES, "kafka", "qdrant", "postgres"}
    assert [name for name, container in CONTAINERS.items() if "ports" in container] == ["gateway"]
    for name in SERVICE_NAMES:
        assert CONTAINERS[name]["build"] == {"context": ".", "target": name}


@pytest.mark.parametrize("name", CONTAINERS)
def test_each_container_of_compose_is_hardened_limited_and_checked(name: str) -> None:
    container = CONTAINERS[name]
    check_image(container["image"])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", container["user"])
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert set(container["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert container["healthcheck"]["test"][0] == "CMD"
    for other, condition in container.get("depends_on", {}).items():
        assert other in CONTAINERS
        assert condition == {"condition": "service_healthy"}


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_compose_sets_only_settings_that_exist(service: ServiceName) -> None:
    environment = with_defaults(CONTAINERS[service]["environment"])
    check_settings(environment)
    check_urls(environment)
    port = PlatformSettings().port_of(service)
    assert (
        f"/127.0.0.1/{port} && printf 'GET /readyz "
        in CONTAINERS[service]["healthcheck"]["test"][-1]
    )


def test_every_variable_of_compose_is_explained_in_the_example() -> None:
    explained = dict(re.findall(r"^#?(\w+)=(.*)$", ENV_EXAMPLE, re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text())) == set(
        explained
    )
    check_settings(explained)


def test_no_password_stands_in_compose_or_the_example() -> None:
    assert re.findall(r"^\w*PASSWORD=(.*)$", ENV_EXAMPLE, re.MULTILINE) == [""]
    for container in CONTAINERS.values():
        for name, value in container["environment"].items():
            if re.search("PASSWORD|SECRET|API_KEY", name):
                assert value.startswith("${"), name
            if "://" in value and "@" in value:
                assert ":${POSTGRES_PASSWORD}@" in value


def test_each_database_of_compose_is_made_and_has_one_service() -> None:
    urls = {
        value.rpartition("/")[2]: name
        for name, container in CONTAINERS.items()
        for value in container["environment"].values()
        if value.startswith("postgresql")
    }
    assert urls == {"navigator": "ingest", "recommend": "recommend"}
    assert CONTAINERS["postgres"]["environment"]["POSTGRES_DB"] == "navigator"
    assert COMPOSE["configs"]["databases"]["content"] == "CREATE DATABASE recommend;"
    for name in urls.values():
        assert "postgres" in CONTAINERS[name]["depends_on"]


# --- Kubernetes ---------------------------------------------------------------------------------


def built(name: str) -> list[dict[str, Any]]:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        lacking("kubectl")
    folder = ROOT / "deploy" / "k8s" / name
    command = [kubectl, "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module", params=["overlays/dev", "overlays/gpu", "base"])
def objects(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return built(request.param)


def named(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


def test_kubernetes_knows_every_field(objects: list[dict[str, Any]]) -> None:
    for version in KUBERNETES_VERSIONS:
        for found in objects:
            kubernetes_validate.validate(found, version, strict=True)


def test_every_service_is_deployed_and_can_be_found(objects: list[dict[str, Any]]) -> None:
    deployments, services = named(objects, "Deployment"), named(objects, "Service")
    assert set(deployments) == set(services) == set(SERVICE_NAMES)
    for name in SERVICE_NAMES:
        pod = deployments[name]["spec"]["template"]
        [port] = services[name]["spec"]["ports"]
        [container] = pod["spec"]["containers"]
        assert container["args"] == ["up", name]
        image = container["image"].removeprefix("navigator/").partition(":")[0]
        assert VARIANTS.get(image, image) == name
        assert port["port"] == PlatformSettings().port_of(name)
        assert {"name": "http", "containerPort": port["port"]} in container["ports"]
        assert services[name]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()


def test_every_pod_is_restricted_limited_and_probed(objects: list[dict[str, Any]]) -> None:
    for deployment in named(objects, "Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        [container] = pod["containers"]
        check_image(container["image"])
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        wanted = {"cpu", "memory"} | ({GPU} if "-gpu:" in container["image"] else set())
        for kind in ("requests", "limits"):
            assert set(container["resources"][kind]) == wanted
        assert container["resources"]["requests"].get(GPU) == container["resources"]["limits"].get(
            GPU
        )
        for probe, path in (
            ("startup", "/healthz"),
            ("liveness", "/healthz"),
            ("readiness", "/readyz"),
        ):
            assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "http"}
        assert pod["automountServiceAccountToken"] is False
        # With service links a Service called navigator-ingest would set NAVIGATOR_INGEST_PORT.
        assert pod["enableServiceLinks"] is False


def test_on_a_gpu_only_embed_is_another() -> None:
    usual = named(built("base"), "Deployment")
    for name, deployment in named(built("overlays/gpu"), "Deployment").items():
        if name != "embed":
            assert deployment == usual[name]
            continue
        pod = deployment["spec"]["template"]["spec"]
        [container] = pod["containers"]
        assert container["image"].startswith("navigator/embed-gpu:")
        assert container["resources"]["limits"][GPU] == "1"
        # The old pod lets go of the GPU before the new one asks for it.
        assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_kubernetes_sets_only_settings_that_exist(objects: list[dict[str, Any]]) -> None:
    [config] = named(objects, "ConfigMap").values()
    check_settings(config["data"])
    check_urls(config["data"])
    known = fields_by_variable()
    for deployment in named(objects, "Deployment").values():
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        assert container["envFrom"] == [{"configMapRef": {"name": config["metadata"]["name"]}}]
        assert {variable["name"] for variable in container["env"]} <= set(known)


def test_secrets_are_referred_to_and_explained(objects: list[dict[str, Any]]) -> None:
    assert not named(objects, "Secret")
    explained = (ROOT / "deploy" / "k8s" / "base" / "kustomization.yaml").read_text()
    held: dict[str, set[str]] = {}
    for name, deployment in named(objects, "Deployment").items():
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        sources = [variable["valueFrom"] for variable in container["env"]]
        found = [source["secretKeyRef"] for source in sources if "secretKeyRef" in source]
        assert {reference["name"] for reference in found} <= {"navigator"}
        held[name] = {reference["key"] for reference in found}
    assert all(key in explained for keys in held.values() for key in keys)
    assert held["gateway"] == set(), "anybody may call the gateway, so it holds no secret"
    databases = {name: {key for key in held[name] if key.endswith("DATABASE_URL")} for name in held}
    assert {name: keys for name, keys in databases.items() if keys} == {
        "ingest": {"NAVIGATOR_DATABASE_URL"},
        "recommend": {"NAVIGATOR_RECOMMEND_DATABASE_URL"},
    }


# --- who may talk to whom -----------------------------------------------------------------------


def selects(selector: Mapping[str, Any], service: str) -> bool:
    labels = {NAME: service, "app.kubernetes.io/part-of": "navigator"}
    wanted = selector.get("matchLabels", {})
    among = selector.get("matchExpressions", [])
    return wanted.items() <= labels.items() and all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"] for rule in among
    )


def allows(
    policies: list[dict[str, Any]], direction: str, service: str, other: str, port: int
) -> bool:
    peers = {"ingress": "from", "egress": "to"}[direction]
    return any(
        selects(peer["podSelector"], other)
        for policy in policies
        if selects(policy["podSelector"], service)
        for rule in policy.get(direction, [])
        if any(allowed["port"] == port for allowed in rule["ports"])
        for peer in rule.get(peers, [{"podSelector": {}}])
        if "podSelector" in peer
    )


def calls() -> set[tuple[str, str]]:
    """Who asks whom over HTTP, as the code says."""
    found: set[tuple[str, str]] = {
        ("gateway", other) for other in SERVICE_NAMES if other != "gateway"
    }
    for service in SERVICE_NAMES:
        code = (ROOT / "services" / service / "app.py").read_text()
        found |= {(service, other) for other in re.findall(r'\.http\(NAME, "(\w+)"\)', code)}
    return found


def test_all_that_is_not_needed_is_denied(objects: list[dict[str, Any]]) -> None:
    policies = {name: found["spec"] for name, found in named(objects, "NetworkPolicy").items()}
    deny = policies.pop("default-deny")
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    needed = calls()
    assert ("embed", "ingest") in needed
    for client in SERVICE_NAMES:
        for server in SERVICE_NAMES:
            if client == server:
                continue
            port = PlatformSettings().port_of(server)
            specs = list(policies.values())
            out = allows(specs, "egress", client, server, port)
            into = allows(specs, "ingress", server, client, port)
            assert out == ((client, server) in needed), f"egress {client} -> {server}"
            # The gateway is open to all.
            assert into == ((client, server) in needed or server == "gateway")
