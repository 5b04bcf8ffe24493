"""docs/quality.md agrees with the committed measurements of the quality gate, and these with the code."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from apiserver.biometrics.quality import QualityLimits
from bench.documents.quality import good_table, spoiled_table, unlike_table
from bench.photographs.degraded import WAYS, exposed, shrunk
from tests.checkout import ROOT

UNLIKE = [json.loads(path.read_text()) for path in sorted((ROOT / "bench" / "results").glob("unlike_own-*.json"))]
RECORDS = [json.loads(path.read_text()) for path in sorted((ROOT / "bench" / "results").glob("quality-*.json"))]


@pytest.mark.parametrize("table", [good_table(RECORDS), spoiled_table(RECORDS), unlike_table(UNLIKE)])
def test_the_tables_are_in_the_document(table: str):
    assert table in (ROOT / "docs" / "quality.md").read_text()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record['photographs']}-{record['models']}")
def test_the_measured_limits_are_the_defaults(record):
    """A changed default requires a new measurement."""
    assert record["limits"] == asdict(QualityLimits())


def test_every_degradation_changes_a_photograph():
    image = np.random.default_rng(0).integers(0, 120, (64, 64, 3), np.uint8)
    for name, (_, spoil) in WAYS.items():
        assert not np.array_equal(spoil(image), image), name


def test_brightness_is_clipped_at_white():
    assert exposed(np.full((2, 2, 3), 100, np.uint8), 3).max() == 255
    assert shrunk(np.zeros((100, 50, 3), np.uint8), 0.2).shape == (20, 10, 3)
