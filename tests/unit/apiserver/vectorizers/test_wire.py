"""What is read out of the vectorizer's answers."""

from typing import Any

import msgpack
import numpy as np
import pytest

from apiserver.biometrics.face import Image, Quality
from apiserver.biometrics.model import Tail
from apiserver.problems import (
    ImageUnreadable,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.vectorizers.wire import read_analysis, read_json, read_model_in_use, read_problem

ANSWER: dict[str, Any] = {
    "model": {
        "id": "model",
        "dimension": 2,
        "calibration": {"slope": 20.0, "intercept": -8.0},
        "thresholds": {"match": 0.5, "review": 0.4},
    },
    "image": {"media_type": "image/png", "extension": "png", "width": 30, "height": 20},
    "timings": {"decode": 1.5},
    "faces": [
        {"box": [1, 2, 3, 4], "score": 0.9, "landmarks": bytes(40), "embedding": np.array([0.6, 0.8], "<f4").tobytes()}
    ],
}


def test_an_analysis():
    analysis = read_analysis(msgpack.packb(ANSWER))

    [face] = analysis.faces
    assert (face.box, face.score, face.crop) == ((1, 2, 3, 4), 0.9, None)
    assert face.embedding == pytest.approx([0.6, 0.8])
    assert (analysis.model.id, analysis.model.thresholds.review) == ("model", 0.4)
    assert analysis.image == Image("image/png", "png", 30, 20, orientation=0)
    assert analysis.timings == {"decode": 1.5}


def test_faces_that_were_left_out():
    assert read_analysis(msgpack.packb({**ANSWER, "faces_omitted": 7})).faces_omitted == 7
    assert read_analysis(msgpack.packb(ANSWER)).faces_omitted == 0, "an older vectorizer leaves out none"


def test_landmarks_and_quality():
    landmarks = np.arange(10, dtype="<f4").tobytes()
    told = {**ANSWER["faces"][0], "landmarks": landmarks, "quality": {"sharpness": 0.5, "brightness": 0.25}}
    [face] = read_analysis(msgpack.packb({**ANSWER, "faces": [told]})).faces
    assert face.landmarks == ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
    assert face.quality == Quality(sharpness=0.5, brightness=0.25)


def test_a_vectorizer_that_measures_no_quality():
    [face] = read_analysis(msgpack.packb(ANSWER)).faces
    assert face.quality is None


def test_a_tail_and_that_it_was_measured():
    told = {"tail": {"start": 0.3, "rate": 0.005, "scale": 0.03, "shape": -0.07}, "calibrated": True}
    model = read_analysis(msgpack.packb({**ANSWER, "model": {**ANSWER["model"], **told}})).model
    assert (model.tail, model.calibrated) == (Tail(0.3, 0.005, 0.03, -0.07), True)


def test_a_vectorizer_that_tells_no_tail():
    model = read_analysis(msgpack.packb(ANSWER)).model
    assert model.tail == Tail.through(model.thresholds)
    assert not model.calibrated


def test_recognizability_and_its_floor():
    told = {
        "model": {**ANSWER["model"], "recognizability_floor": 0.2},
        "faces": [{**ANSWER["faces"][0], "recognizability": 0.75}],
    }
    analysis = read_analysis(msgpack.packb({**ANSWER, **told}))
    assert (analysis.model.recognizability_floor, analysis.faces[0].recognizability) == (0.2, 0.75)


def test_a_vectorizer_that_measures_no_recognizability():
    analysis = read_analysis(msgpack.packb(ANSWER))
    assert (analysis.model.recognizability_floor, analysis.faces[0].recognizability) == (None, None)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), "high"])
def test_a_recognizability_that_is_none_is_refused(value: object):
    faces = [{**ANSWER["faces"][0], "recognizability": value}]
    with pytest.raises(VectorizerUnavailable):
        read_analysis(msgpack.packb({**ANSWER, "faces": faces}))


def described(*models: tuple[str, str], active: str = "b@aaaaaaaaaaaa") -> dict[str, Any]:
    return {
        "active": {"detector": "d@0", "embedder": active},
        "models": [
            {"name": "d", "sha256": ["0"]},
            *({**ANSWER["model"], "name": name, "sha256": [sha256], "dimension": len(name)} for name, sha256 in models),
        ],
    }


def test_the_model_in_use_is_that_of_the_name_and_the_digest():
    """A folder may hold another file of the same name."""
    model = read_model_in_use(described(("b", "b" * 64), ("b", "a" * 64), ("other", "a" * 64)))
    assert (model.id, model.dimension) == ("b@aaaaaaaaaaaa", 1)
    assert read_model_in_use(described(("other", "c" * 64), active="other@" + "c" * 12)).dimension == 5


def test_the_floor_of_the_model_in_use():
    description = described(("b", "a" * 64))
    assert read_model_in_use(description).recognizability_floor is None
    description["models"][1]["recognizability"] = {"floor": 0.2}
    assert read_model_in_use(description).recognizability_floor == 0.2


@pytest.mark.parametrize("answer", [[], {}, None, {"active": {}}, described(("c", "a" * 64)), described(("b", "c"))])
def test_a_description_without_the_model_in_use(answer: object):
    with pytest.raises(VectorizerUnavailable, match="cannot be read"):
        read_model_in_use(answer)


@pytest.mark.parametrize("missing", ["model", "image", "timings", "faces"])
def test_an_analysis_that_lacks_something(missing: str):
    body = msgpack.packb({name: value for name, value in ANSWER.items() if name != missing})
    with pytest.raises(VectorizerUnavailable, match="cannot be read"):
        read_analysis(body)


def test_an_embedding_of_another_length_is_refused():
    faces = [{**ANSWER["faces"][0], "embedding": bytes(4)}]
    with pytest.raises(VectorizerUnavailable):
        read_analysis(msgpack.packb({**ANSWER, "faces": faces}))


def test_json():
    assert read_json(b'{"models": []}') == {"models": []}
    with pytest.raises(VectorizerUnavailable):
        read_json(b"<html>")


@pytest.mark.parametrize(
    ("status", "body", "problem", "sentence"),
    [
        (503, b'{"code": "busy", "detail": "Full."}', VectorizerBusy, "Full."),
        (504, b'{"code": "deadline-exceeded"}', VectorizerTimeout, "The vectorizer did not answer in time."),
        (422, b'{"code": "image-unreadable", "detail": "Cut."}', ImageUnreadable, "Cut."),
        (500, b'{"code": "internal-error"}', VectorizerFailed, "The vectorizer failed on this image."),
        (502, b"<html>", VectorizerUnavailable, "The vectorizer answered with status 502."),
        (503, b"[]", VectorizerUnavailable, "The vectorizer answered with status 503."),
    ],
)
def test_problems(status, body, problem, sentence):
    found = read_problem(status, body)
    assert (type(found), found.sentence) == (problem, sentence)


def test_how_the_image_was_turned():
    answer = {**ANSWER, "image": {**ANSWER["image"], "orientation": 180}}
    assert read_analysis(msgpack.packb(answer)).image.orientation == 180
