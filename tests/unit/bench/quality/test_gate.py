"""What docs/quality.md says of the quality gate agrees with the committed measurements, and these with the code."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from apiserver.biometrics.quality import QualityLimits
from bench.documents.quality import good_table, spoiled_table
from bench.photographs.degraded import WAYS, exposed, shrunk
from tests.checkout import ROOT

RECORDS = [json.loads(path.read_text()) for path in sorted((ROOT / "bench" / "results").glob("quality-*.json"))]


@pytest.mark.parametrize("table", [good_table(RECORDS), spoiled_table(RECORDS)])
def test_the_tables_stand_in_the_document(table: str):
    assert table in (ROOT / "docs" / "quality.md").read_text()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record['photographs']}-{record['models']}")
def test_the_limits_that_were_measured_are_those_in_force(record):
    """Whoever changes a default measures it."""
    assert record["limits"] == asdict(QualityLimits())


def test_every_way_changes_a_photograph():
    image = np.random.default_rng(0).integers(0, 120, (64, 64, 3), np.uint8)
    for name, (_, spoil) in WAYS.items():
        assert not np.array_equal(spoil(image), image), name


def test_light_is_cut_off_at_white():
    assert exposed(np.full((2, 2, 3), 100, np.uint8), 3).max() == 255
    assert shrunk(np.zeros((100, 50, 3), np.uint8), 0.2).shape == (20, 10, 3)
