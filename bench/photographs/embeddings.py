"""Embeddings of photographs, asked from a running vectorizer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import msgpack
import numpy as np

from bench.accuracy.error_rates import FloatArray
from bench.photographs.folder import Photograph, most_central


@dataclass(frozen=True)
class Reply:
    """What the vectorizer says of one photograph: the labelled face's embedding, or why there is none."""

    faces: int
    model: dict[str, Any] | None
    embedding: FloatArray | None
    failure: str | None


@dataclass(frozen=True)
class EmbeddedFolder:
    """Photographs with the embedding of the face each is labelled for.

    `embeddings` has shape (photographs, dimension), L2-normalised rows; a photograph without a usable face has a row
    of NaN, and `failures` says why. `model` is the vectorizer's own description, with calibration and thresholds.
    """

    photographs: Sequence[Photograph]
    embeddings: FloatArray
    failures: dict[str, str]
    several_faces: int
    model: dict[str, Any]


def embed_folder(vectorizer: httpx.Client, photographs: Sequence[Photograph], concurrency: int) -> EmbeddedFolder:
    """Ask for every photograph, a few at a time.

    Raises httpx.HTTPError when the vectorizer fails, and ValueError when it finds no face in any photograph.
    """
    with ThreadPoolExecutor(concurrency) as pool:
        replies = list(pool.map(lambda photograph: _ask(vectorizer, photograph), photographs))
    model = next((reply.model for reply in replies if reply.embedding is not None), None)
    if model is None:
        raise ValueError("No face was found in any photograph.")
    missing = np.full(model["dimension"], np.nan)
    return EmbeddedFolder(
        photographs=photographs,
        embeddings=np.stack([missing if reply.embedding is None else reply.embedding for reply in replies]),
        failures={p.name: r.failure for p, r in zip(photographs, replies, strict=True) if r.failure is not None},
        several_faces=sum(reply.faces > 1 for reply in replies),
        model=model,
    )


def _ask(vectorizer: httpx.Client, photograph: Photograph) -> Reply:
    response = vectorizer.post("/faces", content=photograph.path.read_bytes())
    if response.is_client_error:
        return Reply(0, None, None, response.json()["code"])
    content = msgpack.unpackb(response.raise_for_status().content)
    faces, size = content["faces"], (content["image"]["width"], content["image"]["height"])
    if not faces:
        return Reply(0, content["model"], None, "no-face")
    face = faces[most_central([face["box"] for face in faces], size)]
    embedding = np.frombuffer(face["embedding"], dtype="<f4").astype(np.float64)
    return Reply(len(faces), content["model"], embedding, None)
