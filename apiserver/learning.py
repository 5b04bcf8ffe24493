"""Learns a person from one photograph: what /learn does, and what adding faces to a person does with each."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from apiserver.faces import FaceChoice, Model, choose
from apiserver.gallery import Enrolment
from apiserver.image_store import image_row
from apiserver.photograph_calls import analyse
from apiserver.problems import NoFace, SeveralFaces
from apiserver.state import State
from apiserver.telemetry import Stages
from apiserver.uploads import Upload


@dataclass(frozen=True, slots=True)
class Sample:
    """A photograph of somebody, and whom to take when it shows several people."""

    directory: str
    person: str
    file: Upload
    face: FaceChoice


@dataclass(frozen=True, slots=True)
class Learned:
    """A face that is enrolled; `image` is the key of its photograph."""

    enrolment: Enrolment
    image: str
    model: Model


async def learn_sample(request: Request, state: State, stages: Stages, sample: Sample) -> Learned:
    """Enrol the face of a photograph, all or nothing; learning the same one again changes nothing.

    Raises the problem of a bad photograph, NoFace, SeveralFaces, DirectoryNotFound where a directory is not made by
    its first enrolment, an Outage, or ClientDisconnect.
    """
    if not state.settings.directories_on_learn:
        await state.directories.require(sample.directory)
    analysis = await analyse(request, sample.file, state, stages, crops=True)
    face = choose(analysis.faces, sample.face, analysis.image)
    if face is None:
        raise SeveralFaces if analysis.faces else NoFace
    staging = timedelta(seconds=state.settings.staging_seconds)
    image = image_row(sample.directory, sample.file.content, analysis.image, staging)
    with stages.measure("store"):
        await state.images.save(image, sample.file.content)
    with stages.measure("enrol"):
        enrolment = await state.gallery.enrol(sample.person, face, analysis.model, image)
    return Learned(enrolment, image.key, analysis.model)
