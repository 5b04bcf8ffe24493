"""Networks in threads, and the comparison with a stack."""

import time

import pytest

from bench.harness.loaded import Load
from bench.harness.outcomes import summarise
from bench.harness.processes import LOAD_GENERATOR
from bench.speed.networks.lanes import LaneRun, Stages, run_lanes
from bench.speed.ratio import compare
from bench.speed.soak import Sample, growth


class SlowLane:
    """Takes 5 ms per image and reports as many faces as bytes."""

    def __init__(self) -> None:
        self.stages = Stages()
        self.seen: list[bytes] = []

    def analyse(self, data: bytes) -> int:
        with self.stages.stage("sleep"):
            time.sleep(0.005)
        self.seen.append(data)
        return len(data)


def test_lanes_share_the_images():
    images = [bytes(1), bytes(2), bytes(3)]
    lanes = [SlowLane(), SlowLane()]
    run = run_lanes(lanes, images, seconds=1)
    counted = sorted(
        len(data) for lane in lanes for data in lane.seen[1:]
    )  # the first image of each lane is not measured
    assert run.images == len(counted) > 2
    assert run.faces_per_image == pytest.approx(sum(counted) / len(counted))
    expected = sorted(len(images[number % 3]) for number in range(len(counted)))
    assert counted == expected


def test_stages_are_those_of_one_image():
    begun = time.monotonic()
    run = run_lanes([SlowLane()], [b"x"], seconds=0.05)
    assert 5 <= run.stages_ms_per_image["sleep"] <= 1000 * (time.monotonic() - begun) / run.images
    assert run.cpu_ms_per_image < run.stages_ms_per_image["sleep"]  # sleeping uses no CPU time


def test_a_stack_is_compared_in_speed_and_cost():
    def lane_run(speed: float, cost: float) -> LaneRun:
        return LaneRun(2, 10, 1.0, speed, cost, {})

    load = Load(summarise([], 0, 1), {LOAD_GENERATOR: 9.0, "gateway": 2.0, "vectorizer": 10.0}, {})
    one = compare(lane_run(40.0, 30.0), load, lane_run(60.0, 8.0))
    assert (one.speed_to_plain, one.cpu_to_own) == (0.0, 1.5)


def test_growth_is_since_a_fifth_of_the_images():
    memory = [100.0, 200.0, 205.0, 208.0, 209.0, 210.0]
    samples = [Sample(1000 * (number + 1), {"gateway": held}, None, {}) for number, held in enumerate(memory)]
    assert growth(samples) == {"gateway": 1.05}
