"""The options that several benchmarks share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

DATA = Path("../shared/data")
RESULTS = Path("bench/results")

Models = Annotated[str, typer.Option(help="Model pack: a name or a folder.")]
ArcFaceFolder = Annotated[Path, typer.Option(help="Folder with an SCRFD and an ArcFace network.", exists=True)]
Photographs = Annotated[str, typer.Option(help="lfw, large, groups, nobody or mixed, or your own folder.")]
Data = Annotated[Path, typer.Option(help="Folder of the named sets of photographs.")]
Results = Annotated[Path, typer.Option(help="Folder of the JSON file.")]
Url = Annotated[str | None, typer.Option(help="A running gateway; a stack is started if unset.")]
Supervisor = Annotated[
    int | None, typer.Option(help="Parent process of the running services, to measure their CPU time and memory.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--setting", help="NAME=VALUE for the stack that is started, for example VECTORIZER_LANES=1."),
]
People = Annotated[int, typer.Option(help="People to enrol beforehand.", min=0, max=1000)]
Seconds = Annotated[float, typer.Option(help="Duration of each measurement.", min=0.1, max=3600)]
Concurrency = Annotated[int, typer.Option(help="Requests at a time.", min=1, max=500)]
PlainSize = Annotated[
    int | None, typer.Option(help="Detector size of the plain networks; by default 320 for lfw, else 640.")
]


@dataclass(frozen=True)
class Subject:
    """The measured stack, the photographs, and the folder of the result."""

    models: str
    photographs: str
    url: str | None
    supervisor: int | None
    settings: tuple[str, ...]
    people: int
    data: Path
    results: Path
