"""Detection, embedding and comparison of photographs, which are not stored."""

from urllib.parse import parse_qsl

from faceserver.client.call import Call, given, json_of, url_path
from faceserver.client.calls.recognition import Detail, Orientation
from faceserver.client.method import result
from faceserver.client.photographs import Photograph
from faceserver.client.results import Comparison, Detection, Embeddings


class PhotographCalls:
    """Photographs."""

    @result
    def detect(
        self,
        photograph: Photograph,
        *,
        min_score: float | None = None,
        min_size: int | None = None,
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[Detection]:
        """Find the faces in a photograph, with landmarks, quality and pose."""
        fields = given(min_score=min_score, min_size=min_size, orientation=orientation, detail=detail)
        return Call("POST", "/detect", json_of(Detection), fields=fields, files=[("file", photograph)])

    @result
    def draw(
        self,
        photograph: Photograph,
        *,
        min_score: float | None = None,
        min_size: int | None = None,
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[bytes]:
        """Return the upright photograph as a JPEG with a box around each face."""
        fields = given(min_score=min_score, min_size=min_size, orientation=orientation, detail=detail, draw=True)
        return Call("POST", "/detect", bytes, fields=fields, files=[("file", photograph)])

    @result
    def embed(
        self, photograph: Photograph, *, orientation: Orientation | None = None, detail: Detail | None = None
    ) -> Call[Embeddings]:
        """Return the embedding of every face in a photograph."""
        fields = given(orientation=orientation, detail=detail)
        return Call("POST", "/embed", json_of(Embeddings), fields=fields, files=[("file", photograph)])

    @result
    def compare(
        self,
        source: Photograph,
        target: Photograph,
        *,
        orientation: Orientation | None = None,
        detail: Detail | None = None,
    ) -> Call[Comparison]:
        """Compare every face of one photograph with every face of another."""
        fields = given(orientation=orientation, detail=detail)
        files = [("source", source), ("target", target)]
        return Call("POST", "/compare", json_of(Comparison), fields=fields, files=files)

    @result
    def preview(self, photograph: Photograph, *, size: int | None = None) -> Call[bytes]:
        """Return a photograph of any format as an upright JPEG; its longer side has at most `size` pixels (2048)."""
        return Call("POST", "/preview", bytes, fields=given(size=size), files=[("file", photograph)])

    @result
    def fetch(self, url: str) -> Call[bytes]:
        """Return a photograph that was learned or recognized, by the `url` of that result."""
        key, query = _key(url)
        return Call("GET", url_path("files", key), bytes, query=dict(parse_qsl(query)))

    @result
    def fetch_preview(self, url: str, *, size: int | None = None) -> Call[bytes]:
        """Return such a photograph as an upright JPEG; its longer side has at most `size` pixels (2048)."""
        key, _ = _key(url)
        return Call("GET", url_path("files", key) + "/preview", bytes, query=given(size=size))


def _key(url: str) -> tuple[str, str]:
    """Return the key of a photograph and the query behind it.

    Behind a proxy, the URL begins with the path of the client's own address. A signature may follow.
    """
    key, _, query = url.rpartition("/files/")[2].partition("?")
    return key, query
