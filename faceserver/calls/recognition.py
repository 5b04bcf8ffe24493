"""Learning people, and saying who they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from faceserver.call import Call, given, json_of
from faceserver.calls.directory import InDirectory
from faceserver.method import result
from faceserver.photographs import Photograph
from faceserver.results import Box, Enrolment, Identification, Recognition, RefusedPhotograph, Scoring, Verification

FaceChoice: TypeAlias = Literal["only", "largest", "center"]
"""Whom to learn from a photograph of several people: `only` refuses it."""

Place: TypeAlias = Box | tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the upright photograph."""


def around(box: Place | None) -> str | None:
    """Return a box as forms have it."""
    return None if box is None else ",".join(map(str, box))


class RecognitionCalls(InDirectory):
    """Learn and recognize."""

    @result
    def learn(
        self,
        person: str,
        photograph: Photograph,
        *,
        directory: str | None = None,
        face: FaceChoice = "only",
        box: Place | None = None,
    ) -> Call[Enrolment]:
        """Enrol the person shown on a photograph; the same one again changes nothing.

        Of several people on it, `face` or a `box` around the face says whom.
        """
        fields = given(person=person, directory=self._named(directory), face=face, box=around(box))
        return Call("POST", "/learn", json_of(Enrolment), fields=fields, files=[("file", photograph)])

    @result
    def recognize(
        self,
        photograph: Photograph,
        *,
        directory: str | None = None,
        k: int | None = None,
        threshold: float | None = None,
        scoring: Scoring | None = None,
        unique_persons: bool | None = None,
        min_score: float | None = None,
        min_size: int | None = None,
        keep: bool | None = None,
    ) -> Call[Recognition]:
        """Say of every face on a photograph who it is, if anybody; with the `k` most similar people.

        Faces below `min_score` of the detector or `min_size` in pixels are passed over. `keep=False`: the service
        stores nothing of the photograph.
        """
        fields = given(
            directory=self._named(directory),
            k=k,
            threshold=threshold,
            scoring=scoring,
            unique_persons=unique_persons,
            min_score=min_score,
            min_size=min_size,
            keep=keep,
        )
        return Call("POST", "/recognize", json_of(Recognition), fields=fields, files=[("file", photograph)])

    @result
    def recognize_each(
        self,
        photographs: Iterable[Photograph],
        *,
        directory: str | None = None,
        k: int | None = None,
        threshold: float | None = None,
        scoring: Scoring | None = None,
        unique_persons: bool | None = None,
        min_score: float | None = None,
        min_size: int | None = None,
        keep: bool | None = None,
    ) -> Call[tuple[Recognition | RefusedPhotograph, ...]]:
        """Recognize on up to 20 photographs with one request, each by itself; an error only if all are refused."""
        fields = given(
            directory=self._named(directory),
            k=k,
            threshold=threshold,
            scoring=scoring,
            unique_persons=unique_persons,
            min_score=min_score,
            min_size=min_size,
            keep=keep,
        )
        files = [("file", photograph) for photograph in photographs]
        read = _only if len(files) == 1 else _each
        return Call("POST", "/recognize", read, fields=fields, files=files)

    @result
    def verify(
        self, person: str, photograph: Photograph, *, directory: str | None = None, face: FaceChoice = "only"
    ) -> Call[Verification]:
        """Say whether a photograph shows this person."""
        fields = {"directory": self._named(directory), "person": person, "face": face}
        return Call("POST", "/verify", json_of(Verification), fields=fields, files=[("file", photograph)])

    @result
    def identify(
        self,
        embeddings: Iterable[Iterable[float]],
        model: str,
        *,
        directory: str | None = None,
        k: int | None = None,
        threshold: float | None = None,
        scoring: Scoring | None = None,
        unique_persons: bool | None = None,
    ) -> Call[Identification]:
        """Say who up to 100 embeddings are that `embed` made, with the `model` that it named."""
        options = given(k=k, threshold=threshold, scoring=scoring, unique_persons=unique_persons)
        rows = [[float(value) for value in embedding] for embedding in embeddings]
        body = {"directory": self._named(directory), "model": model, "embeddings": rows, **options}
        return Call("POST", "/identify", json_of(Identification), json=body)


@dataclass(frozen=True)
class _Files:
    files: tuple[RefusedPhotograph | Recognition, ...]


def _each(body: bytes) -> tuple[Recognition | RefusedPhotograph, ...]:
    each: _Files = json_of(_Files)(body)
    return each.files


def _only(body: bytes) -> tuple[Recognition | RefusedPhotograph, ...]:
    return (json_of(Recognition)(body),)
