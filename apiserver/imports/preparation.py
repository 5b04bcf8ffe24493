"""Prepares the items of an import for enrolment."""

import asyncio
import hashlib
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.face import Analysis, Detail, Face, FaceOrigin, Look, Orientation
from apiserver.biometrics.model import Model
from apiserver.biometrics.quality import QualityLimits, measurements
from apiserver.bundles.format import EXTENSION_OF_MEDIA_TYPE, BundleFace
from apiserver.enrolment.gate import chosen_face, examine, require_recognizable
from apiserver.enrolment.warnings import quality_warning
from apiserver.imports.agreement import MIN_AGREEMENT, cosine, replaced_warning
from apiserver.imports.enrolment import Exported, NewFace
from apiserver.imports.records import Item, ItemOutcome, Outcome
from apiserver.imports.sources import Material, Source
from apiserver.names import checked_name
from apiserver.people.naming import check_name
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

_GLANCE = Look(Orientation.AS_SENT, Detail.FAST)
"""How a photograph is looked at only to learn that it is one, and its type: the gateway and the worker never decode."""


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
    secret: bytes = field(repr=False)
    trusts_embeddings: bool = False
    keep_originals: bool = False

    async def prepare(self, item: Item) -> Ready | ItemOutcome:
        """Return the face of an item, or the outcome if it has none. Raises an Outage."""
        try:
            checked_name(item.person)
            if not item.source.get("face"):  # a bundle keeps the names that people had
                check_name("person", item.person)
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
            return await self._with_embedding(item, bundled, material.crop, material.embedding, material.image)
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
            *(item.n, item.person, face, analysis.model.id, row.sha256, row.key, _exported(bundled)),
            origin=FaceOrigin.PHOTOGRAPH,
            quality=measurements(face),
            warnings=[quality_warning(defect) for defect in defects],
        )
        return Ready(new, row, content)

    async def _to_store(self, photograph: Photograph, bundled: BundleFace | None) -> tuple[ImageRow, bytes]:
        """Return row and content of a photograph, which a bundle may know by the digest of an earlier file."""
        row, content = await to_store(
            photograph, self.directory, self.staging, self.secret, as_sent=self.keep_originals
        )
        if bundled and bundled.original_sha256:
            row = row._replace(sha256=bytes.fromhex(bundled.original_sha256))
        return row, content

    async def _of_crop(self, item: Item, material: Material) -> Ready:
        bundled, crop = material.description, material.crop
        if bundled is None or crop is None:
            raise BundleInvalid("The bundle has neither a crop nor the photograph of this face.")
        face = await self._embedded(bundled, crop)
        identity = (item.n, item.person, face, self.model.id, _digest(bundled, crop))
        return Ready(NewFace(*identity, None, _exported(bundled), FaceOrigin.CROP, _bundled_quality(bundled)))

    async def _with_embedding(
        self, item: Item, bundled: BundleFace, crop: bytes, embedding: list[float], image: bytes | None
    ) -> Ready:
        """Return a face with the embedding of the bundle if the crop bears it out, or if embeddings are trusted."""
        brought = _checked_embedding(embedding, self.model)
        face, origin, warnings = await self._embedded(bundled, crop), FaceOrigin.CROP, []
        agreement = cosine(face.embedding, brought)
        if self.trusts_embeddings:
            origin = FaceOrigin.BUNDLE
        if self.trusts_embeddings or agreement >= MIN_AGREEMENT:
            face = replace(face, embedding=brought)
        else:
            warnings = [replaced_warning(agreement)]
        row, content = await self._to_store(await self._photograph(bundled, image), bundled) if image else (None, b"")
        sha256, key = (row.sha256, row.key) if row else (_digest(bundled, crop), None)
        identity = (item.n, item.person, face, self.model.id, sha256, key)
        new = NewFace(*identity, _exported(bundled), origin, _bundled_quality(bundled), warnings)
        return Ready(new, row, content)

    async def _embedded(self, bundled: BundleFace, crop: bytes) -> Face:
        """Return the face of a crop, embedded and measured here. Raises Unrecognizable, or the problem of the crop."""
        analysis = await self._retried(lambda: self.vectorizer.embed_crop(crop, _score(bundled)))
        [embedded] = analysis.faces
        require_recognizable(embedded.recognizability, self.floor)
        return replace(embedded, box=bundled.box or _WHOLE, score=_score(bundled), crop=crop)

    async def _photograph(self, bundled: BundleFace, content: bytes) -> Photograph:
        """Return a photograph of a bundle. Raises BundleInvalid, or the problem of what is not a photograph."""
        declared, cleaned = EXTENSION_OF_MEDIA_TYPE.get(bundled.media_type or ""), await without_metadata(content)
        if declared is None:
            raise BundleInvalid(f"{bundled.media_type} is not a supported type of photograph.")
        wants = frozenset[Want]() if cleaned or self.keep_originals else frozenset({Want.PICTURE})
        analysis = await self._retried(lambda: self.vectorizer.analyse(content, wants, _GLANCE))
        if EXTENSION_OF_MEDIA_TYPE.get(analysis.image.media_type) != declared:
            raise BundleInvalid(f"{bundled.image_name} is {analysis.image.media_type}, not {bundled.media_type}.")
        return Photograph(content, cleaned, analysis.image, analysis.picture)

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


def _exported(bundled: BundleFace | None) -> Exported:
    return Exported(bundled.face, bundled.created_at) if bundled else Exported()


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


def _checked_embedding(embedding: list[float], model: Model) -> list[float]:
    """Return an embedding of the model's dimension and length 1. Raises BundleInvalid for any other."""
    length = math.sqrt(math.fsum(number * number for number in embedding))
    if len(embedding) != model.dimension or not abs(length - 1) < _UNIT_ERROR:
        raise BundleInvalid(f"An embedding of {model.id} has {model.dimension} numbers and length 1.")
    return embedding
