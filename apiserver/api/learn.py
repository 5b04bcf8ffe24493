"""The answers of /learn and /recognize about one photograph or several, each of which has its own outcome."""

from collections.abc import Sequence
from typing import Literal

from fastapi import Response
from pydantic import BaseModel, Field

from apiserver.api.face_answers import FileProblem, Outcome
from apiserver.api.fields import DirectoryName, EnrolmentWarning, ModelId
from apiserver.api.responses import LearnAnswer, LearnedPerson, RecognizeAnswer, file_url, learned_person
from apiserver.enrolment.learning import Learned
from apiserver.http.forms import LearnForm, RecognizeForm
from apiserver.http.multipart import Upload
from apiserver.http.problem_responses import Refusal, refusal
from apiserver.problems import NoFaceEnrolled, NoPhotographUsable, Refused


class LearnedFile(BaseModel):
    """One file of several, enrolled now, enrolled before, or refused."""

    filename: str = Field(examples=["portrait.jpg"])
    url: str | None = Field(examples=["/files/2c116cd3-eff0-8136-b4d5-5e476fa58ff7.jpg"])
    outcome: Outcome
    persons: list[LearnedPerson]
    warnings: list[EnrolmentWarning]
    problem: FileProblem | None


class RefusedFile(BaseModel):
    """One file of several that was refused."""

    status: str = Field(examples=["The image is truncated or corrupt."])
    code: str = Field(examples=["image-unreadable"])
    filename: str = Field(examples=["photo.jpg"])
    persons: None


class _FilesAnswer(BaseModel):
    status: Literal["OK"]
    directory: DirectoryName
    model: ModelId


class LearnFilesAnswer(_FilesAnswer):
    """The success of /learn with several files, of which at least one was enrolled."""

    files: list[LearnedFile]


class RecognizeFilesAnswer(_FilesAnswer):
    """The success of /recognize with several files, of which at least one was accepted."""

    files: list[RecognizeAnswer | RefusedFile]


class LearnRefusal(Refusal):
    """The failure of /learn with several files; `files` is present if each of them was refused."""

    files: list[LearnedFile] = Field(default_factory=list)


class RecognizeRefusal(Refusal):
    """The failure of /recognize with several files; `files` is present if each of them was refused."""

    files: list[RefusedFile] = Field(default_factory=list)


def learn_response(form: LearnForm, outcomes: Sequence[Learned | Refused]) -> Response:
    """Return the answer about one photograph, or about several; a failure if all of them were refused."""
    if len(outcomes) > 1:
        return _learned_files(form, outcomes)
    [outcome] = outcomes
    if isinstance(outcome, Refused):
        raise outcome
    answer = LearnAnswer(
        status="OK",
        url=file_url(outcome.image_key),
        filename=form.file[0].filename,
        directory=form.directory,
        model=outcome.model.id,
        persons=[learned_person(form.person, outcome.enrolment)],
        created=outcome.enrolment.created,
        warnings=[EnrolmentWarning.of(warning) for warning in outcome.warnings],
    )
    return _response(answer, 201)


def recognize_response(form: RecognizeForm, outcomes: Sequence[RecognizeAnswer | Refused]) -> Response:
    """Return the answer about one photograph, or about several; a failure if all of them were refused."""
    if len(outcomes) > 1:
        return _recognized_files(form, outcomes)
    [outcome] = outcomes
    if isinstance(outcome, Refused):
        raise outcome
    return _response(outcome, 201)


def _learned_files(form: LearnForm, outcomes: Sequence[Learned | Refused]) -> Response:
    files = [_learned_file(form.person, upload, each) for upload, each in zip(form.file, outcomes, strict=True)]
    model = next((each.model.id for each in outcomes if isinstance(each, Learned)), None)
    if model is None:
        problem = NoFaceEnrolled()
        return _response(LearnRefusal(**refusal(problem).model_dump(), files=files), problem.status)
    return _response(LearnFilesAnswer(status="OK", directory=form.directory, model=model, files=files), 201)


def _recognized_files(form: RecognizeForm, outcomes: Sequence[RecognizeAnswer | Refused]) -> Response:
    refused = [
        RefusedFile(status=each.sentence, code=each.code, filename=upload.filename, persons=None)
        for upload, each in zip(form.file, outcomes, strict=True)
        if isinstance(each, Refused)
    ]
    model = next((each.model for each in outcomes if isinstance(each, RecognizeAnswer)), None)
    if model is None:
        problem = NoPhotographUsable()
        return _response(RecognizeRefusal(**refusal(problem).model_dump(), files=refused), problem.status)
    in_order = iter(refused)
    files = [next(in_order) if isinstance(each, Refused) else each for each in outcomes]
    return _response(RecognizeFilesAnswer(status="OK", directory=form.directory, model=model, files=files), 201)


def _learned_file(person: str, upload: Upload, outcome: Learned | Refused) -> LearnedFile:
    if isinstance(outcome, Refused):
        problem = FileProblem.of(outcome)
        return LearnedFile(
            filename=upload.filename, url=None, outcome=Outcome.REFUSED, persons=[], warnings=[], problem=problem
        )
    return LearnedFile(
        filename=upload.filename,
        url=file_url(outcome.image_key),
        outcome=Outcome.CREATED if outcome.enrolment.created else Outcome.KNOWN,
        persons=[learned_person(person, outcome.enrolment)],
        warnings=[EnrolmentWarning.of(warning) for warning in outcome.warnings],
        problem=None,
    )


def _response(answer: BaseModel, status: int) -> Response:
    return Response(answer.model_dump_json(exclude_unset=True), status, media_type="application/json")
