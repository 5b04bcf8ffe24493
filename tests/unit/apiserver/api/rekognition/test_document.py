"""What docs/rekognition.md says of operations, errors and percentages."""

import re
from dataclasses import fields

from apiserver.api.rekognition import problems
from apiserver.api.rekognition.operations import OPERATIONS
from apiserver.biometrics.model import Tail
from apiserver.biometrics.percentages import Percentages
from tests.checkout import ROOT
from vectorizer.packs.manifest import read_manifest

TEXT = (ROOT / "docs" / "rekognition.md").read_text(encoding="utf-8")
SHOWN = (50, 80, 90, 95, 99, 99.9)


def percentages() -> str:
    """Return the table of the curves."""
    heads = [f"{percent} %" for percent in SHOWN]
    lines = [
        f"| model | slope | intercept | {' | '.join(heads)} | cosine 0.3 | 0.5 | 0.7 |",
        f"|---|---|---|{'---|' * (len(SHOWN) + 3)}",
    ]
    for embedder in read_manifest().embedders:
        curve = Percentages.of(Tail(*(getattr(embedder.tail, field.name) for field in fields(Tail))))
        cosines = [f"{curve.cosine(percent):.3f}" for percent in SHOWN]
        percents = [f"{curve.percent(cosine):.4g} %" for cosine in (0.3, 0.5, 0.7)]
        values = [f"{curve.slope:.3f}", f"{curve.intercept:.3f}", *cosines, *percents]
        lines.append(f"| `{embedder.name}` | {' | '.join(values)} |")
    return "\n".join(lines)


def test_the_percentages():
    found = re.search(r"<!-- percentages -->\n(.*?)\n<!-- end -->", TEXT, re.DOTALL)
    assert found
    assert found[1] == percentages()


def test_the_scopes():
    rows = dict(re.findall(r"^\| (`\w+`(?: and `\w+`)?) \| ([A-Z]\w+(?:, \w+)*)", TEXT, re.MULTILINE))
    documented = {
        operation: set(re.findall(r"\w+", scopes.replace(" and ", " ")))
        for scopes, operations in rows.items()
        for operation in operations.split(", ")
    }
    assert documented == {name: set(operation.scopes) for name, operation in OPERATIONS.items()}


def test_the_errors():
    named = {name for _, name, _ in problems._NAMES} | {problems._OTHER[0]}
    documented = set(re.findall(r"`(\w+(?:Exception|Error))`", TEXT))
    assert named - {"RequestTimeoutException"} <= documented
