"""The report of one measurement, as it is kept in a file."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.biometrics import BoolArray, FloatArray, OperatingPoint, Roc
from bench.calibration import Calibration, fit_calibration
from bench.identification import Search, Split, false_negative_rate, false_positive_rate
from bench.provenance import Provenance
from bench.verification import Decisions, FoldAccuracy, accuracy_by_folds, decide, folds_of

THRESHOLDS: FloatArray = np.linspace(0, 1, 101).round(2)
BINS: FloatArray = np.linspace(-1, 1, 101).round(2)
FALSE_MATCH_RATES = {"1e-3": 1e-3, "1e-4": 1e-4, "1e-5": 1e-5}


@dataclass(frozen=True)
class Comparisons:
    """1:1 comparison: counts, error rates at the thresholds 0.00, 0.01, … 1.00, and how the cosines are spread.

    The histograms count cosines in 100 equal bins from -1 to 1.
    """

    genuine_pairs: int
    impostor_pairs: int
    area_under_curve: float
    equal_error_rate: float
    fmr: list[float]
    fnmr: list[float]
    genuine_histogram: list[int]
    impostor_histogram: list[int]


@dataclass(frozen=True)
class PairTable:
    """A table of labelled pairs: accuracy by folds, and decisions at the table's best threshold and the model's own."""

    comparisons: Comparisons
    folds: FoldAccuracy
    best: Decisions
    match: Decisions
    review: Decisions


@dataclass(frozen=True)
class AllPairs:
    """Every pair among the photographs: the thresholds it suggests by FMR, and the calibration it suggests.

    `at_fmr` is None where there are too few impostor pairs to see the rate.
    """

    comparisons: Comparisons
    at_fmr: dict[str, OperatingPoint | None]
    calibration: Calibration
    match: OperatingPoint
    review: OperatingPoint


@dataclass(frozen=True)
class Identification:
    """1:N: error rates at the thresholds 0.00, 0.01, … 1.00, and the decisions the gateway took, as shares."""

    enrolled_people: int
    refused_enrolments: dict[str, str]
    mated_searches: int
    non_mated_searches: int
    fpir: list[float]
    fnir: list[float]
    mated_decisions: dict[str, float]
    non_mated_decisions: dict[str, float]


@dataclass(frozen=True)
class Report:
    """All that was measured in one run; a part that was not asked for is None."""

    provenance: Provenance
    dataset: str
    model: dict[str, Any]
    photographs: int
    photographs_with_several_faces: int
    failures_to_enrol: dict[str, str]
    pair_table: PairTable | None
    all_pairs: AllPairs | None
    identification: Identification | None


def compare(roc: Roc, same: BoolArray, similarity: FloatArray) -> Comparisons:
    points = [roc.at(threshold) for threshold in THRESHOLDS]
    return Comparisons(
        genuine_pairs=roc.genuine_pairs,
        impostor_pairs=roc.impostor_pairs,
        area_under_curve=roc.area_under_curve(),
        equal_error_rate=roc.equal_error_rate(),
        fmr=[point.fmr for point in points],
        fnmr=[point.fnmr for point in points],
        genuine_histogram=np.histogram(similarity[same], BINS)[0].tolist(),
        impostor_histogram=np.histogram(similarity[~same], BINS)[0].tolist(),
    )


def judge_table(
    same: BoolArray, similarity: FloatArray, given_folds: Sequence[str | None], thresholds: dict[str, float]
) -> PairTable:
    """Judge the pairs of a table; `thresholds` are the model's own."""
    roc = Roc(same, similarity)
    return PairTable(
        comparisons=compare(roc, same, similarity),
        folds=accuracy_by_folds(same, similarity, folds_of(same, given_folds)),
        best=decide(same, similarity, roc.most_accurate_threshold()),
        match=decide(same, similarity, thresholds["match"]),
        review=decide(same, similarity, thresholds["review"]),
    )


def judge_all_pairs(same: BoolArray, similarity: FloatArray, thresholds: dict[str, float]) -> AllPairs:
    """Judge every pair there is; `thresholds` are the model's own."""
    roc = Roc(same, similarity)
    return AllPairs(
        comparisons=compare(roc, same, similarity),
        at_fmr={name: roc.at_fmr(rate) if roc.measures(rate) else None for name, rate in FALSE_MATCH_RATES.items()},
        calibration=fit_calibration(same, similarity),
        match=roc.at(thresholds["match"]),
        review=roc.at(thresholds["review"]),
    )


def judge_searches(
    parts: Split, refused: dict[str, str], mated: Sequence[Search], non_mated: Sequence[Search]
) -> Identification:
    return Identification(
        enrolled_people=len(parts.enrolments) - len(refused),
        refused_enrolments=refused,
        mated_searches=len(mated),
        non_mated_searches=len(non_mated),
        fpir=false_positive_rate(non_mated, THRESHOLDS).tolist(),
        fnir=false_negative_rate(mated, THRESHOLDS).tolist(),
        mated_decisions=_mated_shares(mated),
        non_mated_decisions=_shares([search.decision for search in non_mated]),
    )


def _mated_shares(searches: Sequence[Search]) -> dict[str, float]:
    """Give the shares of the decisions, a decision for somebody else counted apart as `wrong_match`, `wrong_review`."""
    named = [(search.decision, search.right or search.decision == "unknown") for search in searches]
    return _shares([decision if right else f"wrong_{decision}" for decision, right in named])


def _shares(outcomes: Sequence[str]) -> dict[str, float]:
    return {outcome: outcomes.count(outcome) / len(outcomes) for outcome in sorted(set(outcomes))}


def report_name(report: Report) -> str:
    """Name the report's file: the collection of photographs and the model, without the model's checksum."""
    return f"accuracy-{report.dataset}-{str(report.model['id']).partition('@')[0]}"


def write(report: Report, path: Path) -> None:
    """Write a report as JSON, numbers to six significant digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(asdict(report)), indent=1, allow_nan=False) + "\n")


def _rounded(value: object) -> object:
    match value:
        case float():
            return float(f"{value:.6g}")
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
    return value
