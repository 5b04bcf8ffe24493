"""docker-compose.yml and k8s/ agree with the services and with each other, and are safe."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

import apiserver.api.service
import apiserver.settings.settings
import vectorizer.routes
import vectorizer.settings
from tests.checkout import ROOT
from tests.contract.manifests import (
    COMPOSE,
    KUBERNETES,
    OURS,
    SETTINGS,
    VERSION,
    containers,
    default,
    documents,
    literals,
    workloads,
)

SERVICES = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
PODS = workloads()
BASE = workloads("base")

OBJECT_STORE = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT", "AWS_ALLOW_HTTP"}
PREFIX = {name: "APISERVER_" if name == "gateway" else "VECTORIZER_" for name in OURS}


def ours(image: str) -> str | None:
    """Return the name of an image that is built here."""
    found = re.fullmatch(r"faceserver-([\w-]+)(:.*)?", image)
    return found[1] if found else None


def compose_environments() -> Iterator[tuple[str, str, str]]:
    for name, service in SERVICES.items():
        image = ours(default(service["image"]))
        assert image
        yield from ((f"compose:{name}", image, variable) for variable in service.get("environment", {}))


def kubernetes_environments() -> Iterator[tuple[str, str, str]]:
    for name, pod in PODS.items():
        for container in containers(pod):
            image = ours(container.get("image", f"faceserver-{container['name']}"))
            if image is None:
                continue
            generated = [literals()[source["configMapRef"]["name"]] for source in container.get("envFrom", [])]
            variables = [*(entry["name"] for entry in container.get("env", [])), *chain.from_iterable(generated)]
            yield from ((name, "gateway" if image in ("worker", "migrate") else image, key) for key in variables)


@pytest.mark.parametrize(("place", "image", "variable"), [*compose_environments(), *kubernetes_environments()])
def test_every_variable_is_a_setting_of_the_service_that_gets_it(place: str, image: str, variable: str):
    if image == "gateway" and variable in OBJECT_STORE:
        return
    assert variable in SETTINGS, place
    assert variable.startswith((PREFIX[image], "OTEL_")) or variable == "DATABASE_URL", place


@pytest.mark.parametrize(
    "command",
    [[*service["command"]] for service in SERVICES.values() if "command" in service]
    + [container["args"] for pod in PODS.values() for container in containers(pod) if "args" in container],
    ids=" ".join,
)
def test_every_command_is_a_module_that_runs(command: list[str]):
    module = command[0]
    assert find_spec(f"{module}.__main__" if (ROOT / module).is_dir() else module)


def test_compose_and_kubernetes_run_the_same_images():
    by_compose = {default(service["image"]) for service in COMPOSE["services"].values()}
    everywhere = [container for pod in PODS.values() for container in containers(pod)]
    by_kubernetes = {container["image"] for container in everywhere if "image" in container}
    tags = {
        entry["name"]: entry["newTag"]
        for _, document in documents()
        for entry in document.get("images", [])
        if "newTag" in entry
    }
    tagged = {f"{image}:{tags[image]}" if image in tags else image for image in by_kubernetes}
    assert set(tags.values()) == {VERSION}
    assert tagged <= by_compose
    assert {f"faceserver-{name}:{VERSION}" for name in OURS} <= by_compose
    assert all(":" in image and not image.endswith(":latest") for image in by_compose | tagged)


def test_compose_publishes_only_gateway_and_dashboard_and_only_on_loopback():
    published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert {name: [default(port) for port in ports] for name, ports in published.items()} == {
        "apiserver": ["127.0.0.1:8080:8080"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_services_of_compose_have_few_privileges(name: str):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service  # the image's


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_of_compose_is_confined(name: str):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert 0 < service["pids_limit"] <= 4096
    assert "cap_add" not in service or name == "db"
    assert service["image"]


def test_compose_waits_for_the_migration_and_for_requests_in_progress():
    for name in ("apiserver", "worker"):
        assert COMPOSE["services"][name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    services = (apiserver.settings.settings.Settings, vectorizer.settings.Settings)
    longest = max(settings.model_fields["shutdown_timeout_seconds"].default for settings in services)
    for service in SERVICES.values():
        assert int(service["stop_grace_period"].rstrip("s")) > longest


def test_networks_of_compose_admit_only_the_required_connections():
    attached = {name: service.get("networks", []) for name, service in COMPOSE["services"].items()}
    assert {name for name, networks in attached.items() if "vectorizers" in networks} == {
        "apiserver",
        "worker",
        "vectorizer",
        "vectorizer-gpu",
        "prometheus",
        "collector",
    }
    assert attached["db"] == ["database"]
    assert {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")} == {"outside"}


@pytest.mark.parametrize("name", PODS)
def test_containers_have_few_privileges(name: str):
    pod = PODS[name]
    if "base" in name:
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False  # service links would set VECTORIZER_PORT
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pod):
        if "image" in container:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_secrets_are_references_and_every_mounted_volume_exists():
    for pod in BASE.values():
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        for container in pod["containers"]:
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes
            for entry in container.get("env", []):
                assert "secretKeyRef" in entry.get("valueFrom", {}) or entry["name"] == "APISERVER_WORKER_ALIVE_FILE"


@pytest.mark.parametrize(
    ("service", "routes"),
    [("gateway", apiserver.api.service.router.routes), ("vectorizer", vectorizer.routes.router.routes)],
)
def test_probes_use_paths_that_the_service_has(service: str, routes: list[Any]):
    [container] = BASE[f"base/{service}.yaml:{service}"]["containers"]
    paths = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}
    assert set(paths.values()) <= {route.path for route in routes}
    assert {container[f"{kind}Probe"]["httpGet"]["port"] for kind in paths} == {"health"}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert set(ports) == {"http", "health", "metrics"}
    assert int(literals()[service][f"{PREFIX[service]}HEALTH_PORT"]) == ports["health"]


def test_compose_asks_the_health_port_of_the_image():
    [*_, script] = COMPOSE["services"]["apiserver"]["healthcheck"]["test"]
    port = re.search(r"APISERVER_HEALTH_PORT=(\d+)", (ROOT / "apiserver" / "Dockerfile").read_text(encoding="utf-8"))
    assert port
    assert f"C('127.0.0.1', {port[1]}, timeout=4)" in script


def test_a_pod_has_enough_time_to_drain():
    gateway, vectorizer = (BASE[f"base/{name}.yaml:{name}"] for name in ("gateway", "vectorizer"))
    settings = literals()
    draining = int(settings["gateway"]["APISERVER_DRAIN_SECONDS"])
    stopping = int(settings["gateway"]["APISERVER_SHUTDOWN_TIMEOUT_SECONDS"])
    assert gateway["terminationGracePeriodSeconds"] >= draining + stopping + 5
    asleep = vectorizer["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    stopping = int(settings["vectorizer"]["VECTORIZER_SHUTDOWN_TIMEOUT_SECONDS"])
    assert vectorizer["terminationGracePeriodSeconds"] >= asleep + stopping + 5


def test_updates_never_reduce_the_number_of_pods():
    deployments = {d["metadata"]["name"]: d for p, d in documents() if d["kind"] == "Deployment" and "base" in p.parts}
    budgets = {d["metadata"]["name"] for _, d in documents() if d["kind"] == "PodDisruptionBudget"}
    assert set(deployments) == budgets == {"gateway", "worker", "vectorizer"}
    for deployment in deployments.values():
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        spread = {each["topologyKey"] for each in deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]}
        assert spread == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}


def test_the_default_deny_policy_selects_every_pod():
    base = [document for path, document in documents() if "base" in path.parts]
    policies = {d["metadata"]["name"]: d["spec"] for d in base if d["kind"] == "NetworkPolicy"}
    assert policies["faceserver"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/part-of": "faceserver"}}
    assert set(policies["faceserver"]["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in policies["faceserver"]
    assert [policy for policy, spec in policies.items() if "ingress" in spec] == ["gateway", "vectorizer", "metrics"]
    for document in base:
        if "template" in document.get("spec", {}):
            assert document["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/part-of"] == "faceserver"


def test_metrics_are_served_where_the_scraper_may_read_them():
    [policy] = [d for _, d in documents() if d["kind"] == "NetworkPolicy" and d["metadata"]["name"] == "metrics"]
    [selected] = policy["spec"]["podSelector"]["matchExpressions"]
    [admitted] = policy["spec"]["ingress"]
    [port] = [each["port"] for each in admitted["ports"]]
    assert admitted["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]  # and no other peer
    settings = {"gateway": "APISERVER_METRICS_PORT", "worker": "APISERVER_WORKER_METRICS_PORT"}
    for name in selected["values"]:
        setting = settings.get(name, "VECTORIZER_METRICS_PORT")
        assert int(literals()["gateway" if name == "worker" else name][setting]) == port
        [container] = BASE[f"base/{name}.yaml:{name}"]["containers"]
        assert {"name": "metrics", "containerPort": port} in container["ports"]
        deployments = [d for p, d in documents() if d["kind"] == "Deployment" and "base" in p.parts]
        [deployment] = [deployment for deployment in deployments if deployment["metadata"]["name"] == name]
        annotations = deployment["spec"]["template"]["metadata"]["annotations"]
        assert annotations == {"prometheus.io/scrape": "true", "prometheus.io/port": str(port)}


def test_the_public_service_exposes_neither_metrics_nor_health():
    for _, document in documents():
        if document["kind"] == "Service" and document["metadata"]["name"] in BASE:
            assert "metrics" not in str(document["spec"]["ports"])
            assert "health" not in str(document["spec"]["ports"])


def test_hosts_are_those_of_the_published_port_the_service_and_the_ingress():
    assert default(COMPOSE["services"]["apiserver"]["environment"]["APISERVER_HOSTS"]) == "localhost,apiserver"
    [ingress] = [d for _, d in documents() if d["kind"] == "Ingress"]
    hosts = literals()["gateway"]["APISERVER_HOSTS"].split(",")
    assert {rule["host"] for rule in ingress["spec"]["rules"]} | {"gateway"} <= set(hosts)


def test_vectorizers_are_behind_a_name_with_many_addresses():
    [service] = [d for _, d in documents() if d["kind"] == "Service" and d["metadata"]["name"] == "vectorizer"]
    assert service["spec"]["clusterIP"] == "None"
    assert literals()["gateway"]["APISERVER_VECTORIZER_URLS"] == "http://vectorizer:8081"


def test_services_start_after_the_tables_of_citus_are_distributed():
    folder = KUBERNETES / "components" / "citus"
    [component] = yaml.safe_load_all((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    patches = {patch["metadata"]["name"]: patch for patch in (yaml.safe_load(p["patch"]) for p in component["patches"])}
    assert set(patches) == {"gateway", "worker"}
    [job] = [pod for name, pod in PODS.items() if name.endswith("distribute.yaml:distribute")]
    [distributes] = job["containers"]
    for patch in patches.values():
        [waits] = patch["spec"]["template"]["spec"]["initContainers"]
        assert waits["args"] == [*distributes["args"], "--wait"]
        for part in ("image", "env", "securityContext"):
            assert waits[part] == distributes[part]


def test_every_file_below_k8s_is_used():
    used: set[Path] = set()
    for path, document in documents():
        entries = document.get("resources", []) if path.name == "kustomization.yaml" else []
        patches = [patch["path"] for patch in document.get("patches", []) if "path" in patch]
        used |= {(path.parent / entry).resolve() for entry in [*entries, *patches]}
    files = {path for path in KUBERNETES.rglob("*.yaml") if path.name != "kustomization.yaml"}
    assert files - used == set()
    assert {path for path in used if not path.exists()} == set()


def test_no_yaml_mapping_repeats_a_key():
    for path in [ROOT / "docker-compose.yml", *KUBERNETES.rglob("*.yaml")]:
        for document in yaml.compose_all(path.read_text(encoding="utf-8")):
            assert repeated_keys(document) == [], path


def repeated_keys(node: yaml.Node | None) -> list[str]:
    """Return the keys that a mapping below `node` repeats; the parser would silently take the last one."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        below = [name for _, value in node.value for name in repeated_keys(value)]
        return [key for key in set(keys) if keys.count(key) > 1] + below
    if isinstance(node, yaml.SequenceNode):
        return [name for value in node.value for name in repeated_keys(value)]
    return []
