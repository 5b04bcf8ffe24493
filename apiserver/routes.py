"""The public work: learn a person, recognize people."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from apiserver.directory_settings import DirectorySettings
from apiserver.faces import Analysis, Image, Thresholds
from apiserver.forms import LearnForm, RecognizeForm
from apiserver.idempotency import KEY, idempotent
from apiserver.identification import Found, Search
from apiserver.image_store import ImageRow, image_row
from apiserver.learning import Sample, learn_sample
from apiserver.photograph_calls import STATUSES, PhotographRoute, analyse, read_fields
from apiserver.responses import (
    LearnAnswer,
    RecognizeAnswer,
    Refusal,
    answer_response,
    applied_thresholds,
    file_url,
    learned_person,
    recognized_person,
)
from apiserver.search_sql import Scoring
from apiserver.state import State
from apiserver.telemetry import Stages
from apiserver.unique_persons import assign_once

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refusal} for status in STATUSES}

router = APIRouter(tags=["faces"], route_class=PhotographRoute)


@router.post(
    "/learn",
    status_code=201,
    response_model=LearnAnswer,
    responses=_REFUSALS | {status: {"model": Refusal} for status in (409, 410)},
    openapi_extra={"requestBody": LearnForm.request_body(), "parameters": [KEY]},
)
@idempotent(most_files=1)
async def learn(request: Request) -> Response:
    """Enrol the person shown on a photograph; the same photograph of the same person again changes nothing."""
    state, stages = State.of(request), Stages.of(request)
    with stages.measure("read"):
        form = LearnForm.of(await read_fields(request, state))
    learned = await learn_sample(request, state, stages, Sample(form.directory, form.person, form.file, form.face))
    return answer_response(
        LearnAnswer(
            status="OK",
            url=file_url(learned.image),
            filename=form.file.filename,
            directory=form.directory,
            model=learned.model.id,
            persons=[learned_person(form.person, learned.enrolment)],
            created=learned.enrolment.created,
        )
    )


@router.post(
    "/recognize",
    status_code=201,
    response_model=RecognizeAnswer,
    responses=_REFUSALS,
    openapi_extra={"requestBody": RecognizeForm.request_body()},
)
async def recognize(request: Request) -> Response:
    """Say of every face on a photograph who of the directory it is, if anybody."""
    state, stages = State.of(request), Stages.of(request)
    with stages.measure("read"):
        form = RecognizeForm.of(await read_fields(request, state))
    analysis = await analyse(request, form.file, state, stages)
    with stages.measure("search"):
        settings = await state.directories.settings(form.directory)
        image = _kept_for_retention(form, analysis.image, state, settings)
        applied = await state.directories.applied(form.directory, analysis.model, form.threshold)
        found = await _search(state, form, analysis, settings, applied.thresholds, image=image)
    if image:
        with stages.measure("store"):
            await state.images.put(image, form.file.content)
    persons = [
        recognized_person(face, one, analysis.model, applied.thresholds)
        for face, one in zip(analysis.faces, found, strict=True)
    ]
    state.metrics.decided(persons)
    return answer_response(
        RecognizeAnswer(
            status="OK",
            url=file_url(image.key if image else None),
            filename=form.file.filename,
            directory=form.directory,
            model=analysis.model.id,
            persons=persons,
            thresholds=applied_thresholds(applied, analysis.model),
        )
    )


async def _search(
    state: State,
    form: RecognizeForm,
    analysis: Analysis,
    settings: DirectorySettings,
    thresholds: Thresholds,
    *,
    image: ImageRow | None,
) -> list[Found]:
    """Return the `k` best of each face; everyone is somebody's at most once if the form asks for that."""
    others = len(analysis.faces) - 1 if form.unique_persons else 0  # whom the other faces may take away
    scoring = form.scoring or settings.scoring or Scoring.MAX
    search = Search(form.directory, analysis.model, form.k + max(0, others), thresholds.match, scoring)
    found = await state.identification.identify(search, analysis.faces, image)
    state.recall_check.offer(search, analysis.faces, found)
    if form.unique_persons:
        assigned = assign_once([one.candidates for one in found], thresholds.review)
        found = [Found(candidates[: form.k], one.path) for candidates, one in zip(assigned, found, strict=True)]
    return found


def _kept_for_retention(
    form: RecognizeForm, image: Image, state: State, settings: DirectorySettings
) -> ImageRow | None:
    """Return the row of the image, or None where recognized images are not kept at all."""
    seconds = settings.recognized_retention_seconds
    if seconds is None:
        seconds = state.settings.recognized_retention_seconds
    if not seconds:
        return None
    return image_row(form.directory, form.file.content, image, timedelta(seconds=seconds))
