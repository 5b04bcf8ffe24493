"""CompreFace's similarities, fitted to each model."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.api.compreface.similarity import HALF_RATE, MOBILEFACENET, RARE_SIMILARITY, REFERENCE, Curve
from apiserver.biometrics.model import Calibration, Model, Tail, Thresholds


def model(tail=None):
    return Model("model", 2, Calibration(1, 0), Thresholds(0.4655, 0.4158), tail)


SFACE = model(Tail(0.3146, 0.005, 0.02999, -0.07332))
UNMEASURED = model()


def test_the_reference_has_their_curve():
    curve = Curve.of(model(REFERENCE))
    assert tuple(curve) == pytest.approx(tuple(MOBILEFACENET))
    assert curve.similarity(0.1994) == pytest.approx(0.5, abs=1e-4)
    assert curve.similarity(1) == pytest.approx((math.tanh(1.26538905 * 5.552089201) + 1) / 2)


def test_equally_rare_scores_have_the_same_similarity():
    curve = Curve.of(SFACE)
    assert curve.similarity(SFACE.tail.cosine(HALF_RATE)) == pytest.approx(0.5)
    assert curve.similarity(SFACE.tail.cosine(1e-5)) == pytest.approx(RARE_SIMILARITY)


def test_a_model_whose_strangers_were_not_measured_has_no_higher_similarity_at_its_thresholds():
    curve = Curve.of(UNMEASURED)
    assert curve.similarity(UNMEASURED.thresholds.review) <= 0.5 + 1e-9
    assert curve.similarity(UNMEASURED.thresholds.match) == pytest.approx(RARE_SIMILARITY)


@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from([SFACE, UNMEASURED, model(REFERENCE)]))
def test_it_grows_with_the_cosine(first, second, of):
    curve = Curve.of(of)
    low, high = sorted((first, second))
    assert 0 <= curve.similarity(low) <= curve.similarity(high) <= 1
