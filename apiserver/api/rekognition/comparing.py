"""DetectFaces and CompareFaces: faces of photographs, of which nothing is kept."""

import asyncio
from typing import Any

from apiserver.api.rekognition.bodies import CompareFacesBody, DetectFacesBody
from apiserver.api.rekognition.calls import Answer, Call
from apiserver.api.rekognition.details import bounding_box, by_size, confidence, face_detail, reasons_against
from apiserver.api.rekognition.images import upload_of
from apiserver.api.rekognition.indexing import MAX_FACES
from apiserver.api.rekognition.searching import THRESHOLD, analysed, largest
from apiserver.biometrics.comparison import cosine
from apiserver.biometrics.face import Analysis, Face, Look
from apiserver.biometrics.percentages import Percentages
from apiserver.biometrics.recognizability import is_unrecognizable
from apiserver.problems import InvalidField, VectorizerUnavailable
from apiserver.vectorizers.wire import Want


async def detect_faces(call: Call, body: DetectFacesBody) -> Answer:
    """Return the faces of a photograph, the largest first."""
    analysis = await analysed(call, body.image, frozenset({Want.QUALITY}))
    return {"FaceDetails": [face_detail(face, analysis.image) for face in by_size(analysis.faces)]}


async def compare_faces(call: Call, body: CompareFacesBody) -> Answer:
    """Compare the largest face of a photograph with all of another."""
    sent, other = await upload_of(call, body.source_image), await upload_of(call, body.target_image)
    look = Look(max_faces=MAX_FACES)
    source, target = await call.photographs.analyse_both(sent, other, look, frozenset({Want.QUALITY}))
    if source.model.id != target.model.id:
        raise VectorizerUnavailable("The vectorizers use different models at the moment.")
    face, _ = largest(source, body.quality_filter)
    faces = [each for each in by_size(target.faces) if not reasons_against(each, body.quality_filter or "NONE", None)]
    if not faces:
        raise InvalidField("There are no faces in the target image. Should be at least 1.")
    threshold = THRESHOLD if body.similarity_threshold is None else body.similarity_threshold
    matches, others = await asyncio.to_thread(_sorted_out, face, faces, target, threshold)
    return {
        "SourceImageFace": {
            "BoundingBox": bounding_box(face.box, source.image.width, source.image.height),
            "Confidence": confidence(face.score),
        },
        "FaceMatches": matches,
        "UnmatchedFaces": others,
    }


def _sorted_out(
    source: Face, faces: list[Face], target: Analysis, threshold: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the faces that match, best first, and the others; one that nobody could recognize matches nobody."""
    curve, floor = Percentages.of(target.model.tail), target.model.recognizability_floor
    is_hopeless = is_unrecognizable(source.recognizability, floor)
    matches, others = [], []
    for face in faces:
        similarity = cosine(source.embedding, face.embedding)
        detail, percent = face_detail(face, target.image), curve.percent(similarity)
        if percent < threshold or is_hopeless or is_unrecognizable(face.recognizability, floor):
            others.append(detail)
        else:
            matches.append((similarity, {"Similarity": percent, "Face": detail}))
    return [match for _, match in sorted(matches, key=lambda match: match[0], reverse=True)], others
