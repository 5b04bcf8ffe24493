"""What imports and exports are asked for with, and answered."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema

from apiserver.faces import FaceChoice
from apiserver.imports import Word
from apiserver.json_bodies import problem_of
from apiserver.names import Name
from apiserver.quality import Action

# No empty part, none that leads elsewhere, and nothing hidden.
_Key = Annotated[str, StringConstraints(max_length=1000, pattern=r"^imports(/[^/.\\\x00-\x1f][^/\\\x00-\x1f]*)+$")]


_FACE = {
    "type": "string",
    "enum": list(FaceChoice),
    "default": FaceChoice.ONLY,
    "description": "Whom to enrol from a photograph of several people; `only` refuses it.",
}
_QUALITY = {
    "type": "string",
    "enum": list(Action),
    "description": "What becomes of poor photographs, instead of what is set for the directory.",
}
_MANIFEST = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["person", "key"],
        "properties": {
            "person": {"type": "string", "minLength": 1, "maxLength": 255},
            "key": {"type": "string", "description": "Of an object of the image store, below `imports/`."},
        },
    },
    "examples": [[{"person": "ann", "key": "imports/2026/ann-1.jpg"}]],
}


_Model = TypeVar("_Model", bound=BaseModel)


class ImportOptions(BaseModel):
    """How photographs are to be enrolled."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    face: Annotated[FaceChoice, WithJsonSchema(_FACE)] = FaceChoice.ONLY
    quality: Annotated[Action | None, WithJsonSchema(_QUALITY)] = None


class ImportForm(ImportOptions):
    """A zip archive to import: photographs in a folder for each person, or a bundle."""

    file: Annotated[Any, Field(json_schema_extra={"type": "string", "format": "binary"}, description="The archive.")]


class ManifestEntry(BaseModel):
    """A photograph that was put into the image store."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    person: Name
    key: _Key


class ImportBody(ImportOptions):
    """Photographs to import that were put into the image store."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    manifest: Annotated[list[ManifestEntry], Field(min_length=1), WithJsonSchema(_MANIFEST)]


class ExportBody(BaseModel):
    """What a bundle is to hold."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    images: bool = Field(False, description="Whether the photographs come along; people are recognized without them.")


class JobStarted(BaseModel):
    """A job that was asked for."""

    job: UUID
    url: str = Field(description="Where to ask how far it is.", examples=["/jobs/5b0c7a3e-6d0b-4a53-9b7c-0f1d0c6f3a52"])


class OutcomeLine(BaseModel):
    """What became of one photograph, or face of a bundle: a line of an import's outcomes."""

    n: int = Field(description="Its place in what was imported.")
    person: str
    name: str
    outcome: Word
    face: UUID | None
    code: str | None
    detail: str | None


def read_body(kind: type[_Model], body: bytes) -> _Model:
    """Return what a body of JSON says. Raises InvalidJson or InvalidField."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise problem_of(error) from error


def read_fields(kind: type[_Model], fields: dict[str, str]) -> _Model:
    """Return what the fields of a form say. Raises InvalidField."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise problem_of(error) from error
