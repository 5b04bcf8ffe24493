import json

import pytest

from apiserver.bundles.format import FACES, PERSONS, BundleFace, BundlePerson, read_line
from apiserver.problems import BundleInvalid


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a\0"},
        {"model": "a\0"},
        {"media_type": "a\0"},
        {"quality": {"a\0": 1}},
        {"quality": {"sharpness": float("nan")}},
        {"quality": {"sharpness": float("inf")}},
        {"score": float("nan")},
        {"box": [0, 0, 3_000_000_000, 1]},
        {"created_at": "0001-01-01T00:00:00+01:00"},
    ],
    ids=str,
)
def test_a_face_that_postgresql_could_not_keep_is_refused_by_name(wrong):
    with pytest.raises(BundleInvalid, match=next(iter(wrong))) as caught:
        read_line(json.dumps({"person": "ann", "image": "1.jpg", **wrong}).encode(), BundleFace, FACES)
    assert caught.value.sentence.isprintable(), "it is kept as the job's problem"


@pytest.mark.parametrize(
    "wrong",
    [
        {"display_name": "a\0"},
        {"metadata": {"a": ["b\0"]}},
        {"metadata": {"a": float("nan")}},
        {"metadata": {"a": 17_000 * "b"}},
        {"last_seen_at": "9999-12-31T23:59:59-01:00"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_person_that_postgresql_could_not_keep_is_refused_by_name(wrong):
    with pytest.raises(BundleInvalid, match=next(iter(wrong))):
        read_line(json.dumps({"person": "ann", **wrong}).encode(), BundlePerson, PERSONS)
