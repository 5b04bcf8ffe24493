"""The fields of the calls that take a photograph: what they may be, and the problem each wrong one is."""

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from apiserver.faces import Box, FaceChoice
from apiserver.names import Name
from apiserver.problems import (
    DirectoryMissing,
    FileMissing,
    InvalidField,
    InvalidForm,
    InvalidName,
    PersonMissing,
    Problem,
)
from apiserver.search_sql import Scoring
from apiserver.uploads import MOST_FILES, Fields, Upload


def _only(files: object) -> object:
    """Return the one file of a field that has one; what is no file is left for pydantic to refuse."""
    if not isinstance(files, tuple):
        return files
    [upload, *others] = files
    if others:
        raise InvalidForm("A field has several files.")  # no ValueError, so that it passes pydantic as it is
    return upload


def _read_box(text: object) -> object:
    """Return the box that four numbers with commas between them are."""
    try:
        left, top, right, bottom = (round(float(number)) for number in str(text).split(","))
    except (ValueError, OverflowError) as error:
        raise ValueError("give left,top,right,bottom in pixels") from error
    if not (left < right and top < bottom):
        raise ValueError("left is to be less than right, and top less than bottom")
    return left, top, right, bottom


def _possible(upload: Upload) -> Upload:
    if upload.problem:
        raise upload.problem
    return upload


_Person = Annotated[Name, Field(description="Whose face it is: an id or a name of your choice.", examples=["ann"])]
_Directory = Annotated[Name, Field(description="People are recognized within their own directory.", examples=["acme"])]
_File = Annotated[
    Upload,
    BeforeValidator(_only),
    AfterValidator(_possible),
    WithJsonSchema({"type": "string", "format": "binary", "description": "The photograph, in any common format."}),
]
_Files = Annotated[
    tuple[Upload, ...],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "minItems": 1,
            "maxItems": MOST_FILES,
            "description": "The photographs, each a `file` of its own.",
        }
    ),
]
"""Each is looked at by itself: what has a `problem` is not refused here."""
_Face = Annotated[
    FaceChoice,
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(FaceChoice),
            "default": FaceChoice.ONLY,
            "description": "Whom to take from a photograph of several people; `only` refuses it.",
        }
    ),
]

_Box = Annotated[
    Box | None,
    BeforeValidator(_read_box),
    WithJsonSchema(
        {
            "type": "string",
            "example": "178,63,268,176",
            "description": "Whom to take from a photograph of several people: the face that overlaps this box most. "
            "Left, top, right, bottom in pixels of the upright image; goes before `face`.",
        }
    ),
]

_MISSING: dict[str, type[Problem]] = {
    "person": PersonMissing,
    "directory": DirectoryMissing,
    **dict.fromkeys(("file", "source", "target"), FileMissing),
}
_MISSING_ERRORS = {"missing", "string_too_short", "dataclass_type", "tuple_type"}


class _Form(BaseModel):
    """Fields are checked in their order, and the first wrong one is answered."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Return the checked form. Raises the problem of its first wrong field."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise _problem(error) from error

    @classmethod
    def request_body(cls) -> dict[str, Any]:
        """Return the form as OpenAPI describes the body of a request."""
        return {"required": True, "content": {"multipart/form-data": {"schema": cls.model_json_schema()}}}


class LearnForm(_Form):
    """Photographs of a person to learn."""

    person: _Person
    directory: _Directory = "default"
    file: _Files
    face: _Face = FaceChoice.ONLY
    box: _Box = None


class FacesForm(_Form):
    """Photographs of one person to learn."""

    file: _Files
    face: _Face = FaceChoice.ONLY
    box: _Box = None


class RecognizeForm(_Form):
    """Photographs of people to recognize."""

    directory: _Directory = "default"
    file: _Files
    k: int = Field(5, ge=1, le=100, description="How many candidates to list for each face.")
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="The cosine from which a candidate is a match, instead of the model's own.",
        examples=[0.5],
    )

    unique_persons: bool = Field(False, description="Whether everyone is on the photograph once at most.")
    scoring: Scoring | None = Field(
        None,
        description="How a person's samples count: the best one, or their mean, weighted by score. "
        "As is set for the directory if unset, and `max` where nothing is.",
    )
    min_score: float = Field(0, ge=0, le=1, description="Faces with a lower detector score are left out.")
    min_size: int = Field(
        0, ge=0, le=100_000, description="Faces of which the shorter side has fewer pixels are left out."
    )
    keep: bool = Field(True, description="Whether the photograph is kept for the retention time, or not at all.")


class EmbedForm(_Form):
    """A photograph of any number of people."""

    file: _File


class DetectForm(_Form):
    """A photograph of any number of people, and which of its faces to tell of."""

    file: _File
    min_score: float = Field(0, ge=0, le=1, description="Leave out faces of which the detector is less sure.")
    min_size: int = Field(0, ge=0, le=100_000, description="Leave out faces whose box is narrower, in pixels.")
    draw: bool = Field(False, description="Answer the photograph with its faces drawn in, as a JPEG.")


class CompareForm(_Form):
    """Two photographs of any number of people."""

    source: _File
    target: _File


class VerifyForm(_Form):
    """A photograph of somebody, and who that is said to be."""

    person: _Person
    directory: _Directory = "default"
    file: _File
    face: _Face = FaceChoice.ONLY


def _problem(error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0])
    if field in _MISSING and first["type"] in _MISSING_ERRORS:
        return FileMissing(f"File {field!r} is required.") if field in {"source", "target"} else _MISSING[field]()
    if field in {"person", "directory"}:
        return InvalidName()
    return InvalidField(f"{field}: {first['msg']}")
