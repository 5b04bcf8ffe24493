"""Prepares the items of an import for enrolment."""

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.face import Analysis, Face, Image
from apiserver.biometrics.model import Model
from apiserver.biometrics.quality import QualityLimits, measurements
from apiserver.bundles.format import EXTENSION_OF_MEDIA_TYPE, BundleFace
from apiserver.enrolment.gate import chosen_face, examine, require_recognizable
from apiserver.enrolment.warnings import quality_warning
from apiserver.imports.enrolment import NewFace, Origin
from apiserver.imports.records import Item, ItemOutcome, Outcome
from apiserver.imports.sources import Material, Source
from apiserver.names import checked_name
from apiserver.problems import (
    BundleInvalid,
    Refused,
    VectorizerBusy,
    VectorizerFailed,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.storage.images import ImageRow
from apiserver.storage.photographs import Photograph, to_store, without_metadata
from apiserver.vectorizers.client import VectorizerClient
from apiserver.vectorizers.wire import ENROLMENT_WANTS, Want

_MAX_ATTEMPTS = 3
"""After this many failures of the vectorizers, an image gets the outcome `failed`."""

_BUSY_SECONDS = 60.0
"""How long vectorizers may be busy before the import is postponed."""

_PAUSE_SECONDS = 0.1
_UNIT_ERROR = 0.02
"""How much the length of an embedding in half precision may differ from 1."""

_WHOLE = (0, 0, 112, 112)
"""The box of a face of which only the crop is known."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A face to enrol, and its photograph."""

    face: NewFace
    image: ImageRow | None = None
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Reads the items of an import and makes faces of them."""

    directory: str
    source: Source
    vectorizer: VectorizerClient
    model: Model
    choice: FaceChoice
    limits: QualityLimits
    floor: float | None
    staging: timedelta
    keep_originals: bool = False

    async def prepare(self, item: Item) -> Ready | ItemOutcome:
        """Return the face of an item, or the outcome if it has none. Raises an Outage."""
        try:
            checked_name(item.person)
            return await self._ready(item, await self.source.read(item))
        except Refused as problem:
            return ItemOutcome(item.n, Outcome.REFUSED, None, problem.code, problem.sentence)
        except (VectorizerFailed, VectorizerTimeout) as problem:
            return ItemOutcome(item.n, Outcome.FAILED, None, problem.code, problem.sentence)

    async def _ready(self, item: Item, material: Material) -> Ready:
        bundled = material.description
        if bundled and material.image is not None:
            _check_digest(bundled, material.image)
        if bundled and material.embedding is not None and material.crop is not None:
            face = Face(
                bundled.box or _WHOLE,
                _score(bundled),
                _checked_embedding(material.embedding, self.model),
                material.crop,
                recognizability=await self._recognizability(bundled, material.crop),
            )
            require_recognizable(face.recognizability, self.floor)
            return await self._with_kept_image(item, bundled, face, material)
        if material.image is None:
            return await self._of_crop(item, material)
        image, cleaned = material.image, await without_metadata(material.image)
        wants = ENROLMENT_WANTS if cleaned else ENROLMENT_WANTS | {Want.PICTURE}
        analysis = await self._retried(lambda: self.vectorizer.analyse(image, wants))
        face = chosen_face(analysis.faces, self.choice, bundled.box if bundled else None, analysis.image)
        defects = examine(face, self.limits, self.floor)
        photograph = Photograph(image, cleaned, analysis.image, analysis.picture)
        row, content = await self._to_store(photograph, bundled)
        new = NewFace(
            *(item.n, item.person, face, analysis.model.id, row.sha256, row.key, _origin(bundled)),
            quality=measurements(face),
            warnings=[quality_warning(defect) for defect in defects],
        )
        return Ready(new, row, content)

    async def _to_store(self, photograph: Photograph, bundled: BundleFace | None) -> tuple[ImageRow, bytes]:
        """Return row and content of a photograph, which a bundle may know by the digest of an earlier file."""
        row, content = await to_store(photograph, self.directory, self.staging, as_sent=self.keep_originals)
        if bundled and bundled.original_sha256:
            row = row._replace(sha256=bytes.fromhex(bundled.original_sha256))
        return row, content

    async def _of_crop(self, item: Item, material: Material) -> Ready:
        bundled, crop = material.description, material.crop
        if bundled is None or crop is None:
            raise BundleInvalid("The bundle has neither a crop nor the photograph of this face.")
        analysis = await self._retried(lambda: self.vectorizer.embed_crop(crop, _score(bundled)))
        [embedded] = analysis.faces
        require_recognizable(embedded.recognizability, self.floor)
        face = replace(embedded, box=bundled.box or _WHOLE, score=_score(bundled), crop=crop)
        identity = (item.n, item.person, face, analysis.model.id, _digest(bundled, crop))
        return Ready(NewFace(*identity, None, _origin(bundled), _bundled_quality(bundled)))

    async def _recognizability(self, bundled: BundleFace, crop: bytes) -> float | None:
        """Return the recognizability of a face whose embedding is in the bundle; it is measured if it is not there."""
        if bundled.recognizability is not None or self.model.recognizability_floor is None:
            return bundled.recognizability
        analysis = await self._retried(lambda: self.vectorizer.embed_crop(crop, _score(bundled)))
        return analysis.faces[0].recognizability

    async def _with_kept_image(self, item: Item, bundled: BundleFace, face: Face, material: Material) -> Ready:
        """Return a face as it is in the bundle, with its photograph if the bundle has it."""
        sha256, image, content = _digest(bundled, face.crop or b""), None, b""
        if material.image:
            photograph = await self._kept_photograph(bundled, material.image)
            image, content = await self._to_store(photograph, bundled)
            sha256 = image.sha256
        key = image.key if image else None
        new = NewFace(
            item.n, item.person, face, self.model.id, sha256, key, _origin(bundled), _bundled_quality(bundled)
        )
        return Ready(new, image, content)

    async def _kept_photograph(self, bundled: BundleFace, content: bytes) -> Photograph:
        """Return a photograph of a bundle; it is analysed only if its metadata cannot be taken out otherwise."""
        described, cleaned = _described(bundled), await without_metadata(content)
        if cleaned or self.keep_originals:
            return Photograph(content, cleaned, described)
        analysis = await self._retried(lambda: self.vectorizer.analyse(content, frozenset({Want.PICTURE})))
        return Photograph(content, None, described, analysis.picture)

    async def _retried(self, call: Callable[[], Awaitable[Analysis]]) -> Analysis:
        """Return the vectorizer's answer, waiting while it is busy; a failure may be the image's or its own."""
        attempts, deadline = 0, asyncio.get_running_loop().time() + _BUSY_SECONDS
        while True:
            try:
                return self._checked_model(await call())
            except VectorizerBusy:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            except (VectorizerFailed, VectorizerTimeout):
                attempts += 1
                if attempts == _MAX_ATTEMPTS:
                    raise
            await asyncio.sleep(_PAUSE_SECONDS)

    def _checked_model(self, analysis: Analysis) -> Analysis:
        """Raise an outage if the vectorizers now use another model; the next attempt asks for the model again."""
        if analysis.model.id != self.model.id:
            raise VectorizerUnavailable(f"The vectorizers use {analysis.model.id} now, no longer {self.model.id}.")
        return analysis


def _origin(bundled: BundleFace | None) -> Origin:
    return Origin(bundled.face, bundled.created_at) if bundled else Origin()


def _score(bundled: BundleFace) -> float:
    """Return the detector score; without one the face counts as certain."""
    return 1.0 if bundled.score is None else bundled.score


def _bundled_quality(bundled: BundleFace) -> str | None:
    return json.dumps(bundled.quality) if bundled.quality else None


def _digest(bundled: BundleFace, crop: bytes) -> bytes:
    """Return a digest that identifies the photograph, which the bundle does not contain."""
    known = bundled.original_sha256 or bundled.image_sha256
    return bytes.fromhex(known) if known else hashlib.sha256(crop).digest()


def _check_digest(bundled: BundleFace, image: bytes) -> None:
    if bundled.image_sha256 and hashlib.sha256(image).hexdigest() != bundled.image_sha256:
        raise BundleInvalid(f"{bundled.image_name} is not the photograph that the bundle describes.")


def _described(bundled: BundleFace) -> Image:
    """Return a photograph's properties by a bundle, which does not know its size."""
    extension = EXTENSION_OF_MEDIA_TYPE.get(bundled.media_type or "")
    if extension is None:
        raise BundleInvalid(f"{bundled.media_type} is not a supported type of photograph.")
    return Image(bundled.media_type or "", extension, width=0, height=0)


def _checked_embedding(embedding: list[float], model: Model) -> list[float]:
    """Return an embedding of the model's dimension and length 1. Raises BundleInvalid for any other."""
    length = math.sqrt(math.fsum(number * number for number in embedding))
    if len(embedding) != model.dimension or not abs(length - 1) < _UNIT_ERROR:
        raise BundleInvalid(f"An embedding of {model.id} has {model.dimension} numbers and length 1.")
    return embedding
