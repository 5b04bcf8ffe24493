"""Two gateways, three vectorizers and a database, whose hosts are added, removed, killed and cut off under load.

Hosts are network namespaces, which only root can create. `python -m bench cluster` measures the same for longer.
"""

import tempfile
from pathlib import Path

import pytest

from apiserver.vectorizers.connections import LOST_SECONDS
from bench.cluster import services
from bench.cluster.events import EVENTS, Course, Pace, course
from bench.cluster.network import SUBNET, Network, complaint
from bench.cluster.topology import Shape, running_topology
from bench.harness.uploads import recognitions
from tests.photographs import actor, astronaut, encoded

pytestmark = [
    pytest.mark.long,
    pytest.mark.allow_hosts(["127.0.0.1", f"{SUBNET}.0/24"]),
    pytest.mark.timing,
    pytest.mark.timeout(1800),  # all events happen before the first test
]

RATE = 4
PATIENT = {"APISERVER_DRAIN_SECONDS": "3", "APISERVER_VECTORIZER_TIMEOUT_SECONDS": "600"}
PACE = Pace(lead_seconds=0.5, settle_seconds=LOST_SECONDS + 1, tail_seconds=2.5)
RESTART = "PostgreSQL is restarted"


@pytest.fixture(scope="module")
def courses() -> dict[str, Course]:
    """The outcomes of a load during each event, one after the other."""
    if wrong := complaint(services.BALANCER, services.NAME_SERVER):
        pytest.skip(wrong)
    photographs = [encoded(actor()), encoded(astronaut())]
    with Network.opened() as network, tempfile.TemporaryDirectory(prefix="faces-") as folder:

        async def run() -> dict[str, Course]:
            async with running_topology(network, Path(folder), Shape(gateway_settings=PATIENT)) as topology:
                uploads = recognitions(photographs)
                return {name: await course(topology, uploads, RATE, event, PACE) for name, event in EVENTS[1:]}

        return network.inside(run)


@pytest.mark.parametrize("event", [name for name, _ in EVENTS[1:] if name != RESTART])
def test_no_request_fails(courses, event):
    assert (courses[event].refused, courses[event].failed) == (0, {})


def test_while_the_database_restarts_requests_are_refused_and_then_succeed(courses):
    assert courses[RESTART].refused
    assert courses[RESTART].failed == {}


@pytest.mark.parametrize(
    ("event", "vectorizers"),
    [
        ("a host with a vectorizer is added", {1, 2, 3, 4}),
        ("it is removed", {1, 2, 3}),
        ("a vectorizer is cut off", {2, 3}),
        ("a vectorizer is killed", {2, 3}),
        ("SIGTERM to each gateway in turn", {1, 2, 3}),
    ],
)
def test_the_remaining_vectorizers_share_the_images(courses, event, vectorizers):
    spread = courses[event].spread
    assert len(spread) == len(vectorizers)
    assert min(spread.values()) > 0.3 * sum(spread.values()) / len(vectorizers), spread


def test_a_vectorizer_that_is_cut_off_delays_only_the_requests_in_progress(courses):
    """Without the detection, a request would wait for half of the ten minutes that an image may take."""
    cut = courses["a vectorizer is cut off"]
    assert 1500 < cut.during.longest < 300_000
    assert cut.after.p95 < 1000 * LOST_SECONDS, "later requests avoid it"
