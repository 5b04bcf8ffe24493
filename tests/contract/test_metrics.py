"""docs/observability.md lists exactly the exported metrics, with type, labels and meaning."""

from tests.contract.exported import Exported
from tests.documents import DOCUMENTS

DOCUMENT = (DOCUMENTS / "observability.md").read_text(encoding="utf-8")


def row(metric: Exported) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} |"


def test_every_metric_is_documented(metrics: list[Exported]):
    missing = [row(metric) for metric in metrics if row(metric) not in DOCUMENT and "faceserver_" in metric.name]
    assert not missing, "add to docs/observability.md:\n" + "\n".join(missing)


def test_every_documented_metric_exists(metrics: list[Exported]):
    documented = [line for line in DOCUMENT.splitlines() if line.startswith("| `faceserver_")]
    assert set(documented) <= {row(metric) for metric in metrics}
    assert len(documented) > 30


def test_no_label_contains_a_name_chosen_by_a_client(metrics: list[Exported]):
    """Each label is bounded by the code, or by the number of vectorizers and GPUs."""
    bounded = {"route", "status", "outcome", "stage", "decision", "search", "verdict", "effort", "state", "kind"}
    bounded |= {
        "reason",
        "limit",
        "index",
        "network",
        "replica",
        "gpu",
        "detector",
        "embedder",
        "provider",
        "runtime",
        "detector_runtime",
        "version",
        "share",
    }
    ours = [metric for metric in metrics if metric.name.startswith("faceserver_")]
    assert {label for metric in ours for label in metric.labels} <= bounded
