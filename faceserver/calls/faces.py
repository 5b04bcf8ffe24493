"""The faces of a person."""

from collections.abc import Iterable

from faceserver.call import LARGEST_PAGE, Call, Page, given, json_of
from faceserver.calls.directory import InDirectory
from faceserver.calls.recognition import FaceChoice, Place, around
from faceserver.method import listing, result
from faceserver.photographs import Photograph
from faceserver.results import AddedFaces, Deletion, Face


class FaceCalls(InDirectory):
    """The faces of a person."""

    @listing
    def faces(self, person: str, *, directory: str | None = None) -> Call[Page[Face]]:
        """Iterate over the faces of a person."""
        return Call("GET", self._faces(directory, person), json_of(Page[Face]), query={"limit": LARGEST_PAGE})

    @result
    def face(self, person: str, face: str, *, directory: str | None = None) -> Call[Face]:
        """Return what is known of a face."""
        return Call("GET", self._faces(directory, person, face), json_of(Face))

    @result
    def add_faces(
        self,
        person: str,
        photographs: Iterable[Photograph],
        *,
        directory: str | None = None,
        face: FaceChoice = "only",
        box: Place | None = None,
    ) -> Call[AddedFaces]:
        """Enrol a person from up to 20 photographs, each on its own; the answer says what became of each.

        Only where every one is refused is that an error, `NoneEnrolled`, which says the same.
        """
        files = [("file", photograph) for photograph in photographs]
        fields = given(face=face, box=around(box))
        return Call("POST", self._faces(directory, person), json_of(AddedFaces), fields=fields, files=files)

    @result
    def delete_face(self, person: str, face: str, *, directory: str | None = None) -> Call[Deletion]:
        """Delete a face and its photograph, unless that shows another face that is enrolled."""
        return Call("DELETE", self._faces(directory, person, face), json_of(Deletion), once=True)

    @result
    def face_image(self, person: str, face: str, *, directory: str | None = None) -> Call[bytes]:
        """Return the photograph that a face was enrolled from."""
        return Call("GET", self._faces(directory, person, face, "image"), bytes)

    @result
    def face_crop(self, person: str, face: str, *, directory: str | None = None) -> Call[bytes]:
        """Return the face alone, upright: a JPEG of 112 x 112 pixels."""
        return Call("GET", self._faces(directory, person, face, "crop"), bytes)

    def _faces(self, directory: str | None, person: str, *rest: str) -> str:
        return self._place(directory, "persons", person, "faces", *rest)
