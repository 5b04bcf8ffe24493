"""The settings of a directory, and what follows from them."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from apiserver.directories import Directories
from apiserver.encoded_paths import EncodedRoute, decoded
from apiserver.faces import Model
from apiserver.forms import directory_name
from apiserver.open_set import LEAST_FPIR, MOST_FPIR, DirectorySettings
from apiserver.problems import DirectoryNotFound, InvalidJson, InvalidSettings
from apiserver.responses import AppliedThresholds, ProblemDetails, applied_thresholds
from apiserver.state import State, StateOf
from apiserver.uploads import read_small

_OUTAGES: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 500, 503, 504)}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ProblemDetails}}
_WRONG: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (408, 422)}

router = APIRouter(tags=["directories"], route_class=EncodedRoute)


class SettingsBody(BaseModel):
    """All settings of a directory; what is left out or null is the service's default."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    fpir: float | None = Field(
        None,
        ge=LEAST_FPIR,
        le=MOST_FPIR,
        description="The share of strangers that may be named; the thresholds follow as the directory grows.",
        examples=[0.001],
    )
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="The cosine from which a candidate is a match, however large the directory. Not beside `fpir`.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.fpir is not None and self.threshold is not None:
            raise ValueError("set fpir or threshold, not both")
        return self


class DirectoryAnswer(BaseModel):
    """A directory: what was set, what it holds for the model in use, and the thresholds that follow at this size."""

    directory: str = Field(examples=["acme"])
    fpir: float | None = Field(description="As it was set; null leaves it to the service.")
    threshold: float | None = Field(description="As it was set; null leaves it to the rate.")
    threshold_model: str | None = Field(description="The model that `threshold` was set for; it holds for no other.")
    model: str = Field(description="The model in use.", examples=["sface_2021dec@fb143eea0783"])
    persons: int = Field(description="People with a face of this model.", examples=[301])
    faces: int = Field(description="Their faces of this model.", examples=[812])
    thresholds: AppliedThresholds


async def _directory(directory: Annotated[str, Path(description="The name, percent-encoded.")]) -> str:
    return directory_name(decoded(directory))


_Directory = Annotated[str, Depends(_directory)]


@router.get("/directories/{directory}", responses=_OUTAGES | _NOT_FOUND)
async def read_directory(directory: _Directory, state: StateOf) -> DirectoryAnswer:
    """Return the settings of a directory, how much it holds, and its thresholds for the model in use."""
    settings = await state.directories.read(directory)
    if settings is None:
        raise DirectoryNotFound
    return await _describe(directory, settings, state.directories, await state.vectorizer.model_in_use())


@router.put(
    "/directories/{directory}",
    responses=_OUTAGES | _WRONG | {201: {"model": DirectoryAnswer}},
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": SettingsBody.model_json_schema()}}}
    },
)
async def write_directory(directory: _Directory, request: Request, response: Response) -> DirectoryAnswer:
    """Replace the settings of a directory, which is made (201) where it is missing."""
    state = State.of(request)
    body = _read(await read_small(request, timeout_seconds=state.settings.upload_timeout_seconds))
    model = await state.vectorizer.model_in_use()
    settings = DirectorySettings(
        fpir=body.fpir, threshold=body.threshold, threshold_model=None if body.threshold is None else model.id
    )
    if await state.directories.write(directory, settings):
        response.status_code = 201
    return await _describe(directory, settings, state.directories, model)


def _read(body: bytes) -> SettingsBody:
    """Return the settings that a body holds. Raises InvalidJson or InvalidSettings."""
    try:
        return SettingsBody.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] in {"json_invalid", "model_type"}:
            raise InvalidJson from error
        place = f"{first['loc'][0]}: " if first["loc"] else ""
        raise InvalidSettings(f"{place}{first['msg']}.") from error


async def _describe(
    directory: str, settings: DirectorySettings, directories: Directories, model: Model
) -> DirectoryAnswer:
    size = await directories.size(directory, model)
    return DirectoryAnswer(
        directory=directory,
        fpir=settings.fpir,
        threshold=settings.threshold,
        threshold_model=settings.threshold_model,
        model=model.id,
        persons=size.persons,
        faces=size.faces,
        thresholds=applied_thresholds(await directories.applied(directory, model), model),
    )
