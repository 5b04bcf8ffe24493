"""Embeddings of real photographs of people with several, made once by the vectorizer's own networks."""

from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from bench.photographs.folder import by_person, find_photographs, most_central
from bench.search.people import Floats
from bench.speed.networks.own_networks import DECODE
from vectorizer.networks.models import ModelSource
from vectorizer.pipeline import find_faces


def real_embeddings(photographs: Path, models: Path, cache: Path) -> tuple[Floats, list[str]]:
    """Return embeddings [n, d], L2-normalised, and the person of each; kept in the folder `cache` for the next run."""
    kept = cache / "embeddings.npz"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        embeddings, people = _embed(photographs, models)
        np.savez(kept, embeddings=embeddings, people=people)
    with np.load(kept) as file:
        return file["embeddings"], file["people"].tolist()


def _embed(folder: Path, models: Path) -> tuple[Floats, list[str]]:
    (networks,) = ModelSource.find(str(models), user_cache_path("faceserver")).open()
    embeddings, people = [], []
    for person, photographs in by_person(find_photographs(folder)).items():
        for photograph in photographs if len(photographs) > 1 else ():
            faces = find_faces(networks, DECODE, photograph.path.read_bytes())
            if len(faces.embeddings):
                embeddings.append(faces.embeddings[most_central(faces.detections.boxes.tolist(), photograph.size())])
                people.append(person)
    return np.stack(embeddings), people
