"""The published tables and floors of recognizability agree with the committed records."""

import json
import tomllib

import numpy as np
import pytest

from bench.documents.recognizability import tables
from bench.recognizability.looks import EVERY_KIND, UPRIGHTED
from tests.checkout import ROOT

PACKS = ROOT / "vectorizer" / "packs"
PATHS = sorted((ROOT / "bench" / "results").glob("recognizability-*.json"))
RECORDS = [json.loads(path.read_text()) for path in PATHS]
EMBEDDERS = {one["name"]: one for one in tomllib.loads((PACKS / "manifest.toml").read_text())["embedders"]}


def test_both_measured_embedders_have_a_record():
    measured = {name for name, embedder in EMBEDDERS.items() if "recognizability" in embedder}
    assert {record["models"] for record in RECORDS} == measured == {"sface_2021dec", "w600k_mbf"}


def test_every_table_is_in_the_document():
    document = (ROOT / "docs" / "accuracy.md").read_text()
    assert [table for table in tables(RECORDS) if table not in document] == []


@pytest.mark.parametrize("record", RECORDS, ids=[path.stem for path in PATHS])
def test_the_manifest_has_the_measured_floor(record):
    assert EMBEDDERS[record["models"]]["recognizability"]["floor"] == record["floor"]
    assert EMBEDDERS[record["models"]]["thresholds"]["match"] == record["threshold"]


@pytest.mark.parametrize("record", RECORDS, ids=[path.stem for path in PATHS])
def test_every_kind_of_damage_was_measured(record):
    assert {name for family in record["kinds"].values() for name in family} == {*EVERY_KIND, *UPRIGHTED}


@pytest.mark.parametrize("record", RECORDS, ids=[path.stem for path in PATHS])
def test_the_floor_costs_little_on_ordinary_photographs(record):
    assert record["ordinary"]["fnmr"] - record["ordinary"]["fnmr_without"] <= 0.0035


@pytest.mark.parametrize("name", EMBEDDERS)
def test_the_files_fit_their_embedder(name):
    described = EMBEDDERS[name].get("recognizability")
    if described is None:
        assert not EMBEDDERS[name]["calibrated"]
        return
    with np.load(PACKS / described["file"]) as arrays:
        assert arrays["centres"].shape[1] == EMBEDDERS[name]["dimension"]
        assert arrays["weights"].shape == (13 + EMBEDDERS[name]["dimension"],)
