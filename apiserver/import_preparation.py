"""Makes of what an import reads what is to be enrolled."""

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from apiserver.bulk_enrolment import NewFace, Origin
from apiserver.bundle import EXTENSION_OF_MEDIA_TYPE, BundleFace
from apiserver.faces import Analysis, Face, FaceChoice, Model, choose, choose_in_box
from apiserver.image_store import ImageRow, image_key, image_row
from apiserver.import_sources import Material, Source
from apiserver.imports import Item, Outcome, Word
from apiserver.names import checked_name
from apiserver.problems import (
    BundleInvalid,
    NoFace,
    NoFaceInBox,
    Refused,
    SeveralFaces,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.quality import QualityLimits, examine, measured
from apiserver.vectorizer_client import VectorizerClient
from apiserver.vectorizer_wire import ENROLMENT_WANTS

_MOST_ATTEMPTS = 3
"""After so many an image is given up that the vectorizers fail over."""

_BUSY_SECONDS = 60.0
"""So long vectorizers may be busy with others before the whole import is put off."""

_PAUSE_SECONDS = 0.1
_UNIT_ERROR = 0.02
"""How far from 1 the length of an embedding may be, in half precision."""

_WHOLE = (0, 0, 112, 112)
"""The place of a face of which nothing is known but its crop."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A face to enrol, and its photograph."""

    face: NewFace
    image: ImageRow | None = None
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Enroller:
    """Makes of what is read what is to be enrolled."""

    directory: str
    source: Source
    vectorizer: VectorizerClient
    model: Model
    choice: FaceChoice
    limits: QualityLimits
    staging: timedelta

    async def prepare(self, item: Item) -> Ready | Outcome:
        """Return the face of an item, or why there is none. Raises an Outage."""
        try:
            checked_name(item.person)
            return await self._ready(item, await self.source.read(item))
        except Refused as problem:
            return Outcome(item.n, Word.REFUSED, None, problem.code, problem.sentence)
        except (VectorizerFailed, VectorizerTimeout) as problem:
            return Outcome(item.n, Word.FAILED, None, problem.code, problem.sentence)

    async def _ready(self, item: Item, material: Material) -> Ready:
        told = material.told
        if told and material.image is not None:
            _check_digest(told, material.image)
        if told and material.embedding is not None and material.crop is not None:
            face = Face(told.box or _WHOLE, _score(told), _unit(material.embedding, self.model), material.crop)
            return self._with_kept_image(item, told, face, material)
        if material.image is None:
            return await self._of_crop(item, material)
        image = material.image
        analysis = await self._patiently(lambda: self.vectorizer.analyse(image, ENROLMENT_WANTS))
        face = self._choose(analysis, told)
        found = examine(face, self.limits)
        row = image_row(self.directory, image, analysis.image, self.staging)
        new = NewFace(
            *(item.n, item.person, face, analysis.model.id, row.sha256, row.key, _origin(told)),
            quality=measured(face),
            warning=(found[0].reason, " ".join(finding.detail for finding in found)) if found else None,
        )
        return Ready(new, row, image)

    async def _of_crop(self, item: Item, material: Material) -> Ready:
        told, crop = material.told, material.crop
        if told is None or crop is None:
            raise BundleInvalid("The bundle has neither a crop nor the photograph of this face.")
        analysis = await self._patiently(lambda: self.vectorizer.embed_crop(crop))
        [embedded] = analysis.faces
        face = Face(told.box or _WHOLE, _score(told), embedded.embedding, crop)
        identity = (item.n, item.person, face, analysis.model.id, _digest(told, crop))
        return Ready(NewFace(*identity, None, _origin(told), _told_quality(told)))

    def _with_kept_image(self, item: Item, told: BundleFace, face: Face, material: Material) -> Ready:
        """Return a face as it is in the bundle, with its photograph if that was brought along."""
        sha256, image, content = _digest(told, face.crop or b""), None, material.image or b""
        if content:
            sha256 = hashlib.sha256(content).digest()
            image = _kept_row(self.directory, told, content, sha256, self.staging)
        key = image.key if image else None
        new = NewFace(item.n, item.person, face, self.model.id, sha256, key, _origin(told), _told_quality(told))
        return Ready(new, image, content)

    def _choose(self, analysis: Analysis, told: BundleFace | None) -> Face:
        if not analysis.faces:
            raise NoFace
        box = told.box if told else None
        face = choose_in_box(analysis.faces, box) if box else choose(analysis.faces, self.choice, analysis.image)
        if face is None:
            raise NoFaceInBox if box else SeveralFaces
        return face

    async def _patiently(self, call: Callable[[], Awaitable[Analysis]]) -> Analysis:
        """Return what the vectorizer answers, which others may keep busy; a failure may be the image's or its own."""
        attempts, deadline = 0, asyncio.get_running_loop().time() + _BUSY_SECONDS
        while True:
            try:
                return self._by_the_model(await call())
            except VectorizerBusy:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            except (VectorizerFailed, VectorizerTimeout):
                attempts += 1
                if attempts == _MOST_ATTEMPTS:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)

    def _by_the_model(self, analysis: Analysis) -> Analysis:
        """Raise an outage where the vectorizers have come to use another model, which the next attempt will ask for."""
        if analysis.model.id != self.model.id:
            raise VectorizerUnavailable(f"The vectorizers use {analysis.model.id} now, no longer {self.model.id}.")
        return analysis


def _origin(told: BundleFace | None) -> Origin:
    return Origin(told.face, told.created_at) if told else Origin()


def _score(told: BundleFace) -> float:
    """Return how surely the face was detected, which somebody who told nothing of it did not doubt."""
    return 1.0 if told.score is None else told.score


def _told_quality(told: BundleFace) -> str | None:
    return json.dumps(told.quality) if told.quality else None


def _digest(told: BundleFace, crop: bytes) -> bytes:
    """Return what tells the photograph apart from others, though it is not there."""
    return bytes.fromhex(told.image_sha256) if told.image_sha256 else hashlib.sha256(crop).digest()


def _check_digest(told: BundleFace, image: bytes) -> None:
    if told.image_sha256 and hashlib.sha256(image).hexdigest() != told.image_sha256:
        raise BundleInvalid(f"{told.image_name} is not the photograph that the bundle tells of.")


def _kept_row(directory: str, told: BundleFace, content: bytes, sha256: bytes, staging: timedelta) -> ImageRow:
    extension = EXTENSION_OF_MEDIA_TYPE.get(told.media_type or "")
    if extension is None:
        raise BundleInvalid(f"{told.media_type} is no kind of photograph.")
    key = image_key(directory, sha256, extension)
    return ImageRow(directory, key, told.media_type or "", len(content), sha256, staging)


def _unit(embedding: list[float], model: Model) -> list[float]:
    """Return an embedding that is as the model's are. Raises BundleInvalid for any other."""
    length = math.sqrt(math.fsum(number * number for number in embedding))
    if len(embedding) != model.dimension or not abs(length - 1) < _UNIT_ERROR:
        raise BundleInvalid(f"An embedding of {model.id} has {model.dimension} numbers and the length 1.")
    return embedding
