"""What /learn and /recognize answer about several files: each has its own outcome."""

from collections.abc import Sequence
from typing import Literal

from fastapi import Response
from pydantic import BaseModel, Field

from apiserver.answer_fields import DirectoryName, ModelId
from apiserver.enrolment_warnings import EnrolmentWarning
from apiserver.face_answers import FileProblem, Outcome
from apiserver.forms import LearnForm, RecognizeForm
from apiserver.learning import Learned
from apiserver.problems import NoFaceEnrolled, NoPhotographUsable, Refused
from apiserver.responses import LearnedPerson, RecognizeAnswer, Refusal, file_url, learned_person, refusal
from apiserver.uploads import Upload


class LearnedFile(BaseModel):
    """One file of several, enrolled now, enrolled before, or refused."""

    filename: str = Field(examples=["portrait.jpg"])
    url: str | None = Field(examples=["/files/2c116cd3-eff0-8136-b4d5-5e476fa58ff7.jpg"])
    outcome: Outcome
    persons: list[LearnedPerson]
    warnings: list[EnrolmentWarning]
    problem: FileProblem | None


class RefusedFile(BaseModel):
    """One file of several on which nobody could be looked for."""

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
    """The success of /recognize with several files, of which at least one could be looked at."""

    files: list[RecognizeAnswer | RefusedFile]


class LearnRefusal(Refusal):
    """The failure of /learn with several files; `files` is there when each of them was refused."""

    files: list[LearnedFile] = Field(default_factory=list)


class RecognizeRefusal(Refusal):
    """The failure of /recognize with several files; `files` is there when each of them was refused."""

    files: list[RefusedFile] = Field(default_factory=list)


def learn_files_response(form: LearnForm, outcomes: Sequence[Learned | Refused]) -> Response:
    """Return the answer about several files to learn; a failure where all were refused."""
    files = [_learned_file(form.person, file, one) for file, one in zip(form.file, outcomes, strict=True)]
    model = next((one.model.id for one in outcomes if isinstance(one, Learned)), None)
    if model is None:
        problem = NoFaceEnrolled()
        return _response(LearnRefusal(**refusal(problem).model_dump(), files=files), problem.status)
    return _response(LearnFilesAnswer(status="OK", directory=form.directory, model=model, files=files), 201)


def recognize_files_response(form: RecognizeForm, outcomes: Sequence[RecognizeAnswer | Refused]) -> Response:
    """Return the answer about several files to recognize people on; a failure where all were refused."""
    refusals = [
        RefusedFile(status=one.sentence, code=one.code, filename=file.filename, persons=None)
        for file, one in zip(form.file, outcomes, strict=True)
        if isinstance(one, Refused)
    ]
    answers = [one for one in outcomes if isinstance(one, RecognizeAnswer)]
    if not answers:
        return _response(
            RecognizeRefusal(**refusal(NoPhotographUsable()).model_dump(), files=refusals), NoPhotographUsable.status
        )
    waiting = iter(refusals)
    files = [next(waiting) if isinstance(one, Refused) else one for one in outcomes]
    return _response(
        RecognizeFilesAnswer(status="OK", directory=form.directory, model=answers[0].model, files=files), 201
    )


def _learned_file(person: str, file: Upload, outcome: Learned | Refused) -> LearnedFile:
    if isinstance(outcome, Refused):
        problem = FileProblem.of(outcome)
        return LearnedFile(
            filename=file.filename, url=None, outcome=Outcome.REFUSED, persons=[], warnings=[], problem=problem
        )
    return LearnedFile(
        filename=file.filename,
        url=file_url(outcome.image),
        outcome=Outcome.CREATED if outcome.enrolment.created else Outcome.KNOWN,
        persons=[learned_person(person, outcome.enrolment)],
        warnings=outcome.warnings,
        problem=None,
    )


def _response(answer: BaseModel, status: int) -> Response:
    return Response(answer.model_dump_json(exclude_unset=True), status, media_type="application/json")
