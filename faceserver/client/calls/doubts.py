"""What somebody has to decide: warnings about faces, look-alikes, and their dismissals."""

from faceserver.client.call import MAX_PAGE, Call, InDirectory, Page, given, ignore_body, json_of
from faceserver.client.method import listing, result
from faceserver.client.results import Comparing, FaceWarning, Lookalikes, StartedJob


class DoubtCalls(InDirectory):
    """Warnings and look-alikes."""

    @listing
    def warnings(
        self,
        *,
        directory: str | None = None,
        person: str | None = None,
        code: str | None = None,
        dismissed: bool = False,
    ) -> Call[Page[FaceWarning]]:
        """Iterate over the warnings that faces may show somebody else, the latest first, or over dismissed ones.

        person: only those about this person's faces. code: only those with this code.
        """
        query = given(limit=MAX_PAGE, person=person, code=code, dismissed=dismissed or None)
        return Call("GET", self._path(directory, "warnings"), json_of(Page[FaceWarning]), query=query)

    @listing
    def lookalikes(
        self, *, directory: str | None = None, person: str | None = None, dismissed: bool = False
    ) -> Call[Page[Lookalikes]]:
        """Iterate over pairs of persons who may be one person, the most similar first, or over dismissed ones.

        person: only pairs with this person.
        """
        query = given(limit=MAX_PAGE, person=person, dismissed=dismissed or None)
        return Call("GET", self._path(directory, "lookalikes"), json_of(Page[Lookalikes]), query=query)

    @result
    def dismiss_face(self, face: str, *, directory: str | None = None) -> Call[None]:
        """Record that a face shows its person: its warnings are not listed again."""
        return Call("PUT", self._path(directory, "dismissals", "faces", face), ignore_body)

    @result
    def reopen_face(self, face: str, *, directory: str | None = None) -> Call[None]:
        """Undo the dismissal of the warnings about a face."""
        return Call("DELETE", self._path(directory, "dismissals", "faces", face), ignore_body)

    @result
    def dismiss_pair(self, person: str, other: str, *, directory: str | None = None) -> Call[None]:
        """Record that two persons are different people: they are not listed as look-alikes again."""
        return Call("PUT", self._path(directory, "dismissals", "persons", person, other), ignore_body)

    @result
    def reopen_pair(self, person: str, other: str, *, directory: str | None = None) -> Call[None]:
        """Undo the dismissal of a pair of persons."""
        return Call("DELETE", self._path(directory, "dismissals", "persons", person, other), ignore_body, once=True)

    @result
    def start_comparison(self, *, directory: str | None = None) -> Call[StartedJob]:
        """Start to compare all faces of a directory, for warnings and look-alikes."""
        return Call("POST", self._path(directory, "comparisons"), json_of(StartedJob))

    @result
    def comparison(self, *, directory: str | None = None) -> Call[Comparing]:
        """Return the latest comparison of a directory that has started."""
        return Call("GET", self._path(directory, "comparisons"), json_of(Comparing))
