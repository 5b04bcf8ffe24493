"""Learns a person from a photograph."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from apiserver.access.grants import current_grant
from apiserver.access.limits import Quota
from apiserver.access.metering import spend
from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.face import Analysis, Box, Face
from apiserver.biometrics.model import Model
from apiserver.database.pool import Database
from apiserver.directories.records import Directories
from apiserver.enrolment.comparing import kept_doubts
from apiserver.enrolment.gallery import Enrolment, Gallery, require_consent
from apiserver.enrolment.gate import chosen_face, examine
from apiserver.enrolment.likeness import FaceToCompare, Likenesses
from apiserver.enrolment.warnings import EnrolmentWarning, likeness_warnings, quality_warning
from apiserver.people import doubts as kept
from apiserver.people.indexed_faces import Indexed
from apiserver.problems import DatabaseBusy
from apiserver.settings.settings import Settings
from apiserver.storage.images import ImageStore
from apiserver.storage.photographs import Photograph, to_store
from serving.stages import Stages


@dataclass(frozen=True, slots=True)
class Sample:
    """A photograph of a person, and which face to take if it shows several; a box takes precedence over `choice`."""

    directory: str
    person: str
    photograph: Photograph
    choice: FaceChoice
    box: Box | None


@dataclass(frozen=True, slots=True)
class Learned:
    """An enrolled face, the key of its photograph, the doubts about it, and how the photograph was turned.

    faces_omitted: how many faces of the photograph were not considered.
    """

    enrolment: Enrolment
    image_key: str
    model: Model
    warnings: list[EnrolmentWarning]
    orientation: int
    faces_omitted: int


class Learning:
    """Enrols the faces of photographs."""

    def __init__(
        self,
        *,
        database: Database,
        directories: Directories,
        likenesses: Likenesses,
        gallery: Gallery,
        images: ImageStore,
        settings: Settings,
    ) -> None:
        self._database = database
        self._directories = directories
        self._likenesses = likenesses
        self._gallery = gallery
        self._images = images
        self._staging = timedelta(seconds=settings.staging_seconds)
        self._makes_directories = settings.directories_on_learn

    async def require(self, directory: str, person: str) -> None:
        """Raise a problem for an enrolment that will be refused whatever the photograph shows.

        Raises DirectoryNotFound if the directory does not exist and its first enrolment does not make it, or
        ConsentMissing.
        """
        if not (self._makes_directories and current_grant().may_make(directory)):
            await self._directories.require(directory)
        if await self._directories.requires_consent(directory):
            await require_consent(self._database, directory, person)

    async def learn(self, sample: Sample, analysis: Analysis, stages: Stages) -> Learned:
        """Enrol the face of a photograph, all or nothing; learning the same one again changes nothing.

        A failure of the comparison leaves the face enrolled; learning it again returns the warnings.

        Raises NoFace, SeveralFaces, NoFaceInBox, Unrecognizable, PoorQuality, ConsentMissing, or an Outage.
        """
        model, person = analysis.model, sample.person
        face = chosen_face(analysis.faces, sample.choice, sample.box, analysis.image)
        with stages.measure("search"):
            terms = await self._directories.search_terms(sample.directory, model)
        found = examine(face, terms.settings.quality_limits(), terms.applied.floor)
        defects = [quality_warning(finding) for finding in found]
        as_sent = bool(terms.settings.keep_originals)
        with stages.measure("store"):
            secret = await self._images.secret()
            row, content = await to_store(sample.photograph, sample.directory, self._staging, secret, as_sent=as_sent)
            row = await self._images.save(row, content)
        with stages.measure("enrol"):
            try:
                enrolment = await self._gallery.enrol(person, face, model, row)
            except DatabaseBusy:
                if row.key_id is None:
                    raise
                # The directory was just deleted and its key with it, so the photograph needs the new one too.
                self._images.keys.forget(sample.directory)
                row = await self._images.save(row, content)
                enrolment = await self._gallery.enrol(person, face, model, row)
        if enrolment.created:
            spend(Quota.STORED_FACES, 1)
            spend(Quota.STORED_BYTES, len(face.crop or b""))
        with stages.measure("search"):
            enrolled = FaceToCompare(sample.directory, model, person, face.embedding, row.sha256)
            required = bool(terms.settings.require_consent)
            likeness = await self._likenesses.of(enrolled, terms.size, consent_required=required)
        doubts = likeness_warnings(likeness, terms.applied.thresholds, model)
        await self._keep(sample, enrolment, doubts)
        key, turn = enrolment.image or row.key, analysis.image.orientation
        return Learned(enrolment, key, model, doubts + defects, turn, analysis.faces_omitted)

    async def index(
        self,
        directory: str,
        photograph: Photograph,
        faces: Sequence[tuple[Face, Indexed]],
        model: Model,
        stages: Stages,
    ) -> list[Enrolment]:
        """Enrol faces of a photograph, each as a separate person whose id is that of the face; nothing is compared.

        Repeated after a failure, it goes on where it ended. Raises DirectoryNotFound, ConsentMissing or an Outage.
        """
        settings = (await self._directories.read(directory)).settings
        with stages.measure("store"):
            secret, as_sent = await self._images.secret(), bool(settings.keep_originals)
            row, content = await to_store(photograph, directory, self._staging, secret, as_sent=as_sent)
            row = await self._images.save(row, content)
        enrolments = []
        with stages.measure("enrol"):
            for face, indexed in faces:
                enrolment = await self._gallery.enrol(str(indexed.face), face, model, row, indexed)
                enrolments.append(enrolment)
                if enrolment.created:
                    spend(Quota.STORED_FACES, 1)
                    spend(Quota.STORED_BYTES, len(face.crop or b""))
        return enrolments

    async def _keep(self, sample: Sample, enrolment: Enrolment, doubts: list[EnrolmentWarning]) -> None:
        """Keep doubts until somebody decides about them."""
        if found := kept_doubts(enrolment.face, sample.person, doubts):
            async with self._database.connection() as connection:
                await kept.keep(connection, sample.directory, found)
