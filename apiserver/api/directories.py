"""Routes of directories."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from apiserver.access.grants import current_grant
from apiserver.access.scopes import Scope
from apiserver.api.deletions import ReceiptAnswer, receipt_response
from apiserver.api.fields import AppliedThresholds, applied_thresholds
from apiserver.biometrics.model import Model, Scoring
from apiserver.biometrics.open_set import MAX_FPIR, MIN_FPIR
from apiserver.database.pool import Share
from apiserver.directories import listing as directory_lists
from apiserver.directories.records import Directories, Directory, require_room
from apiserver.directories.settings import DirectorySettings, QualitySettings
from apiserver.http.access.guard import needs
from apiserver.http.entity_tags import (
    FAILED_PRECONDITION,
    NOT_MODIFIED,
    TAGGED,
    IfMatch,
    IfMatchOrAbsent,
    IfNoneMatch,
    tagged,
)
from apiserver.http.json.bodies import JsonBody, read_json
from apiserver.http.paging import Page, PageQuery, read_cursor, write_cursor
from apiserver.http.paths import DirectoryName, EncodedRoute
from apiserver.names import NameFilter
from apiserver.people.naming import check_names
from apiserver.problems import InvalidSettings
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_OUTAGES: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 500, 503, 504)}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ProblemDetails}}
_WRONG: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (408, 422)}

_ORDER = "directories"
_KEY: TypeAdapter[tuple[str]] = TypeAdapter(tuple[str])

router = APIRouter(tags=["directories"], route_class=EncodedRoute)


_MAX_SECONDS = 10 * 366 * 86_400
_MAX_DAYS = 100 * 366


class SettingsBody(JsonBody):
    """Settings of a directory. Omitted or null settings take the service's default."""

    fpir: float | None = Field(
        None,
        ge=MIN_FPIR,
        le=MAX_FPIR,
        description="Maximum share of strangers that may be named; the thresholds adapt as the directory grows.",
        examples=[0.001],
    )
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="Minimum cosine of a match, independent of the directory's size. Excludes `fpir`.",
        examples=[0.5],
    )
    scoring: Scoring | None = Field(None, description="Default of /recognize for how a person's faces are combined.")
    recognized_retention_seconds: int | None = Field(
        None, ge=0, le=_MAX_SECONDS, description="How long recognized images are kept; 0: not at all.", examples=[3600]
    )
    unseen_retention_days: int | None = Field(
        None,
        ge=1,
        le=_MAX_DAYS,
        description="Persons who were neither recognized nor enrolled for this many days are deleted.",
        examples=[365],
    )
    recognizability_floor: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Faces with a lower recognizability are neither recognized nor enrolled. 0 turns this off: "
        "unrecognizable strangers then match each other. null: the model's floor.",
        examples=[0.562],
    )
    keep_originals: bool | None = Field(
        None,
        strict=True,
        description="Whether photographs are stored as they were sent, with their metadata: place, camera, thumbnails.",
        examples=[False],
    )
    require_consent: bool | None = Field(
        None,
        strict=True,
        description="Whether only persons with a valid consent are enrolled and named.",
        examples=[True],
    )
    delete_without_consent_days: int | None = Field(
        None,
        ge=0,
        le=_MAX_DAYS,
        description="Persons whose consent ended this many days ago are deleted.",
        examples=[30],
    )
    quality: QualitySettings | None = Field(None, description="Quality limits for enrolment.")

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        if self.fpir is not None and self.threshold is not None:
            raise ValueError("fpir and threshold exclude each other; set only one of them")
        return self

    def settings(self, model: str) -> DirectorySettings:
        """Return all settings; a threshold applies to `model`."""
        return DirectorySettings(**self._changes(model, self.model_fields_set | type(self).model_fields.keys()))

    def changes(self, model: str) -> dict[str, Any]:
        """Return the settings that the client sent, by the field names of DirectorySettings."""
        return self._changes(model, self.model_fields_set)

    def _changes(self, model: str, names: set[str]) -> dict[str, Any]:
        changes = {name: getattr(self, name) for name in names}
        if "threshold" in changes:
            changes["threshold_model"] = None if self.threshold is None else model
        return changes


class DirectoriesQuery(PageQuery):
    """Query parameters of the list of directories."""

    prefix: NameFilter = Field("", description="Only names with this prefix (case-sensitive).")


class DirectorySummary(BaseModel):
    """A directory in the list of directories."""

    model_config = ConfigDict(from_attributes=True)

    directory: str = Field(examples=["acme"])
    persons: int = Field(description="Number of persons.", examples=[301])
    faces: int = Field(description="Number of faces, of all models.", examples=[812])
    created_at: datetime


class DirectoryAnswer(BaseModel):
    """A directory: its settings, its size for the model in use, and the thresholds applied at this size."""

    directory: str = Field(examples=["acme"])
    fpir: float | None = Field(description="The setting; null means the service's default.")
    threshold: float | None = Field(description="The setting; null means that `fpir` determines the thresholds.")
    threshold_model: str | None = Field(description="The only model that `threshold` applies to.")
    scoring: Scoring | None = Field(description="The setting; null means `max`.")
    recognized_retention_seconds: int | None = Field(description="The setting; null means the service's default.")
    unseen_retention_days: int | None = Field(description="The setting; null means that nobody is deleted.")
    recognizability_floor: float | None = Field(description="The setting; null means the model's own floor.")
    keep_originals: bool | None = Field(description="The setting; null means that metadata are not stored.")
    require_consent: bool | None = Field(description="The setting; null means that nobody's consent is required.")
    delete_without_consent_days: int | None = Field(description="The setting; null means that nobody is deleted.")
    quality: QualitySettings | None = Field(description="The setting; null means the service's default.")
    model: str = Field(description="The model in use.", examples=["sface_2021dec@fb143eea0783"])
    persons: int = Field(description="Number of persons with a face of this model.", examples=[301])
    faces: int = Field(description="Number of faces of this model.", examples=[812])
    thresholds: AppliedThresholds
    created_at: datetime
    updated_at: datetime = Field(description="Time of the last change of the settings.")
    revision: int = Field(description="Incremented by every change.", examples=[1])


@router.get("/directories", responses=_OUTAGES, response_model=Page[DirectorySummary])
@needs(Scope.READ)
async def list_directories(query: Annotated[DirectoriesQuery, Query()], state: StateOf) -> Response:
    """List the directories in pages, ordered by name."""
    after = read_cursor(query.cursor, _ORDER, _KEY)
    async with state.database.unbound(Share.READS) as connection:
        found, last = await directory_lists.page(
            connection, query.prefix, query.limit, after[0] if after else None, current_grant().reach
        )
    following = None if last is None else write_cursor(_ORDER, (last,))
    return await Page.response(map(DirectorySummary.model_validate, found), following)


@router.get(
    "/directories/{directory}",
    response_model=DirectoryAnswer,
    responses=_OUTAGES | _NOT_FOUND | TAGGED | NOT_MODIFIED,
)
@needs(Scope.READ)
async def read_directory(directory: DirectoryName, known: IfNoneMatch, state: StateOf) -> Response:
    """Return a directory: its settings, its size, and its thresholds for the model in use."""
    found = await state.directories.read(directory)
    answer = await _describe(directory, found, state.directories, await state.vectorizer.model_in_use())
    return tagged(answer, found.revision, known=known)


@router.put(
    "/directories/{directory}",
    response_model=DirectoryAnswer,
    responses=_OUTAGES | _WRONG | TAGGED | FAILED_PRECONDITION | {201: {"model": DirectoryAnswer}},
    openapi_extra=SettingsBody.request_body(),
)
@needs(Scope.ADMIN)
async def write_directory(directory: DirectoryName, condition: IfMatchOrAbsent, request: Request) -> Response:
    """Replace the settings of a directory; create it (201) if it does not exist."""
    state = State.of(request)
    body = await read_json(request, SettingsBody, InvalidSettings)
    await check_names(state.database, directory)
    await require_room(state.database, state.usage, directory)
    model = await state.vectorizer.model_in_use()
    written, created = await state.directories.write(directory, body.settings(model.id), condition)
    answer = await _describe(directory, written, state.directories, model)
    return tagged(answer, written.revision, status=201 if created else 200)


@router.patch(
    "/directories/{directory}",
    response_model=DirectoryAnswer,
    responses=_OUTAGES | _NOT_FOUND | _WRONG | TAGGED | FAILED_PRECONDITION,
    openapi_extra=SettingsBody.request_body(),
)
@needs(Scope.ADMIN)
async def patch_directory(directory: DirectoryName, condition: IfMatch, request: Request) -> Response:
    """Change some settings of a directory; null restores the service's default."""
    state = State.of(request)
    body = await read_json(request, SettingsBody, InvalidSettings)
    model = await state.vectorizer.model_in_use()
    edited = await state.directories.edit(directory, body.changes(model.id), condition)
    return tagged(await _describe(directory, edited, state.directories, model), edited.revision)


@router.delete(
    "/directories/{directory}",
    response_model=ReceiptAnswer,
    responses=_OUTAGES | _NOT_FOUND | FAILED_PRECONDITION,
)
@needs(Scope.ADMIN, Scope.DELETE)
async def delete_directory(directory: DirectoryName, condition: IfMatch, state: StateOf) -> Response:
    """Delete a directory with all its persons at once; its photographs are removed from the store soon after."""
    receipt = await state.erasure.directory(directory, condition)
    state.directories.forget(directory)
    return receipt_response(receipt)


async def _describe(directory: str, known: Directory, directories: Directories, model: Model) -> DirectoryAnswer:
    terms = await directories.describe(directory, known.settings, model)
    return DirectoryAnswer(
        directory=directory,
        **dict(known.settings),
        model=model.id,
        persons=terms.size.persons,
        faces=terms.size.faces,
        thresholds=applied_thresholds(terms.applied, model),
        created_at=known.created_at,
        updated_at=known.updated_at,
        revision=known.revision,
    )
