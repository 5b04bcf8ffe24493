"""Learns a person from one photograph: what /learn does, and what adding faces to a person does with each."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from apiserver.enrolment_warnings import EnrolmentWarning, of_quality, of_resemblance
from apiserver.faces import Analysis, Box, Face, FaceChoice, Model, choose, choose_in_box
from apiserver.gallery import Enrolment
from apiserver.identification import Search
from apiserver.image_store import ImageRow, image_row
from apiserver.photograph_calls import analyse
from apiserver.problems import NoFace, NoFaceInBox, SeveralFaces
from apiserver.quality import QualityLimits, examine
from apiserver.state import State
from apiserver.telemetry import Stages
from apiserver.uploads import Upload
from apiserver.vectorizer_wire import ENROLMENT_WANTS


@dataclass(frozen=True, slots=True)
class Sample:
    """A photograph of somebody, and whom to take when it shows several people: whom the box means if there is one."""

    directory: str
    person: str
    file: Upload
    face: FaceChoice
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """A face that is enrolled, and what is doubtful about that; `image` is the key of its photograph."""

    enrolment: Enrolment
    image: str
    model: Model
    warnings: list[EnrolmentWarning]


async def learn_sample(request: Request, state: State, stages: Stages, sample: Sample) -> Learned:
    """Enrol the face of a photograph, all or nothing; learning the same one again changes nothing.

    Raises the problem of a bad photograph, NoFace, SeveralFaces, NoFaceInBox, PoorQuality, DirectoryNotFound where a
    directory is not made by its first enrolment, an Outage, or ClientDisconnect.
    """
    if sample.file.problem:
        raise sample.file.problem
    if not state.settings.directories_on_learn:
        await state.directories.require(sample.directory)
    analysis = await analyse(request, sample.file, state, stages, ENROLMENT_WANTS)
    face = _chosen(analysis, sample)
    settings = await state.directories.settings(sample.directory)
    limits = settings.quality.limits() if settings.quality else QualityLimits()
    warnings = [of_quality(finding) for finding in examine(face, limits)]
    staging = timedelta(seconds=state.settings.staging_seconds)
    image = image_row(sample.directory, sample.file.content, analysis.image, staging)
    with stages.measure("search"):
        warnings += await _resemblances(face, analysis.model, sample.person, image, state)
    with stages.measure("store"):
        await state.images.save(image, sample.file.content)
    with stages.measure("enrol"):
        enrolment = await state.gallery.enrol(sample.person, face, analysis.model, image)
    return Learned(enrolment, image.key, analysis.model, warnings)


def _chosen(analysis: Analysis, sample: Sample) -> Face:
    """Return the face to enrol."""
    if not analysis.faces:
        raise NoFace
    face = (
        choose_in_box(analysis.faces, sample.box) if sample.box else choose(analysis.faces, sample.face, analysis.image)
    )
    if face is None:
        raise NoFaceInBox if sample.box else SeveralFaces
    return face


async def _resemblances(face: Face, model: Model, person: str, image: ImageRow, state: State) -> list[EnrolmentWarning]:
    """Return what is to be said of the other person that the face resembles most."""
    applied = await state.directories.applied(image.directory, model)
    search = Search(image.directory, model, 2, applied.thresholds.match)  # one of the two may be the person's own
    [found] = await state.identification.identify(search, [face])
    another = next((candidate for candidate in found.candidates if candidate.person != person), None)
    if another is None or another.similarity < applied.thresholds.review:
        return []
    own = await state.gallery.own_similarity(person, face, model, image)
    return of_resemblance(another, own, applied.thresholds)
