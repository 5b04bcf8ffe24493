"""The stack compared with the networks alone, in turn within one run, so that other load affects both alike."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.harness.loaded import Load, closed
from bench.harness.processes import total
from bench.harness.records import Record
from bench.harness.stack import RunningStack
from bench.harness.uploads import recognitions
from bench.speed.networks.ceiling import usable_cores
from bench.speed.networks.lanes import LaneRun, run_lanes
from bench.speed.networks.own_networks import OwnNetworks
from bench.speed.networks.plain_networks import PlainNetworks
from bench.speed.networks.plain_opencv import PlainOpenCVNetworks, opencv_folder


@dataclass(frozen=True)
class Round:
    """One turn, and its ratios: the stack's speed to the plain networks', its CPU time an image to its own networks'.

    The stack's CPU time is that of gateway, vectorizer and PostgreSQL; the load generator is excluded.
    """

    plain: LaneRun
    stack: Load
    own: LaneRun
    speed_to_plain: float
    cpu_to_own: float


def measure_ratio(
    stack: RunningStack,
    images: Sequence[bytes],
    *,
    models: Path,
    plain_size: int,
    rounds: int,
    concurrency: int,
    seconds: float,
) -> Record:
    """Measure plain networks, stack and own networks in turn, as many lanes as cores each, and compare turn by turn."""
    cores, uploads = usable_cores(), recognitions(images)
    plain = [plain_networks(models, plain_size) for _ in range(cores)]
    own = [OwnNetworks(models) for _ in range(cores)]
    measured = [
        compare(
            run_lanes(plain, images, seconds),
            closed(stack, uploads, concurrency, seconds),
            run_lanes(own, images, seconds),
        )
        for _ in range(rounds)
    ]
    return {
        "plain_detector_size": plain_size,
        "concurrency": concurrency,
        "speed_to_plain": median(one.speed_to_plain for one in measured),
        "cpu_to_own": median(one.cpu_to_own for one in measured),
        "rounds": [asdict(one) for one in measured],
    }


def plain_networks(models: Path, size: int) -> PlainNetworks:
    """Open a lane of the plain networks of a pack: a folder, or `opencv` for the default one."""
    return PlainOpenCVNetworks(opencv_folder(), size) if str(models) == "opencv" else PlainNetworks(models, size)


def compare(plain: LaneRun, stack: Load, own: LaneRun) -> Round:
    """Return a turn with its ratios."""
    return Round(
        plain=plain,
        stack=stack,
        own=own,
        speed_to_plain=stack.summary.images_per_second / plain.images_per_second,
        cpu_to_own=total(stack.cpu_ms_per_image) / own.cpu_ms_per_image,
    )
