"""Routes of what somebody has to decide: warnings about faces, look-alikes, and their dismissals."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from apiserver.access.scopes import Scope
from apiserver.api.faces import FaceAnswer
from apiserver.api.fields import PersonId, crop_url, rounded, rounded_or_none
from apiserver.api.jobs import JobStarted, job_started
from apiserver.api.persons import PersonAnswer
from apiserver.audit import records as audit
from apiserver.database.pool import Share
from apiserver.enrolment import comparing
from apiserver.enrolment.warnings import Resemblance, detail_of
from apiserver.http.access.guard import needs
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.http.paths import DirectoryName, EncodedRoute, OtherName, PersonName
from apiserver.names import NameFilter
from apiserver.people import doubts, lookalikes
from apiserver.people.doubts import Doubt, Wanted
from apiserver.people.lookalikes import Lookalikes
from apiserver.people.records import Person, require_directory
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}
_WARNINGS, _LOOKALIKES = "warnings", "lookalikes"
_FaceId = Annotated[UUID, Path(description="The face's id, as returned by /learn.")]

router = APIRouter(tags=["doubts"], route_class=EncodedRoute)


class DoubtsQuery(PageQuery):
    """Query parameters of both lists."""

    dismissed: bool = Field(False, description="Dismissed ones instead of undecided ones.")
    person: NameFilter | None = Field(None, description="Only those about this person.")


class WarningsQuery(DoubtsQuery):
    """Query parameters of the list of warnings."""

    code: list[Resemblance] | None = Field(None, description="Only warnings with this code; may be repeated.")


class OtherAnswer(BaseModel):
    """The person that a face resembles."""

    person: PersonId
    display_name: str | None = Field(examples=["Bo Example"])
    crop: str | None = Field(
        description="The person's most recognizable face; null if there is none, or if the key may not see "
        "photographs.",
        examples=["/directories/acme/persons/bo/faces/f323466b-1e04-4d87-80eb-e950fde57ede/crop"],
    )

    @classmethod
    def of(cls, person: Person) -> Self:
        """Return a person as clients read it."""
        best = person.enrolled.best
        crop = best and crop_url(person.directory, person.person, best)
        return cls(person=person.person, display_name=person.details.display_name, crop=crop)


class WarningAnswer(BaseModel):
    """A warning that an enrolled face may show another person."""

    face: FaceAnswer
    code: Resemblance
    detail: str = Field(
        examples=["The face resembles bo more than the person's own faces: perhaps it is a photograph of bo."]
    )
    value: float = Field(description="The similarity.", examples=[0.5124])
    limit: float = Field(description="What the similarity was compared with.", examples=[0.4871])
    other: OtherAnswer | None = Field(description="The person that the face resembles; null with `unlike-own`.")
    found_at: datetime
    dismissed_at: datetime | None

    @classmethod
    def of(cls, directory: str, doubt: Doubt) -> Self:
        """Return a doubt as clients read it."""
        return cls(
            face=FaceAnswer.of(directory, doubt.face),
            code=Resemblance(doubt.code),
            detail=detail_of(doubt.code, doubt.other.person if doubt.other else None),
            value=rounded(doubt.value),
            limit=rounded(doubt.threshold),
            other=doubt.other and OtherAnswer.of(doubt.other),
            found_at=doubt.found_at,
            dismissed_at=doubt.dismissed_at,
        )


class LookalikesAnswer(BaseModel):
    """Two persons who may be one."""

    persons: list[PersonAnswer] = Field(description="Both persons.")
    similarity: float | None = Field(
        description="The highest similarity of a face of one with the other; null if they were dismissed before any "
        "was found.",
        examples=[0.5124],
    )
    found_at: datetime
    dismissed_at: datetime | None

    @classmethod
    def of(cls, found: Lookalikes) -> Self:
        """Return a pair as clients read it."""
        return cls(
            persons=[PersonAnswer.of(person) for person in found.persons],
            similarity=rounded_or_none(found.similarity),
            found_at=found.found_at,
            dismissed_at=found.dismissed_at,
        )


class ComparisonAnswer(BaseModel):
    """The latest comparison of a directory's faces; all null if there was none."""

    job: UUID | None
    model: str | None = Field(examples=["sface_2021dec@fb143eea0783"])
    started_at: datetime | None
    finished_at: datetime | None = Field(description="null while it runs.")
    compared: int = Field(description="Number of faces compared so far.", examples=[1200])


@router.get("/directories/{directory}/warnings", responses=_PROBLEMS, response_model=Page[WarningAnswer])
@needs(Scope.READ)
async def list_warnings(directory: DirectoryName, query: Annotated[WarningsQuery, Query()], state: StateOf) -> Response:
    """List the warnings about the faces of a directory in pages, the latest first."""
    after = read_cursor(query.cursor, _WARNINGS, doubts.KEY)
    wanted = Wanted(query.dismissed, query.code, query.person)
    async with state.database.connection(Share.READS) as connection:
        found, key = await doubts.page(connection, directory, wanted, query.limit, after)
    following = None if key is None else write_cursor(_WARNINGS, key)
    return await Page.response((WarningAnswer.of(directory, each) for each in found), following)


@router.get("/directories/{directory}/lookalikes", responses=_PROBLEMS, response_model=Page[LookalikesAnswer])
@needs(Scope.READ)
async def list_lookalikes(directory: DirectoryName, query: Annotated[DoubtsQuery, Query()], state: StateOf) -> Response:
    """List the pairs of persons who may be one person in pages, the most similar first."""
    after = read_cursor(query.cursor, _LOOKALIKES, lookalikes.KEY)
    async with state.database.connection(Share.READS) as connection:
        found, key = await lookalikes.page(
            connection, directory, query.limit, after, dismissed=query.dismissed, person=query.person
        )
    following = None if key is None else write_cursor(_LOOKALIKES, key)
    return await Page.response(map(LookalikesAnswer.of, found), following)


@router.put("/directories/{directory}/dismissals/faces/{face}", status_code=204, responses=_PROBLEMS)
@needs(Scope.EDIT)
async def dismiss_face(directory: DirectoryName, face: _FaceId, state: StateOf) -> Response:
    """Record that a face shows its person: its warnings are not listed again."""
    async with state.database.connection() as connection, connection.transaction():
        await doubts.dismiss(connection, directory, face)
        await audit.record(connection, directory=directory, object_=face)
    return Response(status_code=204)


@router.delete("/directories/{directory}/dismissals/faces/{face}", status_code=204, responses=_PROBLEMS)
@needs(Scope.EDIT)
async def reopen_face(directory: DirectoryName, face: _FaceId, state: StateOf) -> Response:
    """Undo the dismissal of the warnings about a face."""
    async with state.database.connection() as connection, connection.transaction():
        await doubts.reopen(connection, directory, face)
        await audit.record(connection, directory=directory, object_=face)
    return Response(status_code=204)


@router.put("/directories/{directory}/dismissals/persons/{person}/{other}", status_code=204, responses=_PROBLEMS)
@needs(Scope.EDIT)
async def dismiss_pair(directory: DirectoryName, person: PersonName, other: OtherName, state: StateOf) -> Response:
    """Record that two persons are different people: they are not listed as look-alikes again."""
    async with state.database.connection() as connection, connection.transaction():
        await lookalikes.dismiss(connection, directory, person, other)
        await audit.record(connection, directory=directory, persons=[person, other])
    return Response(status_code=204)


@router.delete("/directories/{directory}/dismissals/persons/{person}/{other}", status_code=204, responses=_PROBLEMS)
@needs(Scope.EDIT)
async def reopen_pair(directory: DirectoryName, person: PersonName, other: OtherName, state: StateOf) -> Response:
    """Undo the dismissal of a pair of persons."""
    async with state.database.connection() as connection, connection.transaction():
        await lookalikes.reopen(connection, directory, person, other)
        await audit.record(connection, directory=directory, persons=[person, other])
    return Response(status_code=204)


@router.post("/directories/{directory}/comparisons", status_code=202, response_model=JobStarted, responses=_PROBLEMS)
@needs(Scope.EDIT)
async def start_comparison(directory: DirectoryName, state: StateOf) -> Response:
    """Start a job that compares all faces of a directory, for warnings and look-alikes, unless one is waiting."""
    async with state.database.connection() as connection, connection.transaction():
        await require_directory(connection, directory)
        job = await comparing.start(connection, directory)
        await audit.record(connection, directory=directory, object_=job)
    return job_started(job)


@router.get("/directories/{directory}/comparisons", responses=_PROBLEMS)
@needs(Scope.READ)
async def read_comparison(directory: DirectoryName, state: StateOf) -> ComparisonAnswer:
    """Return the latest comparison of a directory that has started."""
    async with state.database.connection(Share.READS) as connection:
        await require_directory(connection, directory)
        found = await comparing.latest(connection, directory)
    if found is None:
        return ComparisonAnswer(job=None, model=None, started_at=None, finished_at=None, compared=0)
    return ComparisonAnswer(
        job=found.job,
        model=found.model,
        started_at=found.started_at,
        finished_at=found.finished_at,
        compared=found.compared,
    )
