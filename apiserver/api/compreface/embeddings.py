"""Embeddings that clients computed before, with the model in use."""

from typing import Annotated

from fastapi import Request
from pydantic import Field

from apiserver.api.compreface.problems import Code, Coded
from apiserver.api.compreface.requests import CompreFaceBody
from apiserver.api.identify import MAX_BYTES, MAX_COUNTS, MAX_EMBEDDINGS, Numbers, normalised
from apiserver.biometrics.face import Embedding
from apiserver.biometrics.model import Model
from apiserver.http.json.bodies import read_json

_Several = Annotated[list[Numbers], Field(fail_fast=True)]


class _Probes(CompreFaceBody):
    embeddings: _Several | None = None


class _Pairs(CompreFaceBody):
    source: Numbers | None = None
    targets: _Several | None = None


async def read_probes(request: Request) -> list[list[float]]:
    """Return the embeddings of a request as they were sent. Raises InvalidJson or Coded."""
    body = await read_json(request, _Probes, max_bytes=MAX_BYTES, max_counts=MAX_COUNTS)
    return _several(body.embeddings, "embeddings")


async def read_pairs(request: Request) -> tuple[list[float], list[list[float]]]:
    """Return an embedding, and those to compare with it. Raises InvalidJson or Coded."""
    body = await read_json(request, _Pairs, max_bytes=MAX_BYTES, max_counts=MAX_COUNTS)
    if not body.source:
        raise Coded(Code.INVALID, "source must be an embedding")
    return body.source, _several(body.targets, "targets")


def all_normalised(embeddings: list[list[float]], model: Model) -> list[Embedding]:
    """Return embeddings with length 1. Raises InvalidEmbedding."""
    return [normalised(each, model) for each in embeddings]


def _several(embeddings: list[list[float]] | None, name: str) -> list[list[float]]:
    if not embeddings:
        raise Coded(Code.INVALID, f"{name} must be a list of embeddings")
    if len(embeddings) > MAX_EMBEDDINGS:
        raise Coded(Code.WRONG_EMBEDDING, f"{name} must have at most {MAX_EMBEDDINGS} embeddings")
    return embeddings
