"""The protocol of CompreFace 1.2, translated into the calls of this service."""

from fastapi import APIRouter

from apiserver.api.compreface import detection, images, recognition, service, subjects
from apiserver.api.compreface.images import is_exempt as is_exempt
from apiserver.api.compreface.problems import foreign_problem as foreign_problem

ROUTERS: tuple[APIRouter, ...] = (
    subjects.router,
    images.router,
    images.adding,
    recognition.router,
    detection.router,
    service.router,
)
