"""Request and response bodies of imports and exports."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema

from apiserver.biometrics.face import FaceChoice
from apiserver.biometrics.quality import Action
from apiserver.http.json_bodies import problem_of
from apiserver.imports.records import Outcome
from apiserver.names import Name

# No empty parts, no `..`, and no hidden files.
_Key = Annotated[str, StringConstraints(max_length=1000, pattern=r"^imports(/[^/.\\\x00-\x1f][^/\\\x00-\x1f]*)+$")]


_FACE = {
    "type": "string",
    "enum": list(FaceChoice),
    "default": FaceChoice.ONLY,
    "description": "Which face to enrol if a photograph shows several people; `only` refuses such a photograph.",
}
_QUALITY = {
    "type": "string",
    "enum": list(Action),
    "description": "How to treat poor photographs; overrides the directory's setting.",
}
_MANIFEST = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["person", "key"],
        "properties": {
            "person": {"type": "string", "minLength": 1, "maxLength": 255},
            "key": {"type": "string", "description": "Key of an object in the image store, below `imports/`."},
        },
    },
    "examples": [[{"person": "ann", "key": "imports/2026/ann-1.jpg"}]],
}


_Model = TypeVar("_Model", bound=BaseModel)


class ImportOptions(BaseModel):
    """How to enrol the photographs."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    face: Annotated[FaceChoice, WithJsonSchema(_FACE)] = FaceChoice.ONLY
    quality: Annotated[Action | None, WithJsonSchema(_QUALITY)] = None


class ImportForm(ImportOptions):
    """A zip archive to import: one folder of photographs for each person, or a bundle."""

    file: Annotated[Any, Field(json_schema_extra={"type": "string", "format": "binary"}, description="The archive.")]


class ManifestEntry(BaseModel):
    """A photograph that is already in the image store."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    person: Name
    key: _Key


class ImportBody(ImportOptions):
    """Photographs to import that are already in the image store."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    manifest: Annotated[list[ManifestEntry], Field(min_length=1), WithJsonSchema(_MANIFEST)]


class ExportBody(BaseModel):
    """What a bundle should contain."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    images: bool = Field(
        False, description="Whether the bundle contains the photographs; recognition works without them."
    )


class JobStarted(BaseModel):
    """A job that was created."""

    job: UUID
    url: str = Field(
        description="Where to read the job's progress.", examples=["/jobs/5b0c7a3e-6d0b-4a53-9b7c-0f1d0c6f3a52"]
    )


class OutcomeLine(BaseModel):
    """The outcome of one photograph, or of one face of a bundle."""

    n: int = Field(description="Position in the import, from 0.")
    person: str
    name: str
    outcome: Outcome
    face: UUID | None
    code: str | None
    detail: str | None


def read_body(kind: type[_Model], body: bytes) -> _Model:
    """Parse a JSON body. Raises InvalidJson or InvalidField."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise problem_of(error) from error


def read_fields(kind: type[_Model], fields: dict[str, str]) -> _Model:
    """Parse the fields of a form. Raises InvalidField."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise problem_of(error) from error
