"""/learn and /recognize."""

from typing import Any

from fastapi import APIRouter, Request, Response

from apiserver.api.learn import (
    LearnFilesAnswer,
    LearnRefusal,
    RecognizeFilesAnswer,
    RecognizeRefusal,
    learn_response,
    recognize_response,
)
from apiserver.api.responses import LearnAnswer, RecognizeAnswer, recognize_answer
from apiserver.biometrics.face import Photograph
from apiserver.enrolment.learning import Learned, Sample
from apiserver.http.forms import LearnForm, RecognizeForm, usable
from apiserver.http.idempotency import KEY, idempotent
from apiserver.http.multipart import MAX_FILES
from apiserver.http.photographs import STATUSES, PhotographCall, PhotographRoute, noting_refusal
from apiserver.http.problem_responses import Refusal
from apiserver.problems import Refused
from apiserver.vectorizers.wire import ENROLMENT_WANTS

_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Refusal} for status in STATUSES}

router = APIRouter(tags=["faces"], route_class=PhotographRoute)


@router.post(
    "/learn",
    status_code=201,
    response_model=LearnAnswer | LearnFilesAnswer,
    responses=_REFUSALS | {422: {"model": LearnRefusal}} | {status: {"model": Refusal} for status in (404, 409, 410)},
    openapi_extra={"requestBody": LearnForm.request_body(), "parameters": [KEY]},
)
@idempotent(max_files=MAX_FILES)
async def learn(request: Request) -> Response:
    """Enrol the person shown on a photograph; the same photograph of the same person again changes nothing.

    Of several files each has its own outcome: enrolled, known or refused. An outage fails the call, which may be
    repeated.
    """
    call = PhotographCall.of(request)
    form = await call.read(LearnForm, max_files=MAX_FILES)
    outcomes: list[Learned | Refused] = []
    for upload in form.file:
        with noting_refusal(outcomes):
            sample = Sample(form.directory, form.person, usable(upload).content, form.face, form.box)
            await call.state.learning.require(form.directory)
            analysis = await call.analyse(upload, ENROLMENT_WANTS)
            outcomes.append(await call.state.learning.learn(sample, analysis, call.stages))
    return learn_response(form, outcomes)


@router.post(
    "/recognize",
    status_code=201,
    response_model=RecognizeAnswer | RecognizeFilesAnswer,
    responses=_REFUSALS | {422: {"model": RecognizeRefusal}},
    openapi_extra={"requestBody": RecognizeForm.request_body()},
)
async def recognize(request: Request) -> Response:
    """Say of every face on a photograph who of the directory it is, if anybody; of several files, of each."""
    call = PhotographCall.of(request)
    form = await call.read(RecognizeForm, max_files=MAX_FILES)
    outcomes: list[RecognizeAnswer | Refused] = []
    for upload in form.file:
        with noting_refusal(outcomes):
            analysis = await call.analyse(usable(upload))
            faces = analysis.select(min_score=form.min_score, min_size=form.min_size)
            recognized = await call.state.recognition.recognize(
                [face.embedding for face in faces],
                analysis.model,
                form.search_options(),
                call.stages,
                Photograph(upload.content, analysis.image) if form.keep else None,
            )
            call.state.metrics.decided(recognized.identities)
            outcomes.append(recognize_answer(upload.filename, form.directory, faces, analysis.model, recognized))
    return recognize_response(form, outcomes)
