"""Percentages of Amazon Rekognition: two points of each model, and a curve that never falls."""

from dataclasses import fields

import pytest

from apiserver.biometrics.model import Tail, Thresholds
from apiserver.biometrics.percentages import Percentages
from vectorizer.packs.manifest import read_manifest


def _tail(known):
    return Tail(*(getattr(known, field.name) for field in fields(Tail)))


TAILS = {
    **{
        each.name: Tail(*(getattr(each.tail, field.name) for field in fields(Tail)))
        for each in read_manifest().embedders
    },
    "unknown": Tail.through(Thresholds(match=0.46, review=0.41)),
    "ends at 1": Tail(start=0.99, rate=1e-3, scale=0.5, shape=0.1),
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_the_curve(tail):
    curve = Percentages.of(tail)
    assert curve.percent(tail.cosine(1e-4)) == 80
    if tail.cosine(1e-6) < 1:
        assert curve.percent(tail.cosine(1e-6)) == 99
    cosines = [number / 500 - 1 for number in range(1001)]
    percents = [curve.percent(cosine) for cosine in cosines]
    assert percents == sorted(percents)
    assert 0 <= percents[0] < percents[-1] <= 100


@pytest.mark.parametrize("percent", [0.0, 0.001, 1.0, 50.0, 75.0, 80.0, 99.0, 99.999, 100.0])
def test_the_cosine_is_the_least_one_with_the_percentage(percent):
    curve = Percentages.of(TAILS["unknown"])
    cosine = curve.cosine(percent)
    assert -1 <= cosine <= 1
    assert curve.percent(cosine + 1e-9) >= percent
    if cosine > -1:
        assert curve.percent(cosine - 1e-4) < percent
