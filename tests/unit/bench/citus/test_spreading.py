"""Loads on several servers, and what is drawn of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest

from bench.citus.spreading import Step, closed_loop, summed
from bench.documents.fill import draw


def steps(*speeds: float) -> Sequence[Step]:
    cores = {"load generator": 0.25, "coordinator": 0.5, "servers of shards": 0.75}
    return [Step(number, speed, 10.0, 20.0, cores) for number, speed in enumerate(speeds, 1)]


SPREAD = summed([steps(100, 190, 240), steps(90, 170, 300), steps(110, 200, 270)])


def record(cores: float | None = 0.2) -> dict[str, object]:
    loads = {"searches": asdict(SPREAD), "enrolments": asdict(summed([steps(10, 12)]))}
    return {"kind": "scale", "cores": cores, **loads}


def test_the_median_of_each_number_of_servers_is_compared_with_that_of_one():
    assert SPREAD.a_second == [100, 190, 270]
    assert SPREAD.to_linear == pytest.approx([1.0, 0.95, 0.9])


def test_clients_call_again_once_they_are_answered():
    at_a_time, most, calls = 0, 0, 0

    async def call() -> None:
        nonlocal at_a_time, most, calls
        at_a_time, calls = at_a_time + 1, calls + 1
        most = max(most, at_a_time)
        await asyncio.sleep(0.001)
        at_a_time -= 1

    milliseconds = asyncio.run(closed_loop(call, 3, 0.05))
    assert most == 3
    assert len(milliseconds) == calls > 3
    assert min(milliseconds) >= 1


def test_a_call_that_fails_ends_the_measurement():
    async def call() -> None:
        raise ValueError

    with pytest.raises(ExceptionGroup):
        asyncio.run(closed_loop(call, 2, 60))


def test_the_table_compares_medians_and_names_the_cores():
    lines = draw("spread", [record()]).splitlines()
    assert lines[4] == (
        "| searches | 3 | 0.2 of a core each | 270 | 240.0 to 300.0 | 10 | 0.75 | 0.50 | 0.25 | **0.90** |"
    )
    assert len(lines) == 2 + 3 + 2


def test_the_cost_of_a_call_is_the_processor_time_over_all_steps():
    [searches, _] = draw("calls", [record()]).splitlines()[2:]
    assert searches == "| searches | 2.63 | 3.95 | 3,648 |"


def test_servers_of_an_operator_are_not_measured():
    known = [replace(step, cores={"load generator": 0.25}) for step in steps(100, 200)]
    spread = asdict(summed([known]))
    given = {"kind": "scale", "cores": None, "searches": spread, "enrolments": spread}
    assert "| none | 200 | 200.0 to 200.0 | 10 | not measured | not measured | 0.25 |" in draw("spread", [given])
    assert draw("calls", [given]) == "Not measured yet."
