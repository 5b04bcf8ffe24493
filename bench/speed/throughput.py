"""The throughput of the stack, its cost, and its behaviour under overload.

python -m bench throughput --models ../shared/models/buffalo_sc --photographs lfw closed --concurrency 1 --concurrency 8
python -m bench throughput --models ../shared/models/buffalo_sc --photographs lfw --help

A stack is started for the measurement unless --url names a running one.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bench.harness.experiment import experiment
from bench.harness.loaded import closed, opened
from bench.harness.options import (
    DATA,
    RESULTS,
    Concurrency,
    Data,
    Models,
    People,
    Photographs,
    PlainSize,
    Results,
    Seconds,
    Settings,
    Subject,
    Supervisor,
    Url,
)
from bench.harness.uploads import recognitions
from bench.speed.importing import measure_import
from bench.speed.networks.ceiling import plain_size_for
from bench.speed.overhead import measure_overhead
from bench.speed.overload import measure_overload
from bench.speed.ratio import measure_ratio
from bench.speed.soak import measure_soak

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def subject(
    context: typer.Context,
    *,
    models: Models = "opencv",
    photographs: Photographs = "lfw",
    url: Url = None,
    supervisor: Supervisor = None,
    setting: Settings = None,
    people: People = 100,
    data: Data = DATA,
    results: Results = RESULTS,
) -> None:
    """Measure the running stack."""
    context.obj = Subject(models, photographs, url, supervisor, tuple(setting or ()), people, data, results)


@app.command("closed")
def closed_command(
    context: typer.Context,
    concurrency: Annotated[list[int], typer.Option(help="Requests at a time; repeatable.", min=1, max=500)],
    seconds: Seconds = 10,
) -> None:
    """A closed loop: each client sends its next request when the last one is answered."""
    experiment(
        context.obj,
        "closed",
        lambda stack, images: {
            "loads": [
                {"concurrency": clients} | asdict(closed(stack, recognitions(images), clients, seconds))
                for clients in concurrency
            ]
        },
    )


@app.command("open")
def open_command(
    context: typer.Context,
    rate: Annotated[list[float], typer.Option(help="Requests per second; repeatable.", min=0.1, max=5000)],
    seconds: Seconds = 10,
) -> None:
    """An open loop: requests at a constant rate; latency begins when each was due."""
    experiment(
        context.obj,
        "open",
        lambda stack, images: {
            "loads": [{"rate": each} | asdict(opened(stack, recognitions(images), each, seconds)) for each in rate]
        },
    )


@app.command("ratio")
def ratio_command(
    context: typer.Context,
    *,
    rounds: Annotated[int, typer.Option(help="Rounds of plain networks, stack, own networks.", min=1)] = 5,
    concurrency: Concurrency = 8,
    seconds: Seconds = 10,
    plain_size: PlainSize = None,
) -> None:
    """The stack compared with the networks alone, in turn."""
    subject: Subject = context.obj
    experiment(
        subject,
        "ratio",
        lambda stack, images: measure_ratio(
            stack,
            images,
            models=Path(subject.models),
            plain_size=plain_size or plain_size_for(subject.photographs),
            rounds=rounds,
            concurrency=concurrency,
            seconds=seconds,
        ),
    )


@app.command("import")
def import_command(
    context: typer.Context,
    *,
    photographs: Annotated[int, typer.Option(help="Photographs of `lfw` to learn.", min=1)] = 2000,
    rounds: Annotated[int, typer.Option(help="Rounds of bare requests and the command.", min=1)] = 3,
    concurrency: Concurrency = 8,
) -> None:
    """`faceserver import` compared with bare requests that learn the same photographs, in turn."""
    subject: Subject = context.obj
    people = subject.data / "lfw-dev"
    experiment(
        subject,
        "import",
        lambda stack, _: measure_import(stack, people, photographs=photographs, rounds=rounds, concurrency=concurrency),
    )


@app.command("overhead")
def overhead_command(
    context: typer.Context, requests: Annotated[int, typer.Option(help="Photographs, one by one.", min=1)] = 500
) -> None:
    """The latency of one client in addition to the networks."""
    experiment(context.obj, "overhead", lambda stack, images: measure_overhead(stack, images, requests))


@app.command("overload")
def overload_command(
    context: typer.Context,
    *,
    factor: Annotated[float, typer.Option(help="Multiple of the sustainable rate.", min=1, max=100)] = 10,
    seconds: Seconds = 60,
    peak_seconds: Annotated[float, typer.Option(help="For each search of the sustainable rate.", min=0.1)] = 10,
) -> None:
    """Far more requests than the stack can answer."""
    experiment(
        context.obj,
        "overload",
        lambda stack, images: measure_overload(
            stack, images, factor=factor, seconds=seconds, peak_seconds=peak_seconds
        ),
    )


@app.command("soak")
def soak_command(
    context: typer.Context,
    images: Annotated[int, typer.Option(help="Photographs to send.", min=1, max=1_000_000)] = 20_000,
    concurrency: Concurrency = 4,
) -> None:
    """Many photographs, with memory after every thousand; use with --photographs mixed."""
    experiment(
        context.obj,
        "soak",
        lambda stack, files: measure_soak(stack, files, total_images=images, concurrency=concurrency),
    )


if __name__ == "__main__":
    app()
