"""Reads a collection of Amazon Rekognition, and indexes its photographs again with the same ids.

Embeddings cannot leave Rekognition: it lists faces without them. So the photographs are indexed again, from the folder
or the bucket in which the ExternalImageIds of the faces name them.
"""

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx

from faceserver.importing.foreign_people import ForeignError

MAX_IMAGE_BYTES = 5_242_880
"""Of an image in a request."""

_MIN_OVERLAP = 0.3
"""Intersection over union of two boxes of one face."""

_NO_SDK = "This needs boto3: pip install 'faceserver[rekognition]'."
_TIMEOUT_SECONDS = 120.0

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in fractions of the photograph."""


@dataclass(frozen=True, slots=True)
class ForeignFace:
    """A face of a collection. user: the id of the user that it is associated with, if any."""

    face: str
    box: Box
    user: str | None


class ForeignPhotograph(NamedTuple):
    """A photograph by the name that a collection has for it, and the faces that were indexed of it."""

    name: str
    faces: Sequence[ForeignFace]


class Indexed(NamedTuple):
    """What became of the faces of a photograph. found: the new ids of those that are there again, by the old ones."""

    found: Mapping[str, str]
    missing: Sequence[ForeignFace]


def boto3_client(service: str) -> Any:  # noqa: ANN401 - boto3 has no types
    """Return a client of AWS with the credentials and the region of the environment. Raises ForeignError."""
    try:
        import boto3  # noqa: PLC0415 - an optional library
    except ImportError as error:
        raise ForeignError(_NO_SDK) from error
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        return boto3.client(service)
    except BotoCoreError as error:
        raise ForeignError(f"The request to AWS failed: {error}") from error


def photographs(collection: str) -> tuple[list[ForeignPhotograph], int]:
    """Return the photographs of a collection by name, and how many faces name none. Raises ForeignError."""
    client = boto3_client("rekognition")
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    named: dict[str, list[ForeignFace]] = defaultdict(list)
    nameless = 0
    try:
        for page in client.get_paginator("list_faces").paginate(CollectionId=collection):
            for face in page["Faces"]:
                if (name := face.get("ExternalImageId")) and "BoundingBox" in face:
                    named[name].append(ForeignFace(face["FaceId"], box_of(face["BoundingBox"]), face.get("UserId")))
                else:
                    nameless += 1
    except (BotoCoreError, ClientError) as error:
        raise ForeignError(f"The collection cannot be read: {error}") from error
    return [ForeignPhotograph(name, faces) for name, faces in sorted(named.items())], nameless


def reader(source: str) -> Callable[[str], bytes | None]:
    """Return what reads a photograph by its name from a folder or from `s3://BUCKET/PREFIX`; None if it is missing."""
    if source.startswith("s3://"):
        bucket, _, prefix = source.removeprefix("s3://").partition("/")
        return lambda name: _read_object(bucket, prefix, name)
    folder = Path(source)
    if not folder.is_dir():
        raise ForeignError(f"{source} is not a folder.")
    files = _files_by_name(folder)
    return lambda name: files[name].read_bytes() if name in files else None


def box_of(box: Mapping[str, float]) -> Box:
    """Return a BoundingBox as its four edges."""
    left, top = box["Left"], box["Top"]
    return left, top, left + box["Width"], top + box["Height"]


def overlap(first: Box, second: Box) -> float:
    """Return the intersection over union of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (_area(first) + _area(second) - common)


def assigned(faces: Sequence[ForeignFace], records: Mapping[str, Box]) -> dict[str, str]:
    """Return the new id of each face that is found again, by the old one; the largest overlap is assigned first."""
    pairs = sorted(
        ((overlap(face.box, box), face.face, new) for face in faces for new, box in records.items()), reverse=True
    )
    found: dict[str, str] = {}
    for share, old, new in pairs:
        if share >= _MIN_OVERLAP and old not in found and new not in found.values():
            found[old] = new
    return found


class Target:
    """The service, called as clients of Rekognition call it, with a separate key."""

    def __init__(self, url: str, key: str | None, collection: str, ca_file: Path | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        verify = str(ca_file) if ca_file else True
        self._http = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, verify=verify)
        self._collection = collection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def make_collection(self) -> None:
        """Make the collection unless it exists. Raises ForeignError."""
        self._call("CreateCollection", accepting="ResourceAlreadyExistsException")

    def index(self, photograph: ForeignPhotograph, content: bytes) -> Indexed:
        """Index a photograph, and keep those of its faces that the collection had. Raises ForeignError."""
        image = {"Bytes": base64.b64encode(content).decode()}
        answer = self._call("IndexFaces", Image=image, ExternalImageId=photograph.name, QualityFilter="NONE")
        records = {each["Face"]["FaceId"]: box_of(each["Face"]["BoundingBox"]) for each in answer["FaceRecords"]}
        found = assigned(photograph.faces, records)
        if others := sorted(records.keys() - set(found.values())):
            self._call("DeleteFaces", FaceIds=others)
        return Indexed(found, [face for face in photograph.faces if face.face not in found])

    def associate(self, user: str, faces: Iterable[str]) -> int:
        """Make a user and associate faces with it; return how many are. Raises ForeignError."""
        self._call("CreateUser", UserId=user, accepting="ConflictException")
        done, listed = 0, sorted(faces)
        for first in range(0, len(listed), 100):
            batch = listed[first : first + 100]
            answer = self._call("AssociateFaces", UserId=user, FaceIds=batch, UserMatchThreshold=0)
            done += len(answer["AssociatedFaces"])
        return done

    def _call(self, operation: str, accepting: str = "", **members: object) -> dict[str, Any]:
        body = {"CollectionId": self._collection, **members}
        headers = {"X-Amz-Target": f"RekognitionService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        try:
            answer = self._http.post("/", json=body, headers=headers)
        except httpx.HTTPError as error:
            raise ForeignError(f"The service did not answer {operation}: {error}") from error
        if answer.is_success:
            read: dict[str, Any] = answer.json()
            return read
        name, sentence = _problem(answer)
        if accepting and name == accepting:
            return {}
        raise ForeignError(sentence)


def _problem(answer: httpx.Response) -> tuple[str, str]:
    try:
        body = answer.json()
        return body["__type"], body["Message"]
    except (ValueError, KeyError, TypeError):
        return "", "The service does not answer clients of Rekognition: set APISERVER_FACADES=rekognition."


def _read_object(bucket: str, prefix: str, name: str) -> bytes | None:
    client = boto3_client("s3")
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        content: bytes = client.get_object(Bucket=bucket, Key=f"{prefix}{name}")["Body"].read()
    except client.exceptions.NoSuchKey:
        return None
    except (BotoCoreError, ClientError) as error:
        raise ForeignError(f"The bucket {bucket} cannot be read: {error}") from error
    return content


def _files_by_name(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by their names; also by those without an extension, if only one has it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stems = defaultdict(list)
    for path in files:
        stems[path.stem].append(path)
    alone = {stem: paths[0] for stem, paths in stems.items() if len(paths) == 1}
    return {**alone, **{path.name: path for path in reversed(files)}}


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
