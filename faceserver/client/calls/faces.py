"""The faces of a person, and of a directory."""

from collections.abc import Iterable

from faceserver.client.call import MAX_PAGE, Call, InDirectory, Page, given, json_of
from faceserver.client.calls.recognition import BoxLike, Detail, FaceChoice, Orientation, form_box
from faceserver.client.method import listing, result
from faceserver.client.photographs import Photograph
from faceserver.client.results import AddedFaces, Deletion, Face


class FaceCalls(InDirectory):
    """Faces of a person."""

    @listing
    def faces(self, person: str, *, directory: str | None = None, unlike: bool = False) -> Call[Page[Face]]:
        """Iterate over the faces of a person.

        unlike: only those that do not resemble the person's other photographs.
        """
        query = given(limit=MAX_PAGE, unlike=unlike or None)
        return Call("GET", self._faces(directory, person), json_of(Page[Face]), query=query)

    @listing
    def directory_faces(
        self, *, directory: str | None = None, unrecognizable: bool = False, unlike: bool = False
    ) -> Call[Page[Face]]:
        """Iterate over the faces of a directory.

        unrecognizable: only those below the directory's floor of recognizability, the least recognizable first.
        unlike: only those that do not resemble their person's other photographs, by person.
        """
        query = given(limit=MAX_PAGE, unrecognizable=unrecognizable or None, unlike=unlike or None)
        return Call("GET", self._path(directory, "faces"), json_of(Page[Face]), query=query)

    @result
    def face(self, person: str, face: str, *, directory: str | None = None) -> Call[Face]:
        """Return an enrolled face."""
        return Call("GET", self._faces(directory, person, face), json_of(Face))

    @result
    def add_faces(
        self,
        person: str,
        photographs: Iterable[Photograph],
        *,
        directory: str | None = None,
        face: FaceChoice = "only",
        box: BoxLike | None = None,
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[AddedFaces]:
        """Enrol a person from up to 20 photographs; the result has the outcome of each.

        Raises NoneEnrolled if every photograph is refused.
        """
        files = [("file", photograph) for photograph in photographs]
        fields = given(face=face, box=form_box(box), orientation=orientation, detail=detail)
        return Call("POST", self._faces(directory, person), json_of(AddedFaces), fields=fields, files=files)

    @result
    def delete_face(self, person: str, face: str, *, directory: str | None = None) -> Call[Deletion]:
        """Delete a face and its photograph, unless another face in the photograph is enrolled."""
        return Call("DELETE", self._faces(directory, person, face), json_of(Deletion), once=True)

    @result
    def face_image(self, person: str, face: str, *, directory: str | None = None) -> Call[bytes]:
        """Return the photograph from which a face was enrolled."""
        return Call("GET", self._faces(directory, person, face, "image"), bytes)

    @result
    def face_crop(self, person: str, face: str, *, directory: str | None = None) -> Call[bytes]:
        """Return the aligned face as a JPEG of 112 x 112 pixels."""
        return Call("GET", self._faces(directory, person, face, "crop"), bytes)

    def _faces(self, directory: str | None, person: str, *rest: str) -> str:
        return self._path(directory, "persons", person, "faces", *rest)
