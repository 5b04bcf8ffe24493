"""Learning and recognizing people."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from faceserver.client.call import Call, InDirectory, given, json_of
from faceserver.client.method import result
from faceserver.client.photographs import Photograph
from faceserver.client.results import (
    Box,
    Enrolment,
    Identification,
    Recognition,
    RefusedPhotograph,
    Scoring,
    Verification,
)

FaceChoice: TypeAlias = Literal["only", "largest", "center"]
"""Which face to take if a photograph shows several; `only` refuses such a photograph."""

BoxLike: TypeAlias = Box | tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the upright photograph."""

Orientation: TypeAlias = Literal["auto", "as-sent"]
"""`auto` turns a photograph whose faces are not upright; `as-sent` takes it as it is, after EXIF."""

Detail: TypeAlias = Literal["auto", "fast", "full"]
"""`auto` looks for small faces in large photographs, `full` in all, `fast` in none."""


def form_box(box: BoxLike | None) -> str | None:
    """Return a box in the format of forms."""
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
        box: BoxLike | None = None,
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[Enrolment]:
        """Enrol the person shown in a photograph; repeating it with the same photograph changes nothing.

        If it shows several people, `face` or a `box` around the face selects one.
        """
        fields = given(
            person=person,
            directory=self._directory(directory),
            face=face,
            box=form_box(box),
            orientation=orientation,
            detail=detail,
        )
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
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[Recognition]:
        """Recognize every face in a photograph, with the `k` most similar people as candidates.

        Faces below the detector score `min_score` or below `min_size` pixels are ignored. `keep=False`: the service
        does not store the photograph.
        """
        fields = given(
            directory=self._directory(directory),
            k=k,
            threshold=threshold,
            scoring=scoring,
            unique_persons=unique_persons,
            min_score=min_score,
            min_size=min_size,
            keep=keep,
            orientation=orientation,
            detail=detail,
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
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[tuple[Recognition | RefusedPhotograph, ...]]:
        """Recognize the faces in up to 20 photographs, each separately; raises Refused only if all are refused."""
        fields = given(
            directory=self._directory(directory),
            k=k,
            threshold=threshold,
            scoring=scoring,
            unique_persons=unique_persons,
            min_score=min_score,
            min_size=min_size,
            keep=keep,
            orientation=orientation,
            detail=detail,
        )
        files = [("file", photograph) for photograph in photographs]
        read = _only if len(files) == 1 else _each
        return Call("POST", "/recognize", read, fields=fields, files=files)

    @result
    def verify(
        self,
        person: str,
        photograph: Photograph,
        *,
        directory: str | None = None,
        face: FaceChoice = "only",
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[Verification]:
        """Check whether a photograph shows this person."""
        fields = given(
            directory=self._directory(directory), person=person, face=face, orientation=orientation, detail=detail
        )
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
        recognizabilities: Iterable[float | None] | None = None,
    ) -> Call[Identification]:
        """Identify up to 100 embeddings returned by `embed`, with the `model` that it returned.

        recognizabilities: those of the same faces; without them no floor of recognizability is applied.
        """
        options = given(
            k=k,
            threshold=threshold,
            scoring=scoring,
            unique_persons=unique_persons,
            recognizabilities=None if recognizabilities is None else list(recognizabilities),
        )
        rows = [[float(value) for value in embedding] for embedding in embeddings]
        body = {"directory": self._directory(directory), "model": model, "embeddings": rows, **options}
        return Call("POST", "/identify", json_of(Identification), json=body)


@dataclass(frozen=True)
class _Answers:
    files: tuple[RefusedPhotograph | Recognition, ...]


def _each(body: bytes) -> tuple[Recognition | RefusedPhotograph, ...]:
    answers: _Answers = json_of(_Answers)(body)
    return answers.files


def _only(body: bytes) -> tuple[Recognition | RefusedPhotograph, ...]:
    return (json_of(Recognition)(body),)
