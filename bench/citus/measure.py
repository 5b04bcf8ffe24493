"""What further servers of Citus bring, each limited to a share of a core, and searches of a directory on its own shard.

python -m bench scale --postgres /opt/postgresql-with-citus spread
python -m bench scale --server postgresql://db-0/postgres --server postgresql://db-1/postgres large

Citus is no part of this project: give the folder of a PostgreSQL that has Citus and pgvector, or servers that have
both, the coordinator first, with a role that may create databases, roles and extensions. Limits require root.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from apiserver.biometrics.model import Tail
from apiserver.biometrics.open_set import thresholds_at
from apiserver.database.pool import Database
from bench.citus import databases
from bench.citus.isolated import measure_isolated
from bench.citus.servers import Given, Installation
from bench.citus.spreading import Call, Workload, measure_spread, probes_of
from bench.harness.options import DATA, RESULTS, Results, Seconds
from bench.harness.provenance import SPEED_PACKAGES, provenance
from bench.harness.records import Record, write
from bench.photographs.real_embeddings import real_embeddings
from bench.search.cost import FPIR
from bench.search.galleries import GalleryOf
from bench.search.measure import MODELS, tail_of
from bench.search.people import Population

NAME = "faceserver_scale"
"""Databases of the servers, followed by the number of servers of shards."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Servers = Given | Installation
Shards = Annotated[int, typer.Option(help="Shards; a multiple of each number of servers.", min=1)]
Each = Annotated[int, typer.Option(help="Directories on each shard.", min=1)]
Persons = Annotated[int, typer.Option(help="People in each of them.", min=20)]


@dataclass(frozen=True)
class Subject:
    """Servers, the maximum number of those with shards, and synthetic people with their thresholds.

    tail: of the model's impostor scores.
    """

    servers: Sequence[str]
    postgres: Path | None
    port: int
    workers: int
    data: Path
    model: str
    population: Population
    tail: Tail
    results: Path

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Servers]:
        """Yield the given servers, or those that can be started, on a folder that is removed at the end."""
        if self.postgres is None:
            yield Given(self.servers)
            return
        self.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.data, prefix="servers-") as folder:
            yield Installation.opened(self.postgres, Path(folder), self.port)


@app.callback()
def subject(
    context: typer.Context,
    *,
    postgres: Annotated[Path | None, typer.Option(help="Folder of a PostgreSQL with Citus, to start servers.")] = None,
    server: Annotated[
        list[str] | None, typer.Option(help="DSN of a running server; repeat it, the coordinator first.")
    ] = None,
    port: Annotated[int, typer.Option(help="First port of the servers that are started.", min=1024)] = 16100,
    workers: Annotated[int, typer.Option(help="Maximum number of servers of shards that are started.", min=1)] = 3,
    data: Annotated[Path, typer.Option(help="Folder of the servers' data, and of embeddings, which are kept.")] = Path(
        "data/scale"
    ),
    models: Annotated[
        Path, typer.Option(help="Model whose embeddings the synthetic ones resemble.", exists=True)
    ] = MODELS,
    results: Results = RESULTS,
) -> None:
    """Measure a database that is spread over the servers of Citus."""
    given = server or []
    if bool(given) == bool(postgres) or len(given) == 1:
        raise SystemExit("Give --postgres, or --server for the coordinator and for each server of shards.")
    population = Population.of(*real_embeddings(DATA / "lfw-dev", models, data))
    workers = len(given) - 1 if given else workers
    origin = postgres, port, workers, data, models.resolve().name, population, tail_of(models), results
    context.obj = Subject(given, *origin)


@app.command("spread")
def spread_command(
    context: typer.Context,
    *,
    cores: Annotated[float, typer.Option(help="Share of a core for each server of shards started here.", min=0.01)] = (
        0.2
    ),
    shards: Shards = 24,
    each: Each = 4,
    people: Persons = 1_000,
    rounds: Annotated[int, typer.Option(help="Rounds of one server, two, and so on.", min=1)] = 3,
    seconds: Seconds = 30,
) -> None:
    """Measure searches and enrolments a second on one server of shards, two, and so on."""
    subject: Subject = context.obj

    async def measure(servers: Servers) -> Record:
        made = {}
        async with servers.running(subject.workers, None) as started:
            for number in range(1, subject.workers + 1):
                name = f"{NAME}_{number}"
                made[name] = await databases.make(started[: number + 1], name, shards)
            directories = await databases.galleries(next(iter(made.values())), shards, each, people)
            for dsn in made.values():
                await databases.fill(dsn, directories, subject.population)
        calls = _calls(subject, directories)
        async with servers.running(subject.workers, cores) as started:
            dsns = [started[0].database(name) for name in made]
            spread = {
                what: asdict(await measure_spread(dsns, started, call, rounds, seconds)) for what, call in calls.items()
            }
            for name in made:
                await databases.remove(started, name)
        return {"directories": len(directories), "people": people, "shards": shards, **spread}

    limit = None if subject.servers else cores
    _experiment(subject, "scale", measure, {"cores": limit})


@app.command("large")
def large_command(
    context: typer.Context,
    *,
    large: Annotated[int, typer.Option(help="People in the large directory.", min=1)] = 1_000_000,
    probes: Annotated[int, typer.Option(help="Searches, each way.", min=1)] = 200,
    shards: Shards = 24,
    each: Each = 1,
    people: Persons = 1_000,
) -> None:
    """Give a large directory among others its own shard, and measure its searches."""
    subject: Subject = context.obj

    async def measure(servers: Servers) -> Record:
        async with servers.running(subject.workers, None) as started:
            dsn = await databases.make(started, NAME, shards)
            empty = await databases.empty_shard(started[1].database(NAME))
            directories = await databases.galleries(dsn, shards, each, people)
            await databases.fill(dsn, directories, subject.population)
            measured = await measure_isolated(dsn, large, subject.population, subject.tail, probes)
            await databases.remove(started, NAME)
        shape = {"directories": len(directories), "people": people, "shards": shards, "servers": subject.workers}
        return shape | {"empty_shard": asdict(empty), **measured}

    _experiment(subject, "scale_large", measure, {})


def _calls(subject: Subject, directories: Sequence[GalleryOf]) -> dict[str, Callable[[Database], Call]]:
    probes = probes_of(directories, subject.population)
    match = thresholds_at(subject.tail, FPIR, directories[0].faces).match
    return {
        "searches": lambda database: Workload(database, directories, probes, match).search,
        "enrolments": lambda database: Workload(database, directories, probes, match).enrol,
    }


def _experiment(subject: Subject, kind: str, measure: Callable[[Servers], Awaitable[Record]], limits: Record) -> None:
    """Run a measurement on the servers; write and print its record."""

    async def measured() -> Record:
        async with subject.opened() as servers:
            return await measure(servers)

    record = {
        "kind": kind,
        "photographs": "synthetic",
        "models": subject.model,
        "provenance": asdict(provenance("scale", without_logins(sys.argv[1:]), None, SPEED_PACKAGES)),
        **limits,
        **asyncio.run(measured()),
    }
    print(write(record, subject.results).read_text())


def without_logins(arguments: Sequence[str]) -> list[str]:
    """Return the options without the DSNs, which may hold passwords."""
    return ["DSN" if "://" in argument else argument for argument in arguments]


if __name__ == "__main__":
    app()
