"""What the calls of the client answer: frozen, and made only of what the standard library has.

Fields that a newer service adds are passed over. Words are those of docs/glossary.md; the names on the wire, where
they differ, stand beside each field.
"""

from faceserver.results.detection import (
    ComparedFace,
    ComparedPair,
    Comparison,
    DetectedFace,
    Detection,
    EmbeddedFace,
    Embeddings,
    PairThresholds,
    Point,
    Pose,
    Quality,
    Verification,
)
from faceserver.results.directories import Directory, DirectorySummary, QualityGate, Scoring
from faceserver.results.jobs import ImportOutcome, Job, JobProblem, JobProgress, StartedJob
from faceserver.results.persons import AddedFaces, Deletion, Face, FileOutcome, FileProblem, Merged, Person, Split
from faceserver.results.recognition import (
    Box,
    Candidate,
    Decision,
    Enrolment,
    EnrolmentWarning,
    Identification,
    IdentifiedFace,
    Recognition,
    RecognizedFace,
    Thresholds,
)
from faceserver.results.service import Calibration, Model, Models, ModelThresholds, Tail, Version

__all__ = [
    "AddedFaces",
    "Box",
    "Calibration",
    "Candidate",
    "ComparedFace",
    "ComparedPair",
    "Comparison",
    "Decision",
    "Deletion",
    "DetectedFace",
    "Detection",
    "Directory",
    "DirectorySummary",
    "EmbeddedFace",
    "Embeddings",
    "Enrolment",
    "EnrolmentWarning",
    "Face",
    "FileOutcome",
    "FileProblem",
    "Identification",
    "IdentifiedFace",
    "ImportOutcome",
    "Job",
    "JobProblem",
    "JobProgress",
    "Merged",
    "Model",
    "ModelThresholds",
    "Models",
    "PairThresholds",
    "Person",
    "Point",
    "Pose",
    "Quality",
    "QualityGate",
    "Recognition",
    "RecognizedFace",
    "Scoring",
    "Split",
    "StartedJob",
    "Tail",
    "Thresholds",
    "Verification",
    "Version",
]
