"""The format of bundles, which move a directory from one installation to another; see docs/bundle.md."""

from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import quote
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from apiserver.bundles.embeddings import MAX_DIMENSION
from apiserver.consent import Consent, Time
from apiserver.names import Metadata, Name, Text
from apiserver.problems import BundleInvalid, BundleUnsupported

FORMAT = "faceserver-bundle"
VERSION = 1

MANIFEST = "manifest.json"
PERSONS = "persons.jsonl"
FACES = "faces.jsonl"

EXTENSION_OF_MEDIA_TYPE = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/heif": "heic",
}
"""Photographs are served with the media type that the bundle states, so only these are accepted."""

_IMAGE = r"[A-Za-z0-9._-]{1,200}"
_SHA256 = r"[0-9a-f]{64}"
_MAX_LINE = 65_536
MAX_MANIFEST_BYTES = _MAX_LINE
_MAX_SHOWN = 100

_Pixel = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class _Part(BaseModel):
    """A part of a bundle. Unknown fields are ignored; an addition that readers must understand gets a new version."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True)

    def line(self) -> bytes:
        """Return the part as a line of JSON."""
        return self.model_dump_json(exclude_none=True).encode() + b"\n"


class BundleModel(_Part):
    """A model whose embeddings the bundle contains, in the file `embeddings`."""

    id: Text
    dimension: int = Field(gt=0, le=MAX_DIMENSION)
    faces: int = Field(ge=0, lt=2**63)
    embeddings: Text
    thresholds: dict[str, float] | None = None


class Manifest(_Part):
    """Format, origin and size of a bundle."""

    format: Literal["faceserver-bundle"] = "faceserver-bundle"
    version: int = Field(VERSION, ge=0, lt=2**31)
    created_at: AwareDatetime | None = None
    software: str | None = None
    directory: str | None = None
    models: tuple[BundleModel, ...] = ()
    persons: int = Field(0, ge=0, lt=2**63)
    faces: int = Field(0, ge=0, lt=2**63)
    images: bool = False


class BundleConsent(Consent):
    """The consent of a person. Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")


class BundlePerson(_Part):
    """A person, identified by the id used at enrolment."""

    person: Name
    display_name: Text | None = Field(None, max_length=1000)
    external_id: Name | None = None
    metadata: Metadata = {}
    consent: BundleConsent | None = None
    restricted: bool | None = None
    created_at: Time | None = None
    last_seen_at: Time | None = None


class BundleFace(_Part):
    """An enrolled face: a crop and its embedding, a photograph, or both.

    face: id, which names the crop. row: row in the model's embeddings. box: left, top, right, bottom in pixels of the
    upright photograph. quality: measured values. recognizability: by the model. origin: of the embedding. name: for
    display. image: file name in `images/`. image_sha256: its digest. original_sha256: that of the file as it was first
    sent, if it is another. An import measures the recognizability and determines the origin itself.
    """

    person: Name
    face: UUID | None = None
    model: Text | None = None
    row: int | None = Field(None, ge=0, lt=2**63)
    box: tuple[_Pixel, _Pixel, _Pixel, _Pixel] | None = None
    score: float | None = Field(None, ge=0, le=1)
    name: Text | None = Field(None, max_length=1000)
    quality: dict[Text, float] | None = Field(None, max_length=20)
    recognizability: float | None = Field(None, ge=0, le=1)
    origin: Text | None = None
    image: str | None = Field(None, pattern=f"^{_IMAGE}$")
    image_sha256: str | None = Field(None, pattern=f"^{_SHA256}$")
    original_sha256: str | None = Field(None, pattern=f"^{_SHA256}$")
    media_type: Text | None = None
    created_at: Time | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.face is None and self.image is None:
            raise ValueError("has neither a crop nor a photograph")
        return self

    @property
    def crop_name(self) -> str | None:
        """Path of the crop in the bundle."""
        return f"crops/{self.face}.jpg" if self.face else None

    @property
    def image_name(self) -> str | None:
        """Path of the photograph in the bundle, if the face has one."""
        return f"images/{self.image}" if self.image else None


_P = TypeVar("_P", bound=_Part)


def embeddings_name(model: str) -> str:
    """Return the path of a model's embeddings in a bundle."""
    return f"embeddings-{quote(model, safe='@')}.npy"


def read_manifest(content: bytes) -> Manifest:
    """Parse a manifest. Raises BundleUnsupported or BundleInvalid."""
    manifest = read_line(content, Manifest, MANIFEST)
    if manifest.version != VERSION:
        raise BundleUnsupported(
            f"The bundle has format version {manifest.version}; only version {VERSION} is supported."
        )
    return manifest


def read_line(content: bytes, kind: type[_P], place: str) -> _P:
    """Parse a part of a bundle; `place` names it in errors. Raises BundleInvalid."""
    try:
        if len(content) > _MAX_LINE:
            raise BundleInvalid(f"{place} is longer than {_MAX_LINE} bytes.")
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        part = "".join(filter(str.isprintable, ".".join(map(str, first["loc"]))))
        raise BundleInvalid(f"{place}: {part[:_MAX_SHOWN]}: {first['msg']}.") from error
