"""The contents of docker-compose.yml and k8s/, read without Docker, a cluster or kustomize."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import apiserver.settings.settings
import db.__main__
import vectorizer.settings
from tests.checkout import ROOT

KUBERNETES = ROOT / "k8s"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SETTINGS = {
    str(field.validation_alias or f"{settings.model_config.get('env_prefix', '')}{name}").upper()
    for settings in (apiserver.settings.settings.Settings, vectorizer.settings.Settings, db.__main__.Settings)
    for name, field in settings.model_fields.items()
}
"""Every variable that a service reads."""
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
OURS = ("gateway", "vectorizer", "vectorizer-gpu", "models")
"""The images that are built here, as faceserver-<name>."""


@cache
@cache
def documents() -> list[tuple[Path, dict[str, Any]]]:
    """Return every document below k8s/, with its file."""
    files = {path: path.read_text(encoding="utf-8") for path in sorted(KUBERNETES.rglob("*.yaml"))}
    return [(path, document) for path, text in files.items() for document in yaml.safe_load_all(text)]


def workloads(folder: str = "") -> dict[str, dict[str, Any]]:
    """Return the pods of the workloads below k8s/`folder`, by the file and the name of each."""
    return {
        f"{path.relative_to(KUBERNETES)}:{document['metadata']['name']}": document["spec"]["template"]["spec"]
        for path, document in documents()
        if path.is_relative_to(KUBERNETES / folder) and "template" in document.get("spec", {})
    }


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a pod, including its init containers."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def literals() -> dict[str, dict[str, str]]:
    """Return the variables of each generated ConfigMap, of the base and all overlays together."""
    found: dict[str, dict[str, str]] = {}
    for _, document in documents():
        for generator in document.get("configMapGenerator", []):
            pairs = (literal.split("=", 1) for literal in generator["literals"])
            found.setdefault(generator["name"], {}).update(dict(pairs))
    return found


def default(value: str) -> str:
    """Return `value` as compose reads it if no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
