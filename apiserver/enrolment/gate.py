"""The conditions on a photograph whose face is enrolled or verified."""

from collections.abc import Sequence

from apiserver.biometrics.choice import FaceChoice, choose, choose_in_box
from apiserver.biometrics.face import Box, Face, Image
from apiserver.biometrics.quality import Action, Finding, QualityLimits, findings
from apiserver.problems import NoFace, NoFaceInBox, PoorQuality, SeveralFaces


def chosen_face(faces: Sequence[Face], choice: FaceChoice, box: Box | None, image: Image) -> Face:
    """Return the chosen face; a box takes precedence over `choice`. Raises NoFace, SeveralFaces, NoFaceInBox."""
    if not faces:
        raise NoFace
    face = choose_in_box(faces, box) if box else choose(faces, choice, image)
    if face is None:
        raise NoFaceInBox if box else SeveralFaces
    return face


def examine(face: Face, limits: QualityLimits) -> list[Finding]:
    """Return the defects to warn of. Raises PoorQuality if there are defects and the limits refuse them."""
    found = [] if limits.action is Action.OFF else findings(face, limits)
    if found and limits.action is Action.REFUSE:
        reasons = ", ".join(finding.reason for finding in found)
        raise PoorQuality(" ".join([f"Poor photograph ({reasons}).", *(finding.detail for finding in found)]))
    return found
