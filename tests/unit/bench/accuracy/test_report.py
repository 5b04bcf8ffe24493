"""The written report, its shares of decisions, and the manifest's block generated from it."""

import json
from pathlib import Path

import pytest

from bench.accuracy.identification import Search, Split
from bench.accuracy.judgement import judge_searches
from bench.accuracy.manifest_block import manifest_block
from bench.accuracy.report import Report, write
from bench.harness.provenance import Provenance
from bench.photographs.folder import Photograph

ORIGIN = Provenance("2026-01-02T03:04:05+00:00", "python -m bench accuracy office", "", {}, {})


@pytest.fixture
def searched():
    ann, bo = (Photograph(Path(), f"{person}/1.jpg") for person in ("ann", "bo"))
    mated = [
        Search("ann", "ann", 0.9, "match"),
        Search("ann", "ann", 0.4, "review"),
        Search("ann", "bo", 0.8, "match"),
        Search("ann", "bo", 0.1, "unknown"),
    ]
    non_mated = [
        Search(None, "ann", 0.1, "unknown"),
        Search(None, "ann", 0.4, "review"),
        Search(None, None, -2, "unknown"),
    ]
    return judge_searches(Split([ann, bo], mated=[], non_mated=[]), {"bo/1.jpg": "no-face"}, mated, non_mated)


def test_decisions_for_another_person_are_counted_separately(searched):
    assert searched.enrolled_people == 1
    assert searched.mated_decisions == {"match": 0.25, "review": 0.25, "unknown": 0.25, "wrong_match": 0.25}
    assert searched.non_mated_decisions == {"review": pytest.approx(1 / 3), "unknown": pytest.approx(2 / 3)}


def test_rates_are_given_at_every_hundredth(searched):
    assert (searched.fnir[40], searched.fnir[41], searched.fnir[91]) == (0.5, 0.75, 1.0)
    assert searched.fpir[40:42] == [pytest.approx(1 / 3), 0.0]


def test_numbers_are_written_to_six_digits(searched, tmp_path):
    report = Report(ORIGIN, "office", {"id": "sface@0123"}, 2, 0, {}, None, None, searched)
    path = write(report, tmp_path / "results")
    assert path == tmp_path / "results" / "accuracy-office-sface.json"
    written = json.loads(path.read_text())
    assert written["identification"]["non_mated_decisions"] == {"review": 0.333333, "unknown": 0.666667}
    assert written["provenance"]["command"] == "python -m bench accuracy office"
    assert written["all_pairs"] is None


def all_pairs_report(at_fmr):
    calibration = {"slope": 43.33521, "intercept": -14.08505}
    return {
        "model": {"id": "sface@0123"},
        "provenance": {"date": "2026-01-02T03:04:05+00:00"},
        "all_pairs": {"calibration": calibration, "at_fmr": at_fmr},
    }


def test_the_manifest_block_matches_at_1e_5_and_reviews_from_1e_4():
    at_fmr = {"1e-3": {"threshold": 0.36}, "1e-4": {"threshold": 0.41}, "1e-5": {"threshold": 0.46}}
    assert manifest_block(all_pairs_report(at_fmr)).splitlines() == [
        "# sface@0123, measured 2026-01-02; cosine by FMR: 0.36 at 1e-3, 0.41 at 1e-4, 0.46 at 1e-5",
        "calibration = { slope = 43.3352, intercept = -14.0851 }",
        "thresholds = { match = 0.46, review = 0.41 }",
    ]


def test_too_few_pairs_for_a_manifest_block_are_refused():
    with pytest.raises(ValueError, match="hundred thousand pairs"):
        manifest_block(all_pairs_report({"1e-3": {"threshold": 0.36}, "1e-4": None, "1e-5": None}))
