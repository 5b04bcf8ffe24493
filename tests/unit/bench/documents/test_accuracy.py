"""The published tables, pictures and thresholds agree with the committed reports."""

import json
import tomllib
from pathlib import Path

import pytest

from bench.accuracy.manifest_block import manifest_block
from bench.documents.accuracy import tables
from bench.documents.accuracy_plots import draw
from tests.checkout import ROOT

REPORTS = sorted((ROOT / "bench" / "results").glob("accuracy-*.json"))
LFW = [path for path in REPORTS if "lfw" in path.stem]


def test_every_table_of_the_reports_is_in_the_document():
    document = (ROOT / "docs" / "accuracy.md").read_text()
    missing = [table for table in tables(REPORTS) if table not in document]
    assert not missing


def test_a_table_without_rows_is_not_drawn():
    pairs_only = [path for path in REPORTS if "deepface" in path.stem]
    titles = [table.split("**")[1] for table in tables(pairs_only)]
    assert "Photographs" in titles
    assert "All pairs" not in titles


@pytest.mark.parametrize("path", LFW, ids=lambda path: path.stem)
def test_the_manifest_holds_the_measured_calibration_and_thresholds(path):
    report = json.loads(path.read_text())
    manifest = tomllib.loads((ROOT / "vectorizer" / "packs" / "manifest.toml").read_text())
    name = report["model"]["id"].partition("@")[0]
    [shipped] = [entry for entry in manifest["embedders"] if entry["name"] == name]
    measured = tomllib.loads(manifest_block(report))
    assert {key: shipped[key] for key in ("calibration", "thresholds")} == measured


@pytest.mark.parametrize("path", LFW, ids=lambda path: path.stem)
def test_the_pictures_are_those_of_the_reports(path, tmp_path):
    """Compare the text of a picture: counts and thresholds. Lines may differ in the last digit between machines."""
    draw(json.loads(path.read_text()), tmp_path / "drawn.svg")
    assert texts(tmp_path / "drawn.svg") == texts(ROOT / "docs" / "plots" / f"{path.stem}.svg")


def texts(svg: Path) -> list[str]:
    return [line.split(">")[1] for line in svg.read_text().splitlines() if line.lstrip().startswith("<text")]


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_reports_hold_no_path_of_a_machine(path):
    report = path.read_text()
    assert not [word for word in report.replace('"', " ").split() if word.startswith(("/", "file:"))]
