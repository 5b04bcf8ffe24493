"""The fields that forms with photographs share, and the problem of each invalid field."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from apiserver.access.grants import default_directory
from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.face import Box, Detail, Look, Orientation
from apiserver.http.field_names import Unknown, check_fields
from apiserver.http.multipart import MAX_FILES, Fields, Upload
from apiserver.names import Name
from apiserver.problems import (
    DirectoryMissing,
    DirectoryNotFound,
    FileMissing,
    InvalidField,
    InvalidForm,
    InvalidName,
    PersonMissing,
    Problem,
)


def _only(files: object) -> object:
    """Return the only file of a field; anything but files is left for pydantic to refuse."""
    if not isinstance(files, tuple):
        return files
    [upload, *others] = files
    if others:
        raise InvalidForm("A field has several files.")  # not a ValueError, so pydantic lets it pass
    return upload


def _read_box(text: object) -> object:
    """Return the box that four comma-separated numbers describe."""
    try:
        left, top, right, bottom = (round(float(number)) for number in str(text).split(","))
    except (ValueError, OverflowError) as error:
        raise ValueError("give left,top,right,bottom in pixels") from error
    if not (left < right and top < bottom):
        raise ValueError("left must be less than right, and top less than bottom")
    return left, top, right, bottom


def usable(upload: Upload) -> Upload:
    """Return an upload that may be a photograph. Raises the problem of any other."""
    if upload.problem:
        raise upload.problem
    return upload


PersonField = Annotated[
    Name, Field(description="The person on the photograph: an id or a name of your choice.", examples=["ann"])
]
DirectoryField = Annotated[
    Name,
    Field(
        default_factory=default_directory,
        description="People are recognized within their own directory.",
        examples=["acme"],
        json_schema_extra={"default": "default"},
    ),
]
"""Without it, the only directory of the caller's key, or `default`."""
FileField = Annotated[
    Upload,
    BeforeValidator(_only),
    AfterValidator(usable),
    WithJsonSchema({"type": "string", "format": "binary", "description": "The photograph, in any common format."}),
]
FilesField = Annotated[
    tuple[Upload, ...],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "minItems": 1,
            "maxItems": MAX_FILES,
            "description": "The photographs, each in its own `file` field.",
        }
    ),
]
"""A file with a `problem` is not refused here: it must not affect the others."""
FaceField = Annotated[
    FaceChoice,
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(FaceChoice),
            "default": FaceChoice.ONLY,
            "description": "Which face to take if the photograph shows several; `only` refuses such photographs.",
        }
    ),
]

BoxField = Annotated[
    Box | None,
    BeforeValidator(_read_box),
    WithJsonSchema(
        {
            "type": "string",
            "example": "178,63,268,176",
            "description": "Takes the face that overlaps this box most, if the photograph shows several. "
            "Left, top, right, bottom in pixels of the upright image; takes precedence over `face`.",
        }
    ),
]

_MISSING: dict[str, type[Problem]] = {
    "person": PersonMissing,
    "directory": DirectoryMissing,
    **dict.fromkeys(("file", "source", "target"), FileMissing),
}
_MISSING_ERRORS = {"missing", "string_too_short", "dataclass_type", "tuple_type"}


OrientationField = Annotated[
    Orientation,
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(Orientation),
            "default": Orientation.AUTO,
            "description": "`auto` turns a photograph whose faces are not upright; `as-sent` does not. "
            "EXIF orientation is applied before.",
        }
    ),
]
DetailField = Annotated[
    Detail,
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(Detail),
            "default": Detail.AUTO,
            "description": "`auto` looks for small faces in large photographs, `full` in all, `fast` in none.",
        }
    ),
]


class Form(BaseModel):
    """The fields of a form; they are checked in order, and the first invalid one is reported."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    unknown: ClassVar[Unknown] = Unknown.REFUSED
    missing: ClassVar[type[Problem]] = DirectoryNotFound
    """The problem of a directory that the caller does not have."""

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Return the validated form. Raises UnknownField, or the problem of its first invalid field."""
        check_fields(fields, cls.model_fields, cls.unknown)
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise _problem(error) from error

    @classmethod
    def request_body(cls) -> dict[str, Any]:
        """Return the form as the body of a request in OpenAPI."""
        return {"required": True, "content": {"multipart/form-data": {"schema": cls.model_json_schema()}}}


class LookForm(Form):
    """The fields of all forms with photographs: how these are looked at."""

    orientation: OrientationField = Orientation.AUTO
    detail: DetailField = Detail.AUTO

    @property
    def look(self) -> Look:
        """How the photographs are looked at."""
        return Look(self.orientation, self.detail)


def _problem(error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0])
    if field in _MISSING and first["type"] in _MISSING_ERRORS:
        return FileMissing(f"File {field!r} is required.") if field in {"source", "target"} else _MISSING[field]()
    if field in {"person", "directory"}:
        return InvalidName()
    return InvalidField(f"{field}: {first['msg']}")
