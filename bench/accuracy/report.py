"""The report of one measurement, as stored in a file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy.calibration import Calibration
from bench.accuracy.comparisons import NamedPair
from bench.accuracy.error_rates import FloatArray, OperatingPoint
from bench.accuracy.verification import Decisions, FoldAccuracy
from bench.harness.provenance import Provenance

THRESHOLDS: FloatArray = np.linspace(0, 1, 101).round(2)
BINS: FloatArray = np.linspace(-1, 1, 101).round(2)


@dataclass(frozen=True)
class ErrorRates:
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

    rates: ErrorRates
    folds: FoldAccuracy
    best: Decisions
    match: Decisions
    review: Decisions


@dataclass(frozen=True)
class AllPairs:
    """Every pair among the photographs: the thresholds it suggests by FMR, and the calibration it suggests.

    `at_fmr` is None where there are too few impostor pairs to see the rate.
    """

    rates: ErrorRates
    at_fmr: dict[str, OperatingPoint | None]
    calibration: Calibration
    match: OperatingPoint
    review: OperatingPoint
    most_alike_impostors: list[NamedPair]
    least_alike_genuine: list[NamedPair]


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
    """All measurements of one run; a part that was not requested is None."""

    provenance: Provenance
    dataset: str
    model: dict[str, Any]
    photographs: int
    photographs_with_several_faces: int
    failures_to_enrol: dict[str, str]
    pair_table: PairTable | None
    all_pairs: AllPairs | None
    identification: Identification | None


def write(report: Report, folder: Path) -> Path:
    """Write a report as JSON, numbers to six significant digits, and return the file.

    It is named after the photographs and the model, without the model's checksum; a new measurement replaces the last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"accuracy-{report.dataset}-{str(report.model['id']).partition('@')[0]}.json"
    path.write_text(json.dumps(_rounded(asdict(report)), indent=1, allow_nan=False) + "\n")
    return path


def _rounded(value: object) -> object:
    match value:
        case float():
            return float(f"{value:.6g}")
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
    return value
