"""Dashboard, alerts and autoscalers query exported metrics, and alerts link to instructions."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.checkout import ROOT
from tests.contract.exported import Exported
from tests.contract.manifests import COMPOSE, documents
from tests.documents import DOCUMENTS

OBSERVE = ROOT / "observe"
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((OBSERVE / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((OBSERVE / "grafana" / "faceserver.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ADAPTER: list[dict[str, Any]] = yaml.safe_load((OBSERVE / "prometheus-adapter.yml").read_text(encoding="utf-8"))[
    "rules"
]["custom"]
OPERATIONS = (DOCUMENTS / "operations.md").read_text(encoding="utf-8")

FOREIGN = {
    "up": {"job", "instance"},
    "kubelet_volume_stats_available_bytes": {"persistentvolumeclaim", "namespace"},
    "kubelet_volume_stats_capacity_bytes": {"persistentvolumeclaim", "namespace"},
}
"""Metrics of Prometheus itself and of the kubelet."""
OF_THE_SCRAPE = {"job", "instance", "namespace", "pod"}

SERIES = re.compile(r"\b((?:faceserver|process|kubelet|up)\w*)\b(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def scaled_by_keda() -> str:
    [found] = [document for _, document in documents() if document["kind"] == "ScaledObject"]
    query: str = found["spec"]["triggers"][0]["metadata"]["query"]
    return query


def queries() -> Iterator[Any]:
    for alert in ALERTS:
        yield pytest.param(alert["expr"], id=alert["alert"])
    for panel in PANELS:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for rule in ADAPTER:
        for key in ("seriesQuery", "metricsQuery"):
            query = rule[key].replace("<<.GroupBy>>", "pod").replace("<<.LabelMatchers>>", 'pod="a"')
            yield pytest.param(query, id=f"{rule['name']['as']} {key}")
    yield pytest.param(scaled_by_keda(), id="keda")
    for line in (DOCUMENTS / "observability.md").read_text(encoding="utf-8").splitlines():
        if (found := re.fullmatch(r"\| [^`|]+ \| `(.*)` \|", line)) and "(" in found[1]:
            yield pytest.param(found[1], id=found[1][:40])


@pytest.mark.parametrize("query", [*queries()])
def test_queries_use_exported_metrics_and_labels(query: str, metrics: list[Exported]):
    known = {
        name: {*metric.labels, *OF_THE_SCRAPE, *(["le"] if name.endswith("_bucket") else [])}
        for metric in metrics
        for name in metric.samples
    } | FOREIGN
    asked = SERIES.findall(GROUPED.sub("", query))
    assert asked
    for name, matchers in asked:
        assert name in known
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) <= known[name]
    groups = {label.strip() for labels in GROUPED.findall(query) for label in labels.split(",")}
    assert groups <= set.union(*(known[name] for name, _ in asked))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_links_to_instructions(alert: dict[str, Any]):
    assert alert["labels"]["severity"] in {"warning", "critical"}
    assert alert["annotations"]["summary"].endswith(".")
    document, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert document == "docs/operations.md"
    assert anchor == alert["alert"].lower()
    [advice] = re.findall(rf"^### {alert['alert']}\n\n(.+)$", OPERATIONS, re.MULTILINE)
    assert len(advice) > 40


def test_every_instruction_belongs_to_an_alert():
    section = OPERATIONS.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+)$", section, re.MULTILINE) == [alert["alert"] for alert in ALERTS]
    titles = {panel["title"] for panel in PANELS}
    assert set(re.findall(r"\*([A-Z][a-z ]+)\*", section)) <= titles


def test_the_operator_has_the_same_alerts():
    [rules] = [document for _, document in documents() if document["kind"] == "PrometheusRule"]
    assert [rule for group in rules["spec"]["groups"] for rule in group["rules"]] == ALERTS


def test_autoscalers_use_metrics_of_the_adapter():
    told = {rule["name"]["as"] for rule in ADAPTER}
    scalers = [document for _, document in documents() if document["kind"] == "HorizontalPodAutoscaler"]
    asked = {
        metric["pods"]["metric"]["name"]
        for scaler in scalers
        for metric in scaler.get("spec", {}).get("metrics", [])
        if "pods" in metric
    }
    assert asked == told == {"faceserver_vectorizer_load", "faceserver_gateway_load"}


def test_the_dashboard_is_complete():
    identities = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(identities)) == len(identities)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]}) == len(identities)
    shown = " ".join(target["expr"] for panel in PANELS for target in panel["targets"])
    left_out = set(re.findall(r"faceserver_\w+", " ".join(alert["expr"] for alert in ALERTS))) - set(
        re.findall(r"faceserver_\w+", shown)
    )
    assert not left_out, "whoever is told of something wants to see it"


def test_the_profile_has_every_file_and_scrapes_every_service():
    services = {name: each for name, each in COMPOSE["services"].items() if "observe" in each.get("profiles", [])}
    mounted = [volume for each in services.values() for volume in each.get("volumes", []) if volume.startswith("./")]
    assert {ROOT / volume.split(":")[0] for volume in mounted} == {
        path for path in OBSERVE.rglob("*") if path.is_file() and path.name != "prometheus-adapter.yml"
    }
    jobs = yaml.safe_load((OBSERVE / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    scraped = {name: job["dns_sd_configs"][0]["port"] for job in jobs for name in job["dns_sd_configs"][0]["names"]}
    ports = {
        name: each["environment"].get("VECTORIZER_METRICS_PORT")
        or each["environment"][f"APISERVER_{'WORKER_' if name == 'worker' else ''}METRICS_PORT"]
        for name, each in COMPOSE["services"].items()
        if name in scraped
    }
    assert scraped == ports
    networks = {name: set(COMPOSE["services"][name]["networks"]) for name in [*scraped, "prometheus", "collector"]}
    assert all(networks[name] & networks["prometheus"] and networks[name] & networks["collector"] for name in scraped)


PROMTOOL = shutil.which("promtool")


@pytest.mark.skipif(PROMTOOL is None, reason="needs promtool, of Debian's package prometheus")
@pytest.mark.parametrize(
    "arguments",
    [["check", "config", "observe/prometheus.yml"], ["test", "rules", "tests/contract/alert_cases.yml"]],
    ids=" ".join,
)
def test_promtool_accepts_rules_and_configuration(arguments: list[str]):
    checked = subprocess.run([str(PROMTOOL), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
