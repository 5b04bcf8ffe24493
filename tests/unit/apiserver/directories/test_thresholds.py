"""Which thresholds a search of a directory applies."""

from dataclasses import replace

import pytest

from apiserver.biometrics.model import Calibration, Model, Tail, Thresholds
from apiserver.biometrics.open_set import thresholds_at
from apiserver.directories.settings import DirectorySettings
from apiserver.directories.thresholds import Source, apply

TAIL = Tail(start=0.3, rate=0.005, scale=0.03, shape=-0.07)
MODEL = Model("model@1", 2, Calibration(20, -8), Thresholds(0.5, 0.4), TAIL, calibrated=True)


def test_without_settings_the_services_rate_applies():
    applied = apply(MODEL, DirectorySettings(), 0.002, 500)
    assert (applied.source, applied.fpir, applied.faces) == (Source.DEFAULT, 0.002, 500)
    assert applied.thresholds == thresholds_at(TAIL, 0.002, 500)


def test_the_directorys_rate_takes_precedence_over_the_services():
    applied = apply(MODEL, DirectorySettings(fpir=0.01), 0.001, 500)
    assert (applied.source, applied.fpir) == (Source.FPIR, 0.01)
    assert applied.thresholds == thresholds_at(TAIL, 0.01, 500)


def test_the_directorys_threshold_replaces_match_and_leaves_review():
    applied = apply(MODEL, DirectorySettings(threshold=0.61, threshold_model=MODEL.id), 0.001, 500)
    assert applied.source is Source.THRESHOLD
    assert applied.thresholds == thresholds_at(TAIL, 0.001, 500).with_match(0.61)


def test_the_threshold_of_another_model_is_ignored():
    applied = apply(MODEL, DirectorySettings(threshold=0.1, threshold_model="other@2"), 0.001, 500)
    assert applied.source is Source.DEFAULT
    assert applied.thresholds == thresholds_at(TAIL, 0.001, 500)


@pytest.mark.parametrize(
    "settings", [DirectorySettings(fpir=0.01), DirectorySettings(threshold=0.9, threshold_model=MODEL.id)]
)
def test_the_requests_threshold_takes_precedence_over_all(settings: DirectorySettings):
    applied = apply(MODEL, settings, 0.001, 500, requested=0.7)
    assert (applied.source, applied.thresholds.match) == (Source.REQUEST, 0.7)


@pytest.mark.parametrize(
    ("of_model", "setting", "applied"),
    [(0.2, None, 0.2), (0.2, 0.6, 0.6), (0.2, 0.0, 0.0), (None, None, None), (None, 0.6, None)],
)
@pytest.mark.parametrize("requested", [None, 0.5])
def test_the_directorys_floor_takes_precedence_over_the_models(
    of_model: float | None, setting: float | None, applied: float | None, requested: float | None
):
    model = replace(MODEL, recognizability_floor=of_model)
    assert apply(model, DirectorySettings(recognizability_floor=setting), 0.001, 500, requested).floor == applied
