"""The conditions on a photograph whose face is enrolled or verified."""

from collections.abc import Sequence

from apiserver.biometrics.choice import FaceChoice, choose, choose_in_box
from apiserver.biometrics.face import Box, Face, Image
from apiserver.biometrics.quality import Action, Finding, QualityLimits, findings
from apiserver.biometrics.recognizability import is_unrecognizable
from apiserver.problems import NoFace, NoFaceInBox, PoorQuality, SeveralFaces, Unrecognizable


def chosen_face(faces: Sequence[Face], choice: FaceChoice, box: Box | None, image: Image) -> Face:
    """Return the chosen face; a box takes precedence over `choice`. Raises NoFace, SeveralFaces, NoFaceInBox."""
    if not faces:
        raise NoFace
    face = choose_in_box(faces, box) if box else choose(faces, choice, image)
    if face is None:
        raise NoFaceInBox if box else SeveralFaces
    return face


def examine(face: Face, limits: QualityLimits, floor: float | None) -> list[Finding]:
    """Return the defects to warn of.

    Raises Unrecognizable for a face below the floor, or PoorQuality if there are defects and the limits refuse them.
    """
    found = [] if limits.action is Action.OFF else findings(face, limits)
    require_recognizable(face.recognizability, floor, found)
    if found and limits.action is Action.REFUSE:
        reasons = ", ".join(finding.reason for finding in found)
        raise PoorQuality(" ".join([f"Poor photograph ({reasons}).", *(finding.detail for finding in found)]))
    return found


def require_recognizable(recognizability: float | None, floor: float | None, defects: Sequence[Finding] = ()) -> None:
    """Raise Unrecognizable, with what is known to be wrong with the photograph, if the face is below the floor."""
    if not is_unrecognizable(recognizability, floor):
        return
    measured = f"The face is not recognizable: its recognizability is {recognizability:.2f}, below {floor:g}."
    advice = [defect.detail for defect in defects]
    raise Unrecognizable(" ".join([measured, "Use a photograph on which it is upright, sharp and well lit.", *advice]))
