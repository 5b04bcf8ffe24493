"""The protocol of Amazon Rekognition (JSON 1.1), translated into the calls of this service."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
