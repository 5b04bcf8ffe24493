"""The networks in use, opened from a pack, and what they are."""

from dataclasses import dataclass
from pathlib import Path

from vectorizer.detection import Detector, DetectorNetwork
from vectorizer.embedding import Embedder
from vectorizer.manifest import DetectorManifest, EmbedderManifest, read_manifest
from vectorizer.packs import Pack, open_pack
from vectorizer.scrfd import Scrfd
from vectorizer.sessions import Provider, Session
from vectorizer.yunet import YuNet


@dataclass(frozen=True, slots=True)
class Models:
    """A detector and an embedder, ready to run, with their manifests."""

    detector: Detector
    detector_id: str
    detector_manifest: DetectorManifest
    embedder: Embedder
    embedder_id: str
    embedder_manifest: EmbedderManifest


def open_models(name: str, cache: Path, provider: Provider, detector_size: int) -> Models:
    """Open the pack `name` on `provider`. detector_size: longer side of the detector's first view, pixels.

    Raises ModelsUnavailable or ProviderUnavailable.
    """
    pack = open_pack(name, read_manifest(), cache)
    embedding = pack.embedder
    return Models(
        detector=Detector(_network(pack, provider), detector_size),
        detector_id=pack.detector.id_of(pack.detector_file.sha256),
        detector_manifest=pack.detector,
        embedder=Embedder(Session(pack.embedder_file.path, provider), embedding.mean, embedding.scale),
        embedder_id=embedding.id_of(pack.embedder_file.sha256),
        embedder_manifest=embedding,
    )


def _network(pack: Pack, provider: Provider) -> DetectorNetwork:
    session = Session(pack.detector_file.path, provider)
    if pack.detector.architecture == "yunet":
        return YuNet(session, pack.detector.score_threshold)
    return Scrfd(session, pack.detector.score_threshold)
