"""Says who is on one photograph: what /recognize does with each."""

from dataclasses import replace
from datetime import timedelta

from fastapi import Request

from apiserver import sightings
from apiserver.candidates import candidates_of
from apiserver.directory_settings import DirectorySettings
from apiserver.faces import Analysis, Image
from apiserver.forms import RecognizeForm
from apiserver.image_store import ImageRow, image_row
from apiserver.photograph_calls import analyse
from apiserver.responses import RecognizeAnswer, applied_thresholds, file_url, recognized_person
from apiserver.state import State
from apiserver.telemetry import Stages
from apiserver.uploads import Upload


async def recognize_file(
    request: Request, state: State, stages: Stages, form: RecognizeForm, file: Upload
) -> RecognizeAnswer:
    """Return who of the directory each face is, if anybody.

    Raises the problem of a bad photograph, an Outage, or ClientDisconnect.
    """
    if file.problem:
        raise file.problem
    analysis = _asked_for(form, await analyse(request, file, state, stages))
    with stages.measure("search"):
        settings = await state.directories.settings(form.directory)
        image = _kept_for_retention(form, file, analysis.image, state, settings)
        applied = await state.directories.applied(form.directory, analysis.model, form.threshold)
        found = await candidates_of(
            state,
            form,
            analysis.model,
            analysis.faces,
            settings=settings,
            thresholds=applied.thresholds,
            image=image,
        )
    if image:
        with stages.measure("store"):
            await state.images.put(image, file.content)
    persons = [
        recognized_person(face, one, analysis.model, applied.thresholds)
        for face, one in zip(analysis.faces, found, strict=True)
    ]
    state.metrics.decided(persons)
    if named := [(person.id, person.decision) for person in persons if person.id is not None]:
        with stages.measure("note"):
            await sightings.note(state.database, form.directory, named, image.key if image else None)
    return RecognizeAnswer(
        status="OK",
        url=file_url(image.key if image else None),
        filename=file.filename,
        directory=form.directory,
        model=analysis.model.id,
        persons=persons,
        thresholds=applied_thresholds(applied, analysis.model),
    )


def _asked_for(form: RecognizeForm, analysis: Analysis) -> Analysis:
    """Return the analysis less the faces that the form does not want."""
    if not form.min_score and not form.min_size:
        return analysis
    wanted = [face for face in analysis.faces if face.score >= form.min_score and face.size >= form.min_size]
    return replace(analysis, faces=wanted)


def _kept_for_retention(
    form: RecognizeForm, file: Upload, image: Image, state: State, settings: DirectorySettings
) -> ImageRow | None:
    """Return the row of the image, or None where this one, or recognized images at all, are not to be kept."""
    seconds = settings.recognized_retention_seconds
    if seconds is None:
        seconds = state.settings.recognized_retention_seconds
    if not seconds or not form.keep:
        return None
    return image_row(form.directory, file.content, image, timedelta(seconds=seconds))
