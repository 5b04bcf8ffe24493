"""Learns a person from a photograph."""

from dataclasses import dataclass
from datetime import timedelta

from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.face import Analysis, Box, Candidate
from apiserver.biometrics.model import Model
from apiserver.directories.records import Directories
from apiserver.enrolment.gallery import Enrolment, Gallery
from apiserver.enrolment.gate import chosen_face, examine
from apiserver.enrolment.warnings import EnrolmentWarning, quality_warning, resemblance_warnings
from apiserver.search.identification import Identification, Search, SearchResult
from apiserver.settings import Settings
from apiserver.storage.images import ImageStore, image_row
from serving.stages import Stages


@dataclass(frozen=True, slots=True)
class Sample:
    """A photograph of a person, and which face to take if it shows several; a box takes precedence over `choice`."""

    directory: str
    person: str
    content: bytes
    choice: FaceChoice
    box: Box | None


@dataclass(frozen=True, slots=True)
class Learned:
    """An enrolled face, the key of its photograph, the doubts about it, and how the photograph was turned."""

    enrolment: Enrolment
    image_key: str
    model: Model
    warnings: list[EnrolmentWarning]
    orientation: int


class Learning:
    """Enrols the faces of photographs."""

    def __init__(
        self,
        *,
        directories: Directories,
        identification: Identification,
        gallery: Gallery,
        images: ImageStore,
        settings: Settings,
    ) -> None:
        self._directories = directories
        self._identification = identification
        self._gallery = gallery
        self._images = images
        self._staging = timedelta(seconds=settings.staging_seconds)
        self._makes_directories = settings.directories_on_learn

    async def require(self, directory: str) -> None:
        """Raise DirectoryNotFound if the directory does not exist and its first enrolment does not make it."""
        if not self._makes_directories:
            await self._directories.require(directory)

    async def learn(self, sample: Sample, analysis: Analysis, stages: Stages) -> Learned:
        """Enrol the face of a photograph, all or nothing; learning the same one again changes nothing.

        Raises NoFace, SeveralFaces, NoFaceInBox, PoorQuality, or an Outage.
        """
        model, person = analysis.model, sample.person
        face = chosen_face(analysis.faces, sample.choice, sample.box, analysis.image)
        row = image_row(sample.directory, sample.content, analysis.image, self._staging)
        with stages.measure("search"):
            terms = await self._directories.search_terms(sample.directory, model)
            thresholds = terms.applied.thresholds
            warnings = [quality_warning(finding) for finding in examine(face, terms.settings.quality_limits())]
            search = Search(sample.directory, model, 2, thresholds.match)  # one of the two may be the same person
            [result] = await self._identification.identify(search, [face.embedding], terms.size)
            another = _another(result, person)
            if another and another.similarity >= thresholds.review:
                own = await self._gallery.own_similarity(person, face, model, row)
                warnings += resemblance_warnings(another, own, thresholds)
        with stages.measure("store"):
            await self._images.save(row, sample.content)
        with stages.measure("enrol"):
            enrolment = await self._gallery.enrol(person, face, model, row)
        return Learned(enrolment, row.key, model, warnings, analysis.image.orientation)


def _another(result: SearchResult, person: str) -> Candidate | None:
    """Return the best candidate that is not the person."""
    return next((candidate for candidate in result.candidates if candidate.person != person), None)
