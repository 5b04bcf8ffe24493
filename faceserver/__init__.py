"""A client of the face recognition service: `Client` for threads, `AsyncClient` for asyncio; and the command line."""

from faceserver.async_client import AsyncClient
from faceserver.calls import FaceChoice
from faceserver.client import Client
from faceserver.errors import FaceserverError, ProblemError
from faceserver.photographs import Photograph
from faceserver.results import (
    Box,
    Candidate,
    Decision,
    Directory,
    EmbeddedFace,
    Embeddings,
    Enrolment,
    Model,
    Models,
    Recognition,
    RecognizedFace,
    Thresholds,
    Version,
)

__all__ = [
    "AsyncClient",
    "Box",
    "Candidate",
    "Client",
    "Decision",
    "Directory",
    "EmbeddedFace",
    "Embeddings",
    "Enrolment",
    "FaceChoice",
    "FaceserverError",
    "Model",
    "Models",
    "Photograph",
    "ProblemError",
    "Recognition",
    "RecognizedFace",
    "Thresholds",
    "Version",
]
