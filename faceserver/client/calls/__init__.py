"""Every call of the HTTP API, described once for both clients."""

from faceserver.client.calls.audit import AuditCalls
from faceserver.client.calls.directories import DirectoryCalls
from faceserver.client.calls.doubts import DoubtCalls
from faceserver.client.calls.faces import FaceCalls
from faceserver.client.calls.jobs import JobCalls
from faceserver.client.calls.keys import KeyCalls
from faceserver.client.calls.persons import PersonCalls
from faceserver.client.calls.photographs import PhotographCalls
from faceserver.client.calls.recognition import Detail, FaceChoice, Orientation, RecognitionCalls
from faceserver.client.calls.service import ServiceCalls

__all__ = ["Calls", "Detail", "FaceChoice", "Orientation"]


class Calls(
    RecognitionCalls,
    PhotographCalls,
    PersonCalls,
    FaceCalls,
    DoubtCalls,
    DirectoryCalls,
    JobCalls,
    AuditCalls,
    KeyCalls,
    ServiceCalls,
):
    """All calls of the HTTP API."""
