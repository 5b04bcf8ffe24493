"""The protocol of CompreFace 1.2, translated into the calls of this service."""

from fastapi import APIRouter

ROUTERS: tuple[APIRouter, ...] = ()
