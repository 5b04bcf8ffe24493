"""The public work: learn a person, recognize people."""

from typing import Any

from fastapi import APIRouter, Request, Response

from apiserver.file_answers import (
    LearnFilesAnswer,
    LearnRefusal,
    RecognizeFilesAnswer,
    RecognizeRefusal,
    learn_files_response,
    recognize_files_response,
)
from apiserver.forms import LearnForm, RecognizeForm
from apiserver.idempotency import KEY, idempotent
from apiserver.learning import Sample, learn_sample
from apiserver.photograph_calls import STATUSES, PhotographRoute, each, read_fields
from apiserver.recognizing import recognize_file
from apiserver.responses import LearnAnswer, RecognizeAnswer, Refusal, answer_response, file_url, learned_person
from apiserver.state import State
from apiserver.telemetry import Stages
from apiserver.uploads import MOST_FILES

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refusal} for status in STATUSES}

router = APIRouter(tags=["faces"], route_class=PhotographRoute)


@router.post(
    "/learn",
    status_code=201,
    response_model=LearnAnswer | LearnFilesAnswer,
    responses=_REFUSALS | {422: {"model": LearnRefusal}} | {status: {"model": Refusal} for status in (404, 409, 410)},
    openapi_extra={"requestBody": LearnForm.request_body(), "parameters": [KEY]},
)
@idempotent(most_files=MOST_FILES)
async def learn(request: Request) -> Response:
    """Enrol the person shown on a photograph; the same photograph of the same person again changes nothing.

    Of several files each is enrolled, known or refused by itself; an outage fails the call, which may be repeated.
    """
    state, stages = State.of(request), Stages.of(request)
    with stages.measure("read"):
        form = LearnForm.of(await read_fields(request, state, most_files=MOST_FILES))
    samples = [Sample(form.directory, form.person, file, form.face, form.box) for file in form.file]
    if len(samples) > 1:
        outcomes = await each(learn_sample(request, state, stages, sample) for sample in samples)
        return learn_files_response(form, outcomes)
    learned = await learn_sample(request, state, stages, samples[0])
    return answer_response(
        LearnAnswer(
            status="OK",
            url=file_url(learned.image),
            filename=form.file[0].filename,
            directory=form.directory,
            model=learned.model.id,
            persons=[learned_person(form.person, learned.enrolment)],
            created=learned.enrolment.created,
            warnings=learned.warnings,
        )
    )


@router.post(
    "/recognize",
    status_code=201,
    response_model=RecognizeAnswer | RecognizeFilesAnswer,
    responses=_REFUSALS | {422: {"model": RecognizeRefusal}},
    openapi_extra={"requestBody": RecognizeForm.request_body()},
)
async def recognize(request: Request) -> Response:
    """Say of every face on a photograph who of the directory it is, if anybody; of several files, of each."""
    state, stages = State.of(request), Stages.of(request)
    with stages.measure("read"):
        form = RecognizeForm.of(await read_fields(request, state, most_files=MOST_FILES))
    if len(form.file) > 1:
        outcomes = await each(recognize_file(request, state, stages, form, file) for file in form.file)
        return recognize_files_response(form, outcomes)
    return answer_response(await recognize_file(request, state, stages, form, form.file[0]))
