"""From comparisons and searches to the figures of a report."""

from collections.abc import Sequence

import numpy as np

from bench.accuracy.calibration import fit_calibration
from bench.accuracy.comparisons import (
    Comparisons,
    compare_all,
    compare_table,
    least_alike_genuine,
    most_alike_impostors,
)
from bench.accuracy.error_rates import Roc
from bench.accuracy.identification import Search, Split, false_negative_rate, false_positive_rate
from bench.accuracy.report import BINS, THRESHOLDS, AllPairs, ErrorRates, Identification, PairTable
from bench.accuracy.verification import accuracy_by_folds, decide, folds_of
from bench.photographs.embeddings import EmbeddedFolder
from bench.photographs.pairs import Pair

FALSE_MATCH_RATES = {"1e-3": 1e-3, "1e-4": 1e-4, "1e-5": 1e-5}
PAIRS_NAMED = 10


def _error_rates(roc: Roc, comparisons: Comparisons) -> ErrorRates:
    points = [roc.at(threshold) for threshold in THRESHOLDS]
    same, similarity = comparisons.same, comparisons.similarity
    return ErrorRates(
        genuine_pairs=roc.genuine_pairs,
        impostor_pairs=roc.impostor_pairs,
        area_under_curve=roc.area_under_curve(),
        equal_error_rate=roc.equal_error_rate(),
        fmr=[point.fmr for point in points],
        fnmr=[point.fnmr for point in points],
        genuine_histogram=np.histogram(similarity[same], BINS)[0].tolist(),
        impostor_histogram=np.histogram(similarity[~same], BINS)[0].tolist(),
    )


def judge_table(folder: EmbeddedFolder, pairs: Sequence[Pair]) -> PairTable:
    comparisons, thresholds = compare_table(folder, pairs), folder.model["thresholds"]
    same, similarity = comparisons.same, comparisons.similarity
    roc = Roc(same, similarity)
    return PairTable(
        rates=_error_rates(roc, comparisons),
        folds=accuracy_by_folds(same, similarity, folds_of(same, [pair.fold for pair in pairs])),
        best=decide(same, similarity, roc.most_accurate_threshold()),
        match=decide(same, similarity, thresholds["match"]),
        review=decide(same, similarity, thresholds["review"]),
    )


def judge_all_pairs(folder: EmbeddedFolder) -> AllPairs:
    comparisons, thresholds = compare_all(folder), folder.model["thresholds"]
    roc = Roc(comparisons.same, comparisons.similarity)
    return AllPairs(
        rates=_error_rates(roc, comparisons),
        at_fmr={name: roc.at_fmr(rate) if roc.measures(rate) else None for name, rate in FALSE_MATCH_RATES.items()},
        calibration=fit_calibration(comparisons.same, comparisons.similarity),
        match=roc.at(thresholds["match"]),
        review=roc.at(thresholds["review"]),
        most_alike_impostors=most_alike_impostors(folder, comparisons, PAIRS_NAMED),
        least_alike_genuine=least_alike_genuine(folder, comparisons, PAIRS_NAMED),
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
        mated_decisions=_shares(mated),
        non_mated_decisions=_shares(non_mated),
    )


def _shares(searches: Sequence[Search]) -> dict[str, float]:
    outcomes = [search.outcome for search in searches]
    return {outcome: outcomes.count(outcome) / len(outcomes) for outcome in sorted(set(outcomes))}
