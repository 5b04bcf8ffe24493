"""What is read out of the vectorizer's answers."""

from typing import Any

import msgpack
import numpy as np
import pytest

from apiserver.faces import Image
from apiserver.problems import (
    ImageUnreadable,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.vectorizer_wire import read_analysis, read_json, read_problem

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
    assert analysis.image == Image("image/png", "png", 30, 20)
    assert analysis.timings == {"decode": 1.5}


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
        (500, b'{"code": "internal-error"}', VectorizerFailed, "The vectorizer failed over this image."),
        (502, b"<html>", VectorizerUnavailable, "The vectorizer answered with status 502."),
        (503, b"[]", VectorizerUnavailable, "The vectorizer answered with status 503."),
    ],
)
def test_problems(status, body, problem, sentence):
    found = read_problem(status, body)
    assert (type(found), found.sentence) == (problem, sentence)
