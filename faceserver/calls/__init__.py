"""Every call of the HTTP API, described once for both clients."""

from faceserver.calls.directories import DirectoryCalls
from faceserver.calls.faces import FaceCalls
from faceserver.calls.jobs import JobCalls
from faceserver.calls.persons import PersonCalls
from faceserver.calls.photographs import PhotographCalls
from faceserver.calls.recognition import FaceChoice, RecognitionCalls
from faceserver.calls.service import ServiceCalls

__all__ = ["Calls", "FaceChoice"]


class Calls(RecognitionCalls, PhotographCalls, PersonCalls, FaceCalls, DirectoryCalls, JobCalls, ServiceCalls):
    """All calls of the HTTP API."""
