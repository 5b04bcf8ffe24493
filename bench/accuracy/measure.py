"""Measure the accuracy of running services on a folder of photographs.

    python -m bench accuracy FOLDER [--pairs FILE] [--gateway URL]

The folder holds a sub-folder per person for the measurements over all pairs and for identification; a table of pairs
may name any photographs. Writes one JSON file and one picture.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from bench.accuracy.identification import enrol, search, split
from bench.accuracy.judgement import judge_all_pairs, judge_searches, judge_table
from bench.accuracy.report import Identification, Report, write
from bench.documents.accuracy import tables
from bench.documents.accuracy_plots import draw
from bench.harness.provenance import provenance
from bench.photographs.embeddings import embed_folder
from bench.photographs.folder import Photograph, by_person, find_photographs
from bench.photographs.pairs import read_pairs

TIMEOUT_SECONDS = 60


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, in a sub-folder per person.", exists=True)],
    *,
    pairs: Annotated[Path | None, typer.Option(help="Table file_x,file_y,Decision[,fold].", exists=True)] = None,
    vectorizer: Annotated[str, typer.Option(help="The vectorizer's address.")] = "http://127.0.0.1:8081",
    secret: Annotated[str, typer.Option(envvar="VECTORIZER_SECRET", help="The vectorizer's secret.")] = "",
    gateway: Annotated[str | None, typer.Option(help="The gateway's address, to measure identification too.")] = None,
    results: Annotated[Path, typer.Option(help="Folder of the JSON file.")] = Path("bench/results"),
    plots: Annotated[Path, typer.Option(help="Folder of the picture.")] = Path("docs/plots"),
    concurrency: Annotated[int, typer.Option(help="Requests at a time.", min=1)] = 2,
) -> None:
    """Measure how often the services take two people for one and one for two."""
    photographs = find_photographs(folder)
    if pairs is None and not comparable(photographs):
        raise typer.BadParameter("The folder needs a sub-folder per person, or a table of pairs.")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    with httpx.Client(base_url=vectorizer, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        origin = provenance("accuracy", sys.argv[1:], client)
        embedded = embed_folder(client, photographs, concurrency)
    report = Report(
        provenance=origin,
        dataset=folder.resolve().name,
        model=embedded.model,
        photographs=len(photographs),
        photographs_with_several_faces=embedded.several_faces,
        failures_to_enrol=embedded.failures,
        pair_table=judge_table(embedded, read_pairs(pairs)) if pairs else None,
        all_pairs=judge_all_pairs(embedded) if comparable(photographs) else None,
        identification=measure_identification(gateway, photographs, concurrency) if gateway else None,
    )
    written = write(report, results)
    draw(json.loads(written.read_text()), plots / f"{written.stem}.svg")
    print("\n\n".join(tables([written])))


def comparable(photographs: list[Photograph]) -> bool:
    """Whether the sub-folders hold several people, and several photographs of one."""
    people = by_person(photographs).values()
    return len(people) > 1 and any(len(theirs) > 1 for theirs in people)


def measure_identification(gateway: str, photographs: list[Photograph], concurrency: int) -> Identification:
    """Enrol and search in a new directory, named after the time."""
    parts = split(photographs)
    directory = f"accuracy-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with httpx.Client(base_url=gateway, timeout=TIMEOUT_SECONDS) as client:
        refused = enrol(client, directory, parts.enrolments, concurrency)
        mated = search(client, directory, parts.mated, concurrency, mated=True)
        non_mated = search(client, directory, parts.non_mated, concurrency, mated=False)
    return judge_searches(parts, refused, mated, non_mated)


if __name__ == "__main__":
    typer.run(main)
