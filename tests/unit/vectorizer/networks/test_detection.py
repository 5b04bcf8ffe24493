"""Non-maximum suppression keeps one box per face."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vectorizer.networks.detection import suppress

coordinate = st.floats(0, 100, width=32)
boxes_and_scores = st.lists(
    st.tuples(
        coordinate, coordinate, st.floats(1, 50, width=32), st.floats(1, 50, width=32), st.floats(0, 1, width=32)
    ),
    max_size=30,
)


def intersection_over_union(a: np.ndarray, b: np.ndarray) -> float:
    width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = max(width, 0) * max(height, 0)
    area_a, area_b = np.prod(a[2:] - a[:2]), np.prod(b[2:] - b[:2])
    return float(shared / (area_a + area_b - shared))


@given(boxes_and_scores)
def test_kept_boxes_do_not_overlap_and_cover_the_others(drawn: list[tuple[float, float, float, float, float]]):
    values = np.array(drawn, np.float32).reshape(-1, 5)
    boxes = np.column_stack([values[:, :2], values[:, :2] + values[:, 2:4]])
    scores = values[:, 4]
    kept = suppress(boxes, scores, 0.4)
    assert (np.diff(scores[kept]) <= 0).all()
    for place, index in enumerate(kept):
        assert all(intersection_over_union(boxes[index], boxes[other]) <= 0.401 for other in kept[place + 1 :])
    for lost in set(range(len(boxes))) - set(kept.tolist()):
        better = [index for index in kept if scores[index] >= scores[lost]]
        assert any(intersection_over_union(boxes[lost], boxes[index]) >= 0.399 for index in better)


def test_two_views_of_one_face():
    boxes = np.array([[10, 10, 50, 50], [12, 11, 52, 51], [100, 10, 140, 50]], np.float32)
    assert suppress(boxes, np.array([0.7, 0.9, 0.8], np.float32), 0.4).tolist() == [1, 2]
