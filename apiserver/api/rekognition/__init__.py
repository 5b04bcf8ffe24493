"""The protocol of Amazon Rekognition (JSON 1.1), translated into the calls of this service."""

from fastapi import APIRouter

from apiserver.api.rekognition import routes
from apiserver.api.rekognition.operations import is_exempt as is_exempt
from apiserver.api.rekognition.problems import foreign_problem as foreign_problem

ROUTERS: tuple[APIRouter, ...] = (routes.router,)
