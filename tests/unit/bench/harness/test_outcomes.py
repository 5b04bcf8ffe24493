"""The summary of the outcomes of requests."""

import pytest

from bench.harness.connections import Answer
from bench.harness.outcomes import (
    Latency,
    Outcome,
    code_of,
    latency,
    outcome_of,
    overhead_ms,
    parse_server_timing,
    percentile,
    summarise,
)


def outcome(finished: float, status: int = 201, *, due: float = 0.0, **others) -> Outcome:
    return Outcome(due=due, sent=due, finished=finished, status=status, **others)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentiles_are_the_nearest_rank(share, expected):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_the_percentile_of_few_values_is_one_of_them():
    assert percentile([3.0, 1.0], 0.5) == 1.0
    assert percentile([3.0, 1.0], 0.51) == 3.0


def test_no_outcomes_have_no_latency():
    assert latency([]) is None
    assert latency([2.0, 1.0]) == Latency(1.0, 2.0, 2.0, 2.0)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("decode;dur=1.5, detect;dur=20", {"decode": 1.5, "detect": 20.0}),
        ('db;desc="a lookup";dur="3.2",cache', {"db": 3.2}),
        ("embed ; dur = 4", {"embed": 4.0}),
        ("", {}),
    ],
)
def test_server_timing_is_read(header, expected):
    assert parse_server_timing(header) == expected


def test_the_overhead_is_the_latency_minus_the_stages_of_the_networks():
    seen = outcome(0.1, stages_ms={"decode": 10, "detect": 20, "align": 1, "embed": 29, "store": 12, "queue": 3})
    assert overhead_ms(seen) == pytest.approx(40)


def test_an_answer_has_faces_and_stages():
    head = b"http/1.1 201 created\r\nserver-timing: decode;dur=2.0"
    seen = outcome_of(Answer(head, b'{"persons":[{"box":[1,2,3,4]},{"box":[5,6,7,8]}]}'), 1.0, 1.5, 2.0)
    assert (seen.answered, seen.faces, seen.stages_ms) == (True, 2, {"decode": 2.0})
    assert seen.latency_ms == 1000  # from when it was due, not from when it was sent


def test_a_refusal_has_its_code_and_retry_after():
    head = b"http/1.1 503 service unavailable\r\nretry-after: 1"
    seen = outcome_of(Answer(head, b'{"code":"vectorizer-busy","status":"Busy."}'), 0, 0, 1)
    assert (seen.status, seen.code, seen.retry_after) == (503, "vectorizer-busy", True)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"status": "?"}'])
def test_a_body_without_a_code_has_none(body):
    assert code_of(body) == ""


def test_a_summary_separates_answers_refusals_and_failures():
    outcomes = [
        outcome(0.5, faces=1),
        outcome(1.0, faces=2),
        outcome(2.5, faces=3),  # answered after the end of the load
        outcome(0.25, 503, code="vectorizer-busy", retry_after=True),
        outcome(0.75, 503, code="vectorizer-busy"),
        outcome(0.1, 500, code="internal-error"),
        outcome(0.1, 0, code="connection-reset"),
    ]
    summary = summarise(outcomes, start=0.0, seconds=2.0)
    assert (summary.sent, summary.answered, summary.images_per_second, summary.faces_per_image) == (7, 3, 1.0, 2.0)
    assert summary.failures == {"500 internal-error": 1, "0 connection-reset": 1}
    refused = summary.refusals["vectorizer-busy"]
    assert (refused.count, refused.without_retry_after, refused.latency_ms.longest) == (2, 1, 750)
    assert summary.latency_ms
    assert summary.latency_ms.p50 == 1000


def test_a_load_without_answers_has_a_summary():
    summary = summarise([outcome(1.0, 0, code="connection-refused")], 0.0, 1.0)
    assert (summary.images_per_second, summary.latency_ms) == (0, None)
