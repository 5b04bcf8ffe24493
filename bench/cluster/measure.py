"""The services as in a cluster: on separate hosts that are added, removed, killed and cut off under load.

python -m bench cluster --models ../shared/models/buffalo_sc topology --rate 10
python -m bench cluster --models ../shared/models/buffalo_sc scaling

Hosts are network namespaces of this machine. Requires root, iproute2, HAProxy and dnsmasq.
"""

import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer

from bench.cluster import services
from bench.cluster.events import EVENTS, Pace, course
from bench.cluster.loads import Clients
from bench.cluster.network import Network, complaint
from bench.cluster.scaling import CORES, measure_scaling
from bench.cluster.topology import Shape, Topology, running_topology
from bench.harness.experiment import WARM_UP
from bench.harness.options import DATA, RESULTS, Data, Models, People, Photographs, Results, Seconds
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.harness.uploads import Upload, enrolments, recognitions
from bench.photographs.sets import read_set, set_name

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Measurement = Callable[[Topology, Sequence[bytes]], Awaitable[Record]]


@dataclass(frozen=True)
class _Subject:
    models: str
    photographs: str
    people: int
    data: Path
    results: Path


@app.callback()
def subject(
    context: typer.Context,
    *,
    models: Models = "opencv",
    photographs: Photographs = "lfw",
    people: People = 100,
    data: Data = DATA,
    results: Results = RESULTS,
) -> None:
    """Measure the services on several hosts."""
    if wrong := complaint(services.BALANCER, services.NAME_SERVER):
        raise SystemExit(wrong)
    context.obj = _Subject(str(Path(models).resolve()) if "/" in models else models, photographs, people, data, results)


@app.command("topology")
def topology_command(
    context: typer.Context,
    *,
    rate: Annotated[float, typer.Option(help="Requests per second.", min=0.1, max=1000)] = 10,
    lead: Annotated[float, typer.Option(help="Seconds of load before each event.", min=0.1)] = 3,
    settle: Annotated[float, typer.Option(help="Minimum seconds of load during the event.", min=0.1)] = 8,
    tail: Annotated[float, typer.Option(help="Seconds of load after the event.", min=0.1)] = 15,
) -> None:
    """Send requests at a constant rate while hosts are added, removed and cut off, and services killed and started."""

    async def measure(topology: Topology, images: Sequence[bytes]) -> Record:
        uploads, pace = recognitions(images), Pace(lead, settle, tail)
        courses = {name: await course(topology, uploads, rate, event, pace) for name, event in EVENTS}
        return {"rate": rate, "courses": {name: asdict(one) for name, one in courses.items()}}

    _experiment(context.obj, "topology", Shape(models=context.obj.models), measure)


@app.command("scaling")
def scaling_command(
    context: typer.Context,
    *,
    vectorizers: Annotated[int, typer.Option(help="Maximum number of vectorizers.", min=1, max=20)] = 3,
    cores: Annotated[float, typer.Option(help="Share of a core for each vectorizer.", min=0.01)] = CORES,
    rounds: Annotated[int, typer.Option(help="Rounds of one vectorizer, two, and so on.", min=1)] = 3,
    seconds: Seconds = 10,
) -> None:
    """Measure the throughput of one vectorizer, two, and so on, each limited to a share of a core."""

    async def measure(topology: Topology, images: Sequence[bytes]) -> Record:
        return {"cores": cores} | asdict(await measure_scaling(topology, recognitions(images), rounds, seconds))

    shape = Shape(models=context.obj.models, vectorizers=vectorizers, cores=cores)
    _experiment(context.obj, "scaling", shape, measure)


def _experiment(subject: _Subject, kind: str, shape: Shape, measurement: Measurement) -> None:
    """Run a measurement on a new topology; write and print its record."""
    images = read_set(subject.photographs, subject.data)
    record: Record = {
        "kind": kind,
        "photographs": set_name(subject.photographs),
        "models": Path(subject.models).name,
        "enrolled_people": subject.people,
    }
    people = enrolments(subject.data / "lfw-dev", subject.people)
    with Network.opened() as network, tempfile.TemporaryDirectory(prefix="faces-") as folder:

        async def measure() -> Record:
            async with running_topology(network, Path(folder), shape) as topology:
                with httpx.Client(base_url=topology.gateways[0].url, trust_env=False) as gateway:
                    origin = asdict(provenance("cluster", sys.argv[1:], gateway, SPEED_PACKAGES))
                await _prepare(topology, [*people, *(Upload("/recognize", image) for image in images[:WARM_UP])])
                return {"provenance": origin} | await measurement(topology, images)

        record |= network.inside(measure)
    print(write(record, subject.results).read_text())


async def _prepare(topology: Topology, uploads: Sequence[Upload]) -> None:
    """Enrol people and warm up. Raises RuntimeError when a request fails."""
    clients = Clients(topology.url, 1)
    for upload in uploads:
        await clients.send(upload)
    clients.close()
    if failed := [outcome for outcome in clients.outcomes if not outcome.answered]:
        raise RuntimeError(f"The services cannot be prepared: {failed[0].status} {failed[0].code}")


if __name__ == "__main__":
    app()
