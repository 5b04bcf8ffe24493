"""`faceserver import` of a collection of Amazon Rekognition."""

import typer

from faceserver.client.results import ImportOutcome
from faceserver.commands.importing.report import Report
from faceserver.commands.shared.key_file import key_to_send
from faceserver.commands.shared.printing import counted
from faceserver.commands.shared.service import ExitStatus, ca_file, check_ready, checked_url, fail
from faceserver.importing.foreign_people import ForeignError
from faceserver.importing.rekognition import MAX_IMAGE_BYTES, ForeignPhotograph, Indexed, Target, photographs, reader

_INDEXED_AGAIN = (
    "Embeddings cannot leave Rekognition, so the photographs that the ExternalImageIds name are indexed again."
)


def import_collection(collection: str, source: str | None, url: str, directory: str, *, as_json: bool) -> Report:
    """Index the photographs of a collection again, and return the report, which has been printed."""
    if source is None:
        fail(ExitStatus.USAGE, "Also say where the photographs are: --photographs FOLDER or s3://BUCKET/PREFIX.")
    check_ready(url, directory)
    typer.echo(_INDEXED_AGAIN, err=True)
    try:
        read = reader(source)
        found, nameless = photographs(collection)
        if nameless:
            typer.echo(f"Skipped {counted(nameless, 'face')} without an ExternalImageId.", err=True)
        with Target(checked_url(url), key_to_send(), directory, ca_file()) as target:
            target.make_collection()
            report = Report(len(found), as_json=as_json)
            users: dict[str, list[str]] = {}
            for number, photograph in enumerate(found, 1):
                outcome, detail = _indexed(target, photograph, read(photograph.name), users)
                name = photograph.name
                report.take(ImportOutcome(n=number, person=name, name=name, outcome=outcome, detail=detail))
            report.sum_up()
            for user, faces in sorted(users.items()):
                target.associate(user, faces)
    except ForeignError as error:
        fail(ExitStatus.REFUSED, error)
    if users:
        typer.echo(f"Associated the faces of {counted(len(users), 'user')}.", err=True)
    return report


def _indexed(
    target: Target, photograph: ForeignPhotograph, content: bytes | None, users: dict[str, list[str]]
) -> tuple[str, str | None]:
    """Index a photograph and note the faces of users; return outcome and detail."""
    if content is None:
        return "refused", "It is not where the photographs are."
    if len(content) > MAX_IMAGE_BYTES:
        return "refused", "It has more than 5 MB."
    try:
        indexed: Indexed = target.index(photograph, content)
    except ForeignError as error:
        return "refused", str(error)
    for face in photograph.faces:
        if face.user and face.face in indexed.found:
            users.setdefault(face.user, []).append(indexed.found[face.face])
    if indexed.missing:
        return "refused", f"{counted(len(indexed.missing), 'face')} of it were not found again."
    return "created", None
