"""The requests of the operations: members by their names on the wire. Unknown members are ignored."""

import re
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_pascal

MAX_IMAGE_BYTES = 5_242_880
"""Of an image in a request."""

MAX_S3_BYTES = 15_728_640
"""Of an image in a bucket."""

MAX_COLLECTION_ID = 255
MAX_TAGS = 200
COLLECTION_ID = r"[a-zA-Z0-9_.\-]+"
_MAX_TOKEN = 4_096


_FACE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _face_id(value: object) -> object:
    if isinstance(value, str):
        if not _FACE_ID.fullmatch(value):
            raise ValueError("is not the id of a face")
        return UUID(value)
    return value


CollectionId = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_COLLECTION_ID, pattern=rf"^{COLLECTION_ID}$")
]
UserId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_.\-:]+$")]
ExternalImageId = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9_.\-:]+$")]
RequestToken = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_\-]+$")]
FaceId = Annotated[UUID, BeforeValidator(_face_id)]
Token = Annotated[str, StringConstraints(max_length=_MAX_TOKEN)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
QualityFilter = Literal["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"]
Attribute = Literal[
    "DEFAULT",
    "ALL",
    "AGE_RANGE",
    "BEARD",
    "EMOTIONS",
    "EYE_DIRECTION",
    "EYEGLASSES",
    "EYES_OPEN",
    "GENDER",
    "MOUTH_OPEN",
    "MUSTACHE",
    "FACE_OCCLUDED",
    "SMILE",
    "SUNGLASSES",
]
_TAG = r"^[\w\s.:/=+\-@]*$"
TagKey = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_TAG)]
TagValue = Annotated[str, StringConstraints(max_length=256, pattern=_TAG)]
Tags = Annotated[dict[TagKey, TagValue], Field(max_length=MAX_TAGS)]


class Body(BaseModel):
    """A request; values of a wrong type are refused, and null counts as absent."""

    model_config = ConfigDict(
        extra="ignore", strict=True, hide_input_in_errors=True, alias_generator=to_pascal, frozen=True
    )


class S3Object(Body):
    """An image in a bucket."""

    bucket: Annotated[str, StringConstraints(min_length=3, max_length=255)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    version: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = None


class ImageBody(Body):
    """An image: Base64 in the request, or an object in a bucket."""

    encoded: str | None = Field(None, alias="Bytes")
    s3_object: S3Object | None = Field(None, alias="S3Object")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.encoded is None) == (self.s3_object is None):
            raise ValueError("give Bytes or S3Object")
        return self


class NoCollectionBody(Body):
    """A request about no collection by name."""


class CollectionBody(Body):
    """A request about a collection."""

    collection_id: CollectionId


class ListBody(Body):
    """A request for a page; 0 stands for the default."""

    next_token: Token | None = None
    max_results: Annotated[int, Field(ge=0, le=4096)] | None = None


class CreateCollectionBody(CollectionBody):
    """CreateCollection."""

    tags: Tags | None = None


class ListFacesBody(CollectionBody, ListBody):
    """ListFaces."""

    user_id: UserId | None = None
    face_ids: Annotated[list[FaceId], Field(min_length=1, max_length=4096)] | None = None


class FacesBody(CollectionBody):
    """DeleteFaces."""

    face_ids: Annotated[list[FaceId], Field(min_length=1, max_length=4096)]


class IndexFacesBody(CollectionBody):
    """IndexFaces."""

    image: ImageBody
    external_image_id: ExternalImageId | None = None
    detection_attributes: list[Attribute] | None = None
    max_faces: Annotated[int, Field(ge=1)] | None = None
    quality_filter: QualityFilter | None = None


class SearchFacesBody(CollectionBody):
    """SearchFaces."""

    face_id: FaceId
    max_faces: Annotated[int, Field(ge=1, le=4096)] | None = None
    face_match_threshold: Percent | None = None


class SearchFacesByImageBody(CollectionBody):
    """SearchFacesByImage."""

    image: ImageBody
    max_faces: Annotated[int, Field(ge=1, le=4096)] | None = None
    face_match_threshold: Percent | None = None
    quality_filter: QualityFilter | None = None


class CompareFacesBody(Body):
    """CompareFaces."""

    source_image: ImageBody
    target_image: ImageBody
    similarity_threshold: Percent | None = None
    quality_filter: QualityFilter | None = None


class DetectFacesBody(Body):
    """DetectFaces."""

    image: ImageBody
    attributes: list[Attribute] | None = None


class UserBody(CollectionBody):
    """CreateUser and DeleteUser."""

    user_id: UserId
    client_request_token: RequestToken | None = None


class ListUsersBody(CollectionBody):
    """ListUsers."""

    next_token: Token | None = None
    max_results: Annotated[int, Field(ge=1, le=500)] | None = None


class UserFacesBody(UserBody):
    """AssociateFaces and DisassociateFaces."""

    face_ids: Annotated[list[FaceId], Field(min_length=1, max_length=100)]
    user_match_threshold: Percent | None = None


class SearchUsersBody(CollectionBody):
    """SearchUsers."""

    user_id: UserId | None = None
    face_id: FaceId | None = None
    max_users: Annotated[int, Field(ge=1, le=500)] | None = None
    user_match_threshold: Percent | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.user_id is None) == (self.face_id is None):
            raise ValueError("give UserId or FaceId")
        return self


class SearchUsersByImageBody(CollectionBody):
    """SearchUsersByImage."""

    image: ImageBody
    max_users: Annotated[int, Field(ge=1, le=500)] | None = None
    user_match_threshold: Percent | None = None
    quality_filter: QualityFilter | None = None


class ResourceBody(Body):
    """ListTagsForResource."""

    resource_arn: Annotated[str, StringConstraints(min_length=20, max_length=2048)]


class TagBody(ResourceBody):
    """TagResource."""

    tags: Tags


class UntagBody(ResourceBody):
    """UntagResource."""

    tag_keys: Annotated[list[TagKey], Field(max_length=MAX_TAGS)]
