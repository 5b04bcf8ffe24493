"""The options that several benchmarks share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

DATA = Path("../shared/data")
RESULTS = Path("bench/results")

Models = Annotated[str, typer.Option(help="Model pack: a name or a folder.")]
ArcFaceFolder = Annotated[Path, typer.Option(help="Folder with an SCRFD and an ArcFace network.", exists=True)]
Photographs = Annotated[str, typer.Option(help="lfw, large, groups, nobody or mixed, or a folder of one's own.")]
Data = Annotated[Path, typer.Option(help="Folder of the named sets of photographs.")]
Results = Annotated[Path, typer.Option(help="Where the JSON file goes.")]
Url = Annotated[str | None, typer.Option(help="A running gateway; a stack is started if unset.")]
Supervisor = Annotated[
    int | None, typer.Option(help="Process whose children the running services are, to see their CPU time and memory.")
]
Settings = Annotated[
    list[str] | None, typer.Option("--setting", help="NAME=VALUE for the stack that is started, as VECTORIZER_LANES=1.")
]
People = Annotated[int, typer.Option(help="People to enrol beforehand.", min=0, max=1000)]
Seconds = Annotated[float, typer.Option(help="How long each measurement lasts.", min=0.1, max=3600)]
Concurrency = Annotated[int, typer.Option(help="Requests at a time.", min=1, max=500)]
PlainSize = Annotated[
    int | None, typer.Option(help="Detector size of the plain way; 320 for lfw and else 640 if unset.")
]


@dataclass(frozen=True)
class Subject:
    """What is measured, with which photographs, and where the result goes."""

    models: str
    photographs: str
    url: str | None
    supervisor: int | None
    settings: tuple[str, ...]
    people: int
    data: Path
    results: Path
