"""How `faceserver import` hands a zip to the service, whose job it is then."""

from pathlib import Path

import typer

from faceserver.calls import FaceChoice
from faceserver.commands.endings import LONG_PATIENCE_SECONDS, check_ready, service
from faceserver.commands.import_report import Report
from faceserver.commands.jobs import watched


def import_archive(file: Path, url: str, directory: str, face: FaceChoice, *, as_json: bool) -> Report:
    """Import an archive and return what became of each photograph or face in it, after it was told."""
    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        started = client.start_import(file, face=face)
        typer.echo(f"Job {started.job} goes on in the service, whatever becomes of this command.", err=True)
        watched(client, started)
        outcomes = client.import_outcomes(started.job)
    report = Report(len(outcomes), as_json=as_json)
    for outcome in outcomes:
        report.take(outcome)
    report.sum_up()
    return report
